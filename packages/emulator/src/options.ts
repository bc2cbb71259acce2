import { checkAccounts, type Accounts, type EmulatorAccount } from "./login/account.ts";
import type { UsageRules } from "./images/usage-windows.ts";
import { checkModels, type EmulatedModel, type Model } from "./models.ts";
import { parseScenario, type ParsedStep, type Scenario } from "./scenarios/parse-scenario.ts";
import { isRecord, nearestName } from "./values.ts";

/** What the emulated service honours of a request. The live one is reported to honour none of it (codex-backend contract 3.1). */
export interface EmulatedCapabilities {
  /** `size: "WxH"` gives exactly that; sizes against the rule of contract 3.1 are 400. Default false. */
  readonly honoursSize?: boolean;
  /** The asked `quality` is the one that comes back. Default false. */
  readonly honoursQuality?: boolean;
  /** `n` pictures come back instead of one. Default false. */
  readonly honoursCount?: boolean;
}

/** Options of {@link createEmulator}. An unknown name or a wrong type throws a `TypeError` that names it. */
export interface EmulatorOptions {
  /** The same seed and the same calls give the same pictures and identifiers. Integer, default 1. */
  readonly seed?: number;
  /** Milliseconds since the epoch; dates, token expiry and the image window follow it. Default `Date.now`. */
  readonly clock?: () => number;
  /** The bearer that is accepted beside those of the sign-in service. Default: a made-up unsigned JWT that expires in ten days. */
  readonly accessToken?: string;
  /** Of the only account; default `acc-emulator-0001`. Not together with `accounts`. */
  readonly accountId?: string;
  /** Of the only account; default `someone@example.test`. */
  readonly email?: string;
  /** Of the only account, as the service writes it; default `plus`. */
  readonly plan?: string;
  /** Who can sign in; the first one is the configured token's. Default: the single account of the three options above. */
  readonly accounts?: readonly EmulatorAccount[];
  /** What goes wrong; see {@link Scenario}. Default `ok`. */
  readonly scenario?: Scenario;
  readonly capabilities?: EmulatedCapabilities;
  /** The chat models of the accounts, in the place of the usual list. */
  readonly models?: readonly EmulatedModel[];
  /** Wait before every answer to an image call, in ms. Default 0. */
  readonly latencyMs?: number;
  /** Draw the word SANDBOX on every picture. Default true. */
  readonly mark?: boolean;
  /** Makes `/oauth/authorize` redirect at once: true for the first account, or an account id. Default false: a page asks. */
  readonly autoApprove?: boolean | string;
  /** Where `/oauth/authorize` may redirect to, in full. A port may be `*`. Default: ports 1455 and 1457 (codex-backend contract 6.6). */
  readonly redirectURIs?: readonly string[];
  /** Programs that may sign in. Default: the Codex CLI's public client and `app_emulator`. */
  readonly clientIds?: readonly string[];
  /** In ms; default ten days. */
  readonly accessTokenLifeMs?: number;
  /** In ms; default: they do not expire. */
  readonly refreshTokenLifeMs?: number;
  /** What a refresh token gets that was used before: 401, or for a while the same tokens again. Default `refused`. */
  readonly reuse?: "refused" | "tolerated";
  /** For how long after its use a tolerated refresh token works, in ms; default an hour. */
  readonly reuseWindowMs?: number;
  /** Whether an id token can be exchanged for a (made-up) API key, as the Codex CLI tries. Default false: 400. */
  readonly allowApiKeyExchange?: boolean;
  /** Whether accounts with the plan `free` get pictures. Default false: 429 `usage_not_included`. */
  readonly allowFreePlanImages?: boolean;
  /** How often a device may ask. Default 1. */
  readonly deviceIntervalSeconds?: number;
  /** The windows of `wham/usage`: per cent at the start (12 and 34), and per picture in the first one (1; the second gets a fifth). */
  readonly usage?: Partial<UsageRules>;
}

/** Options with every default in place. */
export interface CheckedOptions {
  readonly seed: number;
  readonly clock: () => number;
  readonly accessToken: string | undefined;
  readonly accounts: Accounts;
  readonly scenario: readonly ParsedStep[];
  readonly capabilities: Required<EmulatedCapabilities>;
  readonly models: readonly Model[];
  readonly latencyMs: number;
  readonly mark: boolean;
  readonly autoApprove: boolean | string;
  readonly redirectURIs: readonly string[];
  readonly clientIds: readonly string[];
  readonly accessTokenLifeMs: number;
  readonly refreshTokenLifeMs: number;
  readonly reuse: "refused" | "tolerated";
  readonly reuseWindowMs: number;
  readonly allowApiKeyExchange: boolean;
  readonly allowFreePlanImages: boolean;
  readonly deviceIntervalSeconds: number;
  readonly usage: UsageRules;
}

const CALLBACKS: readonly string[] = ["127.0.0.1:1455", "127.0.0.1:1457", "localhost:1455", "localhost:1457"].map(
  (host) => `http://${host}/auth/callback`,
);
const CLIENTS: readonly string[] = ["app_EMoamEEZ73f0CkXaXp7hrann", "app_emulator"];
const TEN_DAYS_MS = 10 * 24 * 3_600_000;

// Name -> the type it must have; the compiler checks the values, this checks callers without a compiler.
const NAMES: Readonly<Record<string, string>> = {
  seed: "number",
  clock: "function",
  accessToken: "string",
  accountId: "string",
  email: "string",
  plan: "string",
  accounts: "object",
  scenario: "any",
  capabilities: "object",
  models: "object",
  latencyMs: "number",
  mark: "boolean",
  autoApprove: "any",
  redirectURIs: "object",
  clientIds: "object",
  accessTokenLifeMs: "number",
  refreshTokenLifeMs: "number",
  reuse: "string",
  reuseWindowMs: "number",
  allowApiKeyExchange: "boolean",
  allowFreePlanImages: "boolean",
  deviceIntervalSeconds: "number",
  usage: "object",
};
const USAGE: readonly string[] = ["primaryPercent", "secondaryPercent", "percentPerImage"];
const CAPABILITIES: readonly string[] = ["honoursSize", "honoursQuality", "honoursCount"];

/** Checks the options and fills in the defaults. */
export function checkOptions(options: EmulatorOptions): CheckedOptions {
  for (const [name, value] of Object.entries(options)) {
    const type = Object.hasOwn(NAMES, name) ? NAMES[name] : undefined;
    if (type === undefined)
      throw new TypeError(
        `createEmulator has no option "${name}". Did you mean "${nearestName(name, Object.keys(NAMES))}"?`,
      );
    if (value !== undefined && type !== "any" && typeof value !== type)
      throw new TypeError(`createEmulator: "${name}" must be a ${type}.`);
  }
  const { seed = 1, latencyMs = 0, accessToken, capabilities = {} } = options;
  if (!Number.isInteger(seed)) throw new TypeError('createEmulator: "seed" must be an integer.');
  if (!(latencyMs >= 0)) throw new TypeError('createEmulator: "latencyMs" must be 0 or more.');
  if (accessToken !== undefined && !/^\S+$/.test(accessToken))
    throw new TypeError('createEmulator: "accessToken" must not be empty or hold spaces.');
  const accounts = accountsOf(options);
  checkSignIn(options, accounts);
  return {
    seed,
    clock: options.clock ?? Date.now,
    accessToken,
    accounts,
    scenario: parseScenario(options.scenario ?? "ok"),
    capabilities: {
      honoursSize: false,
      honoursQuality: false,
      honoursCount: false,
      ...checkCapabilities(capabilities),
    },
    models: checkModels(options.models),
    latencyMs,
    mark: options.mark ?? true,
    autoApprove: options.autoApprove ?? false,
    redirectURIs: options.redirectURIs ?? CALLBACKS,
    clientIds: options.clientIds ?? CLIENTS,
    accessTokenLifeMs: options.accessTokenLifeMs ?? TEN_DAYS_MS,
    refreshTokenLifeMs: options.refreshTokenLifeMs ?? Infinity,
    reuse: options.reuse ?? "refused",
    reuseWindowMs: options.reuseWindowMs ?? 3_600_000,
    allowApiKeyExchange: options.allowApiKeyExchange ?? false,
    allowFreePlanImages: options.allowFreePlanImages ?? false,
    deviceIntervalSeconds: options.deviceIntervalSeconds ?? 1,
    usage: { primaryPercent: 12, secondaryPercent: 34, percentPerImage: 1, ...options.usage },
  };
}

function accountsOf(options: EmulatorOptions): Accounts {
  const { accounts, accountId = "acc-emulator-0001", email = "someone@example.test", plan = "plus" } = options;
  if (accounts === undefined) return checkAccounts([{ accountId, email, plan }]);
  const shortcut = ["accountId", "email", "plan"].find((name) => Object.hasOwn(options, name));
  if (shortcut !== undefined)
    throw new TypeError(`createEmulator: "${shortcut}" belongs into "accounts" when that is given.`);
  return checkAccounts(accounts);
}

function checkSignIn(options: EmulatorOptions, accounts: Accounts): void {
  const { autoApprove = false, reuse = "refused", usage = {}, deviceIntervalSeconds = 1 } = options;
  if (typeof autoApprove !== "boolean" && !accounts.some((account) => account.accountId === autoApprove))
    throw new TypeError('createEmulator: "autoApprove" must be true, false or the id of an account.');
  if (reuse !== "refused" && reuse !== "tolerated")
    throw new TypeError('createEmulator: "reuse" must be "refused" or "tolerated".');
  for (const name of ["accessTokenLifeMs", "refreshTokenLifeMs", "reuseWindowMs"] as const) {
    if (!((options[name] ?? 1) > 0)) throw new TypeError(`createEmulator: "${name}" must be more than 0.`);
  }
  if (!(deviceIntervalSeconds >= 0)) throw new TypeError('createEmulator: "deviceIntervalSeconds" must be 0 or more.');
  for (const name of ["redirectURIs", "clientIds"] as const) {
    const list: unknown = options[name] ?? [];
    if (!Array.isArray(list) || list.some((item) => typeof item !== "string" || item === ""))
      throw new TypeError(`createEmulator: "${name}" must be a list of texts.`);
  }
  for (const address of options.redirectURIs ?? []) {
    if (!/^http:\/\/(127\.0\.0\.1|localhost|\[::1\]):(\d{1,5}|\*)\/[^\s?#*]*$/.test(address))
      throw new TypeError(`createEmulator: "redirectURIs" takes loopback addresses with a port, not "${address}".`);
  }
  for (const [name, value] of Object.entries(usage)) {
    if (!USAGE.includes(name))
      throw new TypeError(`createEmulator: "usage" has no "${name}". Did you mean "${nearestName(name, USAGE)}"?`);
    if (!(value >= 0 && value <= 100)) throw new TypeError(`createEmulator: usage.${name} must be from 0 to 100.`);
  }
}

/** Checks the names and types of capabilities; gives those that are set. */
export function checkCapabilities(capabilities: unknown): EmulatedCapabilities {
  if (!isRecord(capabilities)) throw new TypeError('createEmulator: "capabilities" must be an object.');
  const checked: Record<string, boolean> = {};
  for (const [name, value] of Object.entries(capabilities)) {
    if (!CAPABILITIES.includes(name))
      throw new TypeError(
        `createEmulator has no capability "${name}". Did you mean "${nearestName(name, CAPABILITIES)}"?`,
      );
    if (typeof value !== "boolean") throw new TypeError(`createEmulator: capability "${name}" must be true or false.`);
    checked[name] = value;
  }
  return checked;
}
