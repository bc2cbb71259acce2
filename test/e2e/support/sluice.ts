import { createServer, request as forward } from "node:http";
import type { IncomingMessage, ServerResponse } from "node:http";
import { onTestFinished } from "vitest";
import type { World } from "./world.ts";

export interface SluiceOptions {
  /** Bytes of each picture's answer that pass at once; the rest waits for `open`. */
  readonly passed: number;
  /** Changes an answer's body on its way. @default as it is */
  readonly change?: (body: Buffer) => Buffer;
}

/** Stands before the service and lets only the first part of each picture through. */
export class Sluice {
  readonly #options: SluiceOptions;
  readonly #end = Promise.withResolvers<"open" | "cut">();
  /** Answers whose first part is out and whose rest waits here. */
  held = 0;

  private constructor(options: SluiceOptions) {
    this.#options = options;
  }

  static async before(world: World, options: SluiceOptions): Promise<Sluice> {
    const sluice = new Sluice(options);
    const target = new URL(world.env.LIMN_BASE_URL ?? "");
    const server = createServer((incoming, outgoing) => {
      const headers = { ...incoming.headers, host: target.host };
      const onward = forward(new URL(incoming.url ?? "", target), { method: incoming.method, headers }, (answer) => {
        const isPicture = answer.statusCode === 200 && incoming.method === "POST";
        if (isPicture) sluice.#hold(answer, outgoing).catch(() => outgoing.destroy());
        else answer.pipe(outgoing.writeHead(answer.statusCode ?? 502, answer.headers));
      });
      onward.on("error", () => outgoing.destroy());
      outgoing.on("error", () => undefined);
      incoming.pipe(onward);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const address = server.address();
    if (typeof address !== "object" || address === null) throw new Error("no address");
    world.env.LIMN_BASE_URL = `http://127.0.0.1:${address.port}${target.pathname}`;
    onTestFinished(() => {
      sluice.cut();
      server.closeAllConnections();
      server.close();
    });
    return sluice;
  }

  /** Lets the rest through, of answers to come as well. */
  open(): void {
    this.#end.resolve("open");
  }

  /** Ends the connections in the middle. */
  cut(): void {
    this.#end.resolve("cut");
  }

  async #hold(answer: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const pieces: Buffer[] = [];
    for await (const piece of answer) if (Buffer.isBuffer(piece)) pieces.push(piece);
    const { change = (body: Buffer): Buffer => body, passed } = this.#options;
    const body = change(Buffer.concat(pieces));
    const { "transfer-encoding": _chunked, ...headers } = answer.headers;
    outgoing.writeHead(200, { ...headers, "content-length": body.length });
    outgoing.write(body.subarray(0, passed), () => {
      this.held += 1;
    });
    const end = await this.#end.promise;
    if (end === "open") outgoing.end(body.subarray(passed));
    else outgoing.destroy();
  }
}
