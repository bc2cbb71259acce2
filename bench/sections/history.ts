import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { Bench, Section } from "../bench.ts";
import { writeHistory } from "../history-files.ts";
import { compare, median } from "../measure/compare.ts";
import type { Contestant, Costs } from "../measure/compare.ts";
import { rowOf, rowsOf } from "../measure/row.ts";

const sizes = { tiny: 100, small: 1000, large: 10_000 };
/** How long after its last change a folder's time is trusted (library/synchroniser.ts); a history that was made this moment is no usual one. */
const settlingMs = 3000;

/** The history of 10,000 generations: its first page, a search, and the index made anew. */
export const history: Section = {
  name: "history",
  measure: async (bench) => {
    const homes = Object.fromEntries(
      Object.entries(sizes).map(([name, count]) => [name, prepareHome(bench, name, count)]),
    );
    await delay(settlingMs);
    const limn = (home: string, lines: number, ...parameters: readonly string[]): Contestant => ({
      command: () => ({ arguments: [bench.limn, "history", ...parameters], variables: variablesOf(home) }),
      check: (output) => expectLines(output, lines),
    });
    const large = homes["large"] ?? "";
    const byHand = (index: string): Contestant => ({
      command: () => ({ arguments: [bench.programs.historyByHand, index] }),
      check: (output) => expectLines(output, 20),
    });
    const indexByHand = (home: string): Contestant => ({
      command: () => ({
        arguments: [bench.programs.indexByHand, join(home, "generations"), join(home, "by-hand.sqlite")],
      }),
      check: (output) => expectLines(output, 1),
    });
    const runs = bench.runs ?? 15;
    // The first of each makes the index.
    await compare(
      Object.values(homes).map((home) => limn(home, 20)),
      1,
      bench.programs.reportUsage,
    );
    const [page = [], search = [], floor = []] = await compare(
      [limn(large, 20), limn(large, 20, "harbour", "light"), byHand(join(large, "index/library.sqlite"))],
      runs,
      bench.programs.reportUsage,
    );
    const rebuilds = Object.values(homes).flatMap((home) => [limn(home, 20, "--rebuild"), indexByHand(home)]);
    const [tiny = [], , small = [], , rebuilt = [], loop = []] = await compare(
      rebuilds,
      bench.runs ?? 5,
      bench.programs.reportUsage,
    );
    return {
      rows: [
        ...rowsOf("first page of 10,000", page, floor, { wallMs: 2, cpuMs: 2 }),
        ...rowsOf("first page of a search in 10,000", search, floor, { wallMs: null, cpuMs: null }),
        ...rowsOf("index of 10,000 made anew", rebuilt, loop, { wallMs: 2, cpuMs: 2 }),
        rowOf({
          name: "1,000 more, at 10,000 against at 1,000, CPU",
          unit: "ms",
          measured: perThousand(rebuilt, small, sizes.large - sizes.small),
          floor: perThousand(small, tiny, sizes.small - sizes.tiny),
          target: 1.3,
        }),
      ],
    };
  },
};

function prepareHome(bench: Bench, name: string, count: number): string {
  const home = join(bench.temporary, `history-${name}`);
  mkdirSync(home);
  writeHistory(home, count);
  return home;
}

function variablesOf(home: string): Record<string, string> {
  return { HOME: home, LIMN_HOME: home };
}

function perThousand(many: Costs, few: Costs, difference: number): number {
  const cpu = (costs: Costs): number => median(costs.map(({ cpuMs }) => cpuMs));
  return ((cpu(many) - cpu(few)) / difference) * 1000;
}

function expectLines(output: string, count: number): void {
  const lines = output.split("\n").length - 1;
  if (lines !== count) throw new Error(`${lines} lines came instead of ${count}`);
}
