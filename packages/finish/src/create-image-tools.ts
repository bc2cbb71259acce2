import type { ImageTools } from "@limn/core";
import sharp from "sharp";
import { finish } from "./finish/finish.ts";
import { prepareInput } from "./inputs/prepare-input.ts";
import { chooseKeyColor } from "./look/choose-key-color.ts";
import { compare } from "./look/compare.ts";
import { lookAtAlpha } from "./look/look-at-alpha.ts";
import { blendMask } from "./masks/blend-mask.ts";
import { cutForMask } from "./masks/cut-for-mask.ts";
import { readMask } from "./masks/read-mask.ts";
import { matte } from "./matte/matte.ts";

/** Threads for one picture. More cost memory for every picture in work and gain little: decoding and encoding use one. */
const maxThreads = 4;

/**
 * The tools, made with sharp. Holds nothing, so one is as good as many.
 *
 * @example
 * const tools = createImageTools();
 * await tools.finish({ source, target, size: { width: 1200, height: 630 }, aspect: null, fit: "cover", format: "png", compression: null });
 */
export function createImageTools(): ImageTools {
  // Every job reads its picture once, so the cache of libvips would only hold memory (50 MB) and open files, and would hand out the
  // old pixels of a file that was written again under its name.
  sharp.cache(false);
  sharp.concurrency(Math.min(sharp.concurrency(), maxThreads));
  return { prepareInput, lookAtAlpha, compare, finish, matte, chooseKeyColor, readMask, cutForMask, blendMask };
}
