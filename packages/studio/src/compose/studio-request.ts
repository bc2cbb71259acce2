import type { StudioInput, StudioRequest } from "@limn/core";
import { maskOf, optionsOf, type Draft, type Reference } from "./draft.ts";
import { writtenSize } from "./size.ts";

export interface RequestParts {
  readonly request: StudioRequest;
  /** What is uploaded beside it, by the name of its part of the form. */
  readonly files: readonly { readonly part: string; readonly file: File; readonly name: string }[];
}

/** A checked draft as the server takes it. What was not asked for is left out. */
export function toRequest(draft: Draft): RequestParts {
  const { operation, prompt, references } = draft;
  const options = optionsOf(draft);
  const mask = maskOf(draft);
  const files: RequestParts["files"][number][] = [];
  const input = (reference: Reference, place: number): StudioInput => {
    if (reference.kind === "library") return { kind: "artifact", id: reference.id, index: reference.index };
    const part = `image${place + 1}`;
    files.push({ part, file: reference.file, name: reference.name });
    return { kind: "upload", part, name: reference.name };
  };
  const images = references.map(input);
  if (mask !== null) files.push({ part: "mask", file: mask.file, name: mask.file.name });
  const { size, aspect, fit, background, format, compression, n, quality, model, engine, partials } = options;
  const request: StudioRequest = {
    operation,
    prompt,
    ...(n > 1 ? { n } : {}),
    ...(size.trim() === "" ? {} : { size: writtenSize(size) }),
    ...(fit === "" ? {} : { fit }),
    ...(aspect.trim() === "" ? {} : { aspect: aspect.trim() }),
    ...(format === "" ? {} : { format }),
    ...(compression.trim() === "" ? {} : { compression: Number(compression) }),
    ...(background === "" ? {} : { background }),
    ...(quality === "" ? {} : { quality }),
    ...(model.trim() === "" ? {} : { model: model.trim() }),
    ...(engine === "auto" ? {} : { engine }),
    ...(partials > 0 ? { partials } : {}),
    ...(images.length > 0 ? { images } : {}),
    ...(mask === null ? {} : { mask: { kind: "upload", part: "mask", name: mask.file.name } }),
    ...(options.shrinkInputs ? { shrinkInputs: true } : {}),
  };
  return { request, files };
}

/** The part `request` comes first, as the contract asks. */
export function toForm({ request, files }: RequestParts): FormData {
  const form = new FormData();
  form.append("request", JSON.stringify(request));
  for (const { part, file, name } of files) form.append(part, file, name);
  return form;
}
