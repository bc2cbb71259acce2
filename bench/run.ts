/**
 * `npm run bench`: measures the built program against floors of the same run and prints a table. See README.md.
 *
 * `--check` ends with status 1 when a target is missed, `--only start,image` takes some sections, `--runs N` sets how often each
 * program runs, `--json FILE` writes the figures.
 */
import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { withBench } from "./bench.ts";
import type { Section } from "./bench.ts";
import { isMet } from "./measure/row.ts";
import type { Row } from "./measure/row.ts";
import { edit } from "./sections/edit.ts";
import { finish } from "./sections/finish.ts";
import { history } from "./sections/history.ts";
import { image } from "./sections/image.ts";
import { many } from "./sections/many.ts";
import { mcp } from "./sections/mcp.ts";
import { peersSection } from "./sections/peers.ts";
import { scanner } from "./sections/scanner.ts";
import { serve } from "./sections/serve.ts";
import { slices } from "./sections/slices.ts";
import { start } from "./sections/start.ts";
import { stream } from "./sections/stream.ts";
import { studio } from "./sections/studio.ts";
import { formatRows } from "./table.ts";

const sections: readonly Section[] = [
  start,
  image,
  slices,
  many,
  scanner,
  edit,
  stream,
  finish,
  history,
  mcp,
  serve,
  studio,
  peersSection,
];

const { values } = parseArgs({
  options: {
    check: { type: "boolean", default: false },
    only: { type: "string", default: sections.map(({ name }) => name).join(",") },
    runs: { type: "string" },
    json: { type: "string" },
  },
});
const wanted = values.only.split(",").map((name) => {
  const section = sections.find((candidate) => candidate.name === name);
  if (section === undefined) throw new Error(`--only knows ${sections.map((known) => known.name).join(", ")}`);
  return section;
});
const runs = values.runs === undefined ? null : Number(values.runs);
if (runs !== null && !(Number.isInteger(runs) && runs > 0)) throw new Error("--runs takes a whole number from 1");

const results: (Row & { readonly section: string; readonly met: boolean })[] = [];
await withBench(runs, async (bench) => {
  for (const { name, measure } of wanted) {
    const { rows, notes = [] } = await measure(bench);
    results.push(...rows.map((row) => ({ section: name, ...row, met: isMet(row) })));
    process.stdout.write(`${formatRows(name, rows)}\n${notes.map((note) => `${note}\n`).join("")}\n`);
  }
});

const missed = results.filter(({ met }) => !met);
process.stdout.write(missed.length === 0 ? "All targets are met.\n" : `Over target: ${missed.length}.\n`);
if (values.json !== undefined)
  writeFileSync(values.json, `${JSON.stringify({ node: process.version, results }, null, 1)}\n`);
if (values.check && missed.length > 0) process.exitCode = 1;
