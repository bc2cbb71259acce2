import type { EngineAnswer, StoredImage } from "../contracts/engine.ts";
import type { LoadImageTools } from "../contracts/image-tools.ts";
import type { LoadedInputs } from "../contracts/input.ts";
import type { LoadedImage, ResolvedRequest } from "../contracts/request.ts";
import type { Warning } from "../contracts/result.ts";
import { LimnError } from "../errors/index.ts";

/**
 * The service answers with a picture even when it lost the inputs on the way; its token counts tell (codex-backend contract 3.5, R4).
 * The picture is in the history by now.
 */
export function referencesDropped(
  request: ResolvedRequest,
  answer: EngineAnswer,
  stored: StoredImage,
  id: string,
): LimnError | null {
  const count = request.images.length;
  if (count === 0 || answer.usage.inputImageTokens !== 0) return null;
  return new LimnError("references_dropped", {
    message: `The service did not look at ${count === 1 ? "the input image" : `any of the ${count} input images`}: it counted no image tokens. What it drew is kept: ${stored.path}`,
    hint: "The plan was charged. Smaller inputs help where the request was large: --shrink-inputs",
    details: { generation: id, original: stored.path, inputs: count },
  });
}

/** Shapes that differ by more than this cannot be the same picture; looking would cost a decode of both. */
const shapeTolerance = 0.01;

/** An edit that gave an input (or its masked region, as it was sent) back changed nothing, whatever the words said. */
export async function sameAsInput(
  sent: readonly LoadedImage[],
  inputs: Pick<LoadedInputs, "records">,
  stored: StoredImage,
  tools: LoadImageTools | null,
): Promise<Warning[]> {
  for (const [place, image] of sent.entries()) {
    const record = inputs.records[place];
    const which = sent.length === 1 ? "the input" : `input ${place + 1}`;
    if (image.sha256 === stored.sha256 || record?.sha256 === stored.sha256)
      return [warning(stored, `The result is ${which} again, byte for byte.`)];
    const drift = Math.abs(stored.width / stored.height / (image.width / image.height) - 1);
    if (tools === null || drift > shapeTolerance) continue;
    const { same } = await (await tools()).compare(image.file, stored.path).catch(() => ({ same: false }));
    if (same) return [warning(stored, `The result looks the same as ${which}.`)];
  }
  return [];
}

function warning({ index }: StoredImage, message: string): Warning {
  return {
    code: "same_as_input",
    index,
    message: `${message} The plan was charged; say more plainly what should change.`,
  };
}
