import { engineIds, backgrounds, qualities } from "@limn/core";
import type { ImageRequest, PictureFormat } from "@limn/core";
import { invalid } from "../loopback/index.ts";
import { requestFields } from "./request-fields.ts";
import type { WireRequest } from "./read-body.ts";

/** A request of the public API as limn makes it, and how its answer is to be given. */
export interface ApiRequest {
  readonly request: ImageRequest;
  readonly isStream: boolean;
  readonly responseFormat: "b64_json" | "url";
  /** Names of fields that mean nothing here. */
  readonly ignored: readonly string[];
  /** What was understood in another way than it was said. */
  readonly warnings: readonly string[];
}

/** Defaults of the user's own settings. */
export interface RequestDefaults {
  readonly engine?: string;
  readonly quality?: string;
  readonly background?: string;
}

const known: ReadonlySet<string> = new Set(Object.values(requestFields).map(({ name }) => name));

/** @throws HttpError 400 or 404 that names the field */
export function readRequest(
  operation: "generate" | "edit",
  wire: Pick<WireRequest, "fields" | "images" | "mask">,
  defaults: RequestDefaults,
): ApiRequest {
  const { fields } = wire;
  const warnings: string[] = [];
  const prompt = requestFields.prompt.of(fields);
  const model = requestFields.model.of(fields) ?? null;
  if (model !== null && model.warning !== null) warnings.push(model.warning);
  const isStream = requestFields.stream.of(fields) ?? false;
  const partials = requestFields.partialImages.of(fields) ?? 0;
  const format = requestFields.outputFormat.of(fields);
  const quality = requestFields.quality.of(fields) ?? model?.quality ?? undefined;
  const background = requestFields.background.of(fields);
  const { images } = wire;
  if (operation === "edit" && images.length === 0)
    throw invalid(
      "image",
      wire.mask === null ? "The picture to change is missing." : "There is a mask, and no picture that it belongs to.",
      "invalid_value",
    );
  const fallbackQuality = qualities.find((word) => word === defaults.quality);
  const fallbackBackground = backgrounds.find((word) => word === defaults.background);
  const common = {
    prompt,
    ...optional("n", requestFields.n.of(fields)),
    ...optional("size", sizeOf(fields, wire.mask !== null, warnings)),
    ...optional("format", format),
    ...optional("compression", compressionOf(fields, format, warnings)),
    ...optional("quality", quality ?? fallbackQuality),
    ...optional("background", background ?? (format === "jpeg" ? undefined : fallbackBackground)),
    // Previews decide the engine themselves.
    ...(isStream && partials > 0
      ? { partials }
      : optional(
          "engine",
          engineIds.find((id) => id === defaults.engine),
        )),
  };
  return {
    request:
      operation === "edit"
        ? { operation, ...common, images, ...optional("mask", wire.mask ?? undefined) }
        : { operation, ...common },
    isStream,
    responseFormat: requestFields.responseFormat.of(fields) ?? "b64_json",
    ignored: [...fields.keys()].filter((name) => !known.has(name)),
    warnings,
  };
}

function optional<Name extends string, T>(name: Name, value: T | undefined): { readonly [K in Name]?: T } {
  const found: { [K in Name]?: T } = {};
  if (value !== undefined) found[name] = value;
  return found;
}

/** What is outside a mask stays as it is, pixels and all; clients send their default size with it all the same. */
function sizeOf(fields: ReadonlyMap<string, unknown>, hasMask: boolean, warnings: string[]): string | undefined {
  const size = requestFields.size.of(fields);
  if (size === undefined || !hasMask) return size;
  warnings.push("size was ignored: with a mask the picture keeps the pixels of the first image");
  return undefined;
}

function compressionOf(
  fields: ReadonlyMap<string, unknown>,
  format: PictureFormat | undefined,
  warnings: string[],
): number | undefined {
  const compression = requestFields.outputCompression.of(fields);
  if (compression === undefined || format === "jpeg" || format === "webp" || format === "avif") return compression;
  warnings.push("output_compression was ignored: it is for jpeg, webp and avif");
  return undefined;
}
