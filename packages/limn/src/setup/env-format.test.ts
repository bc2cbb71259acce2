import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ConfigFault } from "./config-format.ts";
import type { EntryPlace } from "./config-format.ts";
import { envFormat } from "./env-format.ts";

const place: EntryPlace = { kind: "member", path: [], name: "KEY" };

describe("a file of variables", () => {
  test.each([
    ["KEY=a\n", "a"],
    ["  export KEY = 'a b' # note\n", "a b"],
    ['KEY="a#b"\n', "a#b"],
    ["KEY=a # note\n", "a"],
    ["KEY=\n", ""],
    ["# KEY=a\nOTHER_KEY=b\nKEYS=c\n", undefined],
    ["", undefined],
  ])("%j is read as %j", (text, value) => {
    expect(envFormat.read(text, place)).toBe(value);
  });

  test("gets a new variable at its end, and a changed one where it stands", () => {
    expect(envFormat.put("", place, "x").text).toBe("KEY=x\n");
    expect(envFormat.put("A=1", place, "x").text).toBe("A=1\nKEY=x\n");
    expect(envFormat.put("A=1\r\nKEY='y'\r\nB=2", place, "x").text).toBe("A=1\r\nKEY=x\r\nB=2");
    expect(envFormat.remove("A=1\r\nKEY=x\r\nB=2", place, 0)).toBe("A=1\r\nB=2");
  });

  test("with the variable twice is not edited", () => {
    expect(() => envFormat.put("KEY=a\nKEY=b\n", place, "x")).toThrow(ConfigFault);
  });

  test("keeps everything else, whatever it holds", () => {
    const line = fc.oneof(
      fc.constantFrom("A=1", "# KEY=a", "", "B='x", "  C = 2 # KEY=b"),
      fc.stringMatching(/^[^\r\n=]*$/),
    );
    fc.assert(
      fc.property(fc.array(line, { maxLength: 6 }), fc.constantFrom("\n", "\r\n"), (lines, lineEnd) => {
        const text = lines.map((each) => `${each}${lineEnd}`).join("");
        const { text: added } = envFormat.put(text, place, "x");
        expect(envFormat.read(added, place)).toBe("x");
        expect(envFormat.rest(added, place)).toBe(envFormat.rest(text, place));
        expect(envFormat.remove(added, place, 0)).toBe(text);
      }),
      { seed: 7 },
    );
  });
});
