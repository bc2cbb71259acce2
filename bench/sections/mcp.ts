import { spawn } from "node:child_process";
import type { ChildProcessByStdio } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import type { Section } from "../bench.ts";
import { Workplace } from "../contestants.ts";
import { median } from "../measure/compare.ts";
import type { Row } from "../measure/row.ts";

/** What a client waits before it can do anything, and what a server that nobody asks keeps. */
const maxRestMiB = 90;

/** The agents' server: how soon it answers, and what it costs while nothing is asked. */
export const mcp: Section = {
  name: "mcp",
  measure: async (bench) => {
    const place = new Workplace(bench);
    const variables: Record<string, string> = { ...place.open(), LIMN_SANDBOX: "1" };
    const pairs: { readonly floor: number; readonly answered: number }[] = [];
    const resting: number[] = [];
    for (let turn = 0; turn <= (bench.runs ?? 15); turn += 1) {
      const before = performance.now();
      await once(spawn(process.execPath, ["-e", "0"], { stdio: "ignore" }), "exit");
      const floor = performance.now() - before;
      const client = new RawClient(bench.limn, variables);
      const answered = await client.initialize();
      // The first turn warms up.
      if (turn > 0) pairs.push({ floor, answered });
      if (turn === 1) for (const prompt of ["one", "two", "three"]) await client.generate(prompt);
      if (turn === 1 && process.platform === "linux") resting.push(client.residentMiB());
      await client.close();
    }
    place.close();
    const answer: Row = {
      name: "limn mcp answers initialize, wall time",
      unit: "ms",
      measured: median(pairs.map(({ answered }) => answered)),
      floor: median(pairs.map(({ floor }) => floor)),
      ratio: median(pairs.map(({ answered, floor }) => answered / floor)),
      target: 5,
    };
    const rest = resting.map((measured): Row => ({
      name: "limn mcp after three pictures, memory (against its limit)",
      unit: "MiB",
      measured,
      floor: maxRestMiB,
      ratio: measured / maxRestMiB,
      target: 1,
    }));
    return { rows: [answer, ...rest] };
  },
};

/** The protocol by hand: the official client would cost more than what is measured. */
class RawClient {
  readonly #started: number = performance.now();
  readonly #child: ChildProcessByStdio<Writable, Readable, null>;
  readonly #lines: AsyncIterator<string>;
  #id = 0;

  constructor(limn: string, env: Readonly<Record<string, string>>) {
    this.#child = spawn(process.execPath, [limn, "mcp"], { env: { ...env }, stdio: ["pipe", "pipe", "inherit"] });
    this.#lines = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]();
  }

  /** Milliseconds from the start of the process to the answer. */
  async initialize(): Promise<number> {
    const clientInfo = { name: "bench", version: "1" };
    await this.#ask("initialize", { protocolVersion: "2025-06-18", capabilities: {}, clientInfo });
    return performance.now() - this.#started;
  }

  async generate(prompt: string): Promise<void> {
    const answer = await this.#ask("tools/call", { name: "generate_image", arguments: { prompt } });
    if (!answer.includes('"type":"image"')) throw new Error(`no picture came: ${answer.slice(0, 300)}`);
  }

  residentMiB(): number {
    const [, kilobytes] = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${this.#child.pid}/status`, "utf8")) ?? [];
    return Number(kilobytes) / 1024;
  }

  async close(): Promise<void> {
    this.#child.stdin.end();
    await once(this.#child, "exit");
  }

  async #ask(method: string, params: object): Promise<string> {
    this.#id += 1;
    this.#child.stdin.write(`${JSON.stringify({ jsonrpc: "2.0", id: this.#id, method, params })}\n`);
    const { value, done } = await this.#lines.next();
    if (done === true) throw new Error("the server ended");
    return value;
  }
}
