/**
 * OpenAI's own library against `limn serve` (npm install openai):
 *
 *   limn serve                        # in another terminal; --sandbox to spend nothing
 *   eval "$(limn setup openai)"       # sets OPENAI_BASE_URL and OPENAI_API_KEY
 *   node examples/openai-client.ts
 */
import { readFile, writeFile } from "node:fs/promises";
import OpenAI, { toFile } from "openai";

// Reads both variables.
const client = new OpenAI();

const fox = await client.images.generate({ model: "gpt-image-2", prompt: "a red fox", size: "1024x1024" });
await writeFile("fox.png", Buffer.from(fox.data?.[0]?.b64_json ?? "", "base64"));

const night = await client.images.edit({
  model: "gpt-image-2",
  prompt: "make it night",
  image: await toFile(await readFile("fox.png"), "fox.png", { type: "image/png" }),
});
await writeFile("fox-night.png", Buffer.from(night.data?.[0]?.b64_json ?? "", "base64"));
console.log("fox.png, fox-night.png", fox.usage?.total_tokens);
