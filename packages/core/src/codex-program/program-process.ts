import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { constants } from "node:os";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";

export interface ProcessOptions {
  readonly program: string;
  readonly parameters: readonly string[];
  /** Already without keys. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly workingFolder?: string;
  /** One line of standard output, without its end. */
  readonly onLine: (line: string) => void;
}

/** How a program ended. */
export interface ProcessEnd {
  /** For a sentence: `ended with status 1`, `was ended by SIGKILL`, `could not be started (ENOENT)`. */
  readonly how: string;
  readonly status: number | null;
  readonly cause?: unknown;
}

/** How long a program that was asked to end may take before it is killed. */
const politeEndMs = 2000;
const keptErrorBytes = 8000;

/**
 * Becomes the program, and leaves a watcher behind that reads from a pipe which this process holds. When the pipe closes, because this
 * process closed it or was killed, the watcher ends the whole process group (`kill 0`): politely, and after two seconds firmly. It outlives
 * the polite end itself, and needs nothing of the program's PATH.
 */
const watcher = [
  "{ trap '' TERM",
  "while read -r _; do :; done <&3",
  "kill -TERM 0",
  'PATH="$PATH:/usr/bin:/bin" sleep 2',
  "kill -KILL 0; } </dev/null >/dev/null 2>&1 &",
  'exec "$@" 3<&-',
].join("\n");

/**
 * A program in a process group of its own, so that nothing it starts outlives it, and without a terminal. Ends with this process, however
 * this process ends (on Windows, where there are no groups, only the program itself, by the end of its standard input).
 */
export class ProgramProcess {
  readonly ended: Promise<ProcessEnd>;
  readonly #child: ChildProcess;
  readonly #stdin: Writable | null;
  readonly #hasGroup: boolean = process.platform !== "win32";
  #errors = "";
  #isOver = false;

  constructor(options: ProcessOptions) {
    const { program, parameters } = options;
    this.#child = spawn(
      this.#hasGroup ? "/bin/sh" : program,
      this.#hasGroup ? ["-c", watcher, "sh", program, ...parameters] : parameters,
      {
        env: options.environment,
        cwd: options.workingFolder,
        stdio: ["pipe", "pipe", "pipe", ...(this.#hasGroup ? ["pipe" as const] : [])],
        detached: this.#hasGroup,
        windowsHide: true,
      },
    );
    const { stdin, stdout, stderr } = this.#child;
    this.#stdin = stdin;
    // A program that is gone is reported by its end, not by the pipe to it.
    stdin?.on("error", () => undefined);
    this.#child.stdio[3]?.on("error", () => undefined);
    stderr?.on("data", (chunk: Buffer) => {
      this.#errors = (this.#errors + chunk.toString("utf8")).slice(-keptErrorBytes);
    });
    if (stdout !== null) readLines(stdout, options.onLine);
    this.ended = new Promise((resolve) => {
      this.#child.on("error", (cause) => {
        this.#finish();
        resolve({ how: `could not be started (${cause.name})`, status: null, cause });
      });
      // Whatever the program left behind goes with it; it may also hold the pipes open.
      this.#child.on("exit", () => this.#finish());
      this.#child.on("close", (status, signalName) => resolve(describe(status, signalName)));
    });
  }

  /** What it wrote to standard error last, raw. */
  get lastErrors(): string {
    return this.#errors;
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  write(text: string): void {
    this.#stdin?.write(text);
  }

  /** Write the last of its standard input. */
  closeInput(text: string = ""): void {
    this.#stdin?.end(text);
  }

  /** Ends the group: by the end of its input where `byInput` says that this is how it is ended, else by SIGTERM; then by SIGKILL. */
  async end(options: { readonly byInput?: boolean } = {}): Promise<ProcessEnd> {
    if (options.byInput === true) this.#stdin?.end();
    else this.#signal("SIGTERM");
    const firmly = setTimeout(() => this.#signal("SIGKILL"), politeEndMs);
    try {
      return await this.ended;
    } finally {
      clearTimeout(firmly);
    }
  }

  /** For whoever cannot wait: SIGKILL to the whole group. */
  kill(): void {
    this.#signal("SIGKILL");
  }

  #finish(): void {
    if (this.#isOver) return;
    // The watcher is still in the group, so its number cannot be anybody else's yet.
    this.#signal("SIGKILL");
    this.#isOver = true;
    this.#child.stdio[3]?.destroy();
  }

  #signal(name: "SIGTERM" | "SIGKILL"): void {
    const { pid } = this.#child;
    if (pid === undefined || this.#isOver) return;
    try {
      if (this.#hasGroup) process.kill(-pid, name);
      else this.#child.kill(name);
    } catch {
      // Ended meanwhile.
    }
  }
}

function readLines(stream: Readable, onLine: (line: string) => void): void {
  createInterface({ input: stream, crlfDelay: Infinity }).on("line", onLine);
}

/** A shell that cannot start a program says so by a status of its own. */
function describe(status: number | null, signalName: NodeJS.Signals | null): ProcessEnd {
  if (signalName !== null) return { how: `was ended by ${signalName}`, status: 128 + constants.signals[signalName] };
  if (process.platform !== "win32" && (status === 126 || status === 127))
    return { how: `could not be started (${status === 127 ? "not found" : "not a program"})`, status };
  return { how: `ended with status ${status}`, status };
}
