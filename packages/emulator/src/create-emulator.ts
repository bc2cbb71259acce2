import { createActivity } from "./adapters/activity.ts";
import { listenOnLoopback, type ListenOptions, type RunningEmulator } from "./adapters/http-server.ts";
import { answerWebRequest } from "./adapters/web-fetch.ts";
import { EmulatorClosed } from "./exchange.ts";
import { handle } from "./handler.ts";
import { makeCodexAuthFile, type CodexAuthFileOptions } from "./login/codex-auth-file.ts";
import { checkOptions, type EmulatorOptions } from "./options.ts";
import type { RecordedCall } from "./record/recorded-call.ts";
import { parseScenario, type Scenario } from "./scenarios/parse-scenario.ts";
import { createState } from "./state.ts";

/** A pretend ChatGPT image backend. */
export interface Emulator {
  /** The bearer that is accepted now. */
  readonly accessToken: string;
  readonly accountId: string;
  /** Every request but the control ones, oldest first. The entries of open requests still change. */
  readonly calls: readonly RecordedCall[];
  /** Answers a request without a socket; the host in its address does not matter, except for control routes. */
  fetch(request: Request): Promise<Response>;
  /** Answers on a loopback port, in addition to {@link fetch}. May be called several times. */
  listen(options?: ListenOptions): Promise<RunningEmulator>;
  /** What goes wrong from the next image call on. Throws a `TypeError` that names an unknown scenario or parameter. */
  setScenario(scenario: Scenario): void;
  /** Accepts another token instead; earlier ones now answer 401 `token_expired`. Default: a new made-up JWT. Returns it. */
  renewAccessToken(token?: string): string;
  /** Forgets calls, counters, renewed tokens and the image window; the scenario is the option's again. */
  reset(): void;
  /** An `auth.json` of the Codex CLI for this emulator's account, ready for `JSON.stringify`. */
  codexAuthFile(options?: CodexAuthFileOptions): Record<string, unknown>;
  /** Resolves when no request is under way: then `aborted` of every call is final. */
  idle(): Promise<void>;
  /** Closes every port and ends every open answer; after it {@link fetch} rejects. */
  close(): Promise<void>;
}

/**
 * Creates an emulator. It does nothing until it is asked: no port, no timer, no file.
 *
 * @example
 * const emulator = createEmulator({ scenario: [{ name: 'server-error', times: 2 }] });
 * const { baseURL, close } = await emulator.listen();
 */
export function createEmulator(options: EmulatorOptions = {}): Emulator {
  const checked = checkOptions(options);
  const state = createState(checked);
  const activity = createActivity();
  const closing = new AbortController();
  const running = new Set<RunningEmulator>();
  return {
    get accessToken() {
      return state.tokens.current;
    },
    accountId: checked.accountId,
    get calls() {
      return [...state.calls];
    },
    fetch: (request) => answerWebRequest((incoming) => handle(state, incoming), activity, request, closing.signal),
    listen: async (where) => {
      closing.signal.throwIfAborted();
      const server = await listenOnLoopback((incoming) => handle(state, incoming), activity, where);
      running.add(server);
      return server;
    },
    setScenario: (scenario) => state.scenarios.set(parseScenario(scenario)),
    renewAccessToken: (token) => state.tokens.renew(token),
    reset: () => state.reset(),
    codexAuthFile: (change) => {
      const { accountId, email, plan, clock } = checked;
      return makeCodexAuthFile({ accountId, email, plan, accessToken: state.tokens.current, nowMs: clock() }, change);
    },
    idle: () => activity.idle(),
    close: async () => {
      closing.abort(new EmulatorClosed());
      await Promise.all([...running].map((server) => server.close()));
      running.clear();
    },
  };
}
