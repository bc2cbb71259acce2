import { isRecord, nearestName, quotable } from "../values.ts";

/** An account that people can sign in to, as an option. */
export interface EmulatorAccount {
  /** `chatgpt_account_id`, for example `acc-team-1`. No two accounts share one. */
  readonly accountId: string;
  readonly email: string;
  /** Plan name as the service writes it: `plus`, `free`, `team`, or a name nobody knows. */
  readonly plan: string;
  /** Default: one of its own. Accounts with the same one are workspaces of one person: `accounts/check` lists them together. */
  readonly userId?: string;
  /** Default false. */
  readonly fedramp?: boolean;
  /** Claim `chatgpt_data_residency`; image calls then need the residency header. Default none. */
  readonly dataResidency?: string;
  /** Claim `chatgpt_compute_residency`; image calls then need the residency header. Default none. */
  readonly computeResidency?: string;
  /** What `accounts/check` names; a wrong one is allowed. Default `https://chatgpt.com`. */
  readonly workspaceOrigin?: string;
  /** What `accounts/check` names. Default `NO_CONSTRAINT`. */
  readonly routingOverride?: string;
  /** Pictures a day until 429 `usage_limit_reached`. Default: no end; the headers then show 2 % a picture, at most 98. */
  readonly imagesPerDay?: number;
}

/** An account with its defaults. */
export interface Account extends EmulatorAccount {
  readonly userId: string;
  readonly fedramp: boolean;
  readonly workspaceOrigin: string;
  readonly routingOverride: string;
}

/** At least one account; the first is the one of the configured token. */
export type Accounts = readonly [Account, ...Account[]];

// Name -> [type, required].
const FIELDS: Readonly<Record<string, readonly [type: string, required: boolean]>> = {
  accountId: ["string", true],
  email: ["string", true],
  plan: ["string", true],
  userId: ["string", false],
  fedramp: ["boolean", false],
  dataResidency: ["string", false],
  computeResidency: ["string", false],
  workspaceOrigin: ["string", false],
  routingOverride: ["string", false],
  imagesPerDay: ["number", false],
};

/** Checks the accounts of an option and fills in their defaults. Throws a `TypeError` that names what is wrong. */
export function checkAccounts(accounts: unknown): Accounts {
  if (!Array.isArray(accounts)) throw new TypeError('createEmulator: "accounts" must be a list.');
  for (const [index, account] of accounts.entries()) checkAccount(account, index);
  const [first, ...others] = accounts.map(complete);
  if (first === undefined) throw new TypeError('createEmulator: "accounts" must hold at least one account.');
  const ids = [first, ...others].map((account) => account.accountId);
  const twice = ids.find((id, index) => ids.indexOf(id) !== index);
  if (twice !== undefined) throw new TypeError(`createEmulator: two accounts have the accountId "${twice}".`);
  return [first, ...others];
}

/** The account of this id; throws a `TypeError` when there is none. */
export function accountById(accounts: Accounts, accountId: string): Account {
  const found = accounts.find((account) => account.accountId === accountId);
  if (found !== undefined) return found;
  const names = accounts.map((account) => account.accountId);
  throw new TypeError(
    `The emulator has no account "${quotable(accountId)}". Did you mean "${nearestName(accountId, names)}"?`,
  );
}

function checkAccount(account: unknown, index: number): void {
  if (!isRecord(account)) throw new TypeError(`createEmulator: accounts[${index}] must be an object.`);
  for (const [name, value] of Object.entries(account)) {
    const [type] = (Object.hasOwn(FIELDS, name) ? FIELDS[name] : undefined) ?? [];
    if (type === undefined)
      throw new TypeError(
        `createEmulator: accounts[${index}] has no field "${name}". Did you mean "${nearestName(name, Object.keys(FIELDS))}"?`,
      );
    if (value !== undefined && typeof value !== type)
      throw new TypeError(`createEmulator: accounts[${index}].${name} must be a ${type}.`);
  }
  for (const [name, [, required]] of Object.entries(FIELDS)) {
    if (required && (account[name] === undefined || account[name] === ""))
      throw new TypeError(`createEmulator: accounts[${index}].${name} is missing.`);
  }
  const { imagesPerDay = 1 } = account;
  if (!Number.isInteger(imagesPerDay) || Number(imagesPerDay) < 0)
    throw new TypeError(`createEmulator: accounts[${index}].imagesPerDay must be an integer of 0 or more.`);
}

function complete(account: EmulatorAccount, index: number): Account {
  return {
    ...account,
    userId: account.userId ?? `user-emulator-${String(index + 1).padStart(4, "0")}`,
    fedramp: account.fedramp ?? false,
    workspaceOrigin: account.workspaceOrigin ?? "https://chatgpt.com",
    routingOverride: account.routingOverride ?? "NO_CONSTRAINT",
  };
}
