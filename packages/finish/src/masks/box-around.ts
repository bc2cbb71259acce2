import type { Box, PixelSize } from "@limn/core";

/** Least room for context on every side, in pixels. */
const leastMargin = 64;
/** The part is asked for in a shape between 1:2 and 2:1, where the picture allows. */
const longestShape = 2;

/** The part of the picture that is sent: the region with a quarter of its side as room for context. */
export function boxAround(region: Box, picture: PixelSize): Box {
  const across = widen(region.left, region.width, margined(region.width), picture.width);
  const down = widen(region.top, region.height, margined(region.height), picture.height);
  const width = Math.max(across.length, Math.ceil(down.length / longestShape));
  const height = Math.max(down.length, Math.ceil(across.length / longestShape));
  const { start: left, length: boxWidth } = shift(
    widen(across.start, across.length, width, picture.width),
    width,
    picture.width,
  );
  const { start: top, length: boxHeight } = shift(
    widen(down.start, down.length, height, picture.height),
    height,
    picture.height,
  );
  return { left, top, width: boxWidth, height: boxHeight };
}

function margined(side: number): number {
  return side + 2 * Math.max(leastMargin, Math.round(side / 4));
}

interface Span {
  readonly start: number;
  readonly length: number;
}

/** Grow to the wanted length on both ends, as far as there is room. */
function widen(start: number, length: number, wanted: number, room: number): Span {
  const grown = Math.max(0, wanted - length);
  const before = Math.min(start, Math.floor(grown / 2));
  const after = Math.min(room - start - length, grown - Math.floor(grown / 2));
  return { start: start - before, length: length + before + after };
}

/** What did not fit at one end is taken at the other; a margin does without, the shape does not. */
function shift({ start, length }: Span, wanted: number, room: number): Span {
  const before = Math.min(start, Math.max(0, wanted - length));
  const after = Math.min(room - start - length, Math.max(0, wanted - length - before));
  return { start: start - before, length: length + before + after };
}
