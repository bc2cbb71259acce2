import { existsSync } from "node:fs";
import type { ArtifactStore, FoundGeneration } from "../artifacts/index.ts";
import type { InputRecord } from "../contracts/input.ts";
import type { ImageRequest } from "../contracts/request.ts";
import { LimnError } from "../errors/index.ts";
import { validateRequest } from "./validate-request.ts";

const variation =
  "Make a new variation of this image: the same subject and style, another composition and other details.";

/**
 * A generation's request once more, or a variation of its first picture. The inputs are the same to the byte, or it is an error: a
 * repeat with other inputs would be another request.
 */
export async function repeatRequest(
  store: ArtifactStore,
  generation: FoundGeneration,
  { vary = false, prompt }: { readonly vary?: boolean; readonly prompt?: string },
): Promise<ImageRequest> {
  const { manifest, id } = generation;
  const words = prompt ?? manifest.prompt;
  if (words === null)
    throw new LimnError("artifact_not_found", {
      message: `The prompt of ${id} was not kept (--no-history).`,
      hint: `Say it again: limn again ${id} "…"`,
      details: { generation: id },
    });
  const { images: _count, mask: _had, ...recorded } = manifest.asked;
  // How much is spent is for the user of this history to say, not for a file that came from somewhere.
  const { n: _n, allowExtraImages: _extra, ...unspending } = recorded;
  const asked = manifest.imported === undefined ? recorded : unspending;
  if (vary) {
    const { fit, aspect, size, format, compression, background, quality, model, engine } = asked;
    const kept = { fit, aspect, size, format, compression, background, quality, model, engine };
    return validateRequest({
      ...Object.fromEntries(Object.entries(kept).filter(([, value]) => value !== undefined)),
      operation: "edit",
      prompt: prompt ?? `${words.replaceAll(`\n\n${variation}`, "")}\n\n${variation}`,
      images: [`@${id}`],
    });
  }
  const given = await Promise.all(
    (manifest.inputs ?? []).map(async (input) => ({
      role: input.role,
      image: await inputAgain(store, generation, input),
    })),
  );
  const images = given.filter(({ role }) => role === "image").map(({ image }) => image);
  const mask = given.find(({ role }) => role === "mask")?.image;
  return validateRequest({
    ...asked,
    operation: manifest.operation,
    prompt: words,
    ...(images.length === 0 ? {} : { images }),
    ...(mask === undefined ? {} : { mask }),
  });
}

/** Where the same bytes are found again. @throws input_not_found, artifact_not_found */
async function inputAgain(store: ArtifactStore, { id }: FoundGeneration, input: InputRecord): Promise<string> {
  const { origin, sha256 } = input;
  const kept = store.keptInput(id, sha256);
  if (kept !== null) return kept;
  if (origin.kind === "generation") return `@${origin.id}:${origin.index + 1}`;
  if (origin.kind === "file" && existsSync(origin.path)) {
    if ((await store.hashOf(origin.path)) === sha256) return origin.path;
    throw gone(id, `The input ${origin.path} has changed since.`);
  }
  throw gone(id, origin.kind === "file" ? `The input ${origin.path} is gone.` : "An input of it was not kept.");
}

function gone(id: string, message: string): LimnError {
  return new LimnError("input_not_found", {
    message: `${message} The generation ${id} cannot be asked again as it was.`,
    hint: 'Ask anew with the inputs that you have: limn edit "…" -i FILE',
    details: { generation: id },
  });
}
