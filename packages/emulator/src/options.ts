import { parseScenario, type ParsedStep, type Scenario } from "./scenarios/parse-scenario.ts";
import { isRecord, nearestName } from "./values.ts";

/** What the emulated service honours of a request. The live one is reported to honour none of it (codex-backend contract 3.1). */
export interface EmulatedCapabilities {
  /** `size: "WxH"` gives exactly that. Default false. */
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
  /** The bearer that is accepted. Default: a made-up unsigned JWT that expires in ten days. */
  readonly accessToken?: string;
  /** Default `acc-emulator-0001`. */
  readonly accountId?: string;
  /** Default `someone@example.test`. */
  readonly email?: string;
  /** Plan name as the service writes it. Default `plus`. */
  readonly plan?: string;
  /** What goes wrong; see {@link Scenario}. Default `ok`. */
  readonly scenario?: Scenario;
  readonly capabilities?: EmulatedCapabilities;
  /** Wait before every answer to an image call, in ms. Default 0. */
  readonly latencyMs?: number;
  /** Draw the word SANDBOX on every picture. Default true. */
  readonly mark?: boolean;
}

/** Options with every default in place. */
export interface CheckedOptions {
  readonly seed: number;
  readonly clock: () => number;
  readonly accessToken: string | undefined;
  readonly accountId: string;
  readonly email: string;
  readonly plan: string;
  readonly scenario: readonly ParsedStep[];
  readonly capabilities: Required<EmulatedCapabilities>;
  readonly latencyMs: number;
  readonly mark: boolean;
}

// Name -> the type it must have; the compiler checks the values, this checks callers without a compiler.
const NAMES: Readonly<Record<string, string>> = {
  seed: "number",
  clock: "function",
  accessToken: "string",
  accountId: "string",
  email: "string",
  plan: "string",
  scenario: "any",
  capabilities: "object",
  latencyMs: "number",
  mark: "boolean",
};
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
  checkCapabilities(capabilities);
  return {
    seed,
    clock: options.clock ?? Date.now,
    accessToken,
    accountId: options.accountId ?? "acc-emulator-0001",
    email: options.email ?? "someone@example.test",
    plan: options.plan ?? "plus",
    scenario: parseScenario(options.scenario ?? "ok"),
    capabilities: { honoursSize: false, honoursQuality: false, honoursCount: false, ...capabilities },
    latencyMs,
    mark: options.mark ?? true,
  };
}

function checkCapabilities(capabilities: unknown): void {
  if (!isRecord(capabilities)) throw new TypeError('createEmulator: "capabilities" must be an object.');
  for (const [name, value] of Object.entries(capabilities)) {
    if (!CAPABILITIES.includes(name))
      throw new TypeError(
        `createEmulator has no capability "${name}". Did you mean "${nearestName(name, CAPABILITIES)}"?`,
      );
    if (typeof value !== "boolean") throw new TypeError(`createEmulator: capability "${name}" must be true or false.`);
  }
}
