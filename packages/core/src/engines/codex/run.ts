import { mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { EngineAnswer, EngineCall } from "../../contracts/engine.ts";
import type { Usage } from "../../contracts/result.ts";
import { LimnError } from "../../errors/index.ts";
import { driveAppServer } from "./drive-app-server.ts";
import { driveExec } from "./drive-exec.ts";
import { hashOf } from "./generated-file.ts";
import { imageModel, sentPrompt } from "./instructions.ts";
import type { CodexEngineParts } from "./parts.ts";
import { refuseWhatIsTooNew } from "./prepare.ts";
import type { Readiness } from "./prepare.ts";
import { stopReason } from "./setup.ts";
import type { CallSetup, TurnPicture } from "./setup.ts";

export { prepareCodex } from "./prepare.ts";

/** One picture through the Codex program. */
export async function runCodexCall(parts: CodexEngineParts, ready: Readiness, call: EngineCall): Promise<EngineAnswer> {
  const { program, codexHome, facts, version, payer } = ready;
  const { request } = call;
  refuseWhatIsTooNew(version, request.background === "transparent");
  const sandbox = parts.sandbox();
  call.progress("connecting", { attempt: 1 });
  const folder = mkdtempSync(join(parts.temporaryFolder, "limn-codex-"));
  const setup: CallSetup = {
    parts,
    program,
    codexHome,
    settings: { facts, plugins: parts.plugins, sandbox },
    call,
    folder,
    signal: AbortSignal.any([call.signal, AbortSignal.timeout(parts.limits.totalMs)]),
  };
  const keep = async (found: TurnPicture): Promise<EngineAnswer> => keepPicture(setup, payer, found);
  try {
    if (setup.signal.aborted) throw stopReason(setup, false);
    if (request.codexDriver === "exec") return await driveExec(setup, keep);
    const answer = await driveAppServer(setup, keep);
    if (answer !== null) return answer;
    if (request.codexDriver === "auto") return await driveExec(setup, keep);
    throw new LimnError("engine_unavailable", {
      message: `Codex ${version} (${program.path}) has no app-server that limn can use; nothing was spent.`,
      hint: "Leave the choice to limn: --codex-driver auto — or update Codex: npm install -g @openai/codex@latest",
      details: { kind: "no_app_server", version },
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The bytes decide: they go into limn's own store, unless they are an input's. */
async function keepPicture(
  { parts, call }: CallSetup,
  payer: Readiness["payer"],
  { report, picture, firstByteMs }: TurnPicture,
): Promise<EngineAnswer> {
  const { request } = call;
  const same = request.images.findIndex(({ sha256 }) => sha256 === hashOf(picture));
  if (same >= 0)
    throw new LimnError("no_image_returned", {
      message: `What Codex brought is input ${same + 1} again, byte for byte; no new picture was drawn.`,
      hint: "Say plainly what should change. The plan was probably charged.",
      details: { kind: "input_returned", input: same + 1 },
    });
  call.progress("saving", { attempt: 1 });
  const sink = call.openImage();
  try {
    for (const slice of picture.slices()) sink.write(slice);
    const stored = await sink.finish();
    if (parts.cleanGenerated) picture.remove();
    const { image } = report;
    const changedPrompt = image?.prompt === sentPrompt(request) ? null : (image?.prompt ?? null);
    return {
      images: [
        {
          stored,
          ...(changedPrompt === null ? {} : { revisedPrompt: changedPrompt }),
          ...(image?.isTransparent === null || image === null
            ? {}
            : { background: image.isTransparent ? "transparent" : "opaque" }),
          ...(image?.serviceImageId === null || image === null ? {} : { serviceImageId: image.serviceImageId }),
        },
      ],
      model: imageModel,
      usage: usageOf(report, request.images),
      limits: {
        ...(report.activeLimit === null ? {} : { activeLimit: report.activeLimit }),
        ...(report.windows.length === 0 ? {} : { windows: report.windows }),
      },
      requestId: report.threadId,
      account: { plan: payer.plan, source: payer.source },
      firstByteMs,
      truncatedAfterImage: false,
      clockSkewMs: null,
    };
  } catch (error) {
    sink.discard();
    throw error;
  }
}

function usageOf({ usage, image }: TurnPicture["report"], inputs: readonly { readonly sha256: string }[]): Usage {
  const read = image?.inputHashes ?? null;
  // The tool tells which files it read: with one missing, the picture was drawn without it.
  const isDropped = read !== null && !inputs.every(({ sha256 }) => read.includes(sha256));
  return {
    ...(Object.keys(usage).length === 0 ? {} : { driver: usage }),
    ...(isDropped ? { inputImageTokens: 0 } : {}),
  };
}
