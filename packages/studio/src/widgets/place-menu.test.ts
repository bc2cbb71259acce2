import { describe, expect, it } from "vitest";
import { placeMenu } from "./place-menu.ts";

const bounds = { width: 360, height: 740 };
const list = { width: 220, height: 100 };

function opener(left: number, top: number): { left: number; top: number; right: number; bottom: number } {
  return { left, top, right: left + 90, bottom: top + 40 };
}

describe("the list of a menu", () => {
  it("opens below its button, from its left edge", () => {
    expect(placeMenu(opener(20, 100), list, bounds)).toMatchObject({ left: 20, top: 146 });
  });

  it("opens from the right edge of its button where the window ends", () => {
    expect(placeMenu(opener(260, 100), list, bounds)).toMatchObject({ left: 130, top: 146 });
  });

  it("opens above its button where there is no room below", () => {
    expect(placeMenu(opener(20, 690), list, bounds)).toMatchObject({ left: 20, top: 584 });
  });

  it("stays inside a window of any width and height, wherever its button is", () => {
    for (const width of [320, 360, 768, 1440]) {
      for (const height of [200, 420, 900]) {
        for (let left = 0; left <= width - 90; left += 30) {
          for (let top = 0; top <= height - 40; top += 40) {
            const place = placeMenu(opener(left, top), list, { width, height });
            expect(place.left).toBeGreaterThanOrEqual(8);
            expect(place.left + list.width).toBeLessThanOrEqual(width - 8);
            expect(place.top).toBeGreaterThanOrEqual(8);
            expect(place.top + Math.min(list.height, place.maxHeight)).toBeLessThanOrEqual(height - 8);
          }
        }
      }
    }
  });
});
