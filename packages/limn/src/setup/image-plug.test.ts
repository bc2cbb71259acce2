import { mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Environment } from "@limn/core";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { stringify as stringifyYaml } from "yaml";
import { temporaryFolder } from "../../../../test/support/temporary-folder.ts";
import { clientNamed } from "./clients.ts";
import { baseURLOf } from "./image-plug.ts";
import type { ImagePlugEntry, ServePlace } from "./image-plug.ts";
import { apply, planEntry, planUndoEntry } from "./plan.ts";
import { snippet } from "./snippet.ts";

const place: ServePlace = {
  baseURL: "http://127.0.0.1:4310/v1",
  isNamed: false,
  key: "first-key-first-key-first-key-first",
};
const later: ServePlace = { ...place, key: "other-key-other-key-other-key-other" };

function machine(): Environment & { home: string } {
  const home = temporaryFolder();
  return { home, platform: "linux", workingFolder: home, variables: { LIMN_HOME: join(home, "limn") } };
}

const entries: readonly ImagePlugEntry[] = ["hermes", "open-design"].flatMap(
  (id) => clientNamed(id).images?.entries ?? [],
);

function entryNamed(fileName: string): ImagePlugEntry {
  const entry = entries.find((each) => each.fileName === fileName);
  if (entry === undefined) throw new Error(`no ${fileName}`);
  return entry;
}

/** An entry, its file with `content`, and what setup and undo do with it. */
function at(fileName: string, content: string | null, environment = machine()) {
  const entry = entryNamed(fileName);
  const path = join(environment.home, "settings", fileName);
  if (content !== null) {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content, { mode: 0o644 });
  }
  return {
    path,
    plan: (given: ServePlace = place) => planEntry(environment, entry, path, given, "images"),
    setup: (given: ServePlace = place) =>
      apply(environment, planEntry(environment, entry, path, given, "images"), "user"),
    undo: () => apply(environment, planUndoEntry(environment, entry, path, "images"), "user"),
    text: () => readFileSync(path, "utf8"),
  };
}

const word = fc.stringMatching(/^[a-z]{1,6}$/);
const texts: Readonly<Record<string, fc.Arbitrary<string>>> = {
  "media-config.json": fc
    .tuple(
      fc.dictionary(word, fc.record({ apiKey: word, baseUrl: word })),
      fc.constantFrom(undefined, "  ", "\t"),
      fc.boolean(),
    )
    .map(([providers, indent, isBare]) => JSON.stringify(isBare ? {} : { providers, aliases: {} }, null, indent)),
  "config.yaml": fc
    .tuple(
      fc.dictionary(word, word),
      fc.option(
        fc.record(
          { provider: word, model: word, openai: fc.dictionary(fc.constantFrom("model", "base_url", "timeout"), word) },
          { requiredKeys: [] },
        ),
      ),
    )
    .map(([rest, image_gen]) => stringifyYaml(image_gen === null ? rest : { ...rest, image_gen, last: 1 })),
  ".env": fc
    .array(fc.constantFrom("A=1", "# LIMN_SERVE_KEY=x", "", "OPENAI_API_KEY='y'"), { maxLength: 4 })
    .map((lines) => lines.join("\n")),
};

describe("pointing a program's own image tool at limn serve", () => {
  test.each(Object.keys(texts))("and undoing it gives back every byte of %s, also after a new key", (fileName) => {
    const one = at(fileName, "");
    fc.assert(
      fc.property(
        texts[fileName] ?? fc.constant(""),
        fc.array(fc.constantFrom(place, later), { minLength: 1, maxLength: 3 }),
        (text, times) => {
          writeFileSync(one.path, text);
          for (const each of times) {
            one.setup(each);
            expect(one.plan(each).action).toBe("none");
          }
          one.undo();
          expect(one.text()).toBe(text);
        },
      ),
      { numRuns: 40, seed: 11 },
    );
  });

  test.each(["media-config.json", ".env"])("leaves %s to its owner alone", (fileName) => {
    const one = at(fileName, "");
    one.setup();
    expect(statSync(one.path).mode & 0o777).toBe(0o600);
  });

  test("keeps the comments and the model that stand in image_gen.openai", () => {
    const one = at("config.yaml", "image_gen:\n  openai: # mine\n    model: gpt-image-2-high # best\n");
    one.setup();
    expect(one.text()).toContain("  openai: # mine\n    model: gpt-image-2-high # best\n    base_url:");
  });

  test("keeps an address that was named once, until another is named", () => {
    const one = at("media-config.json", null);
    one.setup({ ...place, baseURL: "http://10.0.0.2:80/v1", isNamed: true });
    expect(one.plan().action).toBe("none");
    expect(one.plan({ ...place, isNamed: true }).action).toBe("change");
  });

  test("prints what would be written to an empty file", () => {
    for (const entry of entries) {
      const spot = entry.place("");
      expect(`${snippet(entry, spot, entry.entry(place, spot))}\n`).toBe(at(entry.fileName, null).plan().after);
    }
  });
});

test.each([
  ["http://127.0.0.1:4310", "http://127.0.0.1:4310/v1"],
  ["http://127.0.0.1:4310/v1/", "http://127.0.0.1:4310/v1"],
  ["https://proxy.example/limn", "https://proxy.example/limn/v1"],
  ["127.0.0.1:4310", null],
  ["ftp://127.0.0.1", null],
  ["http://me@127.0.0.1", null],
  ["http://127.0.0.1/?key=1", null],
])("the base URL of %s is %s", (address, baseURL) => {
  expect(baseURLOf(address)).toBe(baseURL);
});
