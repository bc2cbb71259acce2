import { resolve } from "node:path";
import type { Bench, Section } from "../bench.ts";
import { runProcess } from "../measure/run-process.ts";
import { rowOf } from "../measure/row.ts";
import type { Row } from "../measure/row.ts";

const inputs = [
  // Slow enough to be measured with less.
  { sliceBytes: 1, sizes: [0.5, 2] },
  { sliceBytes: 4 * 1024, sizes: [2, 8] },
  { sliceBytes: 16 * 1024, sizes: [2, 8] },
  { sliceBytes: 64 * 1024, sizes: [2, 8] },
] as const;

const readers = [
  { name: "scanner", module: "media/base64-scanner.js" },
  { name: "event reader", module: "engines/responses/answer.js" },
];

/** What takes answers apart, without a socket: a megabyte costs the same in a large answer as in a small one, in slices of any size. */
export const scanner: Section = {
  name: "scanner",
  measure: async (bench) => {
    const rows: Row[] = [];
    for (const { name, module } of readers) {
      for (const { sliceBytes, sizes } of inputs) {
        const [small = Number.NaN, large = Number.NaN] = await scan(bench, module, sliceBytes, sizes);
        rows.push(
          rowOf({
            name: `${name}, slices of ${describeBytes(sliceBytes)}, ${sizes[1]} MB against ${sizes[0]}, CPU`,
            unit: "ms/MB",
            measured: large / sizes[1],
            floor: small / sizes[0],
            target: 1.3,
          }),
        );
      }
    }
    return { rows };
  },
};

async function scan(
  bench: Bench,
  module: string,
  sliceBytes: number,
  sizes: readonly number[],
): Promise<readonly number[]> {
  const path = resolve(bench.core, "..", module);
  const { output } = await runProcess(
    { arguments: [bench.programs.scan, path, String(sliceBytes), ...sizes.map(String)] },
    bench.programs.reportUsage,
  );
  const times: unknown = JSON.parse(output);
  return Array.isArray(times) ? times.map(Number) : [];
}

function describeBytes(bytes: number): string {
  return bytes < 1024 ? `${bytes} byte` : `${bytes / 1024} KiB`;
}
