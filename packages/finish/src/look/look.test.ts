import { describe, expect, test } from "vitest";
import { draw, over, paint, pipelineOf, save, scene, sequence, tools } from "../../test-support/pictures.ts";
import type { Raster } from "../pictures/raster.ts";

const board = (side: number, cell: number, light = 255, dark = 204): Raster =>
  paint(side, side, (x, y) =>
    Array.from({ length: 3 }, () => ((Math.floor(x / cell) + Math.floor(y / cell)) % 2 === 0 ? light : dark)),
  );
const subject = async (side: number): Promise<Raster> =>
  draw(
    side,
    side,
    '<ellipse cx="50%" cy="55%" rx="28%" ry="33%" fill="#b5532c"/><circle cx="45%" cy="40%" r="5%" fill="#fff"/>',
  );

describe("shares of transparency", () => {
  test("are counted, and the service's 251 to 254 is opaque", async () => {
    const picture = paint(100, 100, (x) => [9, 9, 9, x < 20 ? 0 : x < 30 ? 127 : x < 40 ? 128 : x < 50 ? 249 : 251]);
    expect(await tools.lookAtAlpha(await save(picture))).toEqual({
      hasAlpha: true,
      transparentShare: 0.3,
      translucentShare: 0.5,
      checkerboard: false,
    });
  });

  test("are nothing without an alpha channel", async () => {
    const path = await save(
      pipelineOf(await scene(64, 64))
        .removeAlpha()
        .png(),
    );
    expect(await tools.lookAtAlpha(path)).toEqual({
      hasAlpha: false,
      transparentShare: 0,
      translucentShare: 0,
      checkerboard: false,
    });
  });
});

describe("a painted checkerboard is found", () => {
  test.each([
    [8, 255, 204],
    [15.6, 255, 204],
    [20, 253, 239],
    [24.3, 255, 191],
    [40, 102, 153],
    [62, 255, 220],
  ])("with cells of %f px in %i and %i, behind a subject", async (cell, light, dark) => {
    const picture = over(await subject(640), board(640, cell, light, dark), 2);
    expect((await tools.lookAtAlpha(await save(picture))).checkerboard).toBe(true);
  });

  test("after JPEG, and where the subject covers one side", async () => {
    const bust = await draw(640, 640, '<path d="M60 640 Q60 300 320 290 Q580 300 580 640Z" fill="#334a7a"/>');
    const path = await save(
      pipelineOf(over(bust, board(640, 16)))
        .removeAlpha()
        .jpeg({ quality: 85 }),
    );
    expect((await tools.lookAtAlpha(path)).checkerboard).toBe(true);
  });
});

describe("no checkerboard is", () => {
  const random = sequence(11);
  test.each<[string, () => Promise<Raster> | Raster]>([
    ["plain white", () => paint(400, 400, () => [255, 255, 255])],
    [
      "white with a subject",
      async () =>
        over(
          await subject(400),
          paint(400, 400, () => [254, 254, 254]),
        ),
    ],
    ["a gradient", () => paint(400, 400, (_, y) => [255 - y / 4, 255 - y / 4, 255 - y / 4])],
    ["noise", () => paint(400, 400, () => Array.from({ length: 3 }, () => 255 * random()))],
    ["noise of two greys", () => paint(400, 400, () => (random() < 0.5 ? [255, 255, 255] : [204, 204, 204]))],
    ["stripes", () => paint(400, 400, (x) => (Math.floor(x / 16) % 2 === 0 ? [255, 255, 255] : [204, 204, 204]))],
    [
      "tiles with joints",
      () => paint(400, 400, (x, y) => (x % 24 < 3 || y % 24 < 3 ? [204, 204, 204] : [255, 255, 255])),
    ],
    [
      "dots",
      () =>
        paint(400, 400, (x, y) => (Math.hypot((x % 20) - 10, (y % 20) - 10) < 7 ? [204, 204, 204] : [255, 255, 255])),
    ],
    ["a photograph", () => scene(500, 400)],
    ["a chess board that fills the picture", () => board(512, 64, 240, 60)],
    ["a pale board of eight cells", () => board(512, 64, 250, 200)],
    [
      "a chess board in the middle",
      () =>
        paint(640, 640, (x, y) =>
          Math.max(Math.abs(x - 320), Math.abs(y - 320)) > 240
            ? [250, 250, 250]
            : (Math.floor(x / 60) + Math.floor(y / 60)) % 2 === 0
              ? [245, 245, 245]
              : [190, 190, 190],
        ),
    ],
    [
      "a coloured board",
      () =>
        paint(400, 400, (x, y) =>
          (Math.floor(x / 16) + Math.floor(y / 16)) % 2 === 0 ? [255, 255, 255] : [240, 120, 120],
        ),
    ],
    [
      "a board on two sides only",
      () =>
        paint(600, 600, (x, y) =>
          y < 200
            ? (Math.floor(x / 16) + Math.floor(y / 16)) % 2 === 0
              ? [255, 255, 255]
              : [204, 204, 204]
            : [80, 120, 160],
        ),
    ],
    [
      "a board inside real transparency",
      () =>
        paint(400, 400, (x, y) => [
          ...((Math.floor(x / 16) + Math.floor(y / 16)) % 2 === 0 ? [255, 255, 255] : [204, 204, 204]),
          Math.hypot(x - 200, y - 200) < 150 ? 255 : 0,
        ]),
    ],
  ])("%s", async (_, picture) => {
    expect((await tools.lookAtAlpha(await save(await picture()))).checkerboard).toBe(false);
  });
});

describe("resemblance", () => {
  test.each<[string, (picture: Raster) => Promise<string>]>([
    ["the same file", (picture) => save(picture)],
    ["JPEG of quality 80", (picture) => save(pipelineOf(picture).removeAlpha().jpeg({ quality: 80 }))],
    ["WebP of quality 60", (picture) => save(pipelineOf(picture).webp({ quality: 60 }))],
    ["half the size", (picture) => save(pipelineOf(picture).resize(200).png())],
    ["a little noise", (picture) => save(over(picture, picture, 4))],
  ])("%s is the same", async (_, change) => {
    const picture = await scene(400, 300);
    expect(await tools.compare(await save(picture), await change(picture))).toMatchObject({ same: true });
  });

  test("a picture is nothing but itself", async () => {
    const path = await save(await scene(200, 150));
    expect(await tools.compare(path, path)).toEqual({ hashDistance: 0, meanDifference: 0, same: true });
  });

  test.each<[string, string]>([
    ["another colour of the sky", '<rect width="100%" height="70%" fill="#c06090" fill-opacity="0.5"/>'],
    ["an added object", '<circle cx="80%" cy="80%" r="5%" fill="#fff"/>'],
    ["a small added object", '<circle cx="50%" cy="30%" r="3%" fill="#101010"/>'],
    ["a text", '<text x="60%" y="90%" font-size="40" fill="#fff">SALE</text>'],
    ["a darker picture", '<rect width="100%" height="100%" fill="#000" fill-opacity="0.15"/>'],
    ["another picture", '<rect width="100%" height="100%" fill="#777"/>'],
  ])("%s is another picture", async (_, elements) => {
    const picture = await scene(400, 300);
    const edited = over(await draw(400, 300, elements), picture);
    expect(await tools.compare(await save(picture), await save(edited))).toMatchObject({ same: false });
  });

  test("a mirrored, a cropped and an emptied picture are others", async () => {
    const picture = await scene(400, 300);
    const source = await save(picture);
    const others = [
      pipelineOf(picture).flop().png(),
      pipelineOf(picture).extract({ left: 0, top: 0, width: 300, height: 300 }).png(),
      pipelineOf(paint(400, 300, () => [128, 128, 128, 0])).png(),
    ];
    for (const other of others) expect(await tools.compare(source, await save(other))).toMatchObject({ same: false });
  });
});

describe("the key colour", () => {
  test.each<[string, string, { hex: string; name: string }]>([
    ["a red fox", "#c6581e", { hex: "#00ff00", name: "pure green" }],
    ["grass", "#20d030", { hex: "#ff00ff", name: "pure magenta" }],
    ["a pink flower", "#ff40e0", { hex: "#00ff00", name: "pure green" }],
  ])("is far from %s", async (_, colour, expected) => {
    const picture = await draw(
      300,
      300,
      `<rect width="100%" height="100%" fill="#fff"/><rect width="50%" height="50%" fill="${colour}"/><rect width="10%" height="10%" fill="#000"/>`,
    );
    expect(await tools.chooseKeyColor(await save(picture))).toEqual(expected);
  });

  test("is not taken from what a few pixels or hidden ones hold", async () => {
    const picture = paint(300, 300, (x, y) =>
      x < 150 ? [0, 255, 0, 0] : y === 0 && x < 155 ? [0, 255, 0] : [255, 0, 255],
    );
    expect(await tools.chooseKeyColor(await save(picture))).toEqual({ hex: "#00ff00", name: "pure green" });
  });

  test("of an empty picture is green", async () => {
    expect((await tools.chooseKeyColor(await save(paint(20, 20, () => [0, 0, 0, 0])))).hex).toMatch(/^#/);
  });
});
