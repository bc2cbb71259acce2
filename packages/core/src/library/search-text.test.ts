import fc from "fast-check";
import { expect, test } from "vitest";
import { HistoryFolder } from "../../../../test/support/history-folder.ts";
import { thrownBy } from "../../../../test/support/rejection.ts";
import { temporaryFolder } from "../../../../test/support/temporary-folder.ts";
import { matchExpression, wordsOf } from "./search-text.ts";

const seed = 20261121;

test.each([
  ["A red FOX", ["a", "red", "fox"]],
  ["Füchsin, über Straße", ["fuchsin", "uber", "strasse"]],
  ["fu\u0308r", ["fur"]],
  ["雪中的红狐", ["雪", "中", "的", "红", "狐"]],
  ["iPhone手机 2", ["iphone", "手", "机", "2"]],
  ["여우가 눈에", ["여우가", "눈에"]],
  ["きつねと雪", ["き", "つ", "ね", "と", "雪"]],
  ["fox🦊fox", ["fox", "🦊", "fox"]],
  ['<b>"x"</b>\u0000\n*', ["b", "x", "b"]],
  ["... -- ''", []],
])("words of %j", (text, words) => {
  expect(wordsOf(text)).toEqual(words);
});

test("nothing of a text is read as the search's own language", () => {
  expect(matchExpression('fox OR "NEAR(a b)" * ^x -y col:z')).toBe(
    '"fox"* AND "or"* AND "near a"* AND "b"* AND "x"* AND "y"* AND "col z"*',
  );
  expect(matchExpression(' "*" ')).toBe(null);
});

const anyText = fc.oneof(
  fc.string({ unit: "binary", maxLength: 40 }),
  fc
    .array(
      fc.constantFrom(
        '"',
        "*",
        "^",
        "-",
        "AND",
        "OR",
        "NOT",
        "NEAR(",
        ")",
        "fox",
        "雪",
        "ü",
        " ",
        ":",
        "'",
        ";",
        "\u0000",
      ),
      {
        maxLength: 20,
      },
    )
    .map((parts) => parts.join("")),
);

test("every prompt is found by itself and by the beginnings of its words, and no text breaks the search", () => {
  const history = new HistoryFolder(temporaryFolder());
  const library = history.library();
  const others = history.write({ prompt: "entirely different 完全不同" });
  fc.assert(
    fc.property(anyText, anyText, (prompt, query) => {
      const id = history.write({ prompt, sent: {} });
      const found = (text: string): readonly string[] =>
        library.page({ text }, { limit: 1000 }).entries.map((entry) => entry.id);
      if (wordsOf(prompt).length > 0) expect(found(prompt)).toContain(id);
      // The same rule in plain JavaScript: each phrase stands in the text, its last word as a beginning.
      const phrases = query
        .split(/\s+/u)
        .map(wordsOf)
        .filter((phrase) => phrase.length > 0);
      const content = ` ${wordsOf(prompt).join(" ")} `;
      const isMeant = phrases.every((phrase) => content.includes(` ${phrase.join(" ")}`));
      if (query.trim() !== "") expect(found(query).includes(id)).toBe(phrases.length > 0 && isMeant);
      expect(found("entire")).toContain(others);
      history.removeByHand(id);
    }),
    { seed, numRuns: 150 },
  );
});

test("40,000 characters with markup and control characters are found like any others, and come back as they are", () => {
  const history = new HistoryFolder(temporaryFolder());
  const prompt = `<script>alert("1")</script>\u0007\u001b[31m ${"long ".repeat(7990)} needle`;
  expect(prompt.length).toBeGreaterThan(40_000 - 50);
  const id = history.write({ prompt });
  const [entry] = history.library().page({ text: "needl script" }, { limit: 1 }).entries;
  expect([entry?.id, entry?.prompt]).toEqual([id, prompt]);
});

test("a question that would hold everybody up is refused with its length; words that are said again cost nothing", () => {
  const library = new HistoryFolder(temporaryFolder()).library();
  for (const text of ["雪".repeat(201), "a-".repeat(201), Array.from({ length: 201 }, (_, n) => `w${n}`).join(" ")]) {
    const error = thrownBy(() => library.page({ text }, { limit: 1 }));
    expect([error.code, error.details.words]).toEqual(["invalid_option", 201]);
  }
  expect(library.page({ text: "red fox ".repeat(20_000) }, { limit: 1 }).total).toBe(0);
});
