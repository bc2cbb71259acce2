import type { Incoming, Outgoing } from "../exchange.ts";
import type { Account } from "../login/account.ts";
import type { CallDraft } from "../record/recorded-call.ts";
import type { Scrub } from "../record/scrub.ts";
import type { RouteGroup } from "../scenarios/groups.ts";
import type { EmulatorState } from "../state.ts";

/** What a route gets to answer with. */
export interface RouteContext {
  readonly state: EmulatorState;
  readonly incoming: Incoming;
  readonly body: Uint8Array;
  /** The record of this call; a route may add remarks, the parsed body and the scenario. */
  readonly call: CallDraft;
  readonly scrub: Scrub;
  /** Whose bearer it is; the first account on routes without one. */
  readonly account: Account;
}

/** One or several paths that do the same. A group of routes is a file of this folder. */
export interface Route {
  readonly name: string;
  /** A route may name a closer one while it answers. */
  readonly group: RouteGroup;
  /** `*` takes any. */
  readonly method: string;
  /** A path that ends in a star takes everything below. */
  readonly paths: readonly string[];
  /** Whether the bearer is checked first. */
  readonly bearer: boolean;
  handle(context: RouteContext): Outgoing | Promise<Outgoing>;
}

/** Whether a path is one of the route's. */
export function hasPath(route: Route, path: string): boolean {
  return route.paths.some((known) => (known.endsWith("*") ? path.startsWith(known.slice(0, -1)) : known === path));
}
