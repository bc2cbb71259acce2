import { mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { createLimn } from "@limn/core";
import type { Environment, LastScope, Limn, LimnOptions } from "@limn/core";
import { createEmulator } from "@limn/emulator";
import type { Emulator, EmulatorOptions, RecordedCall } from "@limn/emulator";
import { onTestFinished } from "vitest";
import { temporaryFolder } from "./temporary-folder.ts";

/** limn and an emulator on a real socket, with folders of their own. */
export interface Place {
  readonly emulator: Emulator;
  readonly baseURL: string;
  /** What limn keeps. */
  readonly data: string;
  /** The working folder, where pictures are delivered. */
  readonly out: string;
  readonly environment: Environment;
  /** What `@last` means to it. */
  readonly scope: LastScope;
  limn(options?: LimnOptions): Limn;
  imageCalls(): readonly RecordedCall[];
  /** Names in the working folder. */
  delivered(): readonly string[];
}

export interface PlaceOptions {
  readonly emulator?: EmulatorOptions;
  /** Where limn keeps its things. @default a temporary folder */
  readonly data?: string;
  /** @default the emulator's address and token */
  readonly variables?: Readonly<Record<string, string>>;
}

export async function placeWithEmulator(options: PlaceOptions = {}): Promise<Place> {
  const folder = temporaryFolder();
  const out = join(folder, "out");
  mkdirSync(out);
  const data = options.data ?? join(folder, "data");
  const emulator = createEmulator(options.emulator);
  onTestFinished(async () => emulator.close());
  const { baseURL } = await emulator.listen();
  const environment: Environment = {
    variables: {
      LIMN_HOME: data,
      LIMN_BASE_URL: baseURL,
      LIMN_ACCESS_TOKEN: emulator.accessToken,
      ...options.variables,
    },
    platform: process.platform,
    home: folder,
    workingFolder: out,
  };
  return {
    emulator,
    baseURL,
    data,
    out,
    environment,
    scope: { folder: out, session: null, emulated: false },
    limn: (change) => createLimn({ environment, ...change }),
    imageCalls: () => emulator.calls.filter(({ route }) => route.startsWith("images.")),
    delivered: () => readdirSync(out).sort(),
  };
}

/** Pictures go into the working folder, named from the prompt. */
export const intoFiles = { kind: "files", output: null, force: false, embedRecipe: false } as const;
