/**
 * The floors of `limn serve`: `serve-images KIND BASE_URL FOLDER` answers every request with one picture of the service. KIND `saving`
 * passes the answer on while it decodes, hashes and writes the picture, syncs it to the disk and only then ends; `passing` passes it on
 * and does nothing else. Prints its address as limn does, and ends when its stdin does.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import { Decoder, imagesOpening } from "./decoder.ts";

const { createServer, request: ask } = process.getBuiltinModule("node:http");
const { fsync, openSync, closeSync } = process.getBuiltinModule("node:fs");

const [kind = "", baseURL = "", folder = ""] = process.argv.slice(2);
let made = 0;

const server = createServer((request, response) => {
  serve(request, response).catch((error: unknown) => {
    process.stderr.write(`${String(error)}\n`);
    response.destroy();
  });
});
server.listen(0, "127.0.0.1", () => {
  const address = server.address();
  if (address === null || typeof address === "string") throw new TypeError("no port");
  process.stdout.write(`${JSON.stringify({ url: `http://127.0.0.1:${address.port}` })}\n`);
});
process.stdin.resume();
process.stdin.once("end", () => {
  server.close();
  server.closeAllConnections();
});

async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const asked: unknown = JSON.parse(await readText(request));
  const prompt = typeof asked === "object" && asked !== null && "prompt" in asked ? asked.prompt : null;
  const body = JSON.stringify({ prompt, background: "opaque", model: "gpt-image-2", quality: "auto", size: "auto" });
  const answer = await answerTo(body);
  made += 1;
  const path = `${folder}/image-${made}.png`;
  const decoder = kind === "saving" ? new Decoder({ path, opening: imagesOpening, hashed: true }) : null;
  response.writeHead(200, { "content-type": "application/json" });
  await new Promise<void>((resolve, reject) => {
    answer.on("data", (piece: Buffer) => {
      decoder?.push(piece);
      if (response.write(piece)) return;
      answer.pause();
      response.once("drain", () => answer.resume());
    });
    answer.on("end", resolve);
    answer.on("error", reject);
  });
  if (decoder !== null) {
    decoder.end();
    await sync(path);
  }
  response.end();
}

async function readText(request: IncomingMessage): Promise<string> {
  let text = "";
  for await (const piece of request.setEncoding("utf8")) text += String(piece);
  return text;
}

async function answerTo(body: string): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const headers = {
      "content-type": "application/json",
      "content-length": Buffer.byteLength(body),
      authorization: "Bearer bench",
    };
    ask(`${baseURL}/images/generations`, { method: "POST", agent: false, headers }, resolve)
      .on("error", reject)
      .end(body);
  });
}

async function sync(path: string): Promise<void> {
  const file = openSync(path, "r+");
  await new Promise<void>((resolve, reject) => {
    fsync(file, (error) => (error === null ? resolve() : reject(error)));
  });
  closeSync(file);
}
