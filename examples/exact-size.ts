/** Exact pixels and another file type: node examples/exact-size.ts --sandbox */
import { createImageClient } from "@limn/core";
import { connect } from "./connection.ts";

const { options, close } = await connect();
const client = createImageClient({
  ...options,
  // What works on pixels is a package of its own, loaded when a picture needs it.
  imageTools: async () => (await import("@limn/finish")).createImageTools(),
});

const { images, steps, truth, warnings } = await client.generate(
  { operation: "generate", prompt: "a lighthouse at dusk", size: "1200x630", format: "webp" },
  { delivery: { kind: "files", output: "hero.webp", force: true, embedRecipe: false } },
);

console.log(images[0]?.path);
for (const { property, asked, outcome, got } of truth) console.log(`${property}: ${asked} → ${outcome}, ${got}`);
console.log(`done here: ${steps.join(", ")}`);
for (const { code, message } of warnings) console.log(`${code}: ${message}`);
await close();
