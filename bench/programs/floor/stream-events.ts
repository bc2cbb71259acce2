/**
 * The floor of the Responses route: `stream-events BASE_URL FOLDER PREVIEWS` asks for one picture as an event stream and writes it, and as
 * many previews before it as are named; others are passed over. Prints the picture's SHA-256. It does not ask for the list of models.
 */
import { Decoder } from "./decoder.ts";
import { requestAnswer } from "./request-answer.ts";

const { rmSync } = process.getBuiltinModule("node:fs");

async function main(): Promise<void> {
  const [baseURL = "", folder = "", previews = ""] = process.argv.slice(2);
  const body = JSON.stringify({
    model: "gpt-bench",
    input: [{ type: "message", role: "user", content: [{ type: "input_text", text: "a red fox in the snow" }] }],
    tools: [{ type: "image_generation", ...(previews === "0" ? {} : { partial_images: Number(previews) }) }],
    store: false,
    stream: true,
  });
  const shown = Array.from({ length: Number(previews) }, (_, index) => `${folder}/preview-${index + 1}.png`);
  const waiting = [
    ...shown.map((path) => ({ path, opening: '"partial_image_b64":"', hashed: false })),
    { path: `${folder}/image-1.png`, opening: '"result":"', hashed: true },
  ].reverse();
  const next = (): Decoder | null => {
    const options = waiting.pop();
    return options === undefined ? null : new Decoder(options);
  };
  let decoder = next();
  let sha256 = "";
  await requestAnswer(`${baseURL}/responses`, body, (piece) => {
    for (let rest: Buffer | null = piece; rest !== null && decoder !== null;) {
      rest = decoder.push(rest);
      if (rest === null) return;
      sha256 = decoder.end();
      decoder = next();
    }
  });
  if (decoder !== null) throw new Error("the answer was cut");
  for (const path of shown) rmSync(path);
  process.stdout.write(`${sha256}\n`);
}

void main();
