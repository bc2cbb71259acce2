import { aspectWords } from "../contracts/request.ts";
import type { AspectRatio } from "../contracts/request.ts";

const longestSide = 100;
const steepestRatio = 8;
/** How far the picture's ratio may be from the asked one and still count as honoured: 941x1672 is 9:16 within 0.1 %. */
const tolerance = 0.03;

/** `landscape` or `16:9` as numbers; a sentence about what is wrong otherwise. */
export function parseAspect(text: string): AspectRatio | string {
  const ratio = isAspectWord(text) ? aspectWords[text] : text;
  const parts = /^(\d{1,4}):(\d{1,4})$/.exec(ratio);
  if (parts === null) return "must be square, landscape, portrait or a ratio such as 16:9";
  const width = Number(parts[1]);
  const height = Number(parts[2]);
  if (width < 1 || height < 1 || width > longestSide || height > longestSide)
    return `must have sides from 1 to ${longestSide}`;
  if (Math.max(width / height, height / width) > steepestRatio) return `must not be steeper than ${steepestRatio}:1`;
  return { width, height };
}

function isAspectWord(text: string): text is keyof typeof aspectWords {
  return Object.hasOwn(aspectWords, text);
}

export function hasAspect(pixels: { readonly width: number; readonly height: number }, asked: AspectRatio): boolean {
  const got = pixels.width / pixels.height;
  const wanted = asked.width / asked.height;
  return Math.abs(got / wanted - 1) <= tolerance;
}
