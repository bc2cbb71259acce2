import { at, borderOffsets, readRaster } from "../pictures/raster.ts";
import type { Picture } from "../pictures/open-picture.ts";

export interface Colour {
  readonly r: number;
  readonly g: number;
  readonly b: number;
}

/** The median of the colours along the border, with transparency laid on white: what continues the picture with the least surprise. */
export async function padColour(picture: Picture): Promise<Colour> {
  const raster = await readRaster(picture, (pipeline) =>
    pipeline.flatten({ background: "#ffffff" }).resize(256, 256, { fit: "inside", withoutEnlargement: true }),
  );
  const channels: [number[], number[], number[]] = [[], [], []];
  for (const offset of borderOffsets(raster, 1)) {
    for (const [channel, values] of channels.entries()) values.push(at(raster.data, offset + channel));
  }
  const [r, g, b] = channels.map(median);
  return { r: r ?? 255, g: g ?? 255, b: b ?? 255 };
}

function median(values: number[]): number {
  return at(
    values.sort((left, right) => left - right),
    Math.floor(values.length / 2),
  );
}
