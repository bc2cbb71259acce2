import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createEmulator } from "@limn/emulator";
import type { CodexAuthFileOptions, Emulator, EmulatorOptions, RecordedCall } from "@limn/emulator";
import { onTestFinished } from "vitest";
import { binFile, startProgram } from "./program.ts";
import type { Finished, RunOptions, RunningProgram } from "./program.ts";

/** Small pictures make fast tests. */
export const smallPicture = { name: "ok", size: "64x48" } as const;

type Change = Partial<Omit<RunOptions, "env">> & { readonly env?: Readonly<Record<string, string>> };

/** A machine with one user: a home, a folder to work in, an environment with nothing inherited but PATH. Gone after the test. */
export class World {
  readonly folder: string = realpathSync(mkdtempSync(join(tmpdir(), "limn-e2e-")));
  readonly home: string = this.#make("home");
  readonly limnHome: string = join(this.folder, "limn");
  readonly codexHome: string = this.#make("codex");
  /** The working folder: where pictures land. */
  readonly work: string = this.#make("work");
  readonly env: Record<string, string> = {
    PATH: process.env.PATH ?? "",
    HOME: this.home,
    TMPDIR: this.#make("tmp"),
    TZ: "UTC",
    LIMN_HOME: this.limnHome,
    CODEX_HOME: this.codexHome,
  };
  readonly #running: RunningProgram[] = [];

  constructor() {
    onTestFinished(async () => {
      for (const { child } of this.#running) if (child.exitCode === null) child.kill("SIGKILL");
      await Promise.all(this.#running.map(async ({ finished }) => finished));
      rmSync(this.folder, { recursive: true, force: true });
    });
  }

  /** Start a pretend service in this process and set LIMN_BASE_URL to it; and LIMN_ACCESS_TOKEN, unless a login is to be used. */
  async startService(options: EmulatorOptions = {}, login: "token" | "none" = "token"): Promise<Emulator> {
    const emulator = createEmulator({ scenario: smallPicture, ...options });
    const { baseURL } = await emulator.listen();
    onTestFinished(async () => emulator.close());
    this.env.LIMN_BASE_URL = baseURL;
    if (login === "token") this.env.LIMN_ACCESS_TOKEN = emulator.accessToken;
    return emulator;
  }

  /** Sign in with Codex: its login file, as text or as the service would give it. */
  signIn(emulator: Emulator, options?: CodexAuthFileOptions): string {
    return this.writeLogin(JSON.stringify(emulator.codexAuthFile(options)));
  }

  writeLogin(content: string): string {
    const file = join(this.codexHome, "auth.json");
    writeFileSync(file, content, { mode: 0o600 });
    return file;
  }

  start(parameters: readonly string[], change: Change = {}): RunningProgram {
    return this.startOther(process.execPath, [binFile, ...parameters], change);
  }

  async run(parameters: readonly string[], change: Change = {}): Promise<Finished> {
    return this.start(parameters, change).finished;
  }

  /** Another program in the same surroundings. */
  startOther(program: string, parameters: readonly string[], change: Change = {}): RunningProgram {
    const { env, ...rest } = change;
    const running = startProgram(program, parameters, { cwd: this.work, ...rest, env: { ...this.env, ...env } });
    this.#running.push(running);
    return running;
  }

  /** Absolute path in the working folder. */
  path(name: string): string {
    return join(this.work, name);
  }

  /** Names in the working folder. */
  files(): string[] {
    return readdirSync(this.work).sort();
  }

  /** Ids of all generations on record. */
  generations(): string[] {
    const folder = join(this.limnHome, "generations");
    return existsSync(folder) ? readdirSync(folder).sort() : [];
  }

  manifest(id: string): Record<string, unknown> {
    return parseObject(readFileSync(join(this.limnHome, "generations", id, "manifest.json"), "utf8"));
  }

  /** Every file below the folder that holds everything limn keeps, with its content. */
  keptFiles(): { readonly path: string; readonly content: Buffer }[] {
    if (!existsSync(this.limnHome)) return [];
    return readdirSync(this.limnHome, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .flatMap((path) => {
        try {
          return [{ path, content: readFileSync(path) }];
        } catch (error) {
          // A process that still runs may have given a half-written file its name since the folder was read.
          if (existsSync(path)) throw error;
          return [];
        }
      });
  }

  #make(name: string): string {
    const folder = join(this.folder, name);
    mkdirSync(folder);
    return folder;
  }
}

/** Calls that may have cost a picture. */
export function imageCalls(emulator: Emulator): readonly RecordedCall[] {
  return emulator.calls.filter(({ route }) => route.startsWith("images."));
}

export function parseObject(text: string): Record<string, unknown> {
  const value: unknown = JSON.parse(text);
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return { ...value };
  throw new TypeError(`not a JSON object: ${text.slice(0, 200)}`);
}

/** The one line of data that a command printed. */
export function onlyLine(stdout: string): string {
  const lines = stdout.split("\n");
  if (lines.length === 2 && lines[1] === "" && lines[0] !== undefined) return lines[0];
  throw new Error(`not one line:\n${stdout}`);
}

/** The error object of `--json`. */
export function errorOf({ stdout }: Finished): Record<string, unknown> {
  const { error, schemaVersion } = parseObject(onlyLine(stdout));
  if (schemaVersion !== 1) throw new Error(`schemaVersion is ${String(schemaVersion)}`);
  return parseObject(JSON.stringify(error));
}

/** Resolves when `condition` holds; the test's own time limit ends it otherwise. For states that no stream or event tells. */
export async function until(condition: () => boolean): Promise<void> {
  const { setTimeout: pause } = await import("node:timers/promises");
  while (!condition()) await pause(5);
}
