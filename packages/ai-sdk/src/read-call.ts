import { LimnError, qualities, validateRequest } from "@limn/core";
import type { Fault, ImageInput, ImageRequest, Quality } from "@limn/core";
import type { ImageModelV4CallOptions, ImageModelV4File, SharedV4Warning } from "@ai-sdk/provider";
import { readOptions } from "./provider-options.ts";
import type { LimnPartial } from "./provider-options.ts";

/** A call of the AI SDK in limn's terms. */
export interface ReadCall {
  readonly request: ImageRequest;
  readonly onPartial: ((partial: LimnPartial) => void) | null;
  readonly session: string | null;
  /** About what limn has no place for. */
  readonly warnings: readonly SharedV4Warning[];
}

/** @throws prompt_missing, invalid_option, input_url_refused, input_not_an_image */
export function readCall(modelId: string, call: ImageModelV4CallOptions): ReadCall {
  const options = readOptions(call.providerOptions["limn"] ?? {});
  const images = (call.files ?? []).map((file, place) => inputOf(file, `prompt.images[${place}]`));
  const faults: Fault[] = [...options.faults];
  if (call.mask !== undefined && images.length === 0)
    faults.push({ field: "mask", message: "needs prompt.images: the first is the picture to change" });
  const request = validateRequest(
    {
      ...options.fields,
      ...modelFields(modelId, options.fields, faults),
      operation: images.length > 0 ? "edit" : "generate",
      prompt: call.prompt,
      n: call.n,
      size: call.size,
      aspect: call.aspectRatio,
      ...(images.length === 0 ? {} : { images }),
      ...(call.mask === undefined || images.length === 0 ? {} : { mask: inputOf(call.mask, "prompt.mask") }),
    },
    faults,
    nameOf,
  );
  return { request, onPartial: options.onPartial, session: options.session, warnings: unsupported(call) };
}

/** The caller's name of a field. */
function nameOf(field: string): string {
  if (field === "aspect") return "aspectRatio";
  if (field === "images" || field === "mask") return `prompt.${field}`;
  if (["prompt", "n", "size", "model"].includes(field)) return field;
  return `the option providerOptions.limn.${field}`;
}

const imageModel = "gpt-image-2";

/**
 * The AI SDK always names a model, and a named one would tie limn to the engine that takes models. The image model that every engine
 * draws with is no wish, and its tiers are wishes of quality.
 */
function modelFields(
  modelId: string,
  { quality }: Readonly<Record<string, unknown>>,
  faults: Fault[],
): { readonly model?: string; readonly quality?: Quality } {
  if (modelId === imageModel) return {};
  const tier = qualities.find((known) => modelId === `${imageModel}-${known}`);
  if (tier !== "low" && tier !== "medium" && tier !== "high") return { model: modelId };
  if (quality !== undefined && quality !== tier)
    faults.push({ field: "quality", message: `contradicts the model ${modelId}; give one of the two` });
  return { quality: tier };
}

/** Bytes or an address. A text is never taken for a path: a program may hand on what a stranger typed. */
function inputOf(file: ImageModelV4File, place: string): ImageInput {
  if (file.type === "url") {
    if (/^(?:https?:\/\/|data:)/i.test(file.url)) return file.url;
    throw new LimnError("input_url_refused", {
      message: `${place} is neither an http(s) nor a data address. Nothing was sent.`,
      hint: "Read the file and pass its bytes.",
    });
  }
  if (typeof file.data !== "string") return file.data;
  const bytes = Buffer.from(file.data, "base64");
  if (bytes.length === 0)
    throw new LimnError("input_not_an_image", {
      message: `${place} holds no base64 data. Nothing was sent.`,
      hint: "Pass the bytes of an image file.",
    });
  return bytes;
}

function unsupported(call: ImageModelV4CallOptions): SharedV4Warning[] {
  const warnings: SharedV4Warning[] = [];
  if (call.seed !== undefined)
    warnings.push({ type: "unsupported", feature: "seed", details: "The service takes no seed; it was not sent." });
  // The AI SDK adds a user-agent to every call; limn names itself to the service.
  const headers = Object.entries(call.headers ?? {}).filter(
    ([name, value]) => value !== undefined && name.toLowerCase() !== "user-agent",
  );
  if (headers.length > 0)
    warnings.push({
      type: "unsupported",
      feature: "headers",
      details: `limn sends no headers of its callers; left out: ${headers.map(([name]) => name).join(", ")}.`,
    });
  return warnings;
}
