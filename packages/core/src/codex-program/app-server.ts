import { LimnError, redactSecrets } from "../errors/index.ts";
import { member, numberOf, parseJson, textOf } from "../json/index.ts";
import { ProgramProcess } from "./program-process.ts";
import type { ProcessEnd } from "./program-process.ts";

export interface AppServerOptions {
  readonly program: string;
  readonly codexHome: string;
  /** Already without keys. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly version: string;
  readonly signal: AbortSignal;
  /** Parameters behind `app-server`. @default none */
  readonly parameters?: readonly string[];
  readonly workingFolder?: string;
  /** What the server tells unasked. @default not looked at */
  readonly onNotification?: (method: string, parameters: unknown) => void;
}

interface Waiting {
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/** JSON-RPC: the method is unknown. What every request of the server is answered: nobody is here to approve anything. */
const unknownMethod = -32601;

/**
 * One conversation with `codex app-server`: JSON-RPC without the version field, one object a line (codex-backend contract 7.3).
 * Must be closed; closing its standard input ends it.
 */
export class AppServer {
  readonly #process: ProgramProcess;
  readonly #waiting: Map<number, Waiting> = new Map();
  readonly #onNotification: ((method: string, parameters: unknown) => void) | null;
  readonly #stopListening: () => void;
  #nextId = 1;
  #failure: unknown = null;

  private constructor(options: AppServerOptions) {
    this.#onNotification = options.onNotification ?? null;
    this.#process = new ProgramProcess({
      program: options.program,
      parameters: ["app-server", ...(options.parameters ?? [])],
      environment: { ...options.environment, CODEX_HOME: options.codexHome },
      ...(options.workingFolder === undefined ? {} : { workingFolder: options.workingFolder }),
      onLine: (line) => this.#receive(line),
    });
    const { signal } = options;
    // Whoever does not answer in time need not listen to a polite request either.
    const onAbort = (): void => {
      this.#fail(signal.reason);
      this.#process.kill();
    };
    signal.addEventListener("abort", onAbort, { once: true });
    this.#stopListening = () => signal.removeEventListener("abort", onAbort);
    void this.#process.ended.then((end) => this.#fail(this.#exited(end)));
    if (signal.aborted) onAbort();
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

  /** The program's end; never rejects. */
  get ended(): Promise<ProcessEnd> {
    return this.#process.ended;
  }

  /** What it wrote to standard error last, raw. */
  get lastErrors(): string {
    return this.#process.lastErrors;
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

  /** Ends the program: politely, by the end of its input or by SIGTERM, then firmly. */
  async close({ bySignal = false }: { readonly bySignal?: boolean } = {}): Promise<void> {
    await this.#process.end({ byInput: !bySignal });
    this.#stopListening();
  }

  #send(message: unknown): void {
    this.#process.write(`${JSON.stringify(message)}\n`);
  }

  #receive(line: string): void {
    const message = parseJson(line);
    const id = member(message, "id");
    const method = textOf(member(message, "method"));
    if (method !== null) {
      if (id === undefined) this.#onNotification?.(method, member(message, "params"));
      else this.#send({ id, error: { code: unknownMethod, message: "limn answers no requests" } });
      return;
    }
    const number = numberOf(id);
    const waiting = number === null ? undefined : this.#waiting.get(number);
    if (number === null || waiting === undefined) return;
    this.#waiting.delete(number);
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
        details: { rpcCode: numberOf(member(error, "code")) },
      }),
    );
  }

  #exited({ how, cause }: ProcessEnd): LimnError {
    const last = redactSecrets(this.lastErrors.trim().split("\n").slice(-3).join(" ")).slice(0, 300);
    return new LimnError("engine_exited", {
      message: `The Codex program ${how} before it answered.${last === "" ? "" : ` Its last words: ${last}`}`,
      hint: "Try it by itself: codex login status",
      cause,
    });
  }

  #fail(error: unknown): void {
    this.#failure ??= error;
    for (const { reject } of this.#waiting.values()) reject(this.#failure);
    this.#waiting.clear();
  }
}
