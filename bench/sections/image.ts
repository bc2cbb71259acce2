import type { Section } from "../bench.ts";
import { floorImages, limnImage } from "../contestants.ts";
import { compare, median } from "../measure/compare.ts";
import type { Costs } from "../measure/compare.ts";
import { rowOf, rowsOf } from "../measure/row.ts";
import type { Row } from "../measure/row.ts";

const sizes = [
  { megabytes: 2, runs: 15 },
  { megabytes: 8, runs: 11 },
  { megabytes: 25, runs: 9 },
  { megabytes: 100, runs: 5 },
];
const targets = { wallMs: null, cpuMs: 1.3, peakMiB: 1.25 };

/** One picture from the command line to the file, in four sizes. */
export const image: Section = {
  name: "image",
  measure: async (bench) => {
    const rows: Row[] = [];
    const ours = new Map<number, Costs>();
    for (const { megabytes, runs } of sizes) {
      const [limn = [], floor = []] = await compare(
        [limnImage(bench, { megabytes }), floorImages(bench, { megabytes }, 1)],
        bench.runs ?? runs,
        bench.programs.reportUsage,
      );
      ours.set(megabytes, limn);
      rows.push(...rowsOf(`one image of ${megabytes} MB`, limn, floor, targets));
    }
    return { rows: [...rows, flatness(ours), linearity(ours)] };
  },
};

function flatness(ours: ReadonlyMap<number, Costs>): Row {
  const peak = (megabytes: number): number => median((ours.get(megabytes) ?? []).map(({ peakMiB }) => peakMiB));
  return rowOf({
    name: "100 MB against 8 MB, peak memory",
    unit: "MiB",
    measured: peak(100),
    floor: peak(8),
    target: 1.15,
  });
}

/** What one more megabyte costs among large pictures, against the same among small ones. Start-up falls out. */
function linearity(ours: ReadonlyMap<number, Costs>): Row {
  const cpu = (megabytes: number): number => median((ours.get(megabytes) ?? []).map(({ cpuMs }) => cpuMs));
  const slope = (from: number, to: number): number => (cpu(to) - cpu(from)) / (to - from);
  return rowOf({
    name: "one more MB at 25 to 100 against 2 to 25, CPU",
    unit: "ms/MB",
    measured: slope(25, 100),
    floor: slope(2, 25),
    target: 1.3,
  });
}
