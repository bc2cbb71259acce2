import { at, luminance } from "../pictures/raster.ts";
import type { Raster } from "../pictures/raster.ts";
import { cellOf, toLine } from "./fit-lines.ts";
import type { Lines } from "./fit-lines.ts";
import { edgeLength } from "./layers.ts";
import type { Layers } from "./layers.ts";

export interface Board {
  readonly columns: Lines;
  readonly rows: Lines;
}

/** So far from a line between cells an edge counts as following it; pixels at the line itself may be any mixture, so it ends beside it. */
const onLine = 2.8;
/** Difference in brightness between the light and the dark cells of what should be subject. */
const visibleCells = 3;
const fewestSteps = 6;

/** 0..1: does the board shine through the subject, or did whole cells of the subject go with the board? */
export function boardDoubt(raster: Raster, board: Board, flooded: Uint8Array, layers: Layers): number {
  return Math.max(edgeDoubt(raster, board, layers), patternDoubt(raster, board, flooded, layers));
}

/** The edge of a subject crosses the lines of the board anywhere; where it took cells with it, it follows them. */
function edgeDoubt(raster: Raster, board: Board, layers: Layers): number {
  const edge = layers.inside[0] ?? new Int32Array();
  let following = 0;
  for (const index of edge) {
    const x = index % raster.width;
    const y = Math.floor(index / raster.width);
    if (Math.min(toLine(board.columns, x), toLine(board.rows, y)) <= onLine) following += 1;
  }
  // Cells of which every place is near a line tell nothing, so they are not trusted.
  if (Math.min(board.columns.period, board.rows.period) <= 2.2 * onLine) return 1;
  const byChance = 1 - (1 - (2 * onLine) / board.columns.period) * (1 - (2 * onLine) / board.rows.period);
  const excess = (following / Math.max(1, edge.length) - byChance) / (1 - byChance);
  return Math.min(1, Math.max(0, (excess - 0.15) / 0.3));
}

/** Steps between neighbouring cells inside the subject that go up and down just where the board's do, against the edge's length. */
function patternDoubt(raster: Raster, { columns, rows }: Board, flooded: Uint8Array, layers: Layers): number {
  const across = cellOf(columns, raster.width - 1) + 2;
  const sums = new Map<number, { sum: number; count: number; whole: boolean }>();
  for (let index = 0; index < flooded.length; index += 1) {
    const place =
      (cellOf(rows, Math.floor(index / raster.width)) + 1) * across + cellOf(columns, index % raster.width) + 1;
    const cell = sums.get(place) ?? { sum: 0, count: 0, whole: true };
    cell.sum += luminance(raster.data, index * 4);
    cell.count += 1;
    if (at(flooded, index) === 1) cell.whole = false;
    sums.set(place, cell);
  }
  const mean = (place: number): number | null => {
    const cell = sums.get(place);
    return cell?.whole === true ? cell.sum / cell.count : null;
  };
  const steps: [number, number] = [0, 0];
  for (const place of sums.keys()) {
    const here = mean(place);
    for (const next of [place + 1, place + across]) {
      const there = mean(next);
      if (here === null || there === null) continue;
      const parity = (Math.floor(place / across) + (place % across)) & 1;
      if (Math.abs(here - there) >= visibleCells)
        steps[parity === 0 ? (here > there ? 0 : 1) : here > there ? 1 : 0] += 1;
    }
  }
  // What a subject has of its own is lighter here as often as there.
  const excess = Math.abs(steps[0] - steps[1]);
  if (excess < fewestSteps || excess < 0.6 * (steps[0] + steps[1])) return 0;
  return Math.min(1, (3 * excess) / (edgeLength(layers) / columns.period));
}
