import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";

/** `limn serve --sandbox` of the built program, for scripts that no test runner looks after. */
export interface RunningStudio {
  readonly url: string;
  /** Its process. */
  readonly pid: number;
  /** Opens the studio once. */
  link(): Promise<string>;
  /** Asks as the owner of the key does. */
  ask(path: string, init?: RequestInit): Promise<Response>;
  close(): Promise<void>;
}

const program = resolve(import.meta.dirname, "../../packages/limn/bin/limn.js");

/** `folder` has the library as `limn` in it; nothing of this user's own is read or changed. */
export async function runStudio(folder: string): Promise<RunningStudio> {
  const home = join(folder, "home");
  mkdirSync(home, { recursive: true });
  const child = spawn(process.execPath, [program, "serve", "--sandbox", "--port", "0", "--json"], {
    cwd: home,
    stdio: ["ignore", "pipe", "inherit"],
    env: {
      PATH: process.env["PATH"],
      HOME: home,
      LIMN_HOME: libraryFolder(folder),
      CODEX_HOME: join(home, ".codex"),
      TZ: "UTC",
    },
  });
  const exited = once(child, "exit");
  const { url, keyFile } = await firstAnswer(createInterface({ input: child.stdout }));
  const key = readFileSync(keyFile, "utf8").trim();
  const ask = async (path: string, init: RequestInit = {}): Promise<Response> =>
    fetch(`${url}${path}`, { ...init, headers: { authorization: `Bearer ${key}` } });
  return {
    url,
    pid: child.pid ?? -1,
    ask,
    link: async () => {
      const answer: unknown = await (await ask("/api/links", { method: "POST" })).json();
      if (typeof answer === "object" && answer !== null && "url" in answer && typeof answer.url === "string")
        return answer.url;
      throw new TypeError("the server gave no link");
    },
    close: async () => {
      child.kill("SIGTERM");
      await exited;
    },
  };
}

export function libraryFolder(folder: string): string {
  return join(folder, "limn");
}

async function firstAnswer(lines: AsyncIterable<string>): Promise<{ readonly url: string; readonly keyFile: string }> {
  for await (const line of lines) {
    const answer: unknown = JSON.parse(line);
    if (typeof answer !== "object" || answer === null || !("url" in answer) || !("keyFile" in answer)) break;
    const { url, keyFile } = answer;
    if (typeof url === "string" && typeof keyFile === "string") return { url, keyFile };
  }
  throw new Error("limn serve did not say where it is");
}
