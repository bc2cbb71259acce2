import { at } from "../pictures/raster.ts";

/** Lines at `phase`, `phase + period`, … in pixels. */
export interface Lines {
  readonly period: number;
  readonly phase: number;
}

/** The lines of about that distance on which most of the counts lie; null when they lie on none. */
export function fitLines(counts: Uint32Array, distance: number): Lines | null {
  const total = counts.reduce((sum, count) => sum + count, 0);
  let best: Lines & { sum: number } = { period: distance, phase: 0, sum: -1 };
  const step = Math.max(0.01, (distance / counts.length) * 0.5);
  for (let period = distance - 1.2; period <= distance + 1.2; period += step) {
    for (let phase = 0; phase < period; phase += 0.5) {
      const sum = sumOn(counts, period, phase);
      if (sum > best.sum) best = { period, phase, sum };
    }
  }
  return total > 0 && best.sum > total * 0.7 ? { period: best.period, phase: best.phase } : null;
}

/** A change between two pixels is counted at both; cells that are not of whole pixels are drawn up to half a pixel off. */
function sumOn(counts: Uint32Array, period: number, phase: number): number {
  let sum = 0;
  for (let line = phase; line < counts.length; line += period) {
    const place = Math.floor(line);
    sum += at(counts, place) + 0.9 * ((place > 0 ? at(counts, place - 1) : 0) + at(counts, place + 1));
  }
  return sum;
}

/** Number of the cell that holds the middle of this pixel. */
export function cellOf(lines: Lines, place: number): number {
  return Math.floor((place + 0.5 - lines.phase) / lines.period);
}

/** Distance of the middle of this pixel from the nearest line. */
export function toLine(lines: Lines, place: number): number {
  const inCell = (place + 0.5 - lines.phase) / lines.period;
  return Math.abs(inCell - Math.round(inCell)) * lines.period;
}
