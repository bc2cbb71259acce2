/** Writes packages/core/schema/v1/*.json from the zod schemas. With --check, says whether they are up to date. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { errorSchema, eventSchema, requestSchema, resultSchema } from "@limn/core/schema";
import { z } from "zod";

const folder = resolve(import.meta.dirname, "../packages/core/schema/v1");
const schemas = { request: requestSchema, result: resultSchema, event: eventSchema, error: errorSchema };
const check = process.argv.includes("--check");
let stale = 0;

mkdirSync(folder, { recursive: true });
for (const [name, schema] of Object.entries(schemas)) {
  const file = join(folder, `${name}.schema.json`);
  const text = `${JSON.stringify({ title: `limn ${name}, version 1`, ...z.toJSONSchema(schema, { io: "input" }) }, null, 2)}\n`;
  if (!check) writeFileSync(file, text);
  else if (readOrEmpty(file) !== text) {
    stale += 1;
    process.stderr.write(`${file} is not up to date; run: npm run schemas\n`);
  }
}
process.exitCode = stale === 0 ? 0 : 1;

function readOrEmpty(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}
