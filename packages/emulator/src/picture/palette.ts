import { oklch, type Color } from "./color.ts";
import { between, type RandomSource } from "./random.ts";

/** The colours of one picture. */
export interface Palette {
  readonly sky: readonly Color[];
  readonly accent: Color;
  readonly glow: Color;
  readonly ink: Color;
  /** A colour from far (0) to near (1). */
  layer(depth: number): Color;
}

/** A palette around one hue: neighbours for the ground, one far hue as the accent. */
export function createPalette(random: RandomSource): Palette {
  const hue = between(random, 0, 360);
  const drift = between(random, 35, 85) * (random() < 0.5 ? -1 : 1);
  const dark = random() < 0.45;
  // A warm light suits every sky; complementary hues turn muddy where they overlap.
  const accentHue = between(random, 45, 92);
  const sky = dark
    ? [oklch(0.24, 0.075, hue), oklch(0.42, 0.12, hue + drift * 0.5), oklch(0.7, 0.13, hue + drift)]
    : [oklch(0.66, 0.12, hue), oklch(0.8, 0.095, hue + drift * 0.5), oklch(0.93, 0.06, hue + drift)];
  return {
    sky,
    accent: oklch(0.83, 0.135, accentHue),
    glow: oklch(0.965, 0.045, accentHue + 10),
    ink: oklch(0.2, 0.05, hue),
    layer: (depth) => {
      const far = dark ? 0.52 : 0.74;
      const near = dark ? 0.19 : 0.33;
      return oklch(far + (near - far) * depth, 0.1 + 0.02 * depth, hue + drift * (1 - depth) * 0.8);
    },
  };
}
