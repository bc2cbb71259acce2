import type { Canvas } from "./canvas.ts";
import type { Color } from "./color.ts";
import { CAP_HEIGHT, drawLine, lineWidth } from "./lettering.ts";
import { circle, fillPolygon } from "./polygon.ts";

const WORD = "SANDBOX";
const AMBER: Color = [255, 196, 46];
const DARK: Color = [38, 28, 8];

/** A ribbon across the top right corner that says SANDBOX. */
export function drawRibbon(canvas: Canvas): void {
  const unit = Math.min(canvas.width, canvas.height);
  const thickness = unit * 0.068;
  const distance = unit * 0.2;
  const right = canvas.width;
  const band = (inner: number, outer: number): number[] => [
    right - outer,
    0,
    right - inner,
    0,
    right,
    inner,
    right,
    outer,
  ];
  const half = thickness * Math.SQRT1_2;
  fillPolygon(canvas, band(distance - half * 1.12, distance + half * 1.12 + unit * 0.008), {
    top: DARK,
    opacity: 0.35,
  });
  fillPolygon(canvas, band(distance - half, distance + half), { top: AMBER });
  const scale = thickness / (CAP_HEIGHT * 2);
  const along = (lineWidth(WORD) * scale) / 2;
  const middleX = right - distance / 2;
  const middleY = distance / 2;
  const across = (CAP_HEIGHT * scale) / 2;
  const step = Math.SQRT1_2;
  drawLine(canvas, WORD, middleX - along * step + across * step, middleY - along * step - across * step, {
    scale,
    color: DARK,
    rotation: Math.PI / 4,
  });
}

/** A pill that says SANDBOX, for pictures whose corners are transparent; x and y are its middle. */
export function drawPill(canvas: Canvas, x: number, y: number): void {
  const unit = Math.min(canvas.width, canvas.height);
  const radius = unit * 0.034;
  const scale = radius / CAP_HEIGHT;
  const half = (lineWidth(WORD) * scale) / 2;
  const points = circle(0, 0, radius).map((value, index) =>
    index % 2 === 0 ? x + value + (value >= 0 ? half : -half) : y + value,
  );
  fillPolygon(canvas, points, { top: AMBER });
  drawLine(canvas, WORD, x - half, y - (CAP_HEIGHT * scale) / 2, { scale, color: DARK });
}
