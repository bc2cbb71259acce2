import type { Environment, Limn, LimnOptions } from "@limn/core";
import { untilAborted } from "./aborted.ts";
import type { Core } from "./parts.ts";
import type { PiContext, ProviderAuth } from "./pi-api.ts";
import { Refusal } from "./refusal.ts";

/** Whose login pays. `pi` is Pi's own; `limn` stands for everything that limn itself keeps or is handed. */
export interface ChosenLogin {
  readonly owner: "pi" | "limn";
  readonly limn: Limn;
}

export interface LoginParts {
  readonly core: Core;
  readonly context: PiContext;
  readonly variables: Readonly<Record<string, string | undefined>>;
  /** Pi's own, so that its proxy setting counts. */
  readonly fetch: typeof globalThis.fetch;
  readonly signal: AbortSignal;
  readonly options: Pick<LimnOptions, "imageTools" | "limits" | "retries">;
}

const provider = "openai-codex";
const defaultAddress = "https://chatgpt.com/backend-api";

/**
 * Pi's own login, by Pi's own registry, which renews it. limn's only when Pi has no such entry: after a failure no other account is
 * tried, since its owner did not choose it. Pi's login goes to Pi's address and nowhere else, limn's to limn's.
 * @throws Refusal when Pi's login is there and cannot be renewed; config_invalid
 */
export async function chooseLogin(parts: LoginParts): Promise<ChosenLogin> {
  const { core, context, variables, fetch, signal, options } = parts;
  const surroundings: Environment = { ...core.readEnvironment(), variables, workingFolder: context.cwd };
  const entry = await piLogin(parts, signal);
  if (entry === null) {
    const profile = core.loadConfig(surroundings).get("profile")?.value;
    return {
      owner: "limn",
      limn: core.createLimn({
        ...options,
        environment: surroundings,
        fetch,
        // Named, so that logins of still other programs are not borrowed.
        profile: typeof profile === "string" ? profile : "default",
      }),
    };
  }
  const { token, auth } = entry;
  const address = codexAddress(auth.baseUrl ?? context.modelRegistry.getProvider?.(provider)?.baseUrl);
  const environment: Environment = {
    ...surroundings,
    variables: { ...variables, LIMN_ACCESS_TOKEN: token, LIMN_BASE_URL: address },
  };
  return {
    owner: "pi",
    limn: core.createLimn({ ...options, environment, fetch: withHeaders(fetch, address, auth.headers ?? {}) }),
  };
}

async function piLogin(
  { context, core }: LoginParts,
  signal: AbortSignal,
): Promise<{ readonly token: string; readonly auth: ProviderAuth["auth"] } | null> {
  let found: ProviderAuth | undefined;
  try {
    found = await untilAborted(context.modelRegistry.getProviderAuth(provider), signal);
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    throw new Refusal(
      `Pi could not renew its ${provider} login: ${sayShortly(core, error)} Run /login ${provider} and ask again. No other login was tried; nothing was sent.`,
    );
  }
  if (found === undefined) return null;
  const token = found.auth.apiKey?.trim();
  if (token === undefined || token === "")
    throw new Refusal(
      `Pi has a ${provider} login without an access token. Run /login ${provider}. No other login was tried; nothing was sent.`,
    );
  return { token, auth: found.auth };
}

function sayShortly(core: Core, error: unknown): string {
  const text = error instanceof Error ? error.message : "";
  const clean = core
    .redactSecrets(text)
    .replace(/\p{Cc}+/gu, " ")
    .trim()
    .slice(0, 300);
  return clean === "" ? "it gave no reason." : /[.!?]$/.test(clean) ? clean : `${clean}.`;
}

/** Pi appends `/codex/responses` unless the address already ends so; limn wants it up to `/codex`. */
export function codexAddress(baseUrl: string | undefined): string {
  const address = (baseUrl ?? defaultAddress).replace(/\/+$/, "").replace(/\/codex\/responses$/, "/codex");
  return address.endsWith("/codex") ? address : `${address}/codex`;
}

/** The user's own headers for this provider (`models.json`), with every request to its address; limn's own headers stay. */
function withHeaders(
  fetch: typeof globalThis.fetch,
  address: string,
  extra: Readonly<Record<string, string | null | undefined>>,
): typeof globalThis.fetch {
  const given = Object.entries(extra).filter(
    (entry): entry is [string, string] => typeof entry[1] === "string" && !/^authorization$/i.test(entry[0]),
  );
  if (given.length === 0) return fetch;
  const { origin } = new URL(address);
  return async (input, init) => {
    const url = typeof input === "string" ? input : input instanceof URL ? input.href : input.url;
    if (new URL(url).origin !== origin) return fetch(input, init);
    const headers = new Headers(init?.headers);
    for (const [name, value] of given) if (!headers.has(name)) headers.set(name, value);
    return fetch(input, { ...init, headers });
  };
}
