import type { Outgoing } from "../exchange.ts";
import type { ImageRequest } from "../images/image-request.ts";
import type { Account } from "../login/account.ts";
import type { EmulatorState } from "../state.ts";
import type { ParsedStep } from "./parse-scenario.ts";

/** One call on its way to an answer. */
export interface Turn {
  readonly state: EmulatorState;
  readonly step: ParsedStep;
  /** Counts calls of its kind. */
  readonly ordinal: number;
}

/** One call that spends something of an account. */
export interface AccountTurn extends Turn {
  /** Whose call it is. */
  readonly account: Account;
  readonly requestId: string;
}

/** One image call on its way to an answer. */
export interface ImageTurn extends AccountTurn {
  readonly request: ImageRequest;
  /** The prompt without anything that looks like a credential: this is what gets drawn. */
  readonly drawnPrompt: string;
}

/** What a scenario does with a call. */
export type Perform = (turn: ImageTurn) => Outgoing | Promise<Outgoing>;
