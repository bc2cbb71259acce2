import { LimnError } from "@limn/core";
import type { PrepareInputJob } from "@limn/core";
import { basename } from "node:path";
import { encodeInput } from "./encode-input.ts";
import type { EncodedInput } from "./encode-input.ts";
import type { InputSource } from "./input-source.ts";

/** Below this share of its pixels' width a PNG loses more by scaling than by becoming a JPEG. */
const smallestPngScale = 0.5;
const maxTries = 10;

type Shrink = NonNullable<PrepareInputJob["shrink"]>;

/** Encode within both limits, as large as they allow. */
export async function shrinkInput(name: string, source: InputSource, shrink: Shrink): Promise<EncodedInput> {
  const own = Math.max(source.size.width, source.size.height);
  const widest = Math.min(own, shrink.longestSide ?? own);
  const maxBytes = shrink.maxBytes ?? Infinity;
  let mediaType = source.mediaType;
  let side = widest;
  for (let tries = 0; tries < maxTries && side >= 1; tries += 1) {
    const encoded = await encodeInput(source, side, mediaType);
    const { length } = encoded.content;
    if (length <= maxBytes) return encoded;
    // Bytes go with the area; a little less, because smaller pictures hold more detail a pixel.
    const next = Math.floor(side * Math.min(0.95, Math.sqrt(maxBytes / length) * 0.97));
    if (mediaType === "image/png" && !source.hasAlpha && next < widest * smallestPngScale) {
      mediaType = "image/jpeg";
      side = widest;
    } else {
      side = next;
    }
  }
  throw new LimnError("input_too_large", {
    message: `${basename(name)} cannot be scaled down to ${maxBytes} bytes.`,
    hint: "Give a smaller picture, or fewer of them.",
  });
}

/** Such as "shrink 5000x4000 to 2048x1638, 24.1 MB to 3.9 MB, as JPEG". */
export function shrinkStep(source: InputSource, sourceBytes: number, encoded: EncodedInput): string {
  const { width, height } = source.size;
  const changed = source.mediaType === encoded.mediaType ? "" : ", as JPEG";
  return (
    `shrink ${width}x${height} to ${encoded.size.width}x${encoded.size.height}, ` +
    `${inWords(sourceBytes)} to ${inWords(encoded.content.length)}${changed}`
  );
}

function inWords(bytes: number): string {
  return bytes < 100_000 ? `${(bytes / 1000).toFixed(1)} kB` : `${(bytes / 1_000_000).toFixed(1)} MB`;
}
