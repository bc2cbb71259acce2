import { describe, expect, it } from "vitest";
import { itermSequence, kittySequence, pictureProtocol } from "./picture.ts";

describe("pictureProtocol", () => {
  it.each([
    [{ TERM: "xterm-kitty" }, "kitty"],
    [{ KITTY_WINDOW_ID: "1" }, "kitty"],
    [{ TERM_PROGRAM: "ghostty" }, "kitty"],
    [{ TERM_PROGRAM: "iTerm.app" }, "iterm"],
    [{ TERM_PROGRAM: "WezTerm", COLORTERM: "truecolor" }, "iterm"],
    [{ TERM: "xterm-256color", COLORTERM: "truecolor" }, "half-blocks"],
    [{ TERM: "xterm-kitty", TMUX: "/tmp/tmux-0/default,1,0", COLORTERM: "24bit" }, "half-blocks"],
    [{ TERM: "screen.xterm-256color", TERM_PROGRAM: "iTerm.app" }, null],
    [{ TERM: "xterm" }, null],
    [{}, null],
  ])("of %j is %s", (variables, protocol) => expect(pictureProtocol(variables)).toBe(protocol));
});

const escape = "\u001b";

describe("kittySequence", () => {
  it.each([1, 3072, 3073, 10_000])(
    "carries %i bytes in pieces of at most 4096 characters, the last one marked",
    (size) => {
      const png = Buffer.alloc(size, 7);
      const pieces = [...kittySequence(png).matchAll(new RegExp(`${escape}_G([^;]*);([\\w+/=]*)${escape}`, "g"))];
      expect(Buffer.from(pieces.map(([, , text]) => text).join(""), "base64").equals(png)).toBe(true);
      expect(pieces.every(([, , text = ""]) => text.length <= 4096)).toBe(true);
      expect(pieces[0]?.[1]).toContain("f=100,a=T,q=2");
      expect(pieces.map(([, control = ""]) => control.slice(-3))).toEqual(
        pieces.map((_, index) => (index === pieces.length - 1 ? "m=0" : "m=1")),
      );
    },
  );
});

describe("itermSequence", () => {
  it("states the size of what it carries", () => {
    expect(itermSequence(Buffer.from("abc"))).toBe(
      "\u001b]1337;File=inline=1;size=3;preserveAspectRatio=1:YWJj\u0007\n",
    );
  });
});
