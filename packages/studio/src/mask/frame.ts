import type { Box, Size } from "./mask-raster.ts";

/** The middle third, to begin with. */
export function startFrame({ width, height }: Size): Box {
  return {
    left: Math.floor(width / 3),
    top: Math.floor(height / 3),
    width: Math.max(1, Math.floor(width / 3)),
    height: Math.max(1, Math.floor(height / 3)),
  };
}

export interface FrameKey {
  readonly key: string;
  /** Changes the size instead of the place. */
  readonly shiftKey: boolean;
  /** Steps of one pixel instead of a fiftieth of the longer side. */
  readonly altKey: boolean;
}

const directions: Readonly<Record<string, readonly [number, number]>> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};

/** The frame after a key; it stays in the picture and keeps at least one pixel. Null: the key means nothing to it. */
export function frameByKey(frame: Box, size: Size, { key, shiftKey, altKey }: FrameKey): Box | null {
  const direction = directions[key];
  if (direction === undefined) return null;
  const step = altKey ? 1 : Math.max(1, Math.round(Math.max(size.width, size.height) / 50));
  const [across, down] = direction;
  const within = (value: number, least: number, most: number): number => Math.min(most, Math.max(least, value));
  if (shiftKey)
    return {
      ...frame,
      width: within(frame.width + across * step, 1, size.width - frame.left),
      height: within(frame.height + down * step, 1, size.height - frame.top),
    };
  return {
    ...frame,
    left: within(frame.left + across * step, 0, size.width - frame.width),
    top: within(frame.top + down * step, 0, size.height - frame.height),
  };
}
