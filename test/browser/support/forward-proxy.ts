import { createServer, request as forward } from "node:http";
import type { Socket } from "node:net";
import { onTestFinished } from "vitest";

/** Stands between a browser and this machine's servers, so that the line can be cut. */
export interface ForwardProxy {
  readonly address: string;
  /** Ends every connection, and each new one, until `mend`. */
  cut(): void;
  mend(): void;
  /** Requests that came while the line was cut. */
  refused(): number;
}

export async function startForwardProxy(): Promise<ForwardProxy> {
  const sockets = new Set<Socket>();
  let isCut = false;
  let refused = 0;
  const server = createServer((incoming, outgoing) => {
    // A proxy is asked for whole addresses.
    const target = new URL(incoming.url ?? "");
    const onward = forward(
      target,
      { method: incoming.method ?? "GET", headers: incoming.headers, agent: false },
      (answer) => {
        outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(outgoing);
        answer.on("error", () => outgoing.destroy());
      },
    );
    onward.on("error", () => outgoing.destroy());
    outgoing.on("close", () => onward.destroy());
    incoming.pipe(onward);
  });
  server.on("connection", (socket: Socket) => {
    if (isCut) {
      refused += 1;
      socket.destroy();
      return;
    }
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    socket.on("error", () => undefined);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (typeof address !== "object" || address === null) throw new Error("no address");
  const cut = (): void => {
    isCut = true;
    for (const socket of sockets) socket.destroy();
  };
  onTestFinished(() => {
    cut();
    server.close();
  });
  return {
    address: `http://127.0.0.1:${address.port}`,
    cut,
    mend: () => {
      isCut = false;
    },
    refused: () => refused,
  };
}
