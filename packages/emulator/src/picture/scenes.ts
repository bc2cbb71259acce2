import { fillGradient, type Canvas } from "./canvas.ts";
import { mix } from "./color.ts";
import type { Palette } from "./palette.ts";
import { circle, fillPolygon } from "./polygon.ts";
import { between, type RandomSource } from "./random.ts";

type Scene = (canvas: Canvas, palette: Palette, random: RandomSource) => void;

/** Draws the ground of a picture: one of six compositions, all from the random source. */
export function drawScene(canvas: Canvas, palette: Palette, random: RandomSource): void {
  const scenes: readonly Scene[] = [hills, orbs, sunburst, waves, arches, peaks];
  const scene = scenes[Math.floor(random() * scenes.length)] ?? hills;
  scene(canvas, palette, random);
}

function sun(canvas: Canvas, palette: Palette, x: number, y: number, radius: number): void {
  for (let ring = 5; ring > 0; ring -= 1) {
    fillPolygon(canvas, circle(x, y, radius * (1 + ring * ring * 0.09)), { top: palette.glow, opacity: 0.075 });
  }
  fillPolygon(canvas, circle(x, y, radius), { top: palette.glow, bottom: palette.accent });
}

/** A closed shape under a sum of three sines; `level` is the mean height in pixels. */
function ridge(canvas: Canvas, random: RandomSource, level: number, amplitude: number, length: number): number[] {
  const points: number[] = [];
  const phases = [random() * 7, random() * 7, random() * 7];
  const step = Math.max(2, canvas.width / 220);
  for (let x = -step; x <= canvas.width + step; x += step) {
    const angle = (x / length) * 2 * Math.PI;
    const lift =
      Math.sin(angle + (phases[0] ?? 0)) * 0.6 +
      Math.sin(angle * 2.1 + (phases[1] ?? 0)) * 0.28 +
      Math.sin(angle * 4.3 + (phases[2] ?? 0)) * 0.09;
    points.push(x, level - lift * amplitude);
  }
  points.push(canvas.width + step, canvas.height + 2, -step, canvas.height + 2);
  return points;
}

function hills(canvas: Canvas, palette: Palette, random: RandomSource): void {
  const { width, height } = canvas;
  const unit = Math.min(width, height);
  fillGradient(canvas, palette.sky, 90);
  sun(
    canvas,
    palette,
    width * between(random, 0.2, 0.8),
    height * between(random, 0.2, 0.42),
    unit * between(random, 0.07, 0.13),
  );
  const count = 5;
  for (let index = 0; index < count; index += 1) {
    const depth = (index + 0.5) / count;
    const color = palette.layer(depth);
    const points = ridge(
      canvas,
      random,
      height * (0.5 + 0.46 * depth),
      unit * between(random, 0.07, 0.13),
      width * between(random, 0.7, 1.4),
    );
    fillPolygon(canvas, points, { top: mix(color, palette.sky[2] ?? color, 0.22), bottom: color });
  }
}

function orbs(canvas: Canvas, palette: Palette, random: RandomSource): void {
  const { width, height } = canvas;
  const unit = Math.min(width, height);
  fillGradient(canvas, palette.sky, between(random, 30, 150));
  for (let index = 0; index < 13; index += 1) {
    const radius = unit * between(random, 0.06, 0.34) * (index < 3 ? 1.25 : 1);
    const centreX = width * between(random, 0, 1);
    const centreY = height * between(random, 0, 1);
    const color =
      index % 3 === 0 ? palette.accent : mix(palette.sky[index % 2] ?? palette.accent, palette.layer(random()), 0.35);
    fillPolygon(canvas, circle(centreX, centreY, radius), {
      top: mix(color, palette.glow, 0.5),
      bottom: color,
      opacity: 0.5,
      bottomOpacity: 0.16,
    });
    if (index % 4 === 1)
      fillPolygon(canvas, circle(centreX, centreY, radius * 0.62), {
        top: palette.glow,
        opacity: 0.22,
        bottomOpacity: 0.02,
      });
  }
}

function sunburst(canvas: Canvas, palette: Palette, random: RandomSource): void {
  const { width, height } = canvas;
  const unit = Math.min(width, height);
  const centreX = width * between(random, 0.25, 0.75);
  const centreY = height * between(random, 0.5, 0.68);
  const reach = width + height;
  fillGradient(canvas, palette.sky, 90);
  const count = 2 * Math.round(between(random, 8, 14));
  const turn = random();
  for (let index = 0; index < count; index += 2) {
    const from = ((index + turn) / count) * 2 * Math.PI;
    const to = ((index + 1 + turn) / count) * 2 * Math.PI;
    const points = [
      centreX,
      centreY,
      centreX + Math.cos(from) * reach,
      centreY + Math.sin(from) * reach,
      centreX + Math.cos(to) * reach,
      centreY + Math.sin(to) * reach,
    ];
    fillPolygon(canvas, points, { top: palette.glow, opacity: 0.2 });
  }
  for (let ring = 4; ring > 0; ring -= 1) {
    fillPolygon(canvas, circle(centreX, centreY, unit * 0.095 * ring), { top: palette.accent, opacity: 0.26 });
  }
  fillPolygon(canvas, circle(centreX, centreY, unit * 0.075), { top: palette.glow });
  for (let index = 0; index < 2; index += 1) {
    const points = ridge(
      canvas,
      random,
      height * (0.82 + index * 0.08),
      unit * 0.05,
      width * between(random, 0.6, 1.1),
    );
    fillPolygon(canvas, points, { top: palette.layer(0.55 + index * 0.35), bottom: palette.layer(0.8 + index * 0.2) });
  }
}

function waves(canvas: Canvas, palette: Palette, random: RandomSource): void {
  const { width, height } = canvas;
  fillGradient(canvas, palette.sky, between(random, 60, 120));
  sun(canvas, palette, width * between(random, 0.3, 0.7), height * 0.3, Math.min(width, height) * 0.17);
  const count = 9;
  const length = width * between(random, 0.5, 0.95);
  for (let index = 0; index < count; index += 1) {
    const depth = index / (count - 1);
    const color = mix(palette.layer(depth), palette.accent, index % 3 === 1 ? 0.28 : 0);
    const points = ridge(canvas, random, height * (0.4 + 0.56 * depth), height * 0.045, length);
    fillPolygon(canvas, points, { top: mix(color, palette.glow, 0.3), bottom: color, opacity: 0.8 });
  }
}

function arches(canvas: Canvas, palette: Palette, random: RandomSource): void {
  const { width, height } = canvas;
  const unit = Math.min(width, height);
  fillGradient(canvas, palette.sky, 90);
  const count = 3;
  for (let index = 0; index < count; index += 1) {
    const centreX = width * ((index + between(random, 0.25, 0.75)) / count);
    const baseY = height * between(random, 0.74, 1.02);
    const radius = unit * between(random, 0.3, 0.46);
    for (let ring = 0; ring < 6; ring += 1) {
      const part = 1 - ring * 0.155;
      const color =
        ring === 5
          ? palette.glow
          : ring % 2 === 0
            ? palette.layer(0.15 + ring * 0.15)
            : mix(palette.accent, palette.glow, 0.12 * ring);
      const half = circle(centreX, baseY, radius * part).map((value, place) =>
        place % 2 === 1 && value > baseY ? height + 2 : value,
      );
      fillPolygon(canvas, half, { top: color, bottom: mix(color, palette.sky[0] ?? color, 0.12), opacity: 0.94 });
    }
  }
  const ground = ridge(canvas, random, height * 0.93, unit * 0.03, width);
  fillPolygon(canvas, ground, { top: palette.layer(0.85), bottom: palette.layer(1) });
}

function peaks(canvas: Canvas, palette: Palette, random: RandomSource): void {
  const { width, height } = canvas;
  const unit = Math.min(width, height);
  fillGradient(canvas, palette.sky, 90);
  sun(canvas, palette, width * between(random, 0.15, 0.85), height * between(random, 0.16, 0.34), unit * 0.09);
  for (let row = 0; row < 3; row += 1) {
    const depth = (row + 0.6) / 3;
    const color = palette.layer(depth);
    const base = height * (0.72 + row * 0.13);
    const count = 4 + row;
    for (let index = 0; index < count; index += 1) {
      const x = width * ((index + between(random, 0.1, 0.9)) / count);
      const tall = unit * between(random, 0.26, 0.5) * (1 - row * 0.2);
      const wide = tall * between(random, 0.75, 1.15);
      const lean = wide * between(random, -0.15, 0.2);
      fillPolygon(canvas, [x, base - tall, x + wide, base, x - wide, base], {
        top: mix(color, palette.sky[2] ?? color, 0.3),
        bottom: color,
      });
      fillPolygon(canvas, [x, base - tall, x + lean, base - tall * 0.45, x - wide * 0.12, base, x - wide, base], {
        top: palette.glow,
        opacity: 0.34,
        bottomOpacity: 0.03,
      });
    }
    fillPolygon(canvas, ridge(canvas, random, base - unit * 0.01, unit * 0.03, width * 0.8), {
      top: color,
      bottom: palette.layer(Math.min(1, depth + 0.25)),
    });
  }
}
