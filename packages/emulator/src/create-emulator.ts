import { createActivity } from "./adapters/activity.ts";
import { listenOnLoopback, type ListenOptions, type RunningEmulator } from "./adapters/http-server.ts";
import { answerWebRequest } from "./adapters/web-fetch.ts";
import { EmulatorClosed } from "./exchange.ts";
import { countableNames, handle } from "./handler.ts";
import { accountById, type Account } from "./login/account.ts";
import { makeCodexAuthFile, type CodexAuthFileOptions } from "./login/codex-auth-file.ts";
import { checkOptions, type EmulatedCapabilities, type EmulatorOptions } from "./options.ts";
import type { RecordedCall } from "./record/recorded-call.ts";
import { parseScenario, type Scenario } from "./scenarios/parse-scenario.ts";
import type { RouteGroup } from "./scenarios/groups.ts";
import { decideDevice } from "./sign-in/decide-device.ts";
import type { IssuedLogin } from "./sign-in/logins.ts";
import { createState, revokeLogins, setCapabilities, setScenario } from "./state.ts";
import { nearestName } from "./values.ts";

/** A login to make without a browser. */
export interface SignInOptions {
  /** Default: the first account. */
  readonly accountId?: string;
  /** Default: the first of `clientIds`. */
  readonly clientId?: string;
  /** How long the access token is good, in ms; 0 or less makes one that has expired. Default: the option `accessTokenLifeMs`. */
  readonly accessTokenLifeMs?: number;
}

/** A pretend ChatGPT image backend. */
export interface Emulator {
  /** The configured bearer that is accepted now. */
  readonly accessToken: string;
  /** Of the first account. */
  readonly accountId: string;
  /** Who can sign in, with every default in place. */
  readonly accounts: readonly Readonly<Account>[];
  /** Every request but the control ones, oldest first. The entries of open requests still change. */
  readonly calls: readonly RecordedCall[];
  /**
   * How many calls there were of a group (`refresh`) or of a route (`deviceauth.token`), answered or not, or only those with
   * this status. Throws a `TypeError` for a name that does not exist.
   */
  count(groupOrRoute: RouteGroup | (string & {}), status?: number): number;
  /** Answers a request without a socket; the host in its address does not matter, except for control routes. */
  fetch(request: Request): Promise<Response>;
  /** Answers on a loopback port, in addition to {@link fetch}. May be called several times. */
  listen(options?: ListenOptions): Promise<RunningEmulator>;
  /** Switches what the service honours; the capabilities that are not named stay as they are. */
  setCapabilities(capabilities: EmulatedCapabilities): void;
  /** What goes wrong from the next call on. Throws a `TypeError` that names an unknown scenario or parameter. */
  setScenario(scenario: Scenario): void;
  /** Accepts another token instead; earlier ones now answer 401 `token_expired`. Default: a new made-up JWT. Returns it. */
  renewAccessToken(token?: string): string;
  /** Makes a login as the sign-in service would, without a browser. */
  signIn(options?: SignInOptions): IssuedLogin;
  /** Signs an account (default: everybody) out everywhere: access tokens get 401, refresh tokens `refresh_token_invalidated`. */
  revokeLogins(accountId?: string): void;
  /** Enters the code of a device for an account (default: the first). Throws a `TypeError` when that is not possible. */
  approveDevice(userCode: string, accountId?: string): void;
  /** Enters the code of a device and refuses. */
  denyDevice(userCode: string): void;
  /** Forgets calls, counters, renewed tokens, logins and windows; scenario and capabilities are the options' again. */
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
  const [first] = checked.accounts;
  return {
    get accessToken() {
      return state.tokens.current;
    },
    accountId: first.accountId,
    accounts: checked.accounts,
    get calls() {
      return [...state.calls];
    },
    count: (name, status) => {
      if (!countableNames.includes(name))
        throw new TypeError(
          `There is no group or route "${name}". Did you mean "${nearestName(name, countableNames)}"?`,
        );
      const counted = state.calls.filter((call) => call.group === name || call.route === name);
      return counted.filter((call) => status === undefined || call.answered.status === status).length;
    },
    fetch: (request) => answerWebRequest((incoming) => handle(state, incoming), activity, request, closing.signal),
    listen: async (where) => {
      closing.signal.throwIfAborted();
      const server = await listenOnLoopback((incoming) => handle(state, incoming), activity, where);
      running.add(server);
      return server;
    },
    setCapabilities: (capabilities) => setCapabilities(state, capabilities),
    setScenario: (scenario) => setScenario(state, parseScenario(scenario)),
    renewAccessToken: (token) => state.tokens.renew(token),
    reset: () => state.reset(),
    signIn: ({ accountId = first.accountId, clientId = checked.clientIds[0] ?? "app_emulator", ...rest } = {}) =>
      state.logins.open(accountById(checked.accounts, accountId), clientId, rest.accessTokenLifeMs),
    revokeLogins: (accountId) => revokeLogins(state, accountId),
    approveDevice: (userCode, accountId = first.accountId) => decideDevice(state, userCode, accountId),
    denyDevice: (userCode) => decideDevice(state, userCode, undefined),
    codexAuthFile: (change) => {
      const { clock, accounts, accessTokenLifeMs: lifeMs } = checked;
      const account = accounts.find((known) => known.accountId === change?.login?.accountId) ?? first;
      return makeCodexAuthFile({ account, accessToken: state.tokens.current, nowMs: clock(), lifeMs }, change);
    },
    idle: () => activity.idle(),
    close: async () => {
      closing.abort(new EmulatorClosed());
      await Promise.all([...running].map((server) => server.close()));
      running.clear();
    },
  };
}
