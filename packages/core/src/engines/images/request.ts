import type { ResolvedRequest } from "../../contracts/request.ts";
import type { Sent } from "../../contracts/result.ts";
import { joinBody } from "../../transport/index.ts";
import type { RequestBody } from "../../transport/index.ts";
import { promptWithAspect } from "../shape-words.ts";

/** The client constant of Codex; the service ignores it and never names another (codex-backend contract 2.5, 3.1). */
export const imageModel = "gpt-image-2";

/** The path below the base address: whatever has images in it is an edit to the service. */
export function imagesPath(request: ResolvedRequest): string {
  return request.images.length > 0 ? "/images/edits" : "/images/generations";
}

/**
 * The five fields of the Codex CLI in its order, and nothing else (contract 3.1). `auto` is never sent as background: Codex sends
 * `opaque` unless transparency is asked. Quality and size are the CLI's own unless the capability table says that the account honours more.
 */
export function imagesFields(request: ResolvedRequest): Sent {
  return {
    prompt: promptWithAspect(request.prompt, request.native.aspect),
    background: request.background === "transparent" ? "transparent" : "opaque",
    model: imageModel,
    quality: request.native.quality ?? "auto",
    size: request.native.size === null ? "auto" : `${request.native.size.width}x${request.native.size.height}`,
  };
}

/** The JSON body. Images stand first, as data URLs, encoded while they are sent and never held as strings. */
export function imagesBody(request: ResolvedRequest): RequestBody {
  const fields = Buffer.from(JSON.stringify(imagesFields(request)), "utf8");
  if (request.images.length === 0) return { length: fields.length, slices: () => [fields] };
  return joinBody([
    '{"images":[',
    ...request.images.flatMap((image, index) => [
      `${index === 0 ? "" : ","}{"image_url":"data:${image.mediaType};base64,`,
      image,
      '"}',
    ]),
    `],${fields.toString("utf8").slice(1)}`,
  ]);
}
