import { describe, expect, test } from "vitest";
import { hostModels } from "./host-model.ts";

const list = (...models: readonly unknown[]): string => JSON.stringify({ models });
const slugs = (text: string): string[] => hostModels(text).map(({ slug }) => slug);

describe("the models that can host the tool", () => {
  test("are those of the list that are shown and take images, the best first", () => {
    const models = hostModels(
      list(
        { slug: "last", priority: 13 },
        {
          slug: "lite",
          priority: 2,
          use_responses_lite: true,
          visibility: "list",
          input_modalities: ["text", "image"],
        },
        { slug: "hidden", priority: 1, visibility: "hide" },
        { slug: "blind", priority: 1, input_modalities: ["text"] },
        { slug: "gpt-6.1-codex-spark", priority: 0 },
        { slug: "first", priority: -1, use_responses_lite: "yes", input_modalities: null },
      ),
    );
    expect(models).toEqual([
      { slug: "first", isLite: false },
      { slug: "lite", isLite: true },
      { slug: "last", isLite: false },
    ]);
  });

  test("without a priority come last, in the list's order", () => {
    expect(
      slugs(list({ slug: "c" }, { slug: "a", priority: "1" }, { slug: "b", priority: 999 }, { slug: "d" })),
    ).toEqual(["b", "c", "a", "d"]);
  });

  test.each([
    "",
    "<html>",
    "[]",
    "null",
    "{}",
    '{"models":{}}',
    '{"models":[null,1,"x",[],{},{"slug":""},{"slug":7},{"id":"x"}]}',
  ])("are none in %o", (text) => {
    expect(hostModels(text)).toEqual([]);
  });
});
