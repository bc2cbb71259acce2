import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Emulator, EmulatorOptions } from "@limn/emulator";
import { World } from "./world.ts";
import type { RunningProgram } from "./program.ts";

/** A machine whose sign-in service and backend are one emulator, and nobody is signed in. */
export async function worldWithSignIn(options: EmulatorOptions = {}): Promise<{ world: World; emulator: Emulator }> {
  const world = new World();
  const emulator = await world.startService(options, "none");
  world.env.LIMN_AUTH_URL = (world.env.LIMN_BASE_URL ?? "").replace("/backend-api/codex", "");
  return { world, emulator };
}

export const loginFile = (world: World, profile = "default"): string => join(world.limnHome, "auth", `${profile}.json`);

export const codexClientId = "app_EMoamEEZ73f0CkXaXp7hrann";

interface OwnLoginOptions {
  /** How long the access token is still good. @default it has ended */
  readonly accessTokenLifeMs?: number;
  readonly profile?: string;
  readonly accountId?: string;
  readonly mode?: number;
}

/** limn's own login, as the sign-in service would have given it. */
export function signedIn(world: World, emulator: Emulator, options: OwnLoginOptions = {}): string {
  const { accessTokenLifeMs = 0, profile = "default", accountId = emulator.accountId, mode = 0o600 } = options;
  const { clientId, accessToken, refreshToken, idToken } = emulator.signIn({
    clientId: codexClientId,
    accessTokenLifeMs,
    accountId,
  });
  const now = new Date().toISOString();
  const file = loginFile(world, profile);
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  const login = {
    version: 1,
    profile,
    issuer: world.env.LIMN_AUTH_URL,
    clientId,
    accessToken,
    refreshToken,
    idToken,
    createdAt: now,
    refreshedAt: now,
    intent: null,
    rejected: null,
  };
  writeFileSync(file, JSON.stringify(login), { mode });
  return file;
}

/** The code that `limn login --device` shows. */
export function codeIn(text: string): string {
  const code = /^Enter {2}(\S+)$/m.exec(text)?.[1];
  if (code === undefined) throw new Error(`no code in:\n${text}`);
  return code;
}

/** The address that `limn login --no-browser` shows. */
export function addressIn(text: string): URL {
  const address = /^ {2}(https?:\S+)$/m.exec(text)?.[1];
  if (address === undefined) throw new Error(`no address in:\n${text}`);
  return new URL(address);
}

/** `limn login --no-browser` that waits, with the address it shows and where the answer is to come. */
export async function startLogin(
  world: World,
  parameters: readonly string[] = [],
): Promise<{ login: RunningProgram; address: URL; callback: string; state: string }> {
  const login = world.start(["login", "--no-browser", ...parameters]);
  await login.saysOnStderr("Waiting");
  const address = addressIn(login.stderrSoFar());
  const { redirect_uri: callback = "", state = "" } = Object.fromEntries(address.searchParams);
  return { login, address, callback, state };
}
