/** What was made before, and one more of it: node examples/history.ts --sandbox */
import { createLimn } from "@limn/core";
import { connect } from "./connection.ts";

const { options, close } = await connect();
const limn = createLimn(options);

// Without a delivery the picture stays in limn's own folder.
await limn.images.generate({ operation: "generate", prompt: "an owl on a branch", aspect: "square" });

let shown = 0;
for (const { id, status, manifest } of limn.store.list()) {
  console.log(`${id} ${status} ${manifest.images.length} ${manifest.prompt ?? "(prompt not kept)"}`);
  shown += 1;
  if (shown === 10) break;
}

const scope = { folder: process.cwd(), session: null, emulated: options.sandbox !== undefined };
const newest = limn.store.find("@last", scope);
const variation = await limn.images.generate(await limn.images.repeat(newest, { vary: true }), {
  delivery: { kind: "files", output: "owl.png", force: true, embedRecipe: false },
});
console.log(variation.images[0]?.path, "from", variation.parents);
await close();
