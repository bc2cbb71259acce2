import type { Canvas } from "./canvas.ts";
import type { Color } from "./color.ts";
import { CAP_HEIGHT, drawLine, LINE_HEIGHT, lineWidth, plainText } from "./lettering.ts";
import { fillPolygon } from "./polygon.ts";

/** Where a caption may go, in pixels. */
export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

interface Layout {
  readonly lines: readonly string[];
  readonly scale: number;
}

/** Writes the prompt as large as it fits, wrapped, centred in the box; what does not fit ends in dots. */
export function drawCaption(canvas: Canvas, prompt: string, box: Box, rimColor: Color): void {
  const { lines, scale } = fit(plainText(prompt) || "(empty prompt)", box);
  const total = ((lines.length - 1) * LINE_HEIGHT + CAP_HEIGHT) * scale;
  const top = box.y + (box.height - total) / 2;
  lines.forEach((line, index) => {
    const x = box.x + (box.width - lineWidth(line) * scale) / 2;
    const rim = { color: rimColor, opacity: 0.62 };
    drawLine(canvas, line, x, top + index * LINE_HEIGHT * scale, { scale, color: [255, 255, 255], rim });
  });
}

/** Darkens a strip over the whole width, so that a caption reads on a busy picture. */
export function drawStrip(canvas: Canvas, box: Box, color: Color): void {
  const { x, y, width, height } = box;
  fillPolygon(canvas, [x, y, x + width, y, x + width, y + height, x, y + height], {
    top: color,
    opacity: 0.55,
    bottomOpacity: 0.8,
  });
}

function fit(text: string, box: Box): Layout {
  const largest = Math.min(box.height / LINE_HEIGHT / 1.2, box.width / 105);
  const smallest = Math.max(0.25, Math.min(largest, Math.min(box.width, box.height) / 500));
  for (let scale = largest; scale > smallest; scale *= 0.93) {
    const lines = wrap(text, box.width / scale);
    if (lines.length * LINE_HEIGHT * scale <= box.height) return { lines, scale };
  }
  const room = Math.max(1, Math.floor(box.height / (LINE_HEIGHT * smallest)));
  const lines = wrap(text.slice(0, 4000), box.width / smallest);
  const kept = lines.slice(0, room);
  if (lines.length > room) kept[room - 1] = `${(kept[room - 1] ?? "").slice(0, -3)}...`;
  return { lines: kept, scale: smallest };
}

function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    const longer = line === "" ? word : `${line} ${word}`;
    if (lineWidth(longer) <= width) {
      line = longer;
      continue;
    }
    if (line !== "") lines.push(line);
    line = word;
    while (lineWidth(line) > width && line.length > 1) {
      let cut = line.length - 1;
      while (cut > 1 && lineWidth(line.slice(0, cut)) > width) cut -= 1;
      lines.push(line.slice(0, cut));
      line = line.slice(cut);
    }
  }
  if (line !== "") lines.push(line);
  return lines;
}
