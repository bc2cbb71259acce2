/** A picture from words: node examples/first-image.ts --sandbox */
import { createImageClient } from "@limn/core";
import { connect } from "./connection.ts";

const { options, close } = await connect();
const client = createImageClient(options);

const { images, account, timingsMs } = await client.generate(
  { operation: "generate", prompt: "a red fox in the snow, morning light", aspect: "16:9" },
  { delivery: { kind: "files", output: "fox.png", force: true, embedRecipe: false } },
);

for (const { path, width, height } of images) console.log(`${path} · ${width}x${height}`);
console.log(`paid by ${account.source} in ${Math.round(timingsMs.total / 1000)} s`);
await close();
