import type { Section } from "../bench.ts";
import { Workplace } from "../contestants.ts";
import { compare } from "../measure/compare.ts";
import { rowsOf } from "../measure/row.ts";

/** How long the program takes to get going, against a Node that does nothing. */
export const start: Section = {
  name: "start",
  measure: async (bench) => {
    const place = new Workplace(bench);
    const variables = place.open();
    const node = (...parameters: readonly string[]) => ({ command: () => ({ arguments: parameters, variables }) });
    const [floor = [], version = [], dryRun = []] = await compare(
      [node("-e", "0"), node(bench.limn, "--version"), node(bench.limn, "generate", "x", "--dry-run")],
      bench.runs ?? 25,
      bench.programs.reportUsage,
    );
    place.close();
    return {
      rows: [
        ...rowsOf("limn --version", version, floor, { wallMs: 1.35, cpuMs: 1.2 }),
        ...rowsOf("limn generate --dry-run", dryRun, floor, { wallMs: 2.5, cpuMs: null }),
      ],
    };
  },
};
