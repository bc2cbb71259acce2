import { blendPixel, type Canvas } from "./canvas.ts";
import type { Color } from "./color.ts";

/** x, y, x, y, … in pixels; closed by itself. */
export type Points = readonly number[];

/** How a shape is coloured: a vertical gradient from its top to its bottom, and its opacity 0..1. */
export interface Paint {
  readonly top: Color;
  readonly bottom?: Color;
  readonly opacity?: number;
  /** Opacity at the bottom; default the same as at the top. */
  readonly bottomOpacity?: number;
}

const SUBROWS = 4;

/**
 * Calls back for every row that a polygon touches with the share of each pixel that is covered (0..1, index = x).
 * Four sub-rows a row, exact in x; even-odd rule.
 */
export function scanPolygon(
  points: Points,
  width: number,
  height: number,
  onRow: (y: number, from: number, to: number, coverage: Float32Array) => void,
): void {
  let top = Infinity;
  let bottom = -Infinity;
  for (let index = 1; index < points.length; index += 2) {
    top = Math.min(top, points[index] ?? 0);
    bottom = Math.max(bottom, points[index] ?? 0);
  }
  const firstRow = Math.max(0, Math.floor(top));
  const lastRow = Math.min(height - 1, Math.ceil(bottom));
  const coverage = new Float32Array(width + 2);
  const crossings: number[] = [];
  for (let y = firstRow; y <= lastRow; y += 1) {
    let from = width;
    let to = -1;
    for (let sub = 0; sub < SUBROWS; sub += 1) {
      findCrossings(points, y + (sub + 0.5) / SUBROWS, crossings);
      for (let pair = 0; pair + 1 < crossings.length; pair += 2) {
        const left = Math.max(0, crossings[pair] ?? 0);
        const right = Math.min(width, crossings[pair + 1] ?? 0);
        if (right <= left) continue;
        from = Math.min(from, Math.floor(left));
        to = Math.max(to, Math.min(width - 1, Math.floor(right)));
        addSpan(coverage, left, right);
      }
    }
    if (to < from) continue;
    let sum = 0;
    for (let x = from; x <= to; x += 1) {
      // The buffer holds differences, so that a span costs the same however wide it is.
      sum += coverage[x] ?? 0;
      coverage[x] = Math.min(1, Math.max(0, sum / SUBROWS));
    }
    onRow(y, from, to, coverage);
    coverage.fill(0, from, to + 3);
  }
}

function findCrossings(points: Points, y: number, crossings: number[]): void {
  crossings.length = 0;
  let previousX = points[points.length - 2] ?? 0;
  let previousY = points[points.length - 1] ?? 0;
  for (let index = 0; index < points.length; index += 2) {
    const x = points[index] ?? 0;
    const nextY = points[index + 1] ?? 0;
    if (previousY <= y !== nextY <= y) {
      crossings.push(previousX + ((y - previousY) / (nextY - previousY)) * (x - previousX));
    }
    previousX = x;
    previousY = nextY;
  }
  crossings.sort((a, b) => a - b);
}

function addSpan(differences: Float32Array, left: number, right: number): void {
  const first = Math.floor(left);
  const firstShare = 1 - (left - first);
  differences[first] = (differences[first] ?? 0) + firstShare;
  differences[first + 1] = (differences[first + 1] ?? 0) + 1 - firstShare;
  const last = Math.floor(right);
  const lastShare = right - last;
  differences[last] = (differences[last] ?? 0) - (1 - lastShare);
  differences[last + 1] = (differences[last + 1] ?? 0) - lastShare;
}

/** Fills a polygon with anti-aliased edges. */
export function fillPolygon(canvas: Canvas, points: Points, paint: Paint): void {
  let top = Infinity;
  let bottom = -Infinity;
  for (let index = 1; index < points.length; index += 2) {
    top = Math.min(top, points[index] ?? 0);
    bottom = Math.max(bottom, points[index] ?? 0);
  }
  const span = Math.max(1, bottom - top);
  const low = paint.bottom ?? paint.top;
  const opacity = paint.opacity ?? 1;
  const lowOpacity = paint.bottomOpacity ?? opacity;
  scanPolygon(points, canvas.width, canvas.height, (y, from, to, coverage) => {
    const part = Math.min(1, Math.max(0, (y - top) / span));
    const red = Math.round(paint.top[0] + (low[0] - paint.top[0]) * part);
    const green = Math.round(paint.top[1] + (low[1] - paint.top[1]) * part);
    const blue = Math.round(paint.top[2] + (low[2] - paint.top[2]) * part);
    const alpha = 256 * (opacity + (lowOpacity - opacity) * part);
    const row = y * canvas.width;
    const { pixels } = canvas;
    for (let x = from; x <= to; x += 1) {
      blendPixel(pixels, (row + x) * 4, red, green, blue, (alpha * (coverage[x] ?? 0) + 0.5) | 0);
    }
  });
}

/** The corner points of a circle. */
export function circle(centreX: number, centreY: number, radius: number): number[] {
  const count = Math.max(24, Math.min(180, Math.ceil(radius)));
  const points: number[] = [];
  for (let index = 0; index < count; index += 1) {
    const angle = (index / count) * 2 * Math.PI;
    points.push(centreX + radius * Math.cos(angle), centreY + radius * Math.sin(angle));
  }
  return points;
}
