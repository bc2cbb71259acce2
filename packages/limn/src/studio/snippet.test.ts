import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { expect, it } from "vitest";
import { temporaryFolder } from "../../../../test/support/temporary-folder.ts";
import type { NamedRequest } from "./command-line.ts";
import { snippet } from "./snippet.ts";

const requests = fc.record<NamedRequest>({
  operation: fc.constantFrom("generate", "edit"),
  prompt: fc.oneof(fc.string({ unit: "binary" }), fc.constantFrom("`${x}`", "\u2028</script>", '"\\', "\0")),
  fields: fc.record(
    { n: fc.integer({ min: 1, max: 10 }), size: fc.constant("1K"), strict: fc.boolean() },
    { requiredKeys: [] },
  ),
  images: fc.array(fc.string({ unit: "binary" }), { maxLength: 2 }),
  mask: fc.option(fc.string()),
  kit: fc.constant(null),
  emulated: fc.boolean(),
});

it("is a program that asks for the very same", () => {
  const folder = temporaryFolder();
  // Stand for the packages: they say what they were asked for.
  const stub = (name: string, code: string): void => {
    const place = join(folder, "node_modules", name);
    mkdirSync(place, { recursive: true });
    writeFileSync(join(place, "package.json"), JSON.stringify({ name, type: "module", exports: "./index.js" }));
    writeFileSync(join(place, "index.js"), code);
  };
  stub(
    "@limn/core",
    "export const createImageClient = (options) => ({ generate: async (request) => { await options?.imageTools(); globalThis.asked.push(request); return { images: [] }; } });",
  );
  stub("@limn/finish", "export const createImageTools = () => ({});");
  const samples = fc.sample(requests, { seed: 9, numRuns: 60 });
  for (const [place, sample] of samples.entries()) writeFileSync(join(folder, `s${place}.mjs`), snippet(sample));
  writeFileSync(
    join(folder, "all.mjs"),
    `import { writeFileSync } from "node:fs";\nglobalThis.asked = [];\nfor (let place = 0; place < ${samples.length}; place += 1) await import("./s" + place + ".mjs");\nwriteFileSync("asked.json", JSON.stringify(asked));\n`,
  );
  execFileSync(process.execPath, ["all.mjs"], { cwd: folder, stdio: ["ignore", "ignore", "inherit"] });
  const asked: unknown = JSON.parse(
    process.getBuiltinModule("node:fs").readFileSync(join(folder, "asked.json"), "utf8"),
  );
  expect(asked).toEqual(
    samples.map(({ operation, prompt, fields, images, mask }) => ({
      operation,
      prompt,
      ...fields,
      ...(images.length === 0 ? {} : { images }),
      ...(mask === null ? {} : { mask }),
    })),
  );
});
