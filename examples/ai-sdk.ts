/** The AI SDK 7, with the plan instead of an API key (npm install ai): node examples/ai-sdk.ts --sandbox */
import { writeFile } from "node:fs/promises";
import { createLimn, limnOptions } from "@limn/ai-sdk";
import { generateImage } from "ai";
import { connect } from "./connection.ts";

const { options, close } = await connect();
const limn = createLimn(options);

const { images, warnings } = await generateImage({
  model: limn.image("gpt-image-2"),
  prompt: "a red fox in the snow",
  n: 2,
  size: "1200x630",
  providerOptions: limnOptions({ format: "webp", compression: 80 }),
});
for (const [place, { uint8Array }] of images.entries()) await writeFile(`fox-${place + 1}.webp`, uint8Array);
for (const warning of warnings) console.log(warning);
await close();
