import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import {
  draw,
  over,
  paint,
  pipelineOf,
  pixel,
  pixelsOf,
  place,
  save,
  scene,
  sequence,
  tools,
} from "../../test-support/pictures.ts";
import type { Raster } from "../pictures/raster.ts";

const side = 480;
const flat = (red: number, green: number, blue: number): Raster => paint(side, side, () => [red, green, blue]);
const board = (cell: number, light: number, dark: number): Raster =>
  paint(side, side, (x, y) =>
    Array.from({ length: 3 }, () => ((Math.floor(x / cell) + Math.floor(y / cell)) % 2 === 0 ? light : dark)),
  );

/** An animal with white eyes: what is enclosed and white has to stay. */
const fox = (): Promise<Raster> =>
  draw(
    side,
    side,
    '<ellipse cx="240" cy="275" rx="105" ry="135" fill="#c6581e"/><path d="M150 185 L138 70 L215 145Z M330 185 L342 70 L265 145Z" fill="#a3431a"/>' +
      '<circle cx="205" cy="230" r="20" fill="#fff"/><circle cx="275" cy="230" r="20" fill="#fff"/><circle cx="205" cy="230" r="8" fill="#111"/><circle cx="275" cy="230" r="8" fill="#111"/>',
  );

/** A head with loose hairs, 0.7 to 2.2 pixels thin. */
function hair(colour: string): Promise<Raster> {
  const random = sequence(5);
  const strands = Array.from({ length: 70 }, (_, index) => {
    const angle = Math.PI * (1 + index / 70);
    const [x, y] = [240 + Math.cos(angle) * 85, 250 + Math.sin(angle) * 85];
    const length = 130 + random() * 50;
    const bend = angle + (random() - 0.5) * 0.6;
    const end = [240 + Math.cos(bend) * length, 250 + Math.sin(bend) * length].map(Math.round).join(" ");
    return `<path d="M${x} ${y} L${end}" stroke="${colour}" stroke-width="${0.7 + (index % 4) * 0.5}"/>`;
  });
  return draw(
    side,
    side,
    `${strands.join("")}<circle cx="240" cy="250" r="95" fill="#e2b08c"/><path d="M110 440 Q240 300 370 440Z" fill="#27548a"/>`,
  );
}

/** Mean error of alpha over the pixels that are neither transparent nor opaque in truth, and over all. */
function alphaErrors(truth: Raster, cutOut: Raster): { soft: number; all: number } {
  let [soft, softCount, all] = [0, 0, 0];
  for (let offset = 3; offset < truth.data.length; offset += 4) {
    const error = Math.abs((truth.data[offset] ?? 0) - (cutOut.data[offset] ?? 0)) / 255;
    all += error;
    if ((truth.data[offset] ?? 0) <= 4 || (truth.data[offset] ?? 0) >= 251) continue;
    soft += error;
    softCount += 1;
  }
  return { soft: soft / Math.max(1, softCount), all: all / (truth.width * truth.height) };
}

/** Mean difference on a new ground between the cut-out and the subject as it was drawn, near the subject's edge: a halo shows here. */
function haloOn(ground: number, truth: Raster, cutOut: Raster): number {
  let [sum, count] = [0, 0];
  for (let offset = 0; offset < truth.data.length; offset += 4) {
    const alpha = truth.data[offset + 3] ?? 0;
    if (alpha <= 4 || alpha >= 251) continue;
    count += 1;
    for (let channel = 0; channel < 3; channel += 1) {
      const laid = ({ data }: Raster): number => {
        const share = (data[offset + 3] ?? 0) / 255;
        return (data[offset + channel] ?? 0) * share + ground * (1 - share);
      };
      sum += Math.abs(laid(truth) - laid(cutOut)) / 3;
    }
  }
  return sum / Math.max(1, count) / 255;
}

async function matteOf(
  picture: Raster,
  keyColor: string | null = null,
): Promise<{ cutOut: Raster; score: number; background: string } | null> {
  const target = place("matte.png");
  const result = await tools.matte({ source: await save(pipelineOf(picture).removeAlpha().png()), target, keyColor });
  expect(existsSync(target)).toBe(result !== null);
  return result === null
    ? null
    : { cutOut: await pixelsOf(target), score: result.score, background: result.background };
}

const grounds: [string, () => Raster, string | null][] = [
  ["white background", () => flat(254, 254, 254), null],
  ["black background", () => flat(3, 3, 3), null],
  ["grey background", () => flat(138, 138, 140), null],
  ["blue background", () => flat(169, 212, 245), null],
  ["green background", () => flat(5, 249, 12), "#00ff00"],
  ["magenta background", () => flat(250, 6, 245), "#ff00ff"],
  ["painted checkerboard", () => board(15.6, 255, 204), null],
  ["painted checkerboard", () => board(22, 253, 237), null],
];

describe.each(grounds)("a %s", (name, ground, keyColor) => {
  test("goes, and an even subject keeps its form, its eyes and its colours", async () => {
    const subject = await fox();
    const found = await matteOf(over(subject, ground()), keyColor);
    expect(found).toMatchObject({ background: name });
    const { cutOut, score } = found ?? { cutOut: subject, score: 0 };
    expect(score).toBeGreaterThan(0.9);
    const errors = alphaErrors(subject, cutOut);
    expect(errors.soft).toBeLessThan(0.05);
    expect(errors.all).toBeLessThan(0.001);
    expect(Math.max(haloOn(0, subject, cutOut), haloOn(255, subject, cutOut))).toBeLessThan(0.04);
    expect(pixel(cutOut, 217, 222)[3]).toBe(255);
    expect(pixel(cutOut, 3, 3)).toEqual([0, 0, 0, 0]);
  });

  test.each(["#3a2416", "#d8b46a"])("goes from between hairs of %s", async (colour) => {
    const subject = await hair(colour);
    const found = await matteOf(over(subject, ground()), keyColor);
    const { cutOut } = found ?? { cutOut: subject };
    expect(found?.score ?? 0).toBeGreaterThan(0.8);
    expect(alphaErrors(subject, cutOut).soft).toBeLessThan(0.09);
    expect(Math.max(haloOn(0, subject, cutOut), haloOn(255, subject, cutOut))).toBeLessThan(0.08);
  });
});

describe("holes", () => {
  const ring = (): Promise<Raster> =>
    draw(
      side,
      side,
      '<path fill-rule="evenodd" fill="#9a5b2c" d="M240 80 a160 160 0 1 0 0.1 0Z M240 175 a65 65 0 1 1 -0.1 0Z"/>',
    );

  test.each<[string, Raster, string | null, number]>([
    ["stay with a white background, which may be the subject's own", flat(254, 254, 254), null, 255],
    ["go with a known key colour", flat(5, 249, 12), "#00ff00", 0],
    ["go where the board shows", board(16, 255, 204), null, 0],
  ])("%s", async (_, ground, keyColor, alpha) => {
    const found = await matteOf(over(await ring(), ground), keyColor);
    expect(pixel(found?.cutOut ?? ground, 240, 240)[3]).toBe(alpha);
  });
});

describe("a key colour takes along what it shines through", () => {
  test("glass", async () => {
    const glass = await draw(
      side,
      side,
      '<rect x="160" y="100" width="160" height="270" rx="20" fill="#4060a0" fill-opacity="0.45"/><circle cx="240" cy="385" r="35" fill="#222"/>',
    );
    const { cutOut } = (await matteOf(over(glass, flat(250, 6, 245)), "#ff00ff")) ?? { cutOut: glass };
    expect(alphaErrors(glass, cutOut).all).toBeLessThan(0.02);
  });

  test("a soft shadow", async () => {
    const shadow = await draw(
      side,
      side,
      '<filter id="b"><feGaussianBlur stdDeviation="10"/></filter><ellipse cx="240" cy="400" rx="140" ry="22" fill-opacity="0.45" filter="url(#b)"/><circle cx="240" cy="275" r="120" fill="#2f7d4f"/>',
    );
    const { cutOut } = (await matteOf(over(shadow, flat(250, 6, 245)), "#ff00ff")) ?? { cutOut: shadow };
    expect(alphaErrors(shadow, cutOut).all).toBeLessThan(0.01);
  });
});

describe("what would not come out clean is refused", () => {
  const subject = fox;
  const shadow =
    '<filter id="b"><feGaussianBlur stdDeviation="10"/></filter><ellipse cx="240" cy="400" rx="140" ry="22" fill-opacity="0.45" filter="url(#b)"/>';
  const shirt =
    '<circle cx="240" cy="130" r="60" fill="#b07850"/><path d="M115 440 Q115 200 240 200 Q365 200 365 440Z" fill="#fbfbfb"/><path d="M230 200 L240 320 L250 200Z" fill="#a22"/>';
  const smoke =
    '<radialGradient id="g"><stop offset="0" stop-color="#555"/><stop offset="1" stop-color="#555" stop-opacity="0"/></radialGradient><circle cx="240" cy="240" r="180" fill="url(#g)"/>';
  const random = sequence(9);
  test.each<[string, () => Promise<Raster> | Raster, string | null]>([
    [
      "a gradient",
      async () =>
        over(
          await subject(),
          paint(side, side, (_, y) => [255 - y / 5, 255 - y / 7, 255]),
        ),
      null,
    ],
    [
      "a vignette",
      async () =>
        over(
          await subject(),
          paint(side, side, (x, y) => Array.from({ length: 3 }, () => 255 - Math.hypot(x - 240, y - 240) / 8)),
        ),
      null,
    ],
    ["noise", () => paint(side, side, () => [255 * random(), 255 * random(), 255 * random()]), null],
    ["a photograph", () => scene(side, side), null],
    ["a picture without a subject", () => over(flat(254, 254, 254), flat(254, 254, 254)), null],
    [
      "a subject that fills it",
      async () =>
        over(await draw(side, side, '<rect x="3" y="3" width="474" height="474" fill="#123"/>'), flat(254, 254, 254)),
      null,
    ],
    [
      "a soft shadow on white",
      async () =>
        over(
          await draw(side, side, `${shadow}<circle cx="240" cy="275" r="120" fill="#2f7d4f"/>`),
          flat(254, 254, 254),
        ),
      null,
    ],
    [
      "a soft shadow on a board",
      async () =>
        over(
          await draw(side, side, `${shadow}<circle cx="240" cy="275" r="120" fill="#2f7d4f"/>`),
          board(16, 255, 204),
        ),
      null,
    ],
    ["smoke on white", async () => over(await draw(side, side, smoke), flat(254, 254, 254)), null],
    ["a white shirt on white", async () => over(await draw(side, side, shirt), flat(254, 254, 254)), null],
    ["a white shirt on a board", async () => over(await draw(side, side, shirt), board(16, 252, 204)), null],
    ["another colour than the key", async () => over(await subject(), flat(250, 6, 245)), "#00ff00"],
    [
      "a subject of the key's own colour",
      async () => over(await draw(side, side, '<circle cx="240" cy="240" r="140" fill="#2f7d4f"/>'), flat(5, 249, 12)),
      "#00ff00",
    ],
  ])("%s", async (_, picture, keyColor) => {
    const found = await matteOf(await picture(), keyColor);
    expect(found?.score ?? null).toBeNull();
  });

  test("and an older target is gone", async () => {
    const target = place("matte.png");
    writeFileSync(target, "an older one");
    expect(await tools.matte({ source: await save(await scene(100, 100)), target, keyColor: null })).toBeNull();
    expect(existsSync(target)).toBe(false);
  });

  test("what is transparent already", async () => {
    const source = await save(await fox());
    expect(await tools.matte({ source, target: place("matte.png"), keyColor: null })).toBeNull();
  });
});

test("the result names what went, how sure that is, and the file", async () => {
  const source = await save(
    pipelineOf(over(await fox(), flat(254, 254, 254)))
      .removeAlpha()
      .jpeg({ quality: 92, chromaSubsampling: "4:4:4" }),
  );
  const target = place("matte.png");
  const result = await tools.matte({ source, target, keyColor: null });
  const content = readFileSync(target);
  expect(result).toEqual({
    width: side,
    height: side,
    score: expect.closeTo(0.95, 1),
    background: "white background",
    bytes: content.length,
    sha256: createHash("sha256").update(content).digest("hex"),
    steps: [`matte white background (score ${result?.score.toFixed(2)})`],
  });
});
