import { mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { codexEngineParts } from "../../packages/core/src/compose-codex.ts";
import type { Engine, EngineAnswer } from "../../packages/core/src/contracts/engine.ts";
import { createCodexEngine } from "../../packages/core/src/engines/codex/index.ts";
import type { CodexEngineParts } from "../../packages/core/src/engines/codex/index.ts";
import type { EmulatedCodexAccount } from "./codex-account.ts";
import { callFor } from "./codex-call.ts";
import type { DrawChange } from "./codex-call.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

/** The engine `codex` on a machine with one user: a home of Codex, a folder for pictures, no variables but these. */
export interface CodexPlace {
  readonly codexHome: string;
  /** Where private folders of calls are made. */
  readonly temporary: string;
  readonly variables: Record<string, string>;
  engine(change?: Partial<CodexEngineParts>): Engine;
  /** Prepare and make one picture. */
  draw(change?: DrawChange): Promise<Drawn>;
  /** Files in Codex's folder of pictures. */
  generated(): string[];
}

export interface Drawn {
  readonly answer: EngineAnswer;
  /** In order: `beforeSend`, and the stages. */
  readonly steps: readonly string[];
}

export function codexPlace(account: EmulatedCodexAccount): CodexPlace {
  const folder = temporaryFolder();
  const make = (name: string): string => {
    const path = join(folder, name);
    mkdirSync(path);
    return path;
  };
  const codexHome = make("codex");
  const temporary = make("tmp");
  const pictures = make("pictures");
  const work = make("work");
  const variables: Record<string, string> = {
    PATH: process.env.PATH ?? "",
    HOME: make("home"),
    TMPDIR: temporary,
    CODEX_HOME: codexHome,
    ...account.variables,
  };
  if (account.login !== null) writeFileSync(join(codexHome, "auth.json"), account.login, { mode: 0o600 });
  writeFileSync(join(codexHome, "config.toml"), account.settings);

  const engine = (change: Partial<CodexEngineParts> = {}): Engine =>
    createCodexEngine({
      ...codexEngineParts({
        environment: { variables, platform: process.platform, home: variables.HOME ?? null, workingFolder: work },
        clock: Date.now,
        limits: { totalMs: 50_000 },
      }),
      temporaryFolder: temporary,
      ...change,
    });

  return {
    codexHome,
    temporary,
    variables,
    engine,
    draw: async (change = {}) => {
      const made = engine(change.parts);
      const signal = change.signal ?? new AbortController().signal;
      await made.prepare(signal);
      const steps: string[] = [];
      const answer = await made.run(callFor(change, signal, pictures, steps));
      return { answer, steps };
    },
    generated: () => {
      try {
        return readdirSync(join(codexHome, "generated_images"), { recursive: true, withFileTypes: true })
          .filter((entry) => entry.isFile())
          .map((entry) => join(entry.parentPath, entry.name));
      } catch {
        return [];
      }
    },
  };
}

/** Process ids of everything that runs with this home of Codex, also what has no program of Codex's: a shell, a watcher, a fake. */
export function groupOf(codexHome: string): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .filter((pid) => {
      try {
        return readFileSync(join("/proc", pid, "environ"), "latin1")
          .split("\0")
          .includes(`CODEX_HOME=${codexHome}`);
      } catch {
        // Ended meanwhile.
        return false;
      }
    })
    .map(Number);
}

/** Settles when nothing runs with this home any more: what was killed may take a moment to be gone. */
export async function groupGone(codexHome: string): Promise<void> {
  while (groupOf(codexHome).length > 0) await new Promise((done) => setImmediate(done));
}
