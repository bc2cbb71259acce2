/**
 * The floor: `stream-images BASE_URL FOLDER COUNT` asks for COUNT pictures at once, with the request that limn sends, and writes them.
 * Prints their SHA-256.
 */
import { Decoder, imagesOpening } from "./decoder.ts";
import { requestAnswer } from "./request-answer.ts";

const body = JSON.stringify({
  prompt: "a red fox in the snow",
  background: "opaque",
  model: "gpt-image-2",
  quality: "auto",
  size: "auto",
});

async function streamImage(url: string, path: string): Promise<string> {
  const decoder = new Decoder({ path, opening: imagesOpening, hashed: true });
  await requestAnswer(url, body, (piece) => void decoder.push(piece));
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
