import type { Section } from "../bench.ts";
import { floorImages, limnImage } from "../contestants.ts";
import { compare } from "../measure/compare.ts";
import { rowsOf } from "../measure/row.ts";
import type { Row } from "../measure/row.ts";

const megabytes = 8;

/** The same picture in HTTP chunks of different sizes: the number of pieces must not matter more than it has to. */
export const slices: Section = {
  name: "slices",
  measure: async (bench) => {
    const rows: Row[] = [];
    for (const sliceBytes of [1024, 16 * 1024, 64 * 1024]) {
      const job = { megabytes, sliceBytes };
      const [limn = [], floor = []] = await compare(
        [limnImage(bench, job), floorImages(bench, job, 1)],
        bench.runs ?? 7,
        bench.programs.reportUsage,
      );
      rows.push(
        ...rowsOf(`${megabytes} MB in pieces of ${sliceBytes / 1024} KiB`, limn, floor, { cpuMs: 1.3, peakMiB: 1.25 }),
      );
    }
    return { rows };
  },
};
