/** Run as `node --conditions=source deliver-many.ts ORIGINAL FOLDER TIMES`: delivers one file again and again, and prints every path. */
import { deliver } from "../../packages/core/src/artifacts/deliver.ts";

const [original = "", folder = "", times = "0"] = process.argv.slice(2);
const destination = { folder, name: "fox", extension: null, force: false };
for (let count = 0; count < Number(times); count += 1) {
  const { path } = deliver(original, destination, "unused", { index: 0, n: 1 }, "png");
  process.stdout.write(`${path}\n`);
}
