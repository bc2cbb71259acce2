/**
 * Run as `node --conditions=source churn-library.ts DATA PICTURES FAVOURITE ID…`: throws generations away and takes them back, removes for good
 * what is left in the trash and imports pictures, again and again, until it is killed. Says when it begins.
 */
import { writeSync } from "node:fs";
import { FileLibrary } from "../../packages/core/src/library/index.ts";

const [data = "", pictures = "", favourite = "", ...ids] = process.argv.slice(2);
const library = new FileLibrary({ data, codexHome: null, clock: Date.now, version: "test" });
const never = new AbortController().signal;
await library.mark(favourite, { favourite: true });
writeSync(1, "begun\n");
for (let round = 0; ; round += 1) {
  for (const id of ids) if (library.entry(id)?.trashedAt === null) await library.trash(id);
  for (const id of ids.slice(round % ids.length)) if (library.entry(id) !== null) await library.restore(id);
  await library.import([{ kind: "path", path: pictures }], never);
  for (const { id } of library.page({}, { limit: 2 }).entries) await library.trash(id);
  await library.prune({ trashOnly: true }, { isDryRun: false });
}
