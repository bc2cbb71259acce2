import { openPicture } from "../pictures/open-picture.ts";
import { at, readRaster } from "../pictures/raster.ts";

/** In the order of preference where two are as far. */
const candidates = [
  { hex: "#00ff00", name: "pure green", rgb: [0, 255, 0] },
  { hex: "#ff00ff", name: "pure magenta", rgb: [255, 0, 255] },
  { hex: "#0000ff", name: "pure blue", rgb: [0, 0, 255] },
  { hex: "#00ffff", name: "pure cyan", rgb: [0, 255, 255] },
] as const;

const lookSide = 512;
/** Rarer colours are noise. */
const smallestShare = 0.0002;

export async function chooseKeyColor(path: string): Promise<{ hex: string; name: string }> {
  const picture = await openPicture(path, "result");
  const raster = await readRaster(picture, (pipeline) =>
    // Picked, not averaged: an average is a colour that the picture does not hold.
    pipeline.resize(lookSide, lookSide, { fit: "inside", withoutEnlargement: true, kernel: "nearest" }),
  );
  const colours = coloursOf(raster.data);
  const distances = candidates.map(({ rgb }) =>
    Math.min(...colours.map((colour) => Math.hypot(...rgb.map((value, channel) => value - at(colour, channel))))),
  );
  const { hex, name } = candidates[distances.indexOf(Math.max(...distances))] ?? candidates[0];
  return { hex, name };
}

/** The centres of the colour cube's 16x16x16 cells that are more than rare in the picture; black in an empty one. */
function coloursOf(data: Uint8Array): number[][] {
  const counts = new Uint32Array(4096);
  let total = 0;
  for (let offset = 0; offset < data.length; offset += 4) {
    if (at(data, offset + 3) < 128) continue;
    total += 1;
    const cell = ((at(data, offset) >> 4) << 8) | ((at(data, offset + 1) >> 4) << 4) | (at(data, offset + 2) >> 4);
    counts[cell] = at(counts, cell) + 1;
  }
  const colours: number[][] = [];
  for (const [cell, count] of counts.entries()) {
    if (count > total * smallestShare)
      colours.push([cell >> 8, (cell >> 4) & 15, cell & 15].map((value) => value * 17));
  }
  return colours.length === 0 ? [[0, 0, 0]] : colours;
}
