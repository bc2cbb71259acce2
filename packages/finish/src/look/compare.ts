import type { PixelSize, Resemblance } from "@limn/core";
import { openPicture } from "../pictures/open-picture.ts";
import { at, luminance, readRaster } from "../pictures/raster.ts";
import type { Raster } from "../pictures/raster.ts";

const side = 32;
/** A hash bit is set only where the left pixel is brighter by more than this, so that noise in even areas sets none. */
const hashMargin = 2;
const maxHashDistance = 3;
const maxMeanDifference = 0.02;
/** Of any one of the 32x32 places: a small object that was added hardly changes the mean. */
const maxPlaceDifference = 0.08;
const maxShapeDifference = 0.05;

export async function compare(left: string, right: string): Promise<Resemblance> {
  const [first, second] = [await lookAt(left), await lookAt(right)];
  const hashDistance = distanceOf(first.hash, second.hash);
  const { mean, largest } = differencesOf(first.small, second.small);
  const sameShape = Math.abs(Math.log(shapeOf(first.size) / shapeOf(second.size))) < maxShapeDifference;
  const same = sameShape && hashDistance <= maxHashDistance && mean < maxMeanDifference && largest < maxPlaceDifference;
  return { hashDistance, meanDifference: mean, same };
}

interface Look {
  readonly size: PixelSize;
  readonly small: Raster;
  readonly hash: readonly boolean[];
}

async function lookAt(path: string): Promise<Look> {
  const picture = await openPicture(path, "result");
  const small = await readRaster(picture, (pipeline) =>
    pipeline.flatten({ background: "#808080" }).resize(side, side, { fit: "fill", kernel: "linear" }),
  );
  return { size: picture, small, hash: differenceHash(small) };
}

/** 64 bits: of 8 rows with 9 places each, is a place brighter than its right neighbour? */
function differenceHash(small: Raster): boolean[] {
  const rows = 8;
  const columns = 9;
  const brightness = Array.from({ length: rows * columns }, (_, index) =>
    meanBrightness(small, index % columns, Math.floor(index / columns), columns, rows),
  );
  return Array.from({ length: rows * (columns - 1) }, (_, bit) => {
    const index = Math.floor(bit / (columns - 1)) * columns + (bit % (columns - 1));
    return at(brightness, index) > at(brightness, index + 1) + hashMargin;
  });
}

function meanBrightness(small: Raster, column: number, row: number, columns: number, rows: number): number {
  const from = (place: number, places: number): number => Math.floor((place * side) / places);
  let sum = 0;
  let count = 0;
  for (let y = from(row, rows); y < from(row + 1, rows); y += 1) {
    for (let x = from(column, columns); x < from(column + 1, columns); x += 1) {
      sum += luminance(small.data, (y * side + x) * 4);
      count += 1;
    }
  }
  return sum / count;
}

function distanceOf(left: readonly boolean[], right: readonly boolean[]): number {
  return left.filter((bit, index) => bit !== right[index]).length;
}

function differencesOf(left: Raster, right: Raster): { mean: number; largest: number } {
  let sum = 0;
  let largest = 0;
  for (let offset = 0; offset < side * side * 4; offset += 4) {
    let place = 0;
    for (let channel = 0; channel < 3; channel += 1) {
      place += Math.abs(at(left.data, offset + channel) - at(right.data, offset + channel));
    }
    const difference = place / 3 / 255;
    sum += difference;
    largest = Math.max(largest, difference);
  }
  return { mean: sum / side ** 2, largest };
}

function shapeOf(size: PixelSize): number {
  return size.width / size.height;
}
