import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { buildPrograms } from "./measure/build-programs.ts";
import type { Programs } from "./measure/build-programs.ts";
import type { Row } from "./measure/row.ts";

/** What a section works with. */
export interface Bench {
  readonly programs: Programs;
  /** The committed entry of the built program. */
  readonly limn: string;
  /** The built library. */
  readonly core: string;
  /** Emptied at the end. */
  readonly temporary: string;
  /** How often each program runs, when the user said so. */
  readonly runs: number | null;
  /** The server's address for answers of that size; see server/answers.ts. */
  readonly baseURL: (megabytes: number, sliceBytes?: number, previews?: number) => string;
}

/** One group of measurements. */
export interface Section {
  readonly name: string;
  readonly measure: (bench: Bench) => Promise<{ readonly rows: readonly Row[]; readonly notes?: readonly string[] }>;
}

/** Builds the measured programs and starts the server; gives both up at the end. */
export async function withBench(runs: number | null, work: (bench: Bench) => Promise<void>): Promise<void> {
  const temporary = mkdtempSync(join(tmpdir(), "limn-bench-"));
  const server = spawn(process.execPath, [resolve(import.meta.dirname, "server/main.ts")], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  try {
    const [programs, address] = await Promise.all([buildPrograms(temporary), readLine(server.stdout)]);
    await work({
      programs,
      limn: resolve(import.meta.dirname, "../packages/limn/bin/limn.js"),
      core: resolve(import.meta.dirname, "../packages/core/dist/index.js"),
      temporary,
      runs,
      baseURL: (megabytes, sliceBytes = 0, previews = 0) =>
        `${address}/${megabytes}/${sliceBytes}${previews === 0 ? "" : `/${previews}`}`,
    });
  } finally {
    server.stdin.end();
    rmSync(temporary, { recursive: true, force: true });
  }
}

async function readLine(stream: AsyncIterable<unknown>): Promise<string> {
  for await (const piece of stream) return String(piece).trim();
  throw new Error("the server did not start");
}
