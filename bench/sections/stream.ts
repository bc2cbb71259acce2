import type { Section } from "../bench.ts";
import { floorStream, limnStream } from "../contestants.ts";
import type { StreamJob } from "../contestants.ts";
import { compare, median } from "../measure/compare.ts";
import type { Costs } from "../measure/compare.ts";
import { rowOf, rowsOf } from "../measure/row.ts";
import type { Row } from "../measure/row.ts";

interface Measured {
  readonly name: string;
  readonly job: StreamJob;
  readonly runs: number;
}

interface Pair {
  readonly limn: Costs;
  readonly floor: Costs;
}

const small: Measured = { name: "8 MB", job: { megabytes: 8 }, runs: 9 };
const middle: Measured = { name: "25 MB", job: { megabytes: 25 }, runs: 7 };
const large: Measured = { name: "100 MB", job: { megabytes: 100 }, runs: 5 };
const previews = { megabytes: 8, previews: 3 };
const measurements: readonly Measured[] = [
  small,
  { name: "8 MB and 3 previews that nobody wants", job: previews, runs: 9 },
  { name: "8 MB, --partials 3", job: { ...previews, wantsPreviews: true }, runs: 9 },
  middle,
  large,
];
const targets = { wallMs: null, cpuMs: 1.3, peakMiB: 1.25 };
const slices = [1024, 16 * 1024, 64 * 1024];

/** The Responses route, where a picture is one event of the stream. */
export const stream: Section = {
  name: "stream",
  measure: async (bench) => {
    const measure = async ({ job, runs }: Measured): Promise<Pair> => {
      const [limn = [], floor = []] = await compare(
        [limnStream(bench, job), floorStream(bench, job)],
        bench.runs ?? runs,
        bench.programs.reportUsage,
      );
      return { limn, floor };
    };
    const rows: Row[] = [];
    const pairs = new Map<Measured, Pair>();
    for (const measurement of measurements) {
      const pair = await measure(measurement);
      pairs.set(measurement, pair);
      rows.push(...rowsOf(`events with ${measurement.name}`, pair.limn, pair.floor, targets));
    }
    rows.push(...growth(pairs.get(small), pairs.get(middle), pairs.get(large)));
    const sliced: Pair[] = [];
    for (const sliceBytes of slices) {
      const pair = await measure({ name: "", job: { megabytes: 8, sliceBytes }, runs: 7 });
      sliced.push(pair);
      const name = `events with 8 MB in pieces of ${sliceBytes / 1024} KiB`;
      rows.push(...rowsOf(name, pair.limn, pair.floor, { cpuMs: 1.3, peakMiB: 1.25 }));
    }
    return { rows: [...rows, ...manyPieces(sliced[0], sliced.at(-1))] };
  },
};

const cpu = (costs: Costs): number => median(costs.map(({ cpuMs }) => cpuMs));
const peak = (costs: Costs): number => median(costs.map(({ peakMiB }) => peakMiB));

/** What size costs without the start of the program, which falls out of a difference. */
function growth(at8?: Pair, at25?: Pair, at100?: Pair): Row[] {
  if (at8 === undefined || at25 === undefined || at100 === undefined) return [];
  const perMegabyte = (costs: (pair: Pair) => Costs): number => (cpu(costs(at100)) - cpu(costs(at25))) / 75;
  return [
    rowOf({
      name: "events with 100 MB against 8 MB, peak memory",
      unit: "MiB",
      measured: peak(at100.limn),
      floor: peak(at8.limn),
      target: 1.15,
    }),
    rowOf({
      name: "events, one more MB at 25 to 100, CPU",
      unit: "ms/MB",
      measured: perMegabyte(({ limn }) => limn),
      floor: perMegabyte(({ floor }) => floor),
      target: 1.3,
    }),
  ];
}

/** What pieces of the smallest size cost more than pieces of the largest. */
function manyPieces(many?: Pair, few?: Pair): Row[] {
  if (many === undefined || few === undefined) return [];
  return [
    rowOf({
      name: "events with 8 MB, 1 KiB pieces beyond 64 KiB pieces, CPU",
      unit: "ms",
      measured: cpu(many.limn) - cpu(few.limn),
      floor: cpu(many.floor) - cpu(few.floor),
      target: 1.3,
    }),
  ];
}
