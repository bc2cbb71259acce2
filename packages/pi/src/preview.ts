import { mkdtempSync, rmSync } from "node:fs";
import { readFile, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ImageTools } from "@limn/core";
import type { ImageBlock } from "./pi-api.ts";

const longestSide = 1024;
const maxBytes = 350_000;
/** Pi scales down from 4.5 MiB of base64 on (P32); more than this is not worth reading into memory. */
const maxOriginalBytes = 24 * 1024 * 1024;

/** What the model and the terminal see: small, because the original is the file. Without tools it is the original, which Pi bounds itself. */
export async function previewBlock(
  path: string,
  facts: { readonly mediaType: string; readonly hasAlpha: boolean; readonly width: number; readonly height: number },
  tools: ImageTools | null,
): Promise<ImageBlock | null> {
  const isSmall = (await stat(path)).size <= maxBytes && Math.max(facts.width, facts.height) <= longestSide;
  if (tools === null || isSmall) return originalBlock(path, facts.mediaType);
  const folder = mkdtempSync(join(tmpdir(), "pi-limn-"));
  // JPEG is what every terminal and model takes; WebP where transparency is to be seen.
  const format = facts.hasAlpha ? "webp" : "jpeg";
  const target = join(folder, `preview.${format}`);
  try {
    for (const [side, compression] of [
      [longestSide, 82],
      [longestSide, 60],
      [640, 60],
    ] as const) {
      const size = { longestSide: Math.min(side, Math.max(facts.width, facts.height)) };
      const made = await tools.finish({
        source: path,
        target,
        size,
        aspect: null,
        fit: "contain",
        format,
        compression,
      });
      if (made.bytes <= maxBytes) return blockOf(await readFile(target), made.mediaType);
    }
    return null;
  } catch {
    return originalBlock(path, facts.mediaType);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function originalBlock(path: string, mediaType: string): Promise<ImageBlock | null> {
  return (await stat(path)).size > maxOriginalBytes ? null : blockOf(await readFile(path), mediaType);
}

export function blockOf(bytes: Uint8Array, mediaType: string): ImageBlock {
  return { type: "image", data: Buffer.from(bytes).toString("base64"), mimeType: mediaType };
}
