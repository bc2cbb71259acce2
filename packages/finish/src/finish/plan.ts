import type { AspectRatio, FinishJob, PixelSize } from "@limn/core";

/** What has to happen to the pixels, from a picture's size alone. */
export interface Plan {
  /** Size of the part that is kept, in pixels of the source; null = all of it. */
  readonly crop: PixelSize | null;
  /** Size of that part in the target. */
  readonly scaled: PixelSize;
  /** Size of the target when the part is laid on a larger ground. */
  readonly canvas: PixelSize | null;
  /** Target pixels for a pixel of the source, in each direction; over 1 pixels are made up. */
  readonly scale: number;
}

type Wish = Pick<FinishJob, "size" | "aspect" | "fit">;

export function planFinish(source: PixelSize, wish: Wish): Plan {
  const unchanged: Plan = { crop: null, scaled: source, canvas: null, scale: 1 };
  const { size, aspect, fit } = wish;
  if (size === null) {
    if (aspect === null || fit === "contain") return unchanged;
    return fit === "cover" ? cropToShape(source, aspect) : padToShape(source, aspect);
  }
  if ("longestSide" in size && aspect === null) {
    const scaled = boxOf(size.longestSide, source);
    return { ...unchanged, scaled, scale: size.longestSide / Math.max(source.width, source.height) };
  }
  const box = "longestSide" in size ? boxOf(size.longestSide, aspect ?? source) : size;
  return fit === "cover" ? cover(source, box) : contain(source, box, fit === "pad");
}

/** The largest part of that shape. The other side is rounded, so that a picture within half a pixel of the shape is kept whole. */
function partOfShape(source: PixelSize, shape: AspectRatio): PixelSize {
  const { width, height } = source;
  return width * shape.height > height * shape.width
    ? { width: rounded((height * shape.width) / shape.height), height }
    : { width, height: rounded((width * shape.height) / shape.width) };
}

function cover(source: PixelSize, box: PixelSize): Plan {
  return {
    crop: differing(partOfShape(source, box), source),
    scaled: box,
    canvas: null,
    scale: Math.max(box.width / source.width, box.height / source.height),
  };
}

function contain(source: PixelSize, box: PixelSize, pad: boolean): Plan {
  const scale = Math.min(box.width / source.width, box.height / source.height);
  const fits = differing(partOfShape(source, box), source) === null;
  const scaled = fits ? box : { width: rounded(source.width * scale), height: rounded(source.height * scale) };
  return { crop: null, scaled, canvas: pad ? differing(box, scaled) : null, scale };
}

function cropToShape(source: PixelSize, shape: AspectRatio): Plan {
  const part = partOfShape(source, shape);
  return { crop: differing(part, source), scaled: part, canvas: null, scale: 1 };
}

function padToShape(source: PixelSize, shape: AspectRatio): Plan {
  if (differing(partOfShape(source, shape), source) === null) {
    return { crop: null, scaled: source, canvas: null, scale: 1 };
  }
  const { width, height } = source;
  const canvas =
    width * shape.height > height * shape.width
      ? { width, height: rounded((width * shape.height) / shape.width) }
      : { width: rounded((height * shape.width) / shape.height), height };
  return { crop: null, scaled: source, canvas: differing(canvas, source), scale: 1 };
}

function boxOf(longestSide: number, shape: AspectRatio): PixelSize {
  const longest = Math.max(shape.width, shape.height);
  return {
    width: rounded((longestSide * shape.width) / longest),
    height: rounded((longestSide * shape.height) / longest),
  };
}

function rounded(side: number): number {
  return Math.max(1, Math.round(side));
}

function differing(size: PixelSize, other: PixelSize): PixelSize | null {
  return size.width === other.width && size.height === other.height ? null : size;
}
