/**
 * The floor: `stream-images BASE_URL FOLDER COUNT` asks for COUNT pictures at once, with the request that limn sends, and writes them.
 * Prints their SHA-256.
 */
import type { IncomingMessage } from "node:http";
import { Decoder } from "./decoder.ts";

// Not imported: an ESM import of node:http loads undici as well, which a floor must not pay for.
const { request } = process.getBuiltinModule("node:http");

const body = JSON.stringify({
  prompt: "a red fox in the snow",
  background: "opaque",
  model: "gpt-image-2",
  quality: "auto",
  size: "auto",
});

async function streamImage(url: string, path: string): Promise<string> {
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    const headers = {
      "content-type": "application/json",
      "content-length": Buffer.byteLength(body),
      authorization: "Bearer bench",
    };
    request(url, { method: "POST", agent: false, headers }, resolve).on("error", reject).end(body);
  });
  const decoder = new Decoder(path);
  await new Promise<void>((resolve, reject) => {
    answer.on("data", (piece: Buffer) => decoder.push(piece));
    answer.on("end", resolve);
    answer.on("error", reject);
  });
  return decoder.end();
}

async function main(): Promise<void> {
  const [baseURL = "", folder = "", count = ""] = process.argv.slice(2);
  const hashes = await Promise.all(
    Array.from({ length: Number(count) }, async (_, index) =>
      streamImage(`${baseURL}/images/generations`, `${folder}/image-${index + 1}.png`),
    ),
  );
  process.stdout.write(`${hashes.join("\n")}\n`);
}

void main();
