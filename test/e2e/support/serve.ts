import { readFileSync, statSync } from "node:fs";
import { createServer, request as forward } from "node:http";
import { onTestFinished } from "vitest";
import type { RunningProgram } from "./program.ts";
import { onlyLine, parseObject } from "./world.ts";
import type { World } from "./world.ts";

/** `limn serve`, and how to ask it. */
export interface Served {
  readonly url: string;
  readonly keyFile: string;
  readonly key: string;
  readonly running: RunningProgram;
  ask(path: string, options?: Asking): Promise<Response>;
}

export interface Asking extends RequestInit {
  /** Sent as JSON. */
  readonly json?: unknown;
  readonly extra?: Readonly<Record<string, string>>;
}

export async function startServe(world: World, words: readonly string[] = []): Promise<Served> {
  const running = world.start(["serve", "--port", "0", "--json", ...words]);
  await running.saysOnStdout("\n");
  const { url, keyFile } = parseObject(onlyLine(running.stdoutSoFar()));
  const key = readFileSync(String(keyFile), "utf8");
  return {
    url: String(url),
    keyFile: String(keyFile),
    key,
    running,
    ask: async (path, { json, extra, ...init } = {}) =>
      fetch(`${String(url)}${path}`, {
        ...init,
        ...(json === undefined ? {} : { method: "POST", body: JSON.stringify(json) }),
        headers: {
          authorization: `Bearer ${key}`,
          ...(json === undefined ? {} : { "content-type": "application/json" }),
          ...extra,
        },
      }),
  };
}

export function modeOf(file: string): number {
  return statSync(file).mode & 0o777;
}

export interface ApiImage {
  readonly b64_json?: string;
  readonly url?: string;
  readonly revised_prompt?: string;
}

/** An answer with pictures. */
export async function picturesOf(response: Response): Promise<Record<string, unknown> & { data: ApiImage[] }> {
  const text = await response.text();
  const answer = parseObject(text);
  if (!Array.isArray(answer.data)) throw new Error(`${response.status} ${text.slice(0, 300)}`);
  return { ...answer, data: answer.data };
}

export async function errorOfAnswer(response: Response): Promise<{
  readonly status: number;
  readonly retry: string | null;
  readonly error: Record<string, unknown>;
}> {
  const { error } = parseObject(await response.text());
  if (response.headers.get("x-request-id")?.startsWith("req_") !== true) throw new Error("no x-request-id");
  return {
    status: response.status,
    retry: response.headers.get("x-should-retry"),
    error: parseObject(JSON.stringify(error)),
  };
}

export function bytesOf(image: ApiImage | undefined): Buffer {
  return Buffer.from(image?.b64_json ?? "", "base64");
}

/** Events of a stream, comments left out. */
export function eventsOf(text: string): Record<string, unknown>[] {
  return text
    .split("\n\n")
    .filter((block) => block.startsWith("event: "))
    .map((block) => {
      const [head = "", data = ""] = block.split("\n");
      const event = parseObject(data.slice("data: ".length));
      if (head !== `event: ${String(event.type)}`) throw new Error(`${head} is not ${String(event.type)}`);
      return event;
    });
}

/** Stands before the service and holds its answers back until `open`. */
export class Gate {
  #open: () => void = () => undefined;
  #isOpen = false;
  readonly #opened: Promise<void>;
  /** Answers that wait here. */
  held = 0;

  private constructor() {
    this.#opened = new Promise((resolve) => {
      this.#open = resolve;
    });
  }

  static async before(world: World): Promise<Gate> {
    const gate = new Gate();
    const target = new URL(world.env.LIMN_BASE_URL ?? "");
    const server = createServer((incoming, outgoing) => {
      const onward = forward(
        {
          host: target.hostname,
          port: target.port,
          path: incoming.url,
          method: incoming.method,
          headers: { ...incoming.headers, host: target.host },
        },
        (answer) => {
          gate.held += 1;
          void gate.#opened.then(() => {
            outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
            answer.pipe(outgoing);
          });
        },
      );
      onward.on("error", () => outgoing.destroy());
      outgoing.on("error", () => undefined);
      incoming.pipe(onward);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const address = server.address();
    if (typeof address !== "object" || address === null) throw new Error("no address");
    world.env.LIMN_BASE_URL = `http://127.0.0.1:${address.port}${target.pathname}`;
    onTestFinished(() => {
      gate.open();
      server.closeAllConnections();
      server.close();
    });
    return gate;
  }

  open(): void {
    if (this.#isOpen) return;
    this.#isOpen = true;
    this.#open();
  }
}
