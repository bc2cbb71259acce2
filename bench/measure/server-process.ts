import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { createInterface } from "node:readline";

/** One clock tick of /proc on Linux, in ms. */
const tickMs = 10;

/** A server that is measured while it works, not from its start: what it costs then is read from /proc. */
export class ServerProcess {
  readonly url: string;
  readonly key: string;
  readonly #child: ChildProcess;
  readonly #end: "stdin" | "signal";

  private constructor(child: ChildProcess, end: "stdin" | "signal", url: string, key: string) {
    this.#child = child;
    this.#end = end;
    this.url = url;
    this.key = key;
  }

  /** `end`: what stops it. It prints one line of JSON with its `url` and, where it wants one, the `keyFile`. */
  static async start(
    parameters: readonly string[],
    variables: Readonly<Record<string, string>>,
    end: "stdin" | "signal",
  ): Promise<ServerProcess> {
    const child = spawn(process.execPath, [...parameters], {
      stdio: ["pipe", "pipe", "inherit"],
      env: { PATH: process.env["PATH"], ...variables },
    });
    const [line]: unknown[] = await once(createInterface({ input: child.stdout }), "line");
    const told: unknown = JSON.parse(String(line));
    if (typeof told !== "object" || told === null || !("url" in told))
      throw new TypeError(`no address: ${String(line)}`);
    const key = "keyFile" in told ? readFileSync(String(told.keyFile), "utf8") : "none";
    return new ServerProcess(child, end, String(told.url), key);
  }

  /** User and system time of all its threads until now. */
  cpuMs(): number {
    const stat = readFileSync(`/proc/${this.#child.pid}/stat`, "latin1");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return (Number(fields[11]) + Number(fields[12])) * tickMs;
  }

  /** From now on the peak is another one. */
  forgetPeak(): void {
    writeFileSync(`/proc/${this.#child.pid}/clear_refs`, "5");
  }

  /** The most memory that it had since. */
  peakMiB(): number {
    const [, kilobytes] = /VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${this.#child.pid}/status`, "latin1")) ?? [];
    return Number(kilobytes) / 1024;
  }

  async stop(): Promise<void> {
    const exited = once(this.#child, "exit");
    if (this.#end === "stdin") this.#child.stdin?.end();
    else this.#child.kill("SIGINT");
    await exited;
  }
}
