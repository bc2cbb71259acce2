import { createCanvas, type Canvas } from "./canvas.ts";

/** For every target place: the two source places it lies between, and how near it is to the second. */
interface Axis {
  readonly first: Int32Array;
  readonly second: Int32Array;
  readonly part: Float32Array;
}

/**
 * Scales a picture so that it covers the given size (the overhang is cut evenly); smooth both ways, alpha kept. When it
 * shrinks, up to 4 by 4 samples a pixel, which is enough for a backdrop.
 */
export function cover(source: Canvas, width: number, height: number): Canvas {
  const target = createCanvas(width, height);
  if (source.width === width && source.height === height) {
    target.pixels.set(source.pixels);
    return target;
  }
  const scale = Math.max(width / source.width, height / source.height);
  const taps = Math.max(1, Math.min(4, Math.round(1 / scale)));
  const columns = measureAxis(source.width, width, scale, taps);
  const rows = measureAxis(source.height, height, scale, taps);
  const sums = new Float32Array(4);
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      sums.fill(0.5 * taps * taps);
      for (let tapY = y * taps; tapY < (y + 1) * taps; tapY += 1) {
        for (let tapX = x * taps; tapX < (x + 1) * taps; tapX += 1) addSample(source, columns, tapX, rows, tapY, sums);
      }
      const offset = (y * width + x) * 4;
      for (let channel = 0; channel < 4; channel += 1)
        target.pixels[offset + channel] = (sums[channel] ?? 0) / (taps * taps);
    }
  }
  return target;
}

function measureAxis(sourceLength: number, targetLength: number, scale: number, taps: number): Axis {
  const count = targetLength * taps;
  const axis: Axis = { first: new Int32Array(count), second: new Int32Array(count), part: new Float32Array(count) };
  const start = (sourceLength - targetLength / scale) / 2;
  for (let index = 0; index < count; index += 1) {
    const place = Math.max(0, Math.min(sourceLength - 1, start + (index + 0.5) / taps / scale - 0.5));
    const first = Math.floor(place);
    axis.first[index] = first;
    axis.second[index] = Math.min(sourceLength - 1, first + 1);
    axis.part[index] = place - first;
  }
  return axis;
}

function addSample(source: Canvas, columns: Axis, tapX: number, rows: Axis, tapY: number, sums: Float32Array): void {
  const { pixels, width } = source;
  const left = columns.first[tapX] ?? 0;
  const right = columns.second[tapX] ?? 0;
  const partX = columns.part[tapX] ?? 0;
  const partY = rows.part[tapY] ?? 0;
  const top = (rows.first[tapY] ?? 0) * width;
  const bottom = (rows.second[tapY] ?? 0) * width;
  for (let channel = 0; channel < 4; channel += 1) {
    const topLeft = pixels[(top + left) * 4 + channel] ?? 0;
    const bottomLeft = pixels[(bottom + left) * 4 + channel] ?? 0;
    const high = topLeft + ((pixels[(top + right) * 4 + channel] ?? 0) - topLeft) * partX;
    const low = bottomLeft + ((pixels[(bottom + right) * 4 + channel] ?? 0) - bottomLeft) * partX;
    sums[channel] = (sums[channel] ?? 0) + high + (low - high) * partY;
  }
}
