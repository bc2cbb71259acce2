import type { Engine } from "../contracts/engine.ts";
import type { Transport } from "../transport/index.ts";
import { createCodexEngine } from "./codex/index.ts";
import type { CodexEngineParts } from "./codex/index.ts";
import { createImagesEngine } from "./images/index.ts";
import { createResponsesEngine } from "./responses/index.ts";

/** What an engine may be built from. */
export interface EngineParts {
  readonly transport: Transport;
  readonly clock: () => number;
  /** Null in the sandbox: Codex knows nothing of it, and would spend the user's own plan. */
  readonly codex: CodexEngineParts | null;
}

/** Every engine, in the order in which `auto` prefers them. A new engine is its folder and one line here. */
export function createEngines(parts: EngineParts): readonly Engine[] {
  const { codex } = parts;
  return [
    createImagesEngine(parts),
    createResponsesEngine(parts),
    ...(codex === null ? [] : [createCodexEngine(codex)]),
  ];
}
