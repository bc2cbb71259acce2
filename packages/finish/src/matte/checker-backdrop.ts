import type { Checkerboard } from "../look/find-checkerboard.ts";
import { at, borderOffsets } from "../pictures/raster.ts";
import type { Raster } from "../pictures/raster.ts";
import type { Backdrop, Rgb } from "./backdrop.ts";
import { boardDoubt } from "./board-doubt.ts";
import { cellOf, fitLines, toLine } from "./fit-lines.ts";

/** So close to a line between cells a pixel may hold any mixture of both greys. */
const lineWidth = 1.6;
const tolerance = 14;
/** Of the border's grey pixels, those that are where the grid wants them; painted boards are not always true to their own grid. */
const leastAgreement = 0.93;

/** Where each cell lies, from the lines between cells that the border shows; null when they keep no regular distance. */
export function checkerBackdrop(raster: Raster, board: Checkerboard): Backdrop | null {
  const depth = Math.min(160, Math.floor(Math.min(raster.width, raster.height) / 3));
  const { across, down } = changes(raster, board, depth);
  const columns = fitLines(across, board.cell);
  const rows = fitLines(down, board.cell);
  if (columns === null || rows === null) return null;
  const { width } = raster;
  const parity = (index: number): number =>
    (cellOf(columns, index % width) + cellOf(rows, Math.floor(index / width))) & 1;
  let grey = 0;
  let even = 0;
  const distanceToLine = (index: number): number =>
    Math.min(toLine(columns, index % width), toLine(rows, Math.floor(index / width)));
  for (const offset of borderOffsets(raster, 2 * board.cell)) {
    if (distanceToLine(offset / 4) <= lineWidth) continue;
    const label = board.labelOf(raster.data, offset);
    if (label === 0) continue;
    grey += 1;
    if (parity(offset / 4) === 0 ? label > 0 : label < 0) even += 1;
  }
  const agreement = Math.max(even, grey - even) / Math.max(1, grey);
  if (agreement < leastAgreement) return null;
  const lightParity = even * 2 >= grey ? 0 : 1;
  const light: Rgb = [board.light, board.light, board.light];
  const dark: Rgb = [board.dark, board.dark, board.dark];
  const colourAt = (index: number): Rgb => (parity(index) === lightParity ? light : dark);
  const difference = differences(raster, board, colourAt, distanceToLine);
  const ring = [...borderOffsets(raster, 4)].map((offset) => at(difference, offset / 4));
  const nearby = ring.filter((value) => value <= tolerance).sort((left, right) => left - right);
  return {
    words: "painted checkerboard",
    difference,
    tolerance,
    noise: at(nearby, Math.floor(nearby.length * 0.95)),
    borderShare: nearby.length / ring.length,
    colourAt,
    isKey: false,
    isEven: false,
    isUnmistakable: (pixels) => {
      const shareOf = (label: number): number =>
        pixels.filter((index) => board.labelOf(raster.data, index * 4) === label).length / pixels.length;
      return pixels.length > 2 * board.cell ** 2 && shareOf(1) > 0.2 && shareOf(-1) > 0.2;
    },
    doubt: (flooded, layers) => boardDoubt(raster, { columns, rows }, flooded, layers),
  };
}

/** How often the label changes between neighbours, by column and by row. */
function changes(raster: Raster, board: Checkerboard, depth: number): { across: Uint32Array; down: Uint32Array } {
  const { width, height, data } = raster;
  const across = new Uint32Array(width);
  const down = new Uint32Array(height);
  for (const offset of borderOffsets(raster, depth)) {
    const x = (offset / 4) % width;
    const y = Math.floor(offset / 4 / width);
    const label = board.labelOf(data, offset);
    // Two pixels apart, because the one between may be a mixture.
    if (label === 0) continue;
    if (x >= 2 && label * board.labelOf(data, offset - 8) < 0) across[x - 1] = at(across, x - 1) + 1;
    if (y >= 2 && label * board.labelOf(data, offset - 8 * width) < 0) down[y - 1] = at(down, y - 1) + 1;
  }
  return { across, down };
}

function differences(
  raster: Raster,
  board: Checkerboard,
  colourAt: (index: number) => Rgb,
  distanceToLine: (index: number) => number,
): Uint8Array {
  const { data } = raster;
  const result = new Uint8Array(raster.width * raster.height);
  for (let index = 0; index < result.length; index += 1) {
    const grey = colourAt(index)[0];
    const atLine = distanceToLine(index) <= lineWidth;
    const [low, high] = atLine ? [board.dark, board.light] : [grey, grey];
    let most = 0;
    for (let channel = 0; channel < 3; channel += 1) {
      const value = at(data, index * 4 + channel);
      most = Math.max(most, low - value, value - high);
    }
    result[index] = Math.round(most);
  }
  return result;
}
