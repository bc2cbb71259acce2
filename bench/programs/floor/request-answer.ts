import type { ClientRequest, IncomingMessage } from "node:http";

// Not imported: an ESM import of node:http loads undici as well, which a floor must not pay for.
const { request } = process.getBuiltinModule("node:http");

/** Asks, and resolves when the answer was read. The body is sent by the caller's hand, or is the text given. */
export async function requestAnswer(
  url: string,
  body: string | { readonly length: number; readonly send: (outgoing: ClientRequest) => Promise<void> },
  onPiece: (piece: Buffer) => void,
): Promise<void> {
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    const headers = {
      "content-type": "application/json",
      "content-length": typeof body === "string" ? Buffer.byteLength(body) : body.length,
      authorization: "Bearer bench",
    };
    const outgoing = request(url, { method: "POST", agent: false, headers }, resolve).on("error", reject);
    if (typeof body === "string") outgoing.end(body);
    else body.send(outgoing).catch(reject);
  });
  await new Promise<void>((resolve, reject) => {
    answer.on("data", onPiece);
    answer.on("end", resolve);
    answer.on("error", reject);
  });
}
