import { spawn } from "node:child_process";
import type { Readable } from "node:stream";

/** A Node program to measure. */
export interface Command {
  /** What follows `node`. */
  readonly arguments: readonly string[];
  readonly variables?: Readonly<Record<string, string>>;
}

/** What one whole process cost, its start included. */
export interface Cost {
  readonly wallMs: number;
  /** User and system time. */
  readonly cpuMs: number;
  readonly peakMiB: number;
}

export interface Finished {
  readonly cost: Cost;
  readonly output: string;
}

/** Runs the program with the hook that reports its costs. Only the given variables are set. @throws when it fails */
export async function runProcess(command: Command, reportUsage: string): Promise<Finished> {
  const startedAt = performance.now();
  const child = spawn(process.execPath, ["--require", reportUsage, ...command.arguments], {
    stdio: ["ignore", "pipe", "pipe", "pipe"],
    env: { PATH: process.env["PATH"], ...command.variables },
  });
  const exited = new Promise<{ readonly status: number | null; readonly wallMs: number }>((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (status) => resolve({ status, wallMs: performance.now() - startedAt }));
  });
  const [output, complaints, report] = await Promise.all(
    [child.stdio[1], child.stdio[2], child.stdio[3]].map(async (stream) => readText(stream)),
  );
  const { status, wallMs } = await exited;
  if (status !== 0) throw new Error(`node ${command.arguments.join(" ")} ended with ${status}: ${complaints}`);
  return { cost: { wallMs, ...parseReport(report ?? "") }, output: output ?? "" };
}

async function readText(stream: unknown): Promise<string> {
  if (!isReadable(stream)) return "";
  let text = "";
  stream.setEncoding("utf8");
  for await (const piece of stream) text += String(piece);
  return text;
}

function isReadable(stream: unknown): stream is Readable {
  return typeof stream === "object" && stream !== null && "setEncoding" in stream;
}

function parseReport(text: string): { readonly cpuMs: number; readonly peakMiB: number } {
  const report: unknown = JSON.parse(text);
  if (typeof report === "object" && report !== null && "cpuMs" in report && "peakKiB" in report) {
    const { cpuMs, peakKiB } = report;
    if (typeof cpuMs === "number" && typeof peakKiB === "number") return { cpuMs, peakMiB: peakKiB / 1024 };
  }
  throw new TypeError(`a report that is none: ${text}`);
}
