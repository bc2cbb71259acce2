import { describe, expect, it } from "vitest";
import { makeEntry } from "../__fixtures__/make-entry.ts";
import { heightOf, neighbourOf, shapeOf, type PlacedCard } from "./layout.ts";

describe("the shape of the wall", () => {
  it.each([
    [320, 2],
    [360, 2],
    [768, 3],
    [1400, 5],
    [2560, 6],
    [5120, 6],
  ])("of %i pixels has %i columns that fit", (width, columns) => {
    const shape = shapeOf(width);
    expect(shape.columns).toBe(columns);
    const used = columns * shape.columnWidth + (columns - 1) * shape.gap + 2 * shape.padding;
    expect(used).toBeLessThanOrEqual(width);
    expect(used).toBeGreaterThan(width - columns);
  });
});

describe("a card", () => {
  const sized = (width: number, height: number) => {
    const [image] = makeEntry({ id: "gen_1" }).images;
    if (image === undefined) throw new Error("no picture");
    return makeEntry({ id: "gen_1", images: [{ ...image, width, height }] });
  };

  it("has its picture's shape, within bounds", () => {
    expect(heightOf(sized(300, 200), 300)).toBe(200);
    expect(heightOf(sized(100, 8000), 300)).toBe(540);
    expect(heightOf(sized(8000, 100), 300)).toBe(150);
    expect(heightOf(sized(0, 0), 300)).toBe(180);
  });

  it("is square while nothing is known of it, and low when it has only words", () => {
    expect(heightOf(null, 300)).toBe(300);
    expect(heightOf(makeEntry({ id: "gen_1", images: [], status: "running" }), 300)).toBe(300);
    expect(heightOf(makeEntry({ id: "gen_1", images: [], status: "failed" }), 300)).toBe(180);
  });

  it("has room for its words also in the narrow columns of a phone", () => {
    expect(heightOf(makeEntry({ id: "gen_1", images: [], status: "failed" }), 158)).toBe(126);
  });
});

describe("arrow keys", () => {
  // Three columns; the middle one has tall cards.
  const cards: readonly PlacedCard[] = [
    { index: 0, lane: 0, start: 0, end: 100 },
    { index: 1, lane: 1, start: 0, end: 300 },
    { index: 2, lane: 2, start: 0, end: 100 },
    { index: 3, lane: 0, start: 110, end: 210 },
    { index: 4, lane: 2, start: 110, end: 210 },
    { index: 5, lane: 0, start: 220, end: 320 },
    { index: 6, lane: 2, start: 220, end: 320 },
    { index: 7, lane: 1, start: 310, end: 400 },
  ];
  const press = (index: number, key: string) => neighbourOf(index, key, cards.length, 3, (at) => cards[at]);

  it("lead to the card that one sees there", () => {
    expect(press(1, "ArrowLeft")).toBe(3);
    expect(press(1, "ArrowRight")).toBe(4);
    expect(press(1, "ArrowDown")).toBe(7);
    expect(press(5, "ArrowUp")).toBe(3);
    expect(press(0, "ArrowDown")).toBe(3);
  });

  it("go on in the next row at the edge", () => {
    expect(press(2, "ArrowRight")).toBe(3);
    expect(press(3, "ArrowLeft")).toBe(2);
  });

  it("stop at the ends", () => {
    expect(press(0, "ArrowUp")).toBeNull();
    expect(press(0, "ArrowLeft")).toBeNull();
    expect(press(7, "ArrowDown")).toBeNull();
    expect(press(4, "Home")).toBe(0);
    expect(press(4, "End")).toBe(7);
    expect(press(4, "x")).toBeNull();
    expect(neighbourOf(0, "End", 0, 3, () => undefined)).toBeNull();
  });
});
