import type { Engine } from "../../contracts/engine.ts";
import { codexCapabilities } from "./capabilities.ts";
import { imageModel, sentPrompt } from "./instructions.ts";
import type { CodexEngineParts } from "./parts.ts";
import type { Readiness } from "./prepare.ts";

export { sandboxModes } from "./parts.ts";
export type { CodexEngineParts, CodexLoginFacts, CodexProgram, SandboxMode } from "./parts.ts";

/** The installed Codex program, signed in by its user: limn sees no token, and an agent is between (codex-backend contract 7). */
export function createCodexEngine(parts: CodexEngineParts): Engine {
  let ready: Promise<Readiness> | null = null;
  /** Settled once for a generation; a failure is asked anew. */
  const readiness = async (signal: AbortSignal, isFresh: boolean): Promise<Readiness> => {
    if (isFresh || ready === null) {
      // Seldom needed, so that no other engine's start pays for it.
      ready = import("./run.ts").then(async ({ prepareCodex }) => prepareCodex(parts, signal));
    }
    const current = ready;
    try {
      return await current;
    } catch (error) {
      if (ready === current) ready = null;
      throw error;
    }
  };
  return {
    id: "codex",
    capabilities: codexCapabilities,
    describe: (request) => ({
      method: request.codexDriver === "exec" ? "exec" : "app-server",
      url: parts.program()?.path ?? "codex",
      headers: {},
      body: {
        prompt: sentPrompt(request),
        background: request.background === "transparent" ? "transparent" : "opaque",
        model: imageModel,
        driver: request.codexDriver,
        ...(request.model === null ? {} : { chatModel: request.model }),
      },
    }),
    prepare: async (signal) => (await readiness(signal, true)).payer,
    run: async (call) => {
      const readyNow = await readiness(call.signal, false);
      const { runCodexCall } = await import("./run.ts");
      return runCodexCall(parts, readyNow, call);
    },
  };
}
