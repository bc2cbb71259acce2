import { blendPixel, type Canvas } from "./canvas.ts";
import type { Color } from "./color.ts";
import { glyphFor, type Glyph } from "./glyphs.ts";

/** Height of a capital, in the font's units. */
export const CAP_HEIGHT = 14;
/** From base line to base line, in the font's units. */
export const LINE_HEIGHT = 24;
const LETTER_GAP = 3.7;
const STROKE_RADIUS = 0.95;

/** How a text is drawn. */
export interface Lettering {
  /** Pixels per font unit; a capital is 14 units high. */
  readonly scale: number;
  readonly color: Color;
  /** A soft rim that keeps the text readable on any ground. */
  readonly rim?: { readonly color: Color; readonly opacity: number };
  /** Radians, around the start of the line. */
  readonly rotation?: number;
}

/** The letters that the font has: accents fall away, typographic signs become plain ones. */
export function plainText(text: string): string {
  return text
    .replace(/[\u2018\u2019\u201a]/g, "'")
    .replace(/[\u201c-\u201e\u00ab\u00bb]/g, '"')
    .replace(/[\u2010-\u2015\u2212]/g, "-")
    .replace(/\u2026/g, "...")
    .replace(/\u00df/g, "ss")
    .replace(/[\u00e6\u00c6]/g, "ae")
    .replace(/[\u0153\u0152]/g, "oe")
    .replace(/[\u00f8\u00d8]/g, "o")
    .replace(/[\u0142\u0141]/g, "l")
    .normalize("NFD")
    .replace(/\p{M}/gu, "")
    .replace(/\s+/g, " ")
    .trim();
}

/** Width of a line, in the font's units. */
export function lineWidth(text: string): number {
  let width = 0;
  for (const character of text) width += glyphFor(character).width + LETTER_GAP;
  return Math.max(0, width - LETTER_GAP);
}

/** Draws one line; x and y are where the top left corner of its first capital goes, in pixels. */
export function drawLine(canvas: Canvas, text: string, x: number, y: number, lettering: Lettering): void {
  const segments = layOut(text, x, y, lettering);
  if (lettering.rim !== undefined) {
    stroke(
      canvas,
      segments,
      lettering.scale * (STROKE_RADIUS + 0.6),
      lettering.scale * 2.4,
      lettering.rim.color,
      lettering.rim.opacity,
    );
  }
  stroke(canvas, segments, Math.max(0.6, lettering.scale * STROKE_RADIUS), 0.5, lettering.color, 1);
}

function layOut(text: string, x: number, y: number, lettering: Lettering): number[] {
  const cosine = Math.cos(lettering.rotation ?? 0) * lettering.scale;
  const sine = Math.sin(lettering.rotation ?? 0) * lettering.scale;
  const segments: number[] = [];
  let pen = 0;
  for (const character of text) {
    const glyph: Glyph = glyphFor(character);
    for (const points of glyph.strokes) {
      for (let index = 0; index + 3 < points.length; index += 2) {
        for (let end = 0; end < 4; end += 2) {
          const glyphX = pen + (points[index + end] ?? 0);
          const glyphY = points[index + end + 1] ?? 0;
          segments.push(x + glyphX * cosine - glyphY * sine, y + glyphX * sine + glyphY * cosine);
        }
      }
    }
    pen += glyph.width + LETTER_GAP;
  }
  return segments;
}

interface PixelBox {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

/** Draws all segments as one shape with round ends: full inside the radius, fading out over the softness. */
function stroke(
  canvas: Canvas,
  segments: readonly number[],
  radius: number,
  softness: number,
  color: Color,
  opacity: number,
): void {
  const reach = radius + softness;
  let left = Infinity;
  let right = -Infinity;
  let top = Infinity;
  let bottom = -Infinity;
  for (let index = 0; index < segments.length; index += 2) {
    left = Math.min(left, segments[index] ?? 0);
    right = Math.max(right, segments[index] ?? 0);
    top = Math.min(top, segments[index + 1] ?? 0);
    bottom = Math.max(bottom, segments[index + 1] ?? 0);
  }
  const box: PixelBox = {
    left: Math.max(0, Math.floor(left - reach)),
    right: Math.min(canvas.width - 1, Math.ceil(right + reach)),
    top: Math.max(0, Math.floor(top - reach)),
    bottom: Math.min(canvas.height - 1, Math.ceil(bottom + reach)),
  };
  if (box.right < box.left || box.bottom < box.top) return;
  const width = box.right - box.left + 1;
  const nearest = new Float32Array(width * (box.bottom - box.top + 1)).fill(reach * reach);
  for (let index = 0; index + 3 < segments.length; index += 4) measure(nearest, box, reach, segments, index);
  const [red, green, blue] = [Math.round(color[0]), Math.round(color[1]), Math.round(color[2])];
  const fade = Math.max(1, softness);
  for (let cell = 0; cell < nearest.length; cell += 1) {
    const squared = nearest[cell] ?? 0;
    if (squared >= reach * reach) continue;
    const cover = Math.min(1, (reach - Math.sqrt(squared)) / fade);
    const offset = ((box.top + Math.floor(cell / width)) * canvas.width + box.left + (cell % width)) * 4;
    blendPixel(canvas.pixels, offset, red, green, blue, Math.round(256 * cover * cover * (3 - 2 * cover) * opacity));
  }
}

/** Keeps for every pixel the square of its distance to the nearest stroke, so that crossings are not darker. */
function measure(
  nearest: Float32Array,
  box: PixelBox,
  reach: number,
  segments: readonly number[],
  index: number,
): void {
  const x0 = segments[index] ?? 0;
  const y0 = segments[index + 1] ?? 0;
  const x1 = segments[index + 2] ?? 0;
  const y1 = segments[index + 3] ?? 0;
  const dx = x1 - x0;
  const dy = y1 - y0;
  const lengthSquared = dx * dx + dy * dy || 1e-9;
  const fromX = Math.max(box.left, Math.floor(Math.min(x0, x1) - reach));
  const toX = Math.min(box.right, Math.ceil(Math.max(x0, x1) + reach));
  const fromY = Math.max(box.top, Math.floor(Math.min(y0, y1) - reach));
  const toY = Math.min(box.bottom, Math.ceil(Math.max(y0, y1) + reach));
  const width = box.right - box.left + 1;
  for (let y = fromY; y <= toY; y += 1) {
    const py = y + 0.5 - y0;
    const row = (y - box.top) * width - box.left;
    for (let x = fromX; x <= toX; x += 1) {
      const px = x + 0.5 - x0;
      const along = Math.min(1, Math.max(0, (px * dx + py * dy) / lengthSquared));
      const awayX = px - along * dx;
      const awayY = py - along * dy;
      const squared = awayX * awayX + awayY * awayY;
      if (squared < (nearest[row + x] ?? 0)) nearest[row + x] = squared;
    }
  }
}
