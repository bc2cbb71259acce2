import type { Color } from "../picture/color.ts";
import { parseColor } from "../picture/ground.ts";

// The two usual key colours; any other has to be written as #rrggbb.
const NAMED: Readonly<Record<string, Color>> = { green: [0, 255, 0], magenta: [255, 0, 255] };

/** The colour of a flat background that a prompt asks for, such as "on a solid green (#00ff00) background". */
export function flatBackground(prompt: string): Color | undefined {
  for (const sentence of prompt.split(/[.\n]/)) {
    if (!/\b(?:background|backdrop)\b/i.test(sentence)) continue;
    const wish = /\b(?:flat|solid|uniform|plain)\b.{0,80}/i.exec(sentence)?.[0] ?? "";
    const written = /#[0-9a-f]{6}\b/i.exec(wish)?.[0];
    if (written !== undefined) return parseColor(written);
    const name = /\b(green|magenta)\b/i.exec(wish)?.[1]?.toLowerCase();
    if (name !== undefined) return NAMED[name];
  }
  return undefined;
}

/** Whether a text asks for a transparent background. */
export function asksForTransparency(text: string): boolean {
  if (/transparent_background["']?\s*:\s*true/i.test(text)) return true;
  if (/\b(?:no|not|non|without)\b[ -](?:an? )?transparen/i.test(text)) return false;
  return /\btransparent\b[^.\n]{0,40}\b(?:background|backdrop|canvas|png|image|picture)\b|\b(?:background|backdrop)\b[^.\n]{0,40}\btransparent\b/i.test(
    text,
  );
}

/** What a text says about an animation: undefined when it wants none. */
export function gifWish(
  text: string,
): { readonly frame_count?: number; readonly frame_duration_ms?: number } | undefined {
  if (!/\bgif\b/i.test(text)) return undefined;
  const frames = /\b(\d{1,2}) frames\b/i.exec(text)?.[1];
  const duration = /\b(\d{2,4}) ?ms\b/i.exec(text)?.[1];
  return {
    ...(frames === undefined ? {} : { frame_count: Number(frames) }),
    ...(duration === undefined ? {} : { frame_duration_ms: Number(duration) }),
  };
}
