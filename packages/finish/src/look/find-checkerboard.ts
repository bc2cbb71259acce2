import type { Box } from "@limn/core";
import { at, borderRows } from "../pictures/raster.ts";
import type { Raster } from "../pictures/raster.ts";
import { twoGreys } from "./two-greys.ts";
import type { TwoGreys } from "./two-greys.ts";

/** A painted checkerboard: two near-grey colours in turn, in cells of a regular size, along the border. */
export interface Checkerboard extends TwoGreys {
  /** Side of a cell, in pixels. */
  readonly cell: number;
}

const smallestCell = 4;
const largestCell = 64;
/** Fewer cells along the shorter side are a chess board or a floor, not a sign for transparency. */
const fewestCells = 9;
/** The strips along the border that are looked at: first deep enough for two large cells, then narrower, beside a large subject. */
const stripDepths = [160, 80, 40, 24, 12];
const sidesNeeded = 3;

export function findCheckerboard(raster: Raster): Checkerboard | null {
  const shorter = Math.min(raster.width, raster.height);
  if (shorter < fewestCells * smallestCell) return null;
  for (const depth of new Set(stripDepths.map((strip) => Math.min(strip, Math.floor(shorter / 3))))) {
    const found = findAlong(raster, shorter, depth);
    if (found !== null) return found;
  }
  return null;
}

function findAlong(raster: Raster, shorter: number, depth: number): Checkerboard | null {
  const greys = twoGreys(raster, depth);
  if (greys === null) return null;
  // A narrow strip lies before the subject, so that most of it must be board.
  const knownShare = depth >= 80 ? 0.25 : 0.6;
  const sides = [...borderRows(raster, depth)].map((box) => labelStrip(raster, box, greys, knownShare));
  const largest = Math.min(largestCell, Math.floor(depth / 2.2), Math.floor(shorter / fewestCells));
  const cell = cellOf(sides, largest);
  return sides.filter((side) => isCheckered(side, cell)).length >= sidesNeeded ? { ...greys, cell } : null;
}

/** The smallest distance at which the labels alternate best; three, five, … cells on they alternate too. */
function cellOf(sides: readonly Strip[], largest: number): number {
  const distances = Array.from({ length: largest - smallestCell + 1 }, (_, index) => smallestCell + index);
  const alternations = distances.map((cell) => mean(sides.map((side) => alternationOf(side, cell))));
  const best = Math.max(...alternations);
  let index = alternations.findIndex((alternation) => alternation >= 0.85 * best);
  while (at(alternations, index + 1) > at(alternations, index)) index += 1;
  return at(distances, index);
}

interface Strip {
  readonly width: number;
  readonly height: number;
  /** 1 light, -1 dark, 0 neither. */
  readonly labels: Int8Array;
  /** Share of pairs that must be light or dark for the strip to tell anything. */
  readonly knownShare: number;
}

function labelStrip(raster: Raster, box: Box, greys: TwoGreys, knownShare: number): Strip {
  const labels = new Int8Array(box.width * box.height);
  for (let y = 0; y < box.height; y += 1) {
    for (let x = 0; x < box.width; x += 1) {
      const offset = ((box.top + y) * raster.width + box.left + x) * 4;
      labels[y * box.width + x] = greys.labelOf(raster.data, offset);
    }
  }
  return { width: box.width, height: box.height, labels, knownShare };
}

/** How alike the labels are that lie (dx, dy) apart: 1 = all the same, -1 = all opposite; null where too few are known. */
function likeness(strip: Strip, dx: number, dy: number): number | null {
  const { width, height, labels } = strip;
  let sum = 0;
  let known = 0;
  let looked = 0;
  // Not every row and column: prime steps, so that no cell size falls in with them.
  for (let y = 0; y + dy < height; y += 3) {
    for (let x = 0; x + dx < width; x += 2) {
      const product = at(labels, y * width + x) * at(labels, (y + dy) * width + x + dx);
      looked += 1;
      if (product === 0) continue;
      known += 1;
      sum += product;
    }
  }
  return looked === 0 || known < looked * strip.knownShare ? null : sum / known;
}

function alternationOf(strip: Strip, cell: number): number {
  return -((likeness(strip, cell, 0) ?? 0) + (likeness(strip, 0, cell) ?? 0)) / 2;
}

/** Opposite one cell to the side and one down, the same across the corner and two cells on. Stripes, dots and noise are not. */
function isCheckered(strip: Strip, cell: number): boolean {
  const opposite = (value: number | null): boolean => value !== null && value < -0.55;
  const same = (value: number | null): boolean => value !== null && value > 0.5;
  return (
    opposite(likeness(strip, cell, 0)) &&
    opposite(likeness(strip, 0, cell)) &&
    same(likeness(strip, cell, cell)) &&
    (same(likeness(strip, 2 * cell, 0)) || same(likeness(strip, 0, 2 * cell)))
  );
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
}
