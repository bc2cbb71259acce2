import { writeFileSync } from "node:fs";
import type { Emulator } from "@limn/emulator";
import { describe, expect, it } from "vitest";
import { proves } from "./requirements.ts";
import { World, imageCalls } from "./support/world.ts";

const awkward = 'Zwei Zeilen\nund "Anführung" \\ Backslash\n\ttab 🦊👩‍🚀 日本語 \u0000 ende';

function promptsOf(emulator: Emulator): unknown[] {
  return imageCalls(emulator).map(({ body }) =>
    typeof body === "object" && body !== null && "prompt" in body ? body.prompt : null,
  );
}

describe("the prompt", () => {
  it(`comes from piped stdin, from - and from --prompt-file, without the line end that tools add ${proves("prompt-sources")}`, async () => {
    const world = new World();
    const emulator = await world.startService();
    writeFileSync(world.path("prompt.txt"), "from a file\r\n");
    const results = [
      await world.run(["generate", "-o", "1.png"], { input: "piped\n" }),
      await world.run(["-o", "2.png"], { input: "piped into the bare command" }),
      await world.run(["generate", "-", "-o", "3.png"], { input: "asked for\n" }),
      await world.run(["generate", "--prompt-file", "prompt.txt", "-o", "4.png"]),
      await world.run(["generate", "--prompt-file", "-", "-o", "5.png"], { input: "file on stdin\n" }),
      await world.run(["generate", "as", "words", "-o", "6.png"], { input: "not looked at" }),
    ];
    expect(results.map(({ status, stderr }) => (status === 0 ? 0 : stderr))).toEqual([0, 0, 0, 0, 0, 0]);
    expect(promptsOf(emulator)).toEqual([
      "piped",
      "piped into the bare command",
      "asked for",
      "from a file",
      "file on stdin",
      "as words",
    ]);
  });

  it(`goes verbatim, with its newlines, quotes and emoji ${proves("prompt-verbatim")}`, async () => {
    const world = new World();
    const emulator = await world.startService();
    expect((await world.run(["-o", "1.png"], { input: awkward })).status).toBe(0);
    const asWord = awkward.replace("\u0000", "");
    expect((await world.run(["generate", asWord, "-o", "2.png"])).status).toBe(0);
    expect(promptsOf(emulator)).toEqual([awkward, asWord]);
  });

  it(`gives a file name that every file system takes ${proves("prompt-verbatim")}`, async () => {
    const world = new World();
    await world.startService();
    await world.run(["../../etc/passwd"]);
    await world.run(["🦊🦊🦊"]);
    await world.run(["generate", awkward.replace("\u0000", "")]);
    await world.run(["CON"]);
    expect(world.files()).toEqual([
      "etc-passwd.png",
      "image-con.png",
      "image.png",
      "zwei-zeilen-und-anführung-backslash-tab-日本語-ende.png",
    ]);
  });

  it(`is asked for when it was given twice ${proves("prompt-sources")}`, async () => {
    const world = new World();
    const emulator = await world.startService();
    const { status, stderr } = await world.run(["generate", "words", "--prompt-file", "prompt.txt"]);
    expect(status).toBe(2);
    expect(stderr).toContain("given twice: as words and with --prompt-file");
    expect(emulator.calls).toEqual([]);
  });

  it(`cannot come from a file that is not there ${proves("prompt-sources")}`, async () => {
    const world = new World();
    const { status, stderr } = await world.run(["generate", "--prompt-file", "nowhere.txt"]);
    expect(status).toBe(3);
    expect(stderr).toContain("The prompt file nowhere.txt cannot be read. [input_not_found]");
  });
});
