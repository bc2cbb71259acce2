/** Red, green and blue, 0..255 each, not rounded. */
export type Color = readonly [red: number, green: number, blue: number];

function gamma(linear: number): number {
  const clamped = Math.min(1, Math.max(0, linear));
  return 255 * (clamped <= 0.0031308 ? 12.92 * clamped : 1.055 * clamped ** (1 / 2.4) - 0.055);
}

/**
 * A colour from OKLCH: lightness 0..1, chroma 0..~0.3, hue in degrees. Equal lightness looks equally light in every hue,
 * which is what keeps made-up palettes from clashing.
 */
export function oklch(lightness: number, chroma: number, hue: number): Color {
  const angle = (hue * Math.PI) / 180;
  const a = chroma * Math.cos(angle);
  const b = chroma * Math.sin(angle);
  const l = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const m = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const s = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3;
  return [
    gamma(4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s),
    gamma(-1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s),
    gamma(-0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s),
  ];
}

/** The colour a part (0..1) of the way from one to the other. */
export function mix(from: Color, to: Color, part: number): Color {
  return [from[0] + (to[0] - from[0]) * part, from[1] + (to[1] - from[1]) * part, from[2] + (to[2] - from[2]) * part];
}
