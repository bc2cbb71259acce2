import { mkdirSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import sharp from "sharp";
import type { Section } from "../bench.ts";
import { compare } from "../measure/compare.ts";
import type { Contestant } from "../measure/compare.ts";
import { rowsOf } from "../measure/row.ts";

const side = 1254;

/** A picture of the size that the service draws, cut and scaled to exact pixels, each in a process of its own. */
export const finish: Section = {
  name: "finish",
  measure: async (bench) => {
    const folder = join(bench.temporary, "finish");
    mkdirSync(folder);
    const source = join(folder, "source.png");
    await writeScene(source);
    const contestant = (program: string): Contestant => {
      const target = join(folder, "target.png");
      return {
        command: () => ({ arguments: [program, source, target] }),
        check: () => {
          if (statSync(target).size < 100_000) throw new Error("that is no picture of 1200x630");
          rmSync(target);
        },
      };
    };
    const [floor = [], library = []] = await compare(
      [contestant(bench.programs.sharpByHand), contestant(bench.programs.finishPicture)],
      bench.runs ?? 15,
      bench.programs.reportUsage,
    );
    return {
      rows: rowsOf(`${side}x${side} to 1200x630 PNG`, library, floor, { wallMs: null, cpuMs: 1.2, peakMiB: null }),
    };
  },
};

/** Soft shapes with a little grain: what a drawn picture costs an encoder, which neither noise nor a flat ground does. */
async function writeScene(path: string): Promise<void> {
  const pixels = Buffer.alloc(side * side * 3);
  let grain = 1;
  for (let offset = 0; offset < pixels.length; offset += 1) {
    const pixel = Math.floor(offset / 3);
    const x = (pixel % side) / side;
    const y = Math.floor(pixel / side) / side;
    grain = (Math.imul(grain, 1_664_525) + 1_013_904_223) >>> 0;
    const shade = Math.sin(9 * x + (offset % 3)) * Math.cos(7 * y * (1 + x)) * 100;
    pixels[offset] = 128 + shade + (grain >>> 29);
  }
  await sharp(pixels, { raw: { width: side, height: side, channels: 3 } })
    .png()
    .toFile(path);
}
