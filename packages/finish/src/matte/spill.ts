import { at } from "../pictures/raster.ts";
import type { Rgb } from "./backdrop.ts";

/** How much of a strong colour is in another: 1 = it is that colour, 0 = none, less = it is rather its opposite. */
export type Spill = (values: ArrayLike<number>, offset: number) => number;

/** Weaker colours are no keys: too much else holds some of them. */
const leastStrength = 100;

/** Measured by how far the colour's strong channels stand above its weak ones. Null when they hardly do. */
export function spillOf(colour: Rgb): Spill | null {
  const middle = (Math.max(...colour) + Math.min(...colour)) / 2;
  const strong = [0, 1, 2].filter((channel) => at(colour, channel) > middle);
  const weak = [0, 1, 2].filter((channel) => at(colour, channel) <= middle);
  const measure: Spill = (values, offset) => {
    let least = 255;
    let most = 0;
    for (const channel of strong) least = Math.min(least, at(values, offset + channel));
    for (const channel of weak) most = Math.max(most, at(values, offset + channel));
    return least - most;
  };
  const strength = measure(colour, 0);
  return strength < leastStrength ? null : (values, offset) => measure(values, offset) / strength;
}
