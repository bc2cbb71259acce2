import type { Outgoing } from "../exchange.ts";
import type { ImageRequest } from "../images/image-request.ts";
import type { EmulatorState } from "../state.ts";
import type { ParsedStep } from "./parse-scenario.ts";

/** One image call on its way to an answer. */
export interface ImageTurn {
  readonly state: EmulatorState;
  readonly request: ImageRequest;
  readonly step: ParsedStep;
  /** Counts image calls from 0. */
  readonly ordinal: number;
  readonly requestId: string;
  /** The prompt without anything that looks like a credential: this is what gets drawn. */
  readonly drawnPrompt: string;
}

/** What a scenario does with a call. */
export type Perform = (turn: ImageTurn) => Outgoing | Promise<Outgoing>;
