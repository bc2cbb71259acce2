import type { Section } from "../bench.ts";
import { floorImages, limnManyImages } from "../contestants.ts";
import { compare } from "../measure/compare.ts";
import { rowsOf } from "../measure/row.ts";

const count = 32;
const job = { megabytes: 2 };

/** Many pictures at once in one process: the built library with its real store, against as many decoders. */
export const many: Section = {
  name: "many",
  measure: async (bench) => {
    const [limn = [], floor = []] = await compare(
      [limnManyImages(bench, job, count), floorImages(bench, job, count)],
      bench.runs ?? 9,
      bench.programs.reportUsage,
    );
    const targets = { wallMs: null, cpuMs: 1.4, peakMiB: 1.5 };
    return { rows: rowsOf(`${count} images of ${job.megabytes} MB at once`, limn, floor, targets) };
  },
};
