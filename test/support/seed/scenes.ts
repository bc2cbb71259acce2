import { seededRandom } from "./random.ts";
import type { SeededRandom } from "./random.ts";

/** What a picture shows. Each is drawn as flat, layered shapes: pleasant to look at, and quick. */
export const sceneKinds = [
  "mountains",
  "sea",
  "city",
  "dunes",
  "forest",
  "botanical",
  "geometric",
  "planet",
  "stillLife",
  "balloons",
  "lighthouse",
  "fox",
  "sticker",
] as const;
export type SceneKind = (typeof sceneKinds)[number];

export interface SceneOptions {
  readonly kind: SceneKind;
  readonly seed: number;
  /** Pixels. */
  readonly width: number;
  readonly height: number;
  /** The same scene in another light. @default false */
  readonly isInOtherLight?: boolean;
}

/** An SVG of that size. Only the sticker leaves its ground transparent. */
export function drawScene(options: SceneOptions): string {
  const { kind, width, height, seed, isInOtherLight = false } = options;
  const random = seededRandom(seed * 7919 + sceneKinds.indexOf(kind));
  const light = random.whole(0, palettes.length - 1);
  const palette = palettes[(light + (isInOtherLight ? 2 : 0)) % palettes.length];
  if (palette === undefined) throw new Error("no palette");
  const canvas: Canvas = { width, height, random, palette, isInOtherLight };
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">${painters[kind](canvas)}</svg>`;
}

interface Palette {
  readonly skyTop: string;
  readonly skyLow: string;
  readonly sun: string;
  readonly far: string;
  readonly near: string;
  readonly accent: string;
}

interface Canvas {
  readonly width: number;
  readonly height: number;
  readonly random: SeededRandom;
  readonly palette: Palette;
  readonly isInOtherLight: boolean;
}

const palettes: readonly Palette[] = [
  { skyTop: "#f6b88f", skyLow: "#fde8cf", sun: "#fff6e0", far: "#d99a86", near: "#4c2f48", accent: "#e4572e" },
  { skyTop: "#7fb7d6", skyLow: "#e5f3f4", sun: "#ffffff", far: "#9cc3cf", near: "#1d3d4f", accent: "#f2a541" },
  { skyTop: "#2b2d5b", skyLow: "#e08a8f", sun: "#ffe3b3", far: "#8b6a9b", near: "#1a1836", accent: "#f7c65c" },
  { skyTop: "#a8d3c0", skyLow: "#f5f3da", sun: "#fffbe6", far: "#8fbfa8", near: "#20473f", accent: "#e2725b" },
  { skyTop: "#16324f", skyLow: "#5f9ea0", sun: "#f4f1de", far: "#4d8090", near: "#0b1d2e", accent: "#ffb703" },
  { skyTop: "#e8c7d8", skyLow: "#fdf1ee", sun: "#ffffff", far: "#c79db4", near: "#4a2f55", accent: "#5b8e7d" },
];

const painters: Readonly<Record<SceneKind, (canvas: Canvas) => string>> = {
  mountains: (canvas) => sky(canvas) + sun(canvas, 0.3) + ridges(canvas, 6, 0.42, 0.16) + pines(canvas),
  sea,
  city,
  dunes: (canvas) => sky(canvas) + sun(canvas, 0.26) + ridges(canvas, 5, 0.55, 0.09),
  forest,
  botanical,
  geometric,
  planet,
  stillLife,
  balloons,
  lighthouse,
  fox,
  sticker: (canvas) => rocket(canvas),
};

function sky({ palette, width, height }: Canvas): string {
  return `<defs><linearGradient id="sky" x1="0" y1="0" x2="0" y2="1"><stop offset="0" stop-color="${palette.skyTop}"/><stop offset="1" stop-color="${palette.skyLow}"/></linearGradient></defs><rect width="${width}" height="${height}" fill="url(#sky)"/>`;
}

function sun({ palette, random, width, height }: Canvas, level: number): string {
  const radius = Math.min(width, height) * random.between(0.07, 0.12);
  const x = width * random.between(0.25, 0.75);
  const y = height * level;
  return [3.2, 2.3, 1.6, 1]
    .map((scale, index) => circle(x, y, radius * scale, palette.sun, index === 3 ? 1 : 0.12))
    .join("");
}

/** Hills from far to near, each darker; `level` is where the farthest stands. */
function ridges(canvas: Canvas, count: number, level: number, swing: number): string {
  const { width, height, palette } = canvas;
  return Array.from({ length: count }, (_, index) => {
    const share = index / (count - 1);
    const base = height * (level + (0.92 - level) * share);
    return `<path d="${hill(canvas, base, height * swing * (1 - 0.55 * share))} L${width} ${height} L0 ${height} Z" fill="${mix(palette.far, palette.near, share)}"/>`;
  }).join("");
}

/** A smooth line from the left edge to the right one. */
function hill({ width, random }: Canvas, base: number, swing: number): string {
  const steps = 5;
  const points = Array.from({ length: steps + 1 }, (_, index) => ({
    x: (width * index) / steps,
    y: base + random.between(-swing, swing),
  }));
  return points
    .map(({ x, y }, index) => {
      const before = points[index - 1];
      if (before === undefined) return `M0 ${y.toFixed(1)}`;
      const middle = (before.x + x) / 2;
      return `C${middle} ${before.y.toFixed(1)} ${middle} ${y.toFixed(1)} ${x} ${y.toFixed(1)}`;
    })
    .join(" ");
}

function pines({ width, height, random, palette }: Canvas): string {
  const dark = mix(palette.near, "#000000", 0.25);
  return Array.from({ length: 16 }, () => {
    const x = random.next() * width;
    const tall = height * random.between(0.07, 0.15);
    const foot = height * random.between(0.95, 1.02);
    return [0, 0.28, 0.56]
      .map((up) => {
        const half = tall * (0.24 - up * 0.2);
        const low = foot - tall * up;
        return `<path d="M${x - half} ${low} L${x} ${low - tall * 0.5} L${x + half} ${low} Z" fill="${dark}"/>`;
      })
      .join("");
  }).join("");
}

function sea(canvas: Canvas): string {
  const { width, height, random, palette } = canvas;
  const horizon = height * 0.52;
  const glints = Array.from({ length: 46 }, (_, index) => {
    const depth = (index + 1) / 46;
    const long = width * random.between(0.02, 0.16) * (0.4 + depth);
    const x = width * (0.5 + random.between(-0.5, 0.5) * (0.25 + depth));
    const y = horizon + (height - horizon) * depth ** 1.4;
    return `<rect x="${x - long / 2}" y="${y}" width="${long}" height="${2 + depth * 5}" rx="3" fill="${palette.sun}" opacity="${0.5 - depth * 0.35}"/>`;
  }).join("");
  const boatX = width * random.between(0.3, 0.7);
  const unit = Math.min(width, height) * 0.1;
  const boatY = horizon + height * 0.1;
  return `${sky(canvas)}${sun(canvas, 0.42)}<rect y="${horizon}" width="${width}" height="${height}" fill="${mix(palette.far, palette.near, 0.45)}"/><rect y="${height * 0.75}" width="${width}" height="${height}" fill="${palette.near}" opacity="0.35"/>${glints}<path d="M${boatX} ${boatY - unit * 1.9} L${boatX} ${boatY - unit * 0.2} L${boatX + unit * 1.1} ${boatY - unit * 0.2} Z" fill="#fffaf0"/><path d="M${boatX - unit * 0.08} ${boatY - unit * 1.6} L${boatX - unit * 0.08} ${boatY - unit * 0.2} L${boatX - unit * 0.8} ${boatY - unit * 0.2} Z" fill="${palette.accent}"/><path d="M${boatX - unit} ${boatY - unit * 0.1} L${boatX + unit * 1.2} ${boatY - unit * 0.1} L${boatX + unit * 0.8} ${boatY + unit * 0.25} L${boatX - unit * 0.7} ${boatY + unit * 0.25} Z" fill="${palette.near}"/>`;
}

function city(canvas: Canvas): string {
  const { width, height, random, palette } = canvas;
  const night: Canvas = {
    ...canvas,
    palette: { ...palette, skyTop: "#121733", skyLow: mix("#3b2f63", palette.accent, 0.4) },
  };
  let towers = "";
  for (const layer of [0, 1, 2]) {
    const color = mix("#3a3a6a", "#0d1024", layer / 2);
    for (let x = -width * 0.02; x < width;) {
      const wide = width * random.between(0.05, 0.11);
      const tall = height * random.between(0.22, 0.58 - layer * 0.12);
      towers += `<rect x="${x}" y="${height - tall}" width="${wide}" height="${tall}" fill="${color}"/>`;
      const pane = wide / 9;
      for (let row = height - tall + pane * 2; row < height - pane; row += pane * 2.4) {
        for (let column = x + pane; column < x + wide - pane * 1.5; column += pane * 2) {
          if (random.chance(0.34 * layer))
            towers += `<rect x="${column}" y="${row}" width="${pane}" height="${pane * 1.3}" fill="${random.chance(0.8) ? "#ffd98a" : "#9fd3ff"}" opacity="${random.between(0.45, 0.95).toFixed(2)}"/>`;
        }
      }
      x += wide * random.between(1, 1.25);
    }
  }
  return sky(night) + stars(night, 60) + sun({ ...night, palette: { ...night.palette, sun: "#fbf3d5" } }, 0.2) + towers;
}

function forest(canvas: Canvas): string {
  const { width, height, random, palette } = canvas;
  const trunks = Array.from({ length: 5 }, (_, layer) => {
    const color = mix(palette.skyLow, palette.near, 0.25 + layer * 0.18);
    const stems = Array.from({ length: 7 + layer }, () => {
      const wide = width * (0.008 + layer * 0.007) * random.between(0.7, 1.3);
      const x = random.next() * width;
      return `<path d="M${x - wide} ${height} L${x - wide * 0.6} 0 L${x + wide * 0.6} 0 L${x + wide} ${height} Z" fill="${color}"/>`;
    }).join("");
    const mist = `<rect width="${width}" height="${height}" fill="${palette.skyLow}" opacity="0.16"/>`;
    return layer === 4 ? stems : stems + mist;
  }).join("");
  return `${sky(canvas)}${sun(canvas, 0.36)}${trunks}<path d="${hill(canvas, height * 0.93, height * 0.03)} L${width} ${height} L0 ${height} Z" fill="${mix(palette.near, "#000000", 0.2)}"/>`;
}

function botanical(canvas: Canvas): string {
  const { width, height, random, palette } = canvas;
  const middle = width / 2;
  const green = random.pick(["#3f6f5c", "#5b7f4b", "#2f5d62", "#7a8450"]);
  const leaves = Array.from({ length: 7 }, (_, index) => {
    const y = height * (0.84 - index * 0.092);
    const long = Math.min(width, height) * (0.33 - index * 0.025);
    return [-1, 1]
      .map((side) => {
        const tip = middle + side * long;
        const rise = y - long * 0.55;
        return `<path d="M${middle} ${y} C${middle + side * long * 0.2} ${rise - long * 0.15} ${tip - side * long * 0.3} ${rise - long * 0.2} ${tip} ${rise} C${tip - side * long * 0.1} ${y + long * 0.05} ${middle + side * long * 0.5} ${y + long * 0.1} ${middle} ${y} Z" fill="${mix(green, palette.skyLow, (index % 3) * 0.16)}"/>`;
      })
      .join("");
  }).join("");
  const blossom = Array.from({ length: 8 }, (_, index) => {
    const angle = (index / 8) * Math.PI * 2;
    const reach = Math.min(width, height) * 0.055;
    return circle(
      middle + Math.cos(angle) * reach,
      height * 0.16 + Math.sin(angle) * reach,
      reach * 0.62,
      palette.accent,
      0.85,
    );
  }).join("");
  return `<rect width="${width}" height="${height}" fill="#f6efe2"/>${circle(middle, height * 0.42, Math.min(width, height) * 0.36, mix(palette.skyTop, "#f6efe2", 0.55), 1)}<path d="M${middle} ${height * 0.93} L${middle} ${height * 0.17}" stroke="${green}" stroke-width="${width * 0.008}"/>${leaves}${blossom}${circle(middle, height * 0.16, Math.min(width, height) * 0.032, "#f3c969", 1)}`;
}

function geometric(canvas: Canvas): string {
  const { width, height, random, palette } = canvas;
  const columns = 5;
  const cell = width / columns;
  const colors = [palette.near, palette.accent, palette.far, palette.skyTop, "#f4ead7", "#e9b44c"];
  let tiles = `<rect width="${width}" height="${height}" fill="#f4ead7"/>`;
  for (let y = 0; y < height; y += cell) {
    for (let x = 0; x < width; x += cell) {
      const front = random.pick(colors);
      tiles += `<rect x="${x}" y="${y}" width="${cell + 1}" height="${cell + 1}" fill="${random.pick(colors)}"/>`;
      tiles += random.pick([
        circle(x + cell / 2, y + cell / 2, cell / 2, front, 1),
        `<path d="M${x} ${y} A${cell} ${cell} 0 0 1 ${x + cell} ${y + cell} L${x} ${y + cell} Z" fill="${front}"/>`,
        `<path d="M${x + cell} ${y} A${cell} ${cell} 0 0 0 ${x} ${y + cell} L${x + cell} ${y + cell} Z" fill="${front}"/>`,
        `<path d="M${x} ${y + cell} L${x + cell / 2} ${y} L${x + cell} ${y + cell} Z" fill="${front}"/>`,
        `<path d="M${x} ${y + cell / 2} A${cell / 2} ${cell / 2} 0 0 1 ${x + cell} ${y + cell / 2} Z" fill="${front}"/>`,
      ]);
    }
  }
  return tiles;
}

function planet(canvas: Canvas): string {
  const { width, height, random, palette } = canvas;
  const radius = Math.min(width, height) * 0.27;
  const x = width * 0.5;
  const y = height * 0.5;
  const bands = Array.from({ length: 7 }, (_, index) => {
    const color = mix(palette.skyTop, index % 2 === 0 ? palette.accent : palette.skyLow, random.between(0.3, 0.8));
    return `<rect x="${x - radius}" y="${y - radius + (index * radius * 2) / 7}" width="${radius * 2}" height="${(radius * 2) / 7 + 1}" fill="${color}"/>`;
  }).join("");
  const ring = (half: string): string =>
    `<path d="M${x - radius * 1.85} ${y} A${radius * 1.85} ${radius * 0.5} 0 0 ${half} ${x + radius * 1.85} ${y}" fill="none" stroke="${palette.skyLow}" stroke-width="${radius * 0.13}" opacity="0.85" transform="rotate(-16 ${x} ${y})"/>`;
  return `<rect width="${width}" height="${height}" fill="#0e1029"/>${circle(width * 0.8, height * 0.15, height * 0.5, "#2c2a6b", 0.35)}${circle(width * 0.15, height * 0.9, height * 0.45, "#5b2a6b", 0.3)}${stars(canvas, 160)}${ring("1")}<clipPath id="ball"><circle cx="${x}" cy="${y}" r="${radius}"/></clipPath><g clip-path="url(#ball)"><g transform="rotate(-16 ${x} ${y})">${bands}</g>${circle(x - radius * 0.5, y + radius * 0.5, radius * 1.5, "#0e1029", 0.18)}</g>${ring("0")}${circle(x + radius * 1.7, y - radius * 1.05, radius * 0.16, "#e8e4d8", 1)}`;
}

function stars({ width, height, random }: Canvas, count: number): string {
  return Array.from({ length: count }, () =>
    circle(
      random.next() * width,
      random.next() * height,
      random.between(0.8, 2.8),
      "#ffffff",
      random.between(0.3, 0.95),
    ),
  ).join("");
}

function stillLife(canvas: Canvas): string {
  const { width, height, random, palette } = canvas;
  const table = height * 0.68;
  const unit = Math.min(width, height);
  const x = width * 0.46;
  const stems = Array.from({ length: 5 }, (_, index) => {
    const tipX = x + (index - 2) * unit * 0.11;
    const tipY = table - unit * random.between(0.46, 0.58);
    const bloom = [0, 1, 2, 3, 4]
      .map((petal) => {
        const angle = (petal / 5) * Math.PI * 2;
        return circle(
          tipX + Math.cos(angle) * unit * 0.03,
          tipY + Math.sin(angle) * unit * 0.03,
          unit * 0.028,
          index % 2 === 0 ? palette.accent : "#f3d9b1",
          1,
        );
      })
      .join("");
    return `<path d="M${x} ${table - unit * 0.25} Q${x} ${tipY + unit * 0.12} ${tipX} ${tipY}" fill="none" stroke="#55744f" stroke-width="${unit * 0.008}"/>${bloom}${circle(tipX, tipY, unit * 0.02, "#f9c846", 1)}`;
  }).join("");
  const fruit = [0, 1, 2]
    .map((index) => {
      const fruitX = x + unit * (0.24 + index * 0.13);
      const fruitY = table + unit * (0.03 + (index % 2) * 0.06);
      return `<ellipse cx="${fruitX}" cy="${fruitY + unit * 0.075}" rx="${unit * 0.085}" ry="${unit * 0.018}" fill="#000000" opacity="0.16"/>${circle(fruitX, fruitY, unit * 0.075, ["#e9a23b", "#d9622b", "#b9b54a"][index] ?? "#e9a23b", 1)}${circle(fruitX - unit * 0.022, fruitY - unit * 0.025, unit * 0.02, "#ffffff", 0.35)}`;
    })
    .join("");
  return `<rect width="${width}" height="${height}" fill="${mix(palette.skyLow, palette.skyTop, 0.4)}"/><rect x="${width * 0.62}" width="${width * 0.2}" height="${table}" fill="#ffffff" opacity="0.18"/><rect y="${table}" width="${width}" height="${height}" fill="${mix(palette.far, "#7b5a45", 0.55)}"/><ellipse cx="${x}" cy="${table + unit * 0.1}" rx="${unit * 0.17}" ry="${unit * 0.03}" fill="#000000" opacity="0.18"/>${stems}<path d="M${x - unit * 0.05} ${table - unit * 0.26} L${x + unit * 0.05} ${table - unit * 0.26} C${x + unit * 0.04} ${table - unit * 0.18} ${x + unit * 0.15} ${table - unit * 0.12} ${x + unit * 0.13} ${table} C${x + unit * 0.12} ${table + unit * 0.08} ${x + unit * 0.09} ${table + unit * 0.1} ${x} ${table + unit * 0.1} C${x - unit * 0.09} ${table + unit * 0.1} ${x - unit * 0.12} ${table + unit * 0.08} ${x - unit * 0.13} ${table} C${x - unit * 0.15} ${table - unit * 0.12} ${x - unit * 0.04} ${table - unit * 0.18} ${x - unit * 0.05} ${table - unit * 0.26} Z" fill="${palette.near}"/><path d="M${x - unit * 0.09} ${table - unit * 0.06} C${x - unit * 0.1} ${table} ${x - unit * 0.07} ${table + unit * 0.06} ${x - unit * 0.05} ${table + unit * 0.07}" fill="none" stroke="#ffffff" stroke-width="${unit * 0.012}" opacity="0.3"/>${fruit}`;
}

function balloons(canvas: Canvas): string {
  const { width, height, random, palette } = canvas;
  const unit = Math.min(width, height);
  const flying = [
    [0.32, 0.36, 0.17],
    [0.68, 0.26, 0.11],
    [0.82, 0.52, 0.065],
    [0.14, 0.6, 0.05],
  ]
    .map(([left = 0, top = 0, size = 0]) => {
      const x = width * left;
      const y = height * top;
      const radius = unit * size;
      const colors = [palette.accent, "#fff4df", random.pick([palette.near, "#d1495b", "#2a9d8f"])];
      const gores = [1, 0.62, 0.24]
        .map(
          (share, index) =>
            `<ellipse cx="${x}" cy="${y}" rx="${radius * share}" ry="${radius * 1.05}" fill="${colors[index] ?? palette.near}"/>`,
        )
        .join("");
      const skirt = `<path d="M${x - radius * 0.72} ${y + radius * 0.74} L${x - radius * 0.16} ${y + radius * 1.55} L${x + radius * 0.16} ${y + radius * 1.55} L${x + radius * 0.72} ${y + radius * 0.74} Z" fill="${colors[0]}"/>`;
      const basket = `<rect x="${x - radius * 0.15}" y="${y + radius * 1.62}" width="${radius * 0.3}" height="${radius * 0.25}" rx="${radius * 0.05}" fill="#5b3a29"/>`;
      return skirt + gores + basket;
    })
    .join("");
  return sky(canvas) + sun(canvas, 0.5) + ridges(canvas, 4, 0.72, 0.07) + flying;
}

function lighthouse(canvas: Canvas): string {
  const { width, height, palette } = canvas;
  const unit = Math.min(width, height);
  const x = width * 0.62;
  const foot = height * 0.74;
  const tall = height * 0.46;
  const top = foot - tall;
  const stripes = [0, 1, 2, 3, 4]
    .map((index) => {
      const upper = 0.052 + (index / 5) * 0.028;
      const lower = 0.052 + ((index + 1) / 5) * 0.028;
      const y = top + (tall * index) / 5;
      return `<path d="M${x - unit * upper} ${y} L${x + unit * upper} ${y} L${x + unit * lower} ${y + tall / 5 + 1} L${x - unit * lower} ${y + tall / 5 + 1} Z" fill="${index % 2 === 0 ? "#fbf6ea" : palette.accent}"/>`;
    })
    .join("");
  const beam = `<path d="M${x} ${top - unit * 0.04} L${-width * 0.1} ${top - height * 0.16} L${-width * 0.1} ${top + height * 0.12} Z" fill="${palette.sun}" opacity="0.35"/>`;
  return `${sky(canvas)}${beam}<rect y="${height * 0.66}" width="${width}" height="${height}" fill="${mix(palette.far, palette.near, 0.5)}"/>${ridges({ ...canvas, palette: { ...palette, far: mix(palette.far, palette.near, 0.35) } }, 2, 0.7, 0.02)}<path d="M${x - unit * 0.4} ${height} C${x - unit * 0.3} ${foot + unit * 0.02} ${x - unit * 0.15} ${foot - unit * 0.02} ${x} ${foot - unit * 0.03} C${x + unit * 0.2} ${foot} ${x + unit * 0.3} ${foot + unit * 0.1} ${width} ${height * 0.9} L${width} ${height} Z" fill="${mix(palette.near, "#000000", 0.2)}"/>${stripes}<rect x="${x - unit * 0.068}" y="${top - unit * 0.012}" width="${unit * 0.136}" height="${unit * 0.016}" fill="${palette.near}"/><rect x="${x - unit * 0.036}" y="${top - unit * 0.07}" width="${unit * 0.072}" height="${unit * 0.06}" fill="#ffe9a8"/><path d="M${x - unit * 0.05} ${top - unit * 0.07} L${x} ${top - unit * 0.115} L${x + unit * 0.05} ${top - unit * 0.07} Z" fill="${palette.accent}"/>`;
}

const winterDay: Palette = {
  skyTop: "#9db8d9",
  skyLow: "#fbe3d0",
  sun: "#fff7e8",
  far: "#c3d1e2",
  near: "#f3f6fb",
  accent: "#d9622b",
};
const winterNight: Palette = {
  ...winterDay,
  skyTop: "#141b3c",
  skyLow: "#5a6ea8",
  far: "#4d5f92",
  near: "#c9d6ee",
};

function fox(canvas: Canvas): string {
  const { width, height, random } = canvas;
  const snow: Canvas = { ...canvas, palette: canvas.isInOtherLight ? winterNight : winterDay };
  const unit = Math.min(width, height) * 0.011;
  const flakes = Array.from({ length: 90 }, () =>
    circle(random.next() * width, random.next() * height, random.between(1.5, 5), "#ffffff", random.between(0.5, 0.95)),
  ).join("");
  const shapes = [
    ["M-17 22 C-26 8 -18 -4 -8 -6 L8 -6 C18 -4 24 8 18 22 Z", "#d9622b"],
    ["M16 20 C34 20 38 4 30 -6 C31 6 24 10 15 12 Z", "#c4541f"],
    ["M30 -6 C33 -2 34 4 31 9 C29 5 28 0 30 -6 Z", "#fdf6ec"],
    ["M-7 22 C-8 10 -5 2 0 2 C5 2 8 10 7 22 Z", "#fdf6ec"],
    ["M-14 -18 L-15 -36 L-4 -26 L4 -26 L15 -36 L14 -18 C14 -8 6 -1 0 3 C-6 -1 -14 -8 -14 -18 Z", "#e06a2e"],
    ["M-14 -17 C-10 -14 -5 -12 -3 -6 L0 3 C-6 -1 -14 -8 -14 -17 Z", "#fdf6ec"],
    ["M14 -17 C10 -14 5 -12 3 -6 L0 3 C6 -1 14 -8 14 -17 Z", "#fdf6ec"],
    ["M-13 -31 L-12.5 -24 L-8 -26.5 Z", "#5a2d1a"],
    ["M13 -31 L12.5 -24 L8 -26.5 Z", "#5a2d1a"],
    ["M-2.4 -1.5 C-1.5 -3 1.5 -3 2.4 -1.5 C2 0.6 1 2 0 3 C-1 2 -2 0.6 -2.4 -1.5 Z", "#2d1a14"],
  ]
    .map(([path, color]) => `<path d="${path}" fill="${color}"/>`)
    .join("");
  const eyes = circle(-6, -15, 1.5, "#2d1a14", 1) + circle(6, -15, 1.5, "#2d1a14", 1);
  const placed = `<g transform="translate(${width * 0.5} ${height * 0.66}) scale(${unit})"><ellipse cx="2" cy="22" rx="26" ry="3" fill="#8aa3c4" opacity="0.45"/>${shapes}${eyes}</g>`;
  return `${sky(snow)}${sun(snow, 0.25)}${ridges(snow, 4, 0.5, 0.08)}${placed}${flakes}`;
}

function rocket({ width, height, palette, random }: Canvas): string {
  const unit = Math.min(width, height) * 0.011;
  const color = random.pick([palette.accent, "#3d6fb6", "#7a4fa3", "#2a9d8f"]);
  const shapes = [
    ["M-8 22 C-16 24 -18 32 -18 36 C-12 34 -8 32 -6 28 Z M8 22 C16 24 18 32 18 36 C12 34 8 32 6 28 Z", color],
    ["M0 46 C-6 40 -6 34 -5 28 L5 28 C6 34 6 40 0 46 Z", "#f7b733"],
    ["M0 -42 C14 -28 16 2 9 28 L-9 28 C-16 2 -14 -28 0 -42 Z", "#f8f5ee"],
    ["M0 -42 C7 -35 11 -26 12.6 -17 L-12.6 -17 C-11 -26 -7 -35 0 -42 Z", color],
  ]
    .map(
      ([path, fill]) =>
        `<path d="${path}" fill="${fill}" stroke="#2b2d42" stroke-width="1.6" stroke-linejoin="round"/>`,
    )
    .join("");
  const porthole = `<circle cx="0" cy="-4" r="6" fill="#8ecae6" stroke="#2b2d42" stroke-width="1.8"/>${circle(-2, -6, 1.6, "#ffffff", 0.9)}`;
  return `<g transform="translate(${width / 2} ${height / 2}) rotate(${random.whole(12, 34)}) scale(${unit})">${shapes}${porthole}</g>`;
}

function circle(x: number, y: number, radius: number, color: string, opacity: number): string {
  return `<circle cx="${x.toFixed(1)}" cy="${y.toFixed(1)}" r="${radius.toFixed(1)}" fill="${color}" opacity="${opacity.toFixed(2)}"/>`;
}

/** Two `#rrggbb` colours, `share` of the second. */
function mix(first: string, second: string, share: number): string {
  const channel = (color: string, place: number): number => Number.parseInt(color.slice(place, place + 2), 16);
  return `#${[1, 3, 5]
    .map((place) => Math.round(channel(first, place) * (1 - share) + channel(second, place) * share))
    .map((value) => value.toString(16).padStart(2, "0"))
    .join("")}`;
}
