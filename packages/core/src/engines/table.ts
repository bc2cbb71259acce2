import type { Engine } from "../contracts/engine.ts";
import type { Transport } from "../transport/index.ts";
import { createImagesEngine } from "./images/index.ts";

/** What an engine may be built from. */
export interface EngineParts {
  readonly transport: Transport;
  readonly clock: () => number;
}

/** Every engine, in the order in which `auto` prefers them. A new engine is its folder and one line here. */
export function createEngines(parts: EngineParts): readonly Engine[] {
  return [createImagesEngine(parts)];
}
