import { createImageWindow, type ImageWindowCounter } from "./images/image-window.ts";
import { createUsageWindows, type UsageWindows } from "./images/usage-windows.ts";
import { accountById, type Account } from "./login/account.ts";
import { makeToken } from "./login/json-web-token.ts";
import { bearerOf, createTokenRegister, type BearerVerdict, type TokenRegister } from "./login/token-register.ts";
import { checkCapabilities, type CheckedOptions } from "./options.ts";
import type { CallDraft } from "./record/recorded-call.ts";
import type { ParsedStep } from "./scenarios/parse-scenario.ts";
import { createScenarioBoard, type ScenarioBoard } from "./scenarios/scenario-board.ts";
import { createAuthorizations, type Authorizations } from "./sign-in/authorizations.ts";
import { createDeviceRequests, type DeviceRequests } from "./sign-in/device-requests.ts";
import { createLogins, FIRST_REFRESH_TOKEN, type Logins } from "./sign-in/logins.ts";

/** What an account has used up. */
export interface Meters {
  readonly window: ImageWindowCounter;
  readonly usage: UsageWindows;
}

/** Everything that changes while an emulator runs. */
export interface EmulatorState {
  readonly options: CheckedOptions;
  /** The option's at the start; can be switched while running. */
  capabilities: CheckedOptions["capabilities"];
  /** Models that were taken off the list while running. */
  readonly unlisted: Set<string>;
  readonly tokens: TokenRegister;
  readonly logins: Logins;
  readonly authorizations: Authorizations;
  readonly devices: DeviceRequests;
  readonly scenarios: ScenarioBoard;
  readonly calls: CallDraft[];
  /** How many image calls there were: decides identifiers. */
  imageCalls: number;
  /** How many calls of `/responses` there were: decides identifiers. */
  responsesCalls: number;
  /** How many other calls had a scenario: decides identifiers. */
  serviceCalls: number;
  metersOf(account: Account): Meters;
  reset(): void;
}

/** The state at the start. */
export function createState(options: CheckedOptions): EmulatorState {
  const { seed, clock, accounts, accessTokenLifeMs } = options;
  const tokens = createTokenRegister(
    options.accessToken,
    (generation) => {
      const issuedAtMs = clock();
      const expiresAtMs = issuedAtMs + accessTokenLifeMs;
      const serial = String(generation);
      return makeToken(accounts[0], { clientId: "app_emulator", issuedAtMs, expiresAtMs, serial });
    },
    clock,
  );
  const logins = createLogins(options);
  const authorizations = createAuthorizations(seed, clock);
  const devices = createDeviceRequests(seed, clock);
  const scenarios = createScenarioBoard(() => tokens.generation + logins.issued);
  const meters = new Map<string, Meters>();
  let startMs = clock();
  const state: EmulatorState = {
    options,
    capabilities: options.capabilities,
    unlisted: new Set(),
    tokens,
    logins,
    authorizations,
    devices,
    scenarios,
    calls: [],
    imageCalls: 0,
    responsesCalls: 0,
    serviceCalls: 0,
    metersOf: (account) => {
      const known = meters.get(account.accountId);
      if (known !== undefined) return known;
      const window = createImageWindow(clock, account.imagesPerDay);
      const made = { window, usage: createUsageWindows(clock, startMs, options.usage) };
      meters.set(account.accountId, made);
      return made;
    },
    reset: () => {
      state.calls.length = 0;
      state.imageCalls = 0;
      state.responsesCalls = 0;
      state.capabilities = options.capabilities;
      state.serviceCalls = 0;
      startMs = clock();
      meters.clear();
      for (const part of [tokens, logins, authorizations, devices]) part.reset();
      setScenario(state, options.scenario);
    },
  };
  scenarios.set(options.scenario);
  return state;
}

/** Puts a scenario in force from the next call on; models that the one before took off the list are back. */
export function setScenario(state: EmulatorState, steps: readonly ParsedStep[]): void {
  state.unlisted.clear();
  state.scenarios.set(steps);
}

/** Switches capabilities; the ones that are not named stay. Throws a `TypeError` for an unknown name or a wrong type. */
export function setCapabilities(state: EmulatorState, capabilities: unknown): void {
  state.capabilities = { ...state.capabilities, ...checkCapabilities(capabilities) };
}

/** The plan that answers name: the account's, unless the scenario `plan-free` is in force. */
export function planInForce(state: EmulatorState, account: Account): string {
  const free = (["images", "responses"] as const).some((group) => state.scenarios.peek(group).name === "plan-free");
  return free ? "free" : account.plan;
}

/** What the bearer of a request is worth, and whose it is: a configured token or one that a login issued. */
export function judgeBearer(
  state: EmulatorState,
  authorization: string | undefined,
): { readonly verdict: BearerVerdict; readonly account: Account } {
  const [first] = state.options.accounts;
  const issued = state.logins.judgeAccess(bearerOf(authorization) ?? "");
  return issued ?? { verdict: state.tokens.judge(authorization), account: first };
}

/** Whether a bearer is one of this emulator's good tokens, expired or not: then a record may call it the access token. */
export function isOwnToken(state: EmulatorState, token: string | undefined): boolean {
  return token !== undefined && (token === state.tokens.current || state.logins.judgeAccess(token) !== undefined);
}

/** Revokes the login of a token, wherever it came from. False: nobody knows the token. */
export function revokeToken(state: EmulatorState, token: string): boolean {
  const known = state.logins.revoke(token === state.tokens.current ? FIRST_REFRESH_TOKEN : token);
  if (state.logins.firstRevoked) state.tokens.revoke();
  return known;
}

/** Revokes every login, or those of an account. Throws a `TypeError` for an account that does not exist. */
export function revokeLogins(state: EmulatorState, accountId: string | undefined): void {
  if (accountId !== undefined) accountById(state.options.accounts, accountId);
  state.logins.revokeAll(accountId);
  if (state.logins.firstRevoked) state.tokens.revoke();
}

/** Everything that no record and no error may repeat. */
export function secretsOf(state: EmulatorState): readonly string[] {
  return [...state.tokens.all, ...state.devices.secrets];
}
