import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { createEmulator } from "@limn/emulator";
import type { Emulator, EmulatorOptions, IssuedLogin } from "@limn/emulator";
import { onTestFinished } from "vitest";
import { OwnLoginFile, createOwnSource, newOwnLogin } from "../../packages/core/src/credentials/index.ts";
import type { CredentialSource } from "../../packages/core/src/contracts/credential.ts";
import { createSignInService } from "../../packages/core/src/sign-in/index.ts";
import type { SignInService } from "../../packages/core/src/sign-in/index.ts";
import { createNodeClient, createProxyChoice } from "../../packages/core/src/transport/index.ts";
import { parseObject } from "../e2e/support/world.ts";
import { temporaryFolder } from "./temporary-folder.ts";

export const clientId = "app_EMoamEEZ73f0CkXaXp7hrann";

/** The sign-in service at an address, as limn asks it. */
export function serviceAt(authURL: string, clock: () => number = Date.now): SignInService {
  return createSignInService({
    http: createNodeClient(createProxyChoice({})),
    authURL,
    userAgent: "limn/0.0.0-test",
    clock,
  });
}

/** limn's own login on a real disk, and the emulator that gave it on a real socket. */
export interface OwnLoginPlace {
  readonly emulator: Emulator;
  readonly origin: string;
  readonly service: SignInService;
  readonly folder: string;
  readonly file: OwnLoginFile;
  readonly issued: IssuedLogin;
  readonly source: CredentialSource;
  /** What the file holds now. */
  stored(): Record<string, unknown>;
  /** Names beside the file, and its own. */
  names(): string[];
}

export interface OwnLoginOptions {
  readonly emulator?: EmulatorOptions;
  /** How long the access token is still good. @default it has ended */
  readonly accessTokenLifeMs?: number;
  /** @default a temporary one */
  readonly folder?: string;
  readonly clock?: () => number;
}

export async function ownLogin(options: OwnLoginOptions = {}): Promise<OwnLoginPlace> {
  const { accessTokenLifeMs = 0, folder = temporaryFolder(), clock = Date.now } = options;
  const emulator = createEmulator(options.emulator);
  onTestFinished(async () => emulator.close());
  const { baseURL } = await emulator.listen();
  const origin = new URL(baseURL).origin;
  const service = serviceAt(origin, clock);
  const issued = emulator.signIn({ clientId, accessTokenLifeMs });
  const file = new OwnLoginFile(folder, "default");
  file.write(newOwnLogin(issued, { profile: "default", issuer: origin, clientId, nowMs: clock() }));
  return {
    emulator,
    origin,
    service,
    folder,
    file,
    issued,
    source: createOwnSource({ file, tokens: service, clock }),
    stored: () => parseObject(readFileSync(join(folder, "default.json"), "utf8")),
    names: () => readdirSync(folder).sort(),
  };
}
