import type { Rgb } from "./backdrop.ts";

const hues: readonly [number, string][] = [
  [15, "red"],
  [45, "orange"],
  [70, "yellow"],
  [165, "green"],
  [195, "cyan"],
  [255, "blue"],
  [285, "purple"],
  [340, "magenta"],
  [360, "red"],
];

/** A colour as a person would call it. */
export function colourWords([red, green, blue]: Rgb): string {
  const most = Math.max(red, green, blue);
  const least = Math.min(red, green, blue);
  const chroma = most - least;
  if (least >= 232) return "white";
  if (most <= 28) return "black";
  if (chroma <= 18) return "grey";
  const sector =
    most === red
      ? ((green - blue) / chroma + 6) % 6
      : most === green
        ? (blue - red) / chroma + 2
        : (red - green) / chroma + 4;
  return hues.find(([end]) => sector * 60 <= end)?.[1] ?? "red";
}
