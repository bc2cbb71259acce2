import { execFileSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { createEmulator } from "@limn/emulator";
import type { Emulator, EmulatorOptions } from "@limn/emulator";
import { onTestFinished } from "vitest";
import { startProgram } from "../e2e/support/program.ts";
import type { Finished, RunningProgram } from "../e2e/support/program.ts";

const root = resolve(import.meta.dirname, "../..");
const piPackage = "node_modules/@earendil-works/pi-coding-agent";

export interface InstalledPi {
  readonly version: string;
  /** The script of its command. */
  readonly cli: string;
}

/** Every real Pi here: `npm ci --prefix test/judges-pi`, `test/judges-pi/install.sh VERSION`, and folders below $PI_JUDGES. */
export function installedPis(): InstalledPi[] {
  const folders = [
    import.meta.dirname,
    ...foldersIn(join(import.meta.dirname, "versions")),
    ...foldersIn(process.env.PI_JUDGES),
  ];
  const found = folders.flatMap((folder): InstalledPi[] => {
    const home = join(folder, piPackage);
    const cli = ["dist/bundle/cli.js", "dist/cli.js"].map((path) => join(home, path)).find((path) => existsSync(path));
    return cli === undefined ? [] : [{ version: versionOf(home), cli }];
  });
  const byVersion = new Map(found.map((pi) => [pi.version, pi]));
  return [...byVersion.values()].sort((left, right) =>
    left.version.localeCompare(right.version, "en", { numeric: true }),
  );
}

function foldersIn(folder: string | undefined): string[] {
  return folder === undefined || folder === "" || !existsSync(folder)
    ? []
    : readdirSync(folder).map((name) => join(folder, name));
}

function versionOf(folder: string): string {
  const { version }: { readonly version?: unknown } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  return typeof version === "string" ? version : "unknown";
}

/** pi-limn and limn's libraries as they would be published, unpacked where npm would put them; made once. */
export class PackedExtension {
  readonly #folder: string = realpathSync(mkdtempSync(join(tmpdir(), "limn-pi-packed-")));
  /** The folder to install from. */
  readonly folder: string;

  constructor(options: { readonly withFinish: boolean }) {
    const modules = join(this.#folder, "node_modules");
    const names = { core: "@limn/core", ...(options.withFinish ? { finish: "@limn/finish" } : {}), pi: "pi-limn" };
    const wanted = new Set<string>();
    for (const [folder, name] of Object.entries(names)) {
      const source = join(root, "packages", folder);
      const answer: unknown = JSON.parse(
        execFileSync("npm", ["pack", "--json", "--ignore-scripts", "--pack-destination", this.#folder], {
          cwd: source,
          encoding: "utf8",
          env: { PATH: process.env.PATH, HOME: this.#folder, npm_config_update_notifier: "false" },
          stdio: ["ignore", "pipe", "ignore"],
        }),
      );
      const target = join(modules, name);
      mkdirSync(target, { recursive: true });
      execFileSync("tar", ["-xzf", join(this.#folder, tarballName(answer)), "-C", target, "--strip-components=1"]);
      for (const dependency of dependenciesOf(target)) if (!dependency.startsWith("@limn/")) wanted.add(dependency);
    }
    for (const dependency of wanted) {
      const place = join(modules, dependency);
      mkdirSync(dirname(place), { recursive: true });
      symlinkSync(join(root, "node_modules", dependency), place);
    }
    this.folder = join(modules, "pi-limn");
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 });
  }
}

function tarballName(answer: unknown): string {
  const [first]: readonly unknown[] = Array.isArray(answer) ? answer : Object.values(isRecord(answer) ? answer : {});
  const name = isRecord(first) ? first["filename"] : null;
  if (typeof name !== "string") throw new Error("npm pack told no file name");
  return name.replace(/^@/, "").replace("/", "-");
}

function dependenciesOf(folder: string): string[] {
  const { dependencies }: { readonly dependencies?: Readonly<Record<string, string>> } = JSON.parse(
    readFileSync(join(folder, "package.json"), "utf8"),
  );
  return Object.keys(dependencies ?? {});
}

/** What the pretended chat model does next. */
export type Turn =
  | string
  | { readonly tool: string; readonly arguments: Readonly<Record<string, unknown>> }
  | readonly { readonly tool: string; readonly arguments: Readonly<Record<string, unknown>> }[];

/** One user of the real Pi: folders of its own, a chat model that does as it is told, and the emulator behind Pi's openai-codex login. */
export class PiWorld {
  readonly folder: string = realpathSync(mkdtempSync(join(tmpdir(), "limn-pi-")));
  readonly agent: string = this.#make("agent");
  readonly project: string = this.#make("project");
  readonly limnHome: string = join(this.folder, "limn");
  readonly emulator: Emulator;
  /** Bodies that the chat model got. */
  readonly chats: Readonly<Record<string, unknown>>[] = [];
  readonly #pi: InstalledPi;
  readonly #turns: Turn[] = [];
  readonly #running: RunningProgram[] = [];
  readonly #env: Record<string, string>;

  private constructor(pi: InstalledPi, emulator: Emulator) {
    this.#pi = pi;
    this.emulator = emulator;
    this.#env = {
      PATH: `${dirname(process.execPath)}:${process.env.PATH ?? ""}`,
      HOME: this.#make("home"),
      TMPDIR: this.#make("tmp"),
      PI_CODING_AGENT_DIR: this.agent,
      PI_OFFLINE: "1",
      // A killed Pi's last child would write it while the folder is taken away.
      NODE_DISABLE_COMPILE_CACHE: "1",
      PI_TELEMETRY: "0",
      LIMN_HOME: this.limnHome,
    };
    onTestFinished(async () => {
      for (const { child } of this.#running) if (child.exitCode === null) child.kill("SIGKILL");
      await Promise.all(this.#running.map(async ({ finished }) => finished));
      rmSync(this.folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 });
    });
  }

  static async create(pi: InstalledPi, options: EmulatorOptions = {}): Promise<PiWorld> {
    const emulator = createEmulator({ scenario: { name: "ok", size: "64x48" }, ...options });
    const { baseURL } = await emulator.listen();
    onTestFinished(async () => emulator.close());
    const world = new PiWorld(pi, emulator);
    const chat = await world.#startChat();
    const models = {
      providers: {
        pretend: {
          baseUrl: chat,
          api: "openai-completions",
          apiKey: "none",
          models: [{ id: "pretend-1", input: ["text", "image"] }],
        },
        "openai-codex": { baseUrl: baseURL.replace(/\/codex$/, "") },
      },
    };
    writeFileSync(join(world.agent, "models.json"), JSON.stringify(models));
    world.signIn(emulator.accessToken);
    return world;
  }

  signIn(access: string): void {
    const login = {
      type: "oauth",
      access,
      refresh: "rt-pretend",
      expires: Date.now() + 86_400_000,
      accountId: this.emulator.accountId,
    };
    writeFileSync(this.authFile, JSON.stringify({ "openai-codex": login }), { mode: 0o600 });
  }

  get authFile(): string {
    return join(this.agent, "auth.json");
  }

  /** One prompt from start to end, in JSON mode. */
  async prompt(
    turns: readonly Turn[],
    parameters: readonly string[] = [],
    env: Readonly<Record<string, string>> = {},
  ): Promise<Finished> {
    this.#turns.push(...turns);
    return this.start(["--mode", "json", "--model", "pretend/pretend-1", ...parameters, "-p", "go"], env).finished;
  }

  async run(parameters: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Finished> {
    return this.start(parameters, env).finished;
  }

  start(
    parameters: readonly string[],
    env: Readonly<Record<string, string>> = {},
    keepInputOpen = false,
  ): RunningProgram {
    const running = startProgram(process.execPath, [this.#pi.cli, ...parameters], {
      cwd: this.project,
      env: { ...this.#env, ...env },
      keepInputOpen,
    });
    this.#running.push(running);
    return running;
  }

  /** Waits for commands on its stdin. */
  startRpc(): RunningProgram {
    return this.start(["--mode", "rpc", "--model", "pretend/pretend-1"], {}, true);
  }

  /** Pi's terminal on a real pseudo-terminal that can draw pictures (`script` of util-linux). */
  startTerminal(): RunningProgram {
    const words = [process.execPath, this.#pi.cli, "--model", "pretend/pretend-1"].map((word) => `'${word}'`);
    const running = startProgram("script", ["-qec", `stty cols 100 rows 40; exec ${words.join(" ")}`, "/dev/null"], {
      cwd: this.project,
      env: { ...this.#env, TERM: "xterm-kitty", SHELL: "/bin/sh", PI_IMAGE_PROTOCOL: "kitty", COLORTERM: "truecolor" },
      keepInputOpen: true,
    });
    this.#running.push(running);
    return running;
  }

  willDo(...turns: readonly Turn[]): void {
    this.#turns.push(...turns);
  }

  /** A single-file extension of somebody else. */
  addExtension(name: string, source: string): void {
    mkdirSync(join(this.agent, "extensions"), { recursive: true });
    writeFileSync(join(this.agent, "extensions", name), source);
  }

  #make(name: string): string {
    const path = join(this.folder, name);
    mkdirSync(path);
    return path;
  }

  /** A chat model over Chat Completions. */
  async #startChat(): Promise<string> {
    let calls = 0;
    const server = createServer((request, response) => {
      const pieces: Buffer[] = [];
      request.on("data", (piece: Buffer) => pieces.push(piece));
      request.on("end", () => {
        const body: unknown = JSON.parse(Buffer.concat(pieces).toString("utf8") || "{}");
        if (isRecord(body)) this.chats.push(body);
        const turn = this.#turns.shift() ?? "done";
        const tools = typeof turn === "string" ? [] : Array.isArray(turn) ? turn : [turn];
        const delta =
          typeof turn === "string"
            ? { role: "assistant", content: turn }
            : {
                role: "assistant",
                tool_calls: tools.map((call, index) => ({
                  index,
                  id: `call_${(calls += 1)}`,
                  type: "function",
                  function: { name: call.tool, arguments: JSON.stringify(call.arguments) },
                })),
              };
        const chunk = (choice: unknown): string =>
          `data: ${JSON.stringify({ id: "chat-1", object: "chat.completion.chunk", created: 1, model: "pretend-1", choices: [choice] })}\n\n`;
        response.writeHead(200, { "content-type": "text/event-stream" });
        response.write(chunk({ index: 0, delta, finish_reason: null }));
        response.write(chunk({ index: 0, delta: {}, finish_reason: typeof turn === "string" ? "stop" : "tool_calls" }));
        response.end("data: [DONE]\n\n");
      });
    });
    await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
    onTestFinished(async () => {
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
    });
    const address = server.address();
    return `http://127.0.0.1:${portOf(address)}/v1`;
  }
}

function portOf(address: AddressInfo | string | null): number {
  if (address === null || typeof address === "string") throw new TypeError("no port");
  return address.port;
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The records of JSON or RPC mode. */
export function recordsOf(stdout: string): Readonly<Record<string, unknown>>[] {
  return stdout
    .split("\n")
    .filter((line) => line.startsWith("{"))
    .map((line): unknown => JSON.parse(line))
    .filter(isRecord);
}

/** How the tool calls ended, in order. */
export function toolResults(
  stdout: string,
): { readonly toolName: unknown; readonly isError: unknown; readonly result: Readonly<Record<string, unknown>> }[] {
  return recordsOf(stdout)
    .filter(({ type }) => type === "tool_execution_end")
    .map(({ toolName, isError, result }) => ({ toolName, isError, result: isRecord(result) ? result : {} }));
}

export function linesOf(program: RunningProgram, onLine: (record: Readonly<Record<string, unknown>>) => void): void {
  const { stdout } = program.child;
  if (stdout === null) throw new TypeError("the program's output is not read");
  createInterface({ input: stdout }).on("line", (line) => {
    if (!line.startsWith("{")) return;
    const record: unknown = JSON.parse(line);
    if (isRecord(record)) onLine(record);
  });
}
