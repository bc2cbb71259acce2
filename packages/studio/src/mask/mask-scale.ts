import type { MaskRaster, Size } from "./mask-raster.ts";

/** Up to here one pixel of the mask is one of the picture: all that the service draws, and more than a screen shows. */
const mostWorkingPixels = 4_200_000;

/** The size on which is painted: the picture's own, or for larger ones as much of it as paints without a delay. */
export function workingSize({ width, height }: Size, mostPixels: number = mostWorkingPixels): Size {
  const scale = Math.min(1, Math.sqrt(mostPixels / (width * height)));
  return { width: Math.max(1, Math.round(width * scale)), height: Math.max(1, Math.round(height * scale)) };
}

/**
 * Gives rows of the mask at the picture's size: `into` is filled with as many as it holds, from row `first` on. Between the mask's pixels
 * it is linear; what lies in an area of nothing stays nothing.
 */
export function scaleRows(mask: MaskRaster, size: Size): (first: number, into: Uint8Array) => void {
  const { width, height, weights } = mask;
  if (width === size.width && height === size.height)
    return (first, into) => into.set(weights.subarray(first * width, first * width + into.length));
  const columns = placesOf(width, size.width);
  const lines = placesOf(height, size.height);
  const blended = new Float64Array(width);
  return (first, into) => {
    for (let row = 0; row < into.length / size.width; row += 1) {
      const share = lines.shares[first + row] ?? 0;
      const top = (lines.first[first + row] ?? 0) * width;
      const bottom = (lines.second[first + row] ?? 0) * width;
      for (let x = 0; x < width; x += 1) blended[x] = mix(weights[top + x] ?? 0, weights[bottom + x] ?? 0, share);
      const start = row * size.width;
      for (let x = 0; x < size.width; x += 1) {
        const left = blended[columns.first[x] ?? 0] ?? 0;
        const right = blended[columns.second[x] ?? 0] ?? 0;
        into[start + x] = Math.round(left === right ? left : mix(left, right, columns.shares[x] ?? 0));
      }
    }
  };
}

/** For each place in the large one: the two nearest in the small one, and how far it is from the first to the second. */
interface Places {
  readonly first: Int32Array;
  readonly second: Int32Array;
  readonly shares: Float64Array;
}

function placesOf(small: number, large: number): Places {
  const places = { first: new Int32Array(large), second: new Int32Array(large), shares: new Float64Array(large) };
  for (let place = 0; place < large; place += 1) {
    const exact = Math.min(small - 1, Math.max(0, ((place + 0.5) * small) / large - 0.5));
    places.first[place] = Math.floor(exact);
    places.second[place] = Math.min(small - 1, Math.floor(exact) + 1);
    places.shares[place] = exact - Math.floor(exact);
  }
  return places;
}

function mix(from: number, to: number, share: number): number {
  return from + (to - from) * share;
}
