import { hashText } from "../picture/random.ts";

/** Pixels. */
export interface PixelSize {
  readonly width: number;
  readonly height: number;
}

const PIXELS = 1536 * 1024;
const STEEPEST_RATIO = 4;

// Exact sizes reported from the live service (codex-backend contract 3.3).
const REPORTED: Readonly<Record<string, PixelSize>> = {
  "16:9": { width: 1672, height: 941 },
  "9:16": { width: 941, height: 1672 },
  "21:9": { width: 1916, height: 821 },
  "1:1": { width: 1254, height: 1254 },
  "3:2": { width: 1536, height: 1024 },
  "2:3": { width: 1024, height: 1536 },
};

/**
 * The size of a picture from the words of its prompt, as the live service decides it: a written ratio first (the last one
 * that stands near "aspect", "ratio" or "canvas", else the last one at all), then words such as "square" or "tall".
 * Undefined when the prompt asks for no shape.
 */
export function shapeFromPrompt(prompt: string): PixelSize | undefined {
  const ratio = writtenRatio(prompt);
  if (ratio !== undefined) return sizeForRatio(ratio.width, ratio.height);
  const word = /\b(square|landscape|wide|widescreen|horizontal|portrait|tall|vertical)\b/i
    .exec(prompt)?.[1]
    ?.toLowerCase();
  if (word === undefined) return undefined;
  if (word === "square") return REPORTED["1:1"];
  return word === "portrait" || word === "tall" || word === "vertical" ? REPORTED["2:3"] : REPORTED["3:2"];
}

/** The size for W:H: a reported one where there is one, else about 1.57 megapixels. */
export function sizeForRatio(width: number, height: number): PixelSize {
  const known = REPORTED[`${width}:${height}`];
  if (known !== undefined) return known;
  const wide = Math.round(Math.sqrt((PIXELS * width) / height));
  return { width: wide, height: Math.round(PIXELS / wide) };
}

/** One of the four sizes that were reported for prompts without a shape, chosen by the prompt. */
export function unconstrainedSize(prompt: string, seed: number): PixelSize {
  const sizes: readonly [PixelSize, PixelSize, PixelSize, PixelSize] = [
    { width: 1536, height: 1024 },
    { width: 1024, height: 1536 },
    { width: 1370, height: 1148 },
    { width: 1312, height: 1199 },
  ];
  return sizes[hashText(prompt, seed ^ 0x5175) % 4] ?? sizes[0];
}

/** Reads `WxH`; undefined for `auto` and anything else. */
export function parseSize(text: string): PixelSize | undefined {
  const [, width, height] = /^(\d{1,5})x(\d{1,5})$/.exec(text) ?? [];
  return width === undefined || height === undefined ? undefined : { width: Number(width), height: Number(height) };
}

/** The rule that a size breaks, in words; undefined for `auto` and a good one (codex-backend contract 3.1). */
export function sizeRule(text: string): string | undefined {
  if (text === "auto") return undefined;
  const size = parseSize(text);
  if (size === undefined) return "Expected auto or WIDTHxHEIGHT.";
  const { width, height } = size;
  if (width % 16 !== 0 || height % 16 !== 0) return "Width and height must both be multiples of 16.";
  if (Math.max(width, height) > 3840) return "The longest edge must be at most 3840 pixels.";
  if (Math.max(width, height) > 3 * Math.min(width, height)) return "The ratio of the edges must be at most 3:1.";
  if (width * height < 655_360) return "There must be at least 655360 pixels.";
  return width * height > 8_294_400 ? "There must be at most 8294400 pixels." : undefined;
}

function writtenRatio(prompt: string): PixelSize | undefined {
  let plain: PixelSize | undefined;
  let named: PixelSize | undefined;
  // Not a time of day ("10:05") and not a part of a longer number ("1:2:3").
  for (const match of prompt.matchAll(
    /(?<![\d:.])([1-9]\d?(?:\.\d+)?)\s?:\s?([1-9]\d?(?:\.\d+)?)(?![\d:])(?!\s?[ap]\.?m\b)/gi,
  )) {
    const width = Number(match[1]);
    const height = Number(match[2]);
    if (Math.max(width / height, height / width) > STEEPEST_RATIO) continue;
    plain = { width, height };
    const around = prompt.slice(Math.max(0, match.index - 24), match.index + match[0].length + 24);
    if (/aspect|ratio|canvas|format/i.test(around)) named = plain;
  }
  return named ?? plain;
}
