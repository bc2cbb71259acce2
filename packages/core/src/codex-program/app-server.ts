import { spawn } from "node:child_process";
import type { ChildProcessByStdio } from "node:child_process";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import { LimnError, redactSecrets } from "../errors/index.ts";
import { member, numberOf, parseJson, textOf } from "../json/index.ts";

export interface AppServerOptions {
  readonly program: string;
  readonly codexHome: string;
  /** Already without keys. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly version: string;
  readonly signal: AbortSignal;
}

/** How long a program that was asked to end may take before it is killed. */
const politeEndMs = 2000;
const keptErrorBytes = 4000;

interface Waiting {
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * One conversation with `codex app-server`: JSON-RPC without the version field, one object a line (codex-backend contract 7.3).
 * Must be closed; closing its standard input ends it.
 */
export class AppServer {
  readonly #child: ChildProcessByStdio<Writable, Readable, Readable>;
  readonly #waiting: Map<number, Waiting> = new Map();
  readonly #ended: Promise<void>;
  #nextId = 1;
  #errors = "";
  #failure: LimnError | null = null;

  private constructor(options: AppServerOptions) {
    this.#child = spawn(options.program, ["app-server"], {
      env: { ...options.environment, CODEX_HOME: options.codexHome },
      stdio: ["pipe", "pipe", "pipe"],
      signal: options.signal,
      // Whoever does not answer in time need not listen to a polite request either.
      killSignal: "SIGKILL",
    });
    this.#child.stderr.on("data", (chunk: Buffer) => {
      this.#errors = (this.#errors + chunk.toString("utf8")).slice(-keptErrorBytes);
    });
    createInterface({ input: this.#child.stdout }).on("line", (line) => this.#receive(line));
    // A program that is gone is reported by its end, not by the pipe to it.
    this.#child.stdin.on("error", () => undefined);
    this.#ended = new Promise((resolve) => {
      this.#child.on("error", (error) => {
        this.#fail(
          options.signal.aborted ? options.signal.reason : this.#exited(`could not be started (${error.name})`, error),
        );
        resolve();
      });
      this.#child.on("close", (status, signalName) => {
        this.#fail(this.#exited(signalName === null ? `ended with status ${status}` : `was ended by ${signalName}`));
        resolve();
      });
    });
  }

  /** @throws engine_exited */
  static async start(options: AppServerOptions): Promise<AppServer> {
    const server = new AppServer(options);
    try {
      await server.request("initialize", {
        clientInfo: { name: "limn", title: "limn", version: options.version },
        capabilities: { experimentalApi: true, requestAttestation: false },
      });
      server.#send({ method: "initialized" });
      return server;
    } catch (error) {
      await server.close();
      throw error;
    }
  }

  /** @throws engine_exited, or the message of the server's own error as `engine_unavailable` */
  async request(method: string, parameters: unknown): Promise<unknown> {
    if (this.#failure !== null) throw this.#failure;
    const id = this.#nextId;
    this.#nextId += 1;
    const answer = new Promise((resolve, reject) => this.#waiting.set(id, { resolve, reject }));
    this.#send({ id, method, params: parameters });
    return answer;
  }

  /** Ends the program: politely, then firmly. */
  async close(): Promise<void> {
    this.#child.stdin.end();
    const firmly = setTimeout(() => this.#child.kill("SIGKILL"), politeEndMs);
    await this.#ended;
    clearTimeout(firmly);
  }

  #send(message: unknown): void {
    this.#child.stdin.write(`${JSON.stringify(message)}\n`);
  }

  #receive(line: string): void {
    const message = parseJson(line);
    const id = numberOf(member(message, "id"));
    const waiting = id === null ? undefined : this.#waiting.get(id);
    // Notifications and requests of the server are not for us.
    if (id === null || waiting === undefined) return;
    this.#waiting.delete(id);
    const error = member(message, "error");
    if (error === undefined) {
      waiting.resolve(member(message, "result"));
      return;
    }
    const said = redactSecrets(textOf(member(error, "message")) ?? "no reason given").slice(0, 300);
    waiting.reject(
      new LimnError("engine_unavailable", {
        message: `The Codex program answered with an error: ${said}`,
        hint: "See: codex login status",
      }),
    );
  }

  #exited(how: string, cause?: unknown): LimnError {
    const last = redactSecrets(this.#errors.trim().split("\n").slice(-3).join(" ")).slice(0, 300);
    return new LimnError("engine_exited", {
      message: `The Codex program ${how} before it answered.${last === "" ? "" : ` Its last words: ${last}`}`,
      hint: "Try it by itself: codex login status",
      cause,
    });
  }

  #fail(error: LimnError): void {
    this.#failure ??= error;
    for (const { reject } of this.#waiting.values()) reject(this.#failure);
    this.#waiting.clear();
  }
}
