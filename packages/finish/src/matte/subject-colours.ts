import { at } from "../pictures/raster.ts";
import type { Raster } from "../pictures/raster.ts";
import type { Backdrop, Rgb } from "./backdrop.ts";
import { around, farInside } from "./layers.ts";
import type { Layers } from "./layers.ts";

/** Side of the tiles of which each knows its colour farthest from the backdrop. */
const tileSide = 16;
const reach = 5;
/** Cosine between two directions away from the backdrop that are one colour, thinner and thicker. */
const alignment = 0.95;

/** What colour the subject has at a pixel of its edge. */
export class SubjectColours {
  readonly #raster: Raster;
  readonly #backdrop: Backdrop;
  readonly #layers: Layers;
  /** Colours carried from the sure inside to the edge; known where `#known` is 1. */
  readonly #carried: Uint8Array;
  readonly #known: Uint8Array;
  /** By tile, the pixel of a thin part that is farthest from the backdrop; -1 = none. */
  readonly #tiles: Int32Array;
  readonly #tilesAcross: number;

  constructor(raster: Raster, backdrop: Backdrop, layers: Layers) {
    this.#raster = raster;
    this.#backdrop = backdrop;
    this.#layers = layers;
    this.#carried = Uint8Array.from(raster.data);
    this.#known = new Uint8Array(layers.depth.length);
    this.#tilesAcross = Math.ceil(raster.width / tileSide);
    this.#tiles = new Int32Array(this.#tilesAcross * Math.ceil(raster.height / tileSide)).fill(-1);
    this.#carry();
    this.#fillTiles();
  }

  /** The mean of the sure colours next to it, carried outwards; null where the subject is too thin to have any. */
  near(index: number): Rgb | null {
    return at(this.#known, index) === 1 ? this.#colourOf(this.#carried, index) : null;
  }

  /** The strongest colour around that this pixel may be a thin form of: the root of a hair, the core of a line. */
  alike(index: number): Rgb | null {
    const { width, height, data } = this.#raster;
    const behind = this.#backdrop.colourAt(index);
    const x = index % width;
    const y = Math.floor(index / width);
    let best = -1;
    let strongest = 0;
    const look = (candidate: number): void => {
      // A thick part of the subject has a colour of its own: dark hair on black is not thin skin.
      if (candidate < 0 || at(this.#layers.depth, candidate) < 0 || at(this.#known, candidate) === 1) return;
      const strength = at(this.#backdrop.difference, candidate);
      if (strength <= strongest || !this.#isAligned(index, candidate, behind)) return;
      strongest = strength;
      best = candidate;
    };
    for (let ny = Math.max(0, y - reach); ny <= Math.min(height - 1, y + reach); ny += 1) {
      for (let nx = Math.max(0, x - reach); nx <= Math.min(width - 1, x + reach); nx += 1) look(ny * width + nx);
    }
    const [tileX, tileY] = [Math.floor(x / tileSide), Math.floor(y / tileSide)];
    for (let ty = tileY - 1; ty <= tileY + 1; ty += 1) {
      for (let tx = tileX - 1; tx <= tileX + 1; tx += 1) {
        if (tx >= 0 && tx < this.#tilesAcross) look(this.#tiles[ty * this.#tilesAcross + tx] ?? -1);
      }
    }
    return best < 0 ? null : this.#colourOf(data, best);
  }

  #carry(): void {
    const { inside, outside, depth } = this.#layers;
    for (let index = 0; index < depth.length; index += 1) if (at(depth, index) === farInside) this.#known[index] = 1;
    for (const indices of [...inside.toReversed(), ...outside]) {
      const found: number[] = [];
      for (const index of indices) if (this.#average(index)) found.push(index);
      // Only after the whole layer, so that a layer is fed by deeper ones alone.
      for (const index of found) this.#known[index] = 1;
    }
  }

  #average(index: number): boolean {
    const sources = around(index, this.#raster).filter((near) => at(this.#known, near) === 1);
    if (sources.length === 0) return false;
    for (let channel = 0; channel < 3; channel += 1) {
      let sum = 0;
      for (const near of sources) sum += at(this.#carried, near * 4 + channel);
      this.#carried[index * 4 + channel] = Math.round(sum / sources.length);
    }
    return true;
  }

  #fillTiles(): void {
    const { width } = this.#raster;
    const { depth } = this.#layers;
    for (let index = 0; index < depth.length; index += 1) {
      if (at(depth, index) < 0 || at(this.#known, index) === 1) continue;
      const tile =
        Math.floor(Math.floor(index / width) / tileSide) * this.#tilesAcross + Math.floor((index % width) / tileSide);
      const holder = at(this.#tiles, tile);
      if (holder < 0 || at(this.#backdrop.difference, index) > at(this.#backdrop.difference, holder)) {
        this.#tiles[tile] = index;
      }
    }
  }

  #isAligned(index: number, candidate: number, behind: Rgb): boolean {
    const { data } = this.#raster;
    let [dot, one, other] = [0, 0, 0];
    for (let channel = 0; channel < 3; channel += 1) {
      const here = at(data, index * 4 + channel) - at(behind, channel);
      const there = at(data, candidate * 4 + channel) - at(behind, channel);
      dot += here * there;
      one += here * here;
      other += there * there;
    }
    return dot > alignment * Math.sqrt(one * other);
  }

  #colourOf(data: Uint8Array, index: number): Rgb {
    return [at(data, index * 4), at(data, index * 4 + 1), at(data, index * 4 + 2)];
  }
}
