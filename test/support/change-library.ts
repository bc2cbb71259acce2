/**
 * Run as `node --conditions=source change-library.ts DATA NAME TIMES [ID…]`: writes generations and marks given ones again and again, looking at the
 * library in between, and says how far it is.
 */
import { mkdirSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { Journal, createGenerationId } from "../../packages/core/src/artifacts/index.ts";
import { FileLibrary } from "../../packages/core/src/library/index.ts";
import { manifest } from "./manifest.ts";

const [data = "", name = "", times = "0", ...ids] = process.argv.slice(2);
const library = new FileLibrary({ data, codexHome: null, clock: Date.now, version: "test" });
const journal = new Journal(data);
for (let count = 0; count < Number(times); count += 1) {
  const id = createGenerationId(Date.now());
  const folder = join(data, "generations", id);
  mkdirSync(folder, { recursive: true });
  writeFileSync(
    join(folder, "manifest.json"),
    JSON.stringify(manifest({ id, state: "done", prompt: `${name} ${count}` })),
  );
  journal.changed(id);
  if (library.entry(id) === null) throw new Error(`${id} is not seen by who wrote it`);
  for (const marked of ids) await library.mark(marked, { addTags: [`${name}-${count}`] });
  writeSync(1, `${id}\n`);
}
library.close();
