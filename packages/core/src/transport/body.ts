import type { LoadedImage } from "../contracts/request.ts";
import type { RequestBody } from "./http-client.ts";

/**
 * A body of texts and images with a length that is known before the first byte goes out. Images are read and base64-encoded slice by
 * slice while they are sent, again for every attempt; none is ever held whole or becomes one string.
 */
export function joinBody(parts: readonly (string | LoadedImage)[]): RequestBody {
  const pieces = parts.map((part) =>
    typeof part === "string" ? { text: Buffer.from(part, "utf8"), image: null } : { text: null, image: part },
  );
  return {
    length: pieces.reduce((sum, { text, image }) => sum + (text?.length ?? 0) + encodedLength(image), 0),
    *slices() {
      // Every image is looked at again before the first byte of anything goes out.
      const opened = pieces.map(({ text, image }) => ({ text, slices: image?.slices() ?? [] }));
      for (const { text, slices } of opened) {
        if (text !== null) yield text;
        for (const slice of slices) yield encode(slice);
      }
    },
  };
}

function encodedLength(image: LoadedImage | null): number {
  return image === null ? 0 : Math.ceil(image.length / 3) * 4;
}

function encode(slice: Uint8Array): Uint8Array {
  const bytes = Buffer.from(slice.buffer, slice.byteOffset, slice.length);
  return Buffer.from(bytes.toString("base64"), "latin1");
}
