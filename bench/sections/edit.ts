import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Section } from "../bench.ts";
import { floorEdit, limnEdit } from "../contestants.ts";
import { compare } from "../measure/compare.ts";
import { rowsOf } from "../measure/row.ts";
import { bytesPerMegabyte, createPicture } from "../server/picture.ts";

const count = 5;
const megabytes = 9;
const job = { megabytes: 2 };
/** About as many pixels as the bytes of noise that they need. */
const landscape = { width: 2048, height: 1365 };
const square = { width: 1712, height: 1712 };

/**
 * Several large references in, one picture out. Two floors: limn reads all references before it sends the first byte, since none may be cut
 * and the record names each by its SHA-256; an upload alone need not. References that have the answer's shape are compared with it, which
 * takes sharp; no floor does that.
 */
export const edit: Section = {
  name: "edit",
  measure: async (bench) => {
    const write = (name: string, size: typeof square): readonly string[] =>
      Array.from({ length: count }, (_, index) => {
        const file = join(bench.temporary, `${name}-${index + 1}.png`);
        writeFileSync(
          file,
          createPicture(megabytes * bytesPerMegabyte, { size, variant: index + 1, noisyPixels: true }),
        );
        return file;
      });
    const others = write("landscape", landscape);
    const alike = write("square", square);
    const [plain = [], hashing = [], limn = [], looking = []] = await compare(
      [
        floorEdit(bench, job, others, false),
        floorEdit(bench, job, others, true),
        limnEdit(bench, job, others),
        limnEdit(bench, job, alike),
      ],
      bench.runs ?? 9,
      bench.programs.reportUsage,
    );
    const name = `edit with ${count} references of ${megabytes} MB`;
    const targets = { wallMs: null, cpuMs: 1.3, peakMiB: 1.25 };
    const open = { wallMs: null, cpuMs: null, peakMiB: null };
    return {
      rows: [
        ...rowsOf(name, limn, plain, targets),
        ...rowsOf(`${name}, floor hashes first`, limn, hashing, targets),
        ...rowsOf(`${name} of the answer's shape`, looking, plain, open),
      ],
    };
  },
};
