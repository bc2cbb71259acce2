import { describe, expect, it } from "vitest";
import { de } from "./de/index.ts";
import { en } from "./en/index.ts";
import { fill, type Text } from "./fill.ts";
import { zh } from "./zh/index.ts";

type Tables = Readonly<Record<string, Readonly<Record<string, Text>>>>;

function flat(tables: Tables): readonly (readonly [string, Text])[] {
  return Object.entries(tables).flatMap(([area, table]) =>
    Object.entries(table).map(([key, text]) => [`${area}.${key}`, text] as const),
  );
}

/** The names in braces of every form. */
function places(text: Text): readonly string[] {
  const forms = typeof text === "string" ? [text] : Object.values<string>({ ...text });
  const names = forms.flatMap((form) => [...form.matchAll(/\{(\w+)\}/g)].map(([, name]) => name ?? ""));
  // A form for one may leave the number out.
  return [...new Set(names)].filter((name) => name !== "count" || typeof text === "string").toSorted();
}

describe.each([
  ["German", de],
  ["Chinese", zh],
])("the %s texts", (_, tables) => {
  it("have every key of the English ones, and no other", () => {
    expect(
      flat(tables)
        .map(([key]) => key)
        .toSorted(),
    ).toEqual(
      flat(en)
        .map(([key]) => key)
        .toSorted(),
    );
  });

  it("have the same places for values", () => {
    const english = new Map(flat(en));
    const wrong = flat(tables).filter(([key, text]) => {
      const other = english.get(key);
      return other === undefined || places(text).join() !== places(other).join();
    });
    expect(wrong).toEqual([]);
  });

  it("are never empty", () => {
    expect(flat(tables).filter(([, text]) => fill(text, {}, "en").trim() === "")).toEqual([]);
  });
});

describe("a text", () => {
  it("takes the form that the number needs, written as the language does", () => {
    const text = { one: "{count} picture", other: "{count} pictures" };
    expect([fill(text, { count: 1 }, "en"), fill(text, { count: 10_000 }, "en")]).toEqual([
      "1 picture",
      "10,000 pictures",
    ]);
    expect(fill({ other: "{count} 张" }, { count: 1 }, "zh")).toBe("1 张");
    expect(fill({ one: "{count} Bild", other: "{count} Bilder" }, { count: 1234 }, "de")).toBe("1.234 Bilder");
  });

  it("keeps what a person wrote as it is, also braces and dollars", () => {
    expect(fill("{name}!", { name: "$& {name} <b>" }, "en")).toBe("$& {name} <b>!");
    expect(fill("{missing}", {}, "en")).toBe("{missing}");
  });
});
