import type { LoadedImage, ResolvedRequest } from "../../contracts/request.ts";
import type { Sent } from "../../contracts/result.ts";
import type { RequestBody } from "../../transport/index.ts";
import { promptWithAspect } from "./aspect-sentence.ts";

/** The client constant of Codex; the service ignores it and never names another (codex-backend contract 2.5, 3.1). */
export const imageModel = "gpt-image-2";

/** The path below the base address. */
export function imagesPath(request: ResolvedRequest): string {
  return request.operation === "edit" ? "/images/edits" : "/images/generations";
}

/**
 * The five fields of the Codex CLI in its order, and nothing else (contract 3.1). `auto` is never sent as background: Codex sends
 * `opaque` unless transparency is asked.
 */
export function imagesFields(request: ResolvedRequest): Sent {
  return {
    prompt: promptWithAspect(request.prompt, request.aspect),
    background: request.background === "transparent" ? "transparent" : "opaque",
    model: imageModel,
    quality: "auto",
    size: "auto",
  };
}

/** The JSON body. Images of an edit stand first, as data URLs, encoded while they are sent and never held as strings. */
export function imagesBody(request: ResolvedRequest): RequestBody {
  const fields = Buffer.from(JSON.stringify(imagesFields(request)), "utf8");
  if (request.operation === "generate") return { length: fields.length, slices: () => [fields] };
  const rest = Buffer.from(`],${fields.toString("utf8").slice(1)}`, "utf8");
  const opening = Buffer.from('{"images":[', "utf8");
  const parts = request.images.map((image, index) => ({
    head: Buffer.from(`${index === 0 ? "" : ","}{"image_url":"data:${image.mediaType};base64,`, "latin1"),
    image,
  }));
  const imageBytes = parts.reduce(
    (sum, { head, image }) => sum + head.length + base64Length(image) + closing.length,
    0,
  );
  return {
    length: opening.length + imageBytes + rest.length,
    *slices() {
      yield opening;
      for (const { head, image } of parts) {
        yield head;
        yield* base64Slices(image);
        yield closing;
      }
      yield rest;
    },
  };
}

const closing = Buffer.from('"}', "latin1");
/** A multiple of three, so that no slice but the last ends in padding. */
const sliceBytes = 48 * 1024;

function base64Length({ bytes }: LoadedImage): number {
  return Math.ceil(bytes.length / 3) * 4;
}

function* base64Slices({ bytes }: LoadedImage): Iterable<Uint8Array> {
  const source = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  for (let offset = 0; offset < source.length; offset += sliceBytes) {
    yield Buffer.from(source.toString("base64", offset, Math.min(source.length, offset + sliceBytes)), "latin1");
  }
}
