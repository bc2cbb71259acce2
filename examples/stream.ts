/** Events while a picture is made: node examples/stream.ts --sandbox */
import { copyFile } from "node:fs/promises";
import { createImageClient } from "@limn/core";
import { connect } from "./connection.ts";

const { options, close } = await connect();
const client = createImageClient(options);

// Previews take the engine `responses`, which also spends of the plan's chat window.
const events = client.stream(
  { operation: "generate", prompt: "a paper crane", aspect: "square", partials: 2 },
  {
    delivery: { kind: "files", output: "crane.png", force: true, embedRecipe: false },
    // Whoever wants to stop aborts; so does leaving the loop.
    signal: AbortSignal.timeout(330_000),
  },
);

for await (const event of events) {
  if (event.type === "image-progress") console.log(event.stage);
  // A preview's file is gone when the generation ends.
  if (event.type === "image-partial") await copyFile(event.path, `preview-${event.partialIndex + 1}.png`);
  if (event.type === "image-end") console.log(event.image?.path ?? event.failure?.message);
  if (event.type === "generation-end") console.log(event.result.status);
}
await close();
