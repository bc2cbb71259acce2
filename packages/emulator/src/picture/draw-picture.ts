import { createCanvas, type Canvas } from "./canvas.ts";
import { drawCaption, drawStrip, type Box } from "./caption.ts";
import { copyAlpha, cutOut } from "./cut-out.ts";
import { createPalette, type Palette } from "./palette.ts";
import type { DecodedPng } from "./png-decode.ts";
import { encodePng } from "./png-encode.ts";
import { putOnGround, type Ground } from "./ground.ts";
import { fillPolygon } from "./polygon.ts";
import { createRandom, hashText, type RandomSource } from "./random.ts";
import { cover } from "./resample.ts";
import { drawPill, drawRibbon } from "./sandbox-mark.ts";
import { drawScene } from "./scenes.ts";

/** What to draw. The same values give the same picture. */
export interface PictureOptions {
  readonly prompt: string;
  readonly seed: number;
  /** Pixels. */
  readonly width: number;
  readonly height: number;
  /** A cut-out with alpha instead of a full picture. */
  readonly transparent: boolean;
  /** Draw the word SANDBOX. */
  readonly mark: boolean;
  /** The picture that is edited; `unreadable` when there is one that could not be decoded. */
  readonly parent?: DecodedPng | "unreadable";
  /** Cut out as a transparent picture, then put on this: an RGB picture. */
  readonly ground?: Ground;
}

/** Draws a picture and encodes it as PNG: RGBA when it is transparent, RGB otherwise. */
export async function drawPicture(wanted: PictureOptions): Promise<Uint8Array> {
  const { ground } = wanted;
  const transparent = wanted.transparent || ground !== undefined;
  const options = { ...wanted, transparent };
  const { width, height } = options;
  const random = createRandom(hashText(options.prompt, options.seed));
  const palette = createPalette(random);
  const canvas = createCanvas(width, height);
  const backdrop = paintGround(canvas, options, palette, random);
  const edited = options.parent !== undefined;
  const box = captionBox(options);
  if (edited) drawStrip(canvas, { x: 0, y: box.y - height * 0.025, width, height }, palette.ink);
  drawCaption(canvas, options.prompt, box, palette.ink);
  if (options.mark && !transparent) drawRibbon(canvas);
  if (options.mark && transparent) drawPill(canvas, width / 2, height * 0.16);
  if (transparent && backdrop?.alpha === true) copyAlpha(canvas, backdrop);
  else if (transparent) cutOut(canvas, random);
  if (ground !== undefined) putOnGround(canvas, ground);
  return encodePng(canvas, transparent && ground === undefined);
}

function captionBox({ width, height, transparent, parent }: PictureOptions): Box {
  if (parent === undefined) return { x: width * 0.12, y: height * 0.25, width: width * 0.76, height: height * 0.5 };
  // An edit's caption leaves the parent visible; the corners of a cut-out are missing, so there it is narrower.
  if (transparent) return { x: width * 0.22, y: height * 0.74, width: width * 0.56, height: height * 0.12 };
  return { x: width * 0.12, y: height * 0.765, width: width * 0.76, height: height * 0.17 };
}

function paintGround(
  canvas: Canvas,
  options: PictureOptions,
  palette: Palette,
  random: RandomSource,
): DecodedPng | undefined {
  const { parent } = options;
  if (parent === undefined || parent === "unreadable") {
    drawScene(canvas, palette, random);
    if (parent === "unreadable") drawFrame(canvas, palette);
    return undefined;
  }
  const scaled = cover(parent, canvas.width, canvas.height);
  const ground = options.transparent ? palette.layer(0.5) : palette.sky[1];
  flatten(canvas, scaled, ground ?? [128, 128, 128]);
  return { ...scaled, alpha: parent.alpha };
}

/** Puts a picture with alpha on one colour. */
function flatten(canvas: Canvas, source: Canvas, ground: readonly [number, number, number]): void {
  for (let offset = 0; offset < canvas.pixels.length; offset += 4) {
    const alpha = (source.pixels[offset + 3] ?? 0) / 255;
    for (let channel = 0; channel < 3; channel += 1) {
      canvas.pixels[offset + channel] =
        (source.pixels[offset + channel] ?? 0) * alpha + (ground[channel] ?? 0) * (1 - alpha) + 0.5;
    }
    canvas.pixels[offset + 3] = 255;
  }
}

/** A wide coloured border: "an input stood here that this program cannot read". */
function drawFrame(canvas: Canvas, palette: Palette): void {
  const { width, height } = canvas;
  const edge = Math.min(width, height) * 0.05;
  const bars = [
    [0, 0, width, 0, width, edge, 0, edge],
    [0, height - edge, width, height - edge, width, height, 0, height],
    [0, edge, edge, edge, edge, height - edge, 0, height - edge],
    [width - edge, edge, width, edge, width, height - edge, width - edge, height - edge],
  ];
  for (const bar of bars) fillPolygon(canvas, bar, { top: palette.accent, opacity: 0.9 });
}
