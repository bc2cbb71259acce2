import type { FoundGeneration, Manifest, StudioInput, StudioRequest } from "@limn/core";
import { fileArgument } from "./command-line.ts";
import type { NamedRequest } from "./command-line.ts";

/** What the page composes, in words; uploads by their file names. */
export function namedByRequest(request: StudioRequest, emulated: boolean): NamedRequest {
  const { operation, prompt, images = [], mask, kit, tags: _tags, ...fields } = request;
  return {
    operation,
    prompt,
    fields,
    images: images.map(nameOfInput),
    mask: mask === undefined ? null : nameOfInput(mask),
    kit: kit ?? null,
    emulated,
  };
}

function nameOfInput(input: StudioInput): string {
  return input.kind === "upload" ? fileArgument(input.name) : referenceTo(input);
}

/** What a record was asked for, in words; `keptInput` is where an input is that came from nowhere it could be read again. */
export function namedByRecord(
  { id, manifest }: Pick<FoundGeneration, "id" | "manifest">,
  keptInput: (sha256: string) => string | null,
  kit: string | null,
): NamedRequest {
  const { images: _count, mask: _had, ...fields } = manifest.asked;
  const inputs = manifest.inputs ?? [];
  const nameOf = (input: Manifest["inputs"][number]): string => {
    const { origin } = input;
    if (origin.kind === "generation") return referenceTo(origin);
    if (origin.kind === "file") return fileArgument(origin.path);
    const kept = keptInput(input.sha256);
    if (kept !== null) return kept;
    return origin.kind === "url" ? origin.url : fileArgument(`input-of-${id}`);
  };
  const mask = inputs.find(({ role }) => role === "mask");
  return {
    operation: manifest.operation,
    prompt: manifest.prompt ?? "",
    fields,
    images: inputs.filter(({ role }) => role === "image").map(nameOf),
    mask: mask === undefined ? null : nameOf(mask),
    kit,
    emulated: manifest.emulated,
  };
}

function referenceTo({ id, index }: { readonly id: string; readonly index: number }): string {
  return `@${id}:${index + 1}`;
}
