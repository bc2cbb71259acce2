import { spawn } from "node:child_process";
import type { ChildProcessByStdio } from "node:child_process";
import { resolve } from "node:path";
import type { Readable, Writable } from "node:stream";

/** The program as it is installed: this file, started by the Node that runs the tests. */
export const binFile = resolve(import.meta.dirname, "../../../packages/limn/bin/limn.js");

export interface RunOptions {
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  /** For stdin; without it stdin is `/dev/null`. */
  readonly input?: string | Uint8Array;
  /** Leave stdin open after `input`, as a terminal does. */
  readonly keepInputOpen?: boolean;
  /** Do not read stdout, so that the pipe fills up. */
  readonly holdOutput?: boolean;
  /** User to run as; the tests must be root for it. */
  readonly uid?: number;
}

/** How a process ended and what it said. */
export interface Finished {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stdoutBytes: Buffer;
  readonly stderr: string;
}

/** A process that runs. */
export interface RunningProgram {
  readonly pid: number;
  readonly child: ChildProcessByStdio<Writable, Readable, Readable>;
  readonly finished: Promise<Finished>;
  /** Resolves when stdout, or stderr, holds `text`; rejects when the process ends without it. */
  saysOnStdout(text: string): Promise<void>;
  saysOnStderr(text: string): Promise<void>;
  /** What it said on stderr until now. */
  stderrSoFar(): string;
  stdoutSoFar(): string;
  kill(signal: NodeJS.Signals): void;
}

export function startProgram(program: string, parameters: readonly string[], options: RunOptions): RunningProgram {
  const child = spawn(program, parameters, {
    cwd: options.cwd,
    env: { ...options.env },
    stdio: ["pipe", "pipe", "pipe"],
    ...(options.uid === undefined ? {} : { uid: options.uid }),
  });
  const stdout = new Collected(child.stdout, options.holdOutput);
  const stderr = new Collected(child.stderr);
  // A program that ends without reading its input is not the test's error.
  child.stdin.on("error", () => undefined);
  if (options.input !== undefined) child.stdin.write(options.input);
  if (options.keepInputOpen !== true) child.stdin.end();
  // A pipe that nobody reads never closes.
  if (options.holdOutput === true) child.once("exit", () => child.stdout.destroy());
  const finished = new Promise<Finished>((done) => {
    child.once("close", (status, signal) => {
      done({ status, signal, stdout: stdout.text, stdoutBytes: stdout.bytes, stderr: stderr.text });
    });
  });
  return {
    pid: child.pid ?? -1,
    child,
    finished,
    saysOnStdout: async (text) => stdout.holds(text),
    saysOnStderr: async (text) => stderr.holds(text),
    stderrSoFar: () => stderr.text,
    stdoutSoFar: () => stdout.text,
    kill: (signal) => void child.kill(signal),
  };
}

/** Everything that a stream brought so far. */
class Collected {
  readonly #stream: Readable;
  readonly #pieces: Buffer[] = [];

  constructor(stream: Readable, hold = false) {
    this.#stream = stream;
    if (!hold) stream.on("data", (piece: Buffer) => this.#pieces.push(piece));
  }

  get bytes(): Buffer {
    return Buffer.concat(this.#pieces);
  }

  get text(): string {
    return this.bytes.toString("utf8");
  }

  async holds(text: string): Promise<void> {
    return new Promise((found, reject) => {
      const look = (): void => {
        if (this.text.includes(text)) finish(found);
      };
      const ended = (): void => finish(() => reject(new Error(`ended without "${text}" in:\n${this.text}`)));
      const finish = (then: () => void): void => {
        this.#stream.off("data", look);
        this.#stream.off("close", ended);
        then();
      };
      this.#stream.on("data", look);
      this.#stream.once("close", ended);
      look();
    });
  }
}
