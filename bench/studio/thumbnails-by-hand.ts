/** `node thumbnails-by-hand.ts TARGET WIDTH AT_ONCE FILE…`: the same pipeline as limn's thumbnails and nothing else; prints milliseconds. */
import { join } from "node:path";
import sharp from "sharp";

const [target = "", width = "", atOnce = "", ...sources] = process.argv.slice(2);
sharp.cache(false);

const make = async (source: string, name: string): Promise<void> => {
  await sharp(source)
    .resize({ width: Number(width), withoutEnlargement: true })
    .webp({ quality: 80, effort: 3 })
    .toFile(join(target, `${name}.webp`));
};

const [first, ...others] = sources.entries();
if (first === undefined) throw new Error("no pictures");
// Loading libvips and the first run of everything are not what is measured.
await make(first[1], String(first[0]));
const startedAt = performance.now();
const left = [...others];
await Promise.all(
  Array.from({ length: Number(atOnce) }, async () => {
    for (let next = left.shift(); next !== undefined; next = left.shift()) await make(next[1], String(next[0]));
  }),
);
process.stdout.write(`${performance.now() - startedAt}\n`);
