import { resolve } from "node:path";
import type { Bench, Section } from "../bench.ts";
import { runProcess } from "../measure/run-process.ts";
import { rowOf } from "../measure/row.ts";
import type { Row } from "../measure/row.ts";

const smallMegabytes = 2;
const largeMegabytes = 8;
const sliceSizes = [1, 4 * 1024, 16 * 1024, 64 * 1024];

/** The JSON scanner alone, without a socket: a megabyte costs the same in a large answer as in a small one, in slices of any size. */
export const scanner: Section = {
  name: "scanner",
  measure: async (bench) => {
    const rows: Row[] = [];
    for (const sliceBytes of sliceSizes) {
      const [small = Number.NaN, large = Number.NaN] = await scan(bench, sliceBytes);
      rows.push(
        rowOf({
          name: `scanner, slices of ${describeBytes(sliceBytes)}, ${largeMegabytes} MB against ${smallMegabytes}, CPU`,
          unit: "ms/MB",
          measured: large / largeMegabytes,
          floor: small / smallMegabytes,
          target: 1.3,
        }),
      );
    }
    return { rows };
  },
};

async function scan(bench: Bench, sliceBytes: number): Promise<readonly number[]> {
  const module = resolve(bench.core, "../media/base64-scanner.js");
  const sizes = [smallMegabytes, largeMegabytes].map(String);
  const { output } = await runProcess(
    { arguments: [bench.programs.scan, module, String(sliceBytes), ...sizes] },
    bench.programs.reportUsage,
  );
  const times: unknown = JSON.parse(output);
  return Array.isArray(times) ? times.map(Number) : [];
}

function describeBytes(bytes: number): string {
  return bytes < 1024 ? `${bytes} byte` : `${bytes / 1024} KiB`;
}
