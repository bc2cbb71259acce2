import { execFileSync } from "node:child_process";
import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { backgrounds, fits, pictureFormats, qualities, validateRequest } from "@limn/core";
import type { ImageRequest } from "@limn/core";
import { Command } from "commander";
import fc from "fast-check";
import { expect, it } from "vitest";
import { temporaryFolder } from "../../../../test/support/temporary-folder.ts";
import { addEditOptions, addGenerateOptions, readRequest } from "../generate-options.ts";
import type { RawGenerateOptions } from "../generate-options.ts";
import { commandLine, fileArgument, quote } from "./command-line.ts";
import type { NamedRequest } from "./command-line.ts";

const plain: NamedRequest = {
  operation: "generate",
  prompt: "a red fox",
  fields: {},
  images: [],
  mask: null,
  kit: null,
  emulated: false,
};

it("is what a person would type", () => {
  expect(commandLine(plain)).toBe("limn generate 'a red fox'");
  expect(
    commandLine({
      operation: "edit",
      prompt: "it's night",
      fields: {
        n: 2,
        size: "1200x630",
        fit: "cover",
        format: "webp",
        shrinkInputs: true,
        strict: false,
        engine: undefined,
      },
      images: ["@gen_01k:1", fileArgument("my fox.png"), fileArgument("-")],
      mask: fileArgument("/tmp/mask.png"),
      kit: "icons",
      emulated: true,
    }),
  ).toBe(
    String.raw`limn edit --count 2 --size 1200x630 --fit cover --format webp --shrink-inputs --image @gen_01k:1 --image './my fox.png' --image ./- --mask /tmp/mask.png --kit=icons --sandbox 'it'\''s night'`,
  );
  expect(commandLine({ ...plain, prompt: "-n" })).toBe("limn generate -- -n");
  expect(commandLine({ ...plain, prompt: "-" })).toBe("printf %s - | limn generate --prompt-file -");
});

it("quotes whatever a shell would take for something else", () => {
  for (const word of ["", "~", "a b", "$HOME", "`id`", "a;b", "*", "a\nb", "!!", "#x", "{a,b}", "=ls"])
    expect(quote(word)).toMatch(/^'[\s\S]*'$/);
});

const letters = fc.oneof(
  fc.string({ maxLength: 40, unit: "binary" }),
  fc.string({ maxLength: 40, unit: "grapheme" }),
  fc.stringMatching(/^[-'"\\$`!*?~#;&|<>()\n\t a-z0]{0,30}$/),
  fc.constantFrom("-", "--", "--size", "-n 3", "@last", "data:image/png", "\\0", "a\0b\n", "a\0\\c\n\n", "%s\\c"),
);
const prompts = letters.filter((text) => text.trim() !== "");
const names = letters.map((text) => text.replaceAll("\0", "")).filter((text) => text !== "");

const requests = fc.record({
  operation: fc.constantFrom("generate", "edit"),
  prompt: prompts,
  fields: fc.record(
    {
      n: fc.integer({ min: 1, max: 10 }),
      size: fc.constantFrom("1200x630", "1K", "auto"),
      fit: fc.constantFrom(...fits),
      format: fc.constantFrom(...pictureFormats),
      compression: fc.integer({ min: 0, max: 100 }),
      background: fc.constantFrom(...backgrounds),
      quality: fc.constantFrom(...qualities),
      model: fc.constantFrom("gpt-image-2", "gpt-image-2-high", "-m"),
      engine: fc.constantFrom("auto", "images", "responses", "codex"),
      partials: fc.integer({ min: 0, max: 3 }),
      shrinkInputs: fc.boolean(),
      strict: fc.boolean(),
    },
    { requiredKeys: [] },
  ),
  images: fc.array(names.map(fileArgument), { minLength: 1, maxLength: 3 }),
  hasMask: fc.boolean(),
});

it("gives limn's own parser the very same request, through a real shell", () => {
  const folder = temporaryFolder();
  const limn = join(folder, "limn");
  // Stands for limn: says what it was called with, and what came on stdin when it was to read that.
  writeFileSync(
    limn,
    `#!/bin/sh\nfor word in "$@"; do printf '%s\\0' "$word"; done > "$OUT"\ncase " $* " in *" --prompt-file - "*) cat > "$OUT.stdin";; *) cat "$OUT.none" 2>/dev/null;; esac\nexit 0\n`,
  );
  chmodSync(limn, 0o755);
  const scripts: { readonly line: string; readonly wanted: ImageRequest }[] = [];
  fc.assert(
    fc.property(requests, ({ hasMask, ...given }) => {
      const isEdit = given.operation === "edit";
      const named: NamedRequest = {
        ...given,
        images: isEdit ? given.images : [],
        mask: isEdit && hasMask ? (given.images[0] ?? null) : null,
        kit: null,
        emulated: false,
      };
      const wanted = wantedOf(named);
      if (wanted !== null) scripts.push({ line: commandLine(named), wanted });
    }),
    { numRuns: 400, seed: 7 },
  );
  expect(scripts.length).toBeGreaterThan(60);
  // One shell for all of them: each command line as it would be pasted.
  const script = scripts.map(({ line }, place) => `OUT=${folder}/${place}; export OUT\n${line}`).join("\n");
  execFileSync("/bin/sh", ["-c", script], {
    env: { PATH: `${folder}:${process.env.PATH ?? ""}` },
    stdio: ["ignore", "ignore", "inherit"],
  });
  for (const [place, { line, wanted }] of scripts.entries())
    expect([line, understood(join(folder, String(place)), wanted.operation)]).toEqual([line, wanted]);
});

/** Null for a request that limn would refuse anyway. */
function wantedOf({ operation, prompt, fields, images, mask }: NamedRequest): ImageRequest | null {
  try {
    return validateRequest({
      ...Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined && value !== false)),
      operation,
      prompt,
      ...(images.length === 0 ? {} : { images }),
      ...(mask === null ? {} : { mask }),
    });
  } catch {
    return null;
  }
}

/** As `limn generate` and `limn edit` read their words. */
function understood(path: string, operation: "generate" | "edit"): unknown {
  const words = readBytes(path).split("\0").slice(0, -1);
  const command = new Command("limn").allowUnknownOption();
  let prompt: string | undefined;
  let request: Readonly<Record<string, unknown>> = {};
  const add = operation === "edit" ? addEditOptions : addGenerateOptions;
  add(command.command(operation).argument("[prompt...]"))
    .allowUnknownOption()
    .action((parts: string[], raw: RawGenerateOptions) => {
      // The line end that reading from stdin takes away.
      prompt = raw.promptFile === "-" ? readBytes(`${path}.stdin`).replace(/\r?\n$/, "") : parts.join(" ");
      request = readRequest(operation, raw, prompt, raw.image ?? [], new Map());
    });
  command.parse(words, { from: "user" });
  return Object.fromEntries(Object.entries(request).filter(([, value]) => value !== undefined));
}

function readBytes(path: string): string {
  return process.getBuiltinModule("node:fs").readFileSync(path, "utf8");
}
