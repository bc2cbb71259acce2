/** The pretend service of the measurements, a process of its own. Prints its address and ends when its stdin does. */
import { once } from "node:events";
import { createServer } from "node:http";
import type { IncomingMessage, ServerResponse } from "node:http";
import { Answers, distinctBody, parsePath } from "./answers.ts";
import type { Wanted } from "./answers.ts";
import { modelList } from "./event-stream.ts";

const answers = new Answers();
let count = 0;

const server = createServer((request, response) => {
  answer(request, response).catch((error: unknown) => {
    process.stderr.write(`${String(error)}\n`);
    response.destroy();
  });
});
server.listen(0, "127.0.0.1", () => {
  const address = server.address();
  if (address === null || typeof address === "string") throw new TypeError("no port");
  process.stdout.write(`http://127.0.0.1:${address.port}\n`);
});
process.stdin.resume();
process.stdin.once("end", () => {
  server.close();
  server.closeAllConnections();
});

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const wanted = request.method === "POST" ? parsePath(request.url ?? "") : null;
  // Large uploads are read without looking at them.
  for await (const _piece of request);
  if (request.method === "GET" && /\/models\?/.test(request.url ?? "")) {
    response.writeHead(200, { "content-type": "application/json" }).end(modelList);
    return;
  }
  if (wanted === null) {
    response.writeHead(404).end();
    return;
  }
  const body = answers.body(wanted);
  const type = wanted.kind === "images" ? "application/json" : "text/event-stream";
  if (wanted.isDistinct) {
    count += 1;
    const [before, number, behind] = distinctBody(body, count);
    response.writeHead(200, { "content-type": type, "content-length": body.length });
    response.write(before);
    response.write(number);
    response.end(behind);
    return;
  }
  if (wanted.sliceBytes === 0) {
    response.writeHead(200, { "content-type": type, "content-length": body.length }).end(body);
    return;
  }
  response.writeHead(200, { "content-type": type });
  await sendSlices(response, body, wanted);
}

async function sendSlices(response: ServerResponse, body: Buffer, { sliceBytes }: Wanted): Promise<void> {
  for (let offset = 0; offset < body.length; offset += sliceBytes) {
    if (response.destroyed) return;
    if (!response.write(body.subarray(offset, offset + sliceBytes))) await once(response, "drain");
  }
  response.end();
}
