import { createHash } from "node:crypto";
import type { LoadedImage, ResolvedRequest } from "../../packages/core/src/contracts/request.ts";

/** A request with nothing but a prompt, after every default was filled in. */
export function resolvedRequest(change: Partial<ResolvedRequest> = {}): ResolvedRequest {
  return {
    operation: "generate",
    prompt: "A red fox in a snowy forest, watercolor",
    n: 1,
    aspect: null,
    native: { aspect: null, size: null, quality: null },
    wish: { size: null, aspect: null, fit: "native", format: null, compression: null },
    background: "auto",
    alpha: "best",
    allowExtraImages: 0,
    quality: null,
    model: null,
    engine: "images",
    codexDriver: "auto",
    partials: 0,
    strict: false,
    images: [],
    ...change,
  };
}

/** An input with these bytes, which come in slices of 48 KiB as from a file; one buffer serves all slices. */
export function loadedImage(
  bytes: Uint8Array,
  change: Partial<Pick<LoadedImage, "mediaType" | "width" | "height" | "file">> = {},
): LoadedImage {
  const step = 48 * 1024;
  return {
    mediaType: "image/png",
    length: bytes.length,
    width: 64,
    height: 48,
    sha256: createHash("sha256").update(bytes).digest("hex"),
    file: "/inputs/image.png",
    *slices() {
      const shared = Buffer.alloc(step);
      for (let at = 0; at < bytes.length; at += step) {
        const length = Math.min(step, bytes.length - at);
        shared.set(bytes.subarray(at, at + length));
        yield shared.subarray(0, length);
        shared.fill(0x21);
      }
    },
    ...change,
  };
}
