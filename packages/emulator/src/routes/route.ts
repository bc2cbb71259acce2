import type { Incoming, Outgoing } from "../exchange.ts";
import type { CallDraft } from "../record/recorded-call.ts";
import type { Scrub } from "../record/scrub.ts";
import type { EmulatorState } from "../state.ts";

/** What a route gets to answer with. */
export interface RouteContext {
  readonly state: EmulatorState;
  readonly incoming: Incoming;
  readonly body: Uint8Array;
  /** The record of this call; a route may add remarks, the parsed body and the scenario. */
  readonly call: CallDraft;
  readonly scrub: Scrub;
}

/** One or several paths that do the same. A group of routes is a file of this folder. */
export interface Route {
  readonly name: string;
  readonly method: string;
  readonly paths: readonly string[];
  /** Whether the bearer is checked first. */
  readonly bearer: boolean;
  handle(context: RouteContext): Outgoing | Promise<Outgoing>;
}
