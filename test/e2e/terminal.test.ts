import sharp from "sharp";
import { describe, expect, it } from "vitest";
import { proves } from "./requirements.ts";
import { noTerminal, startOnTerminal } from "./support/terminal.ts";
import { World, imageCalls, until } from "./support/world.ts";

const escape = "\u001b";
const hideCursor = `${escape}[?25l`;
const showCursor = `${escape}[?25h`;
const clearLine = `\r${escape}[K`;
const upperHalfBlock = "▀";

describe.skipIf(noTerminal !== null)("on a terminal (util-linux script)", () => {
  it(`progress is one redrawn line, gone at the end, with the cursor back ${proves("progress")}`, async () => {
    const world = new World();
    await world.startService();
    const { status, stdout } = await startOnTerminal(world, ["a fox"], { columns: 80 }).finished;
    expect(status).toBe(0);
    expect(stdout.startsWith(hideCursor)).toBe(true);
    expect(stdout.split(clearLine)[1]).toMatch(/^. connecting \d+\.\d s$/);
    expect(stdout.lastIndexOf(showCursor)).toBeGreaterThan(stdout.lastIndexOf(hideCursor));
    expect(stdout.slice(stdout.lastIndexOf(showCursor) + showCursor.length)).toMatch(/a-fox\.png\r\n/);
    expect(stdout).not.toContain("pictures take 15 to 60 seconds");
  });

  it(`progress is whole on a terminal that says no size, and short on a narrow one ${proves("progress")}`, async () => {
    const world = new World();
    await world.startService();
    const wide = await startOnTerminal(world, ["a fox"]).finished;
    expect(wide.stdout).toMatch(/connecting \d+\.\d s/);
    const narrow = await startOnTerminal(world, ["a fox"], { columns: 10 }).finished;
    const redrawn = narrow.stdout.split(clearLine).slice(1, -1);
    expect(redrawn.length).toBeGreaterThan(0);
    for (const line of redrawn)
      expect(line.replaceAll(hideCursor, "").replaceAll(showCursor, "").length).toBeLessThan(10);
  });

  it.each([{ CI: "true" }, { TERM: "dumb" }])(`progress is calm with %o ${proves("progress")}`, async (env) => {
    const world = new World();
    await world.startService();
    const { status, stdout } = await startOnTerminal(world, ["a fox"], { env }).finished;
    expect(status).toBe(0);
    expect(stdout).not.toContain(hideCursor);
    expect(stdout).toContain("sent; pictures take 15 to 60 seconds\r\n");
  });

  it(`errors are coloured, and NO_COLOR and FORCE_COLOR are honoured ${proves("progress")}`, async () => {
    const world = new World();
    const red = `${escape}[31merror:`;
    expect((await startOnTerminal(world, ["show", "x"]).finished).stdout).toContain(red);
    const plain = await startOnTerminal(world, ["show", "x"], { env: { NO_COLOR: "1" } }).finished;
    expect(plain.stdout).not.toContain(`${escape}[3`);
    expect((await world.run(["show", "x"])).stderr).not.toContain(escape);
    expect((await world.run(["show", "x"], { env: { FORCE_COLOR: "1" } })).stderr).toContain(red);
  });

  it(`-o - is refused, with the next step, and nothing is sent ${proves("bad-terminal", "output-stdout")}`, async () => {
    const world = new World();
    const emulator = await world.startService();
    const { status, stdout } = await startOnTerminal(world, ["a fox", "-o", "-"], { env: { NO_COLOR: "1" } }).finished;
    expect(status).toBe(2);
    expect(stdout).toBe(
      'error: --output - writes the picture\'s bytes to stdout, and stdout is a terminal. [invalid_option]\r\n→ Send them somewhere: limn generate "…" -o - > fox.png\r\n',
    );
    expect(emulator.calls).toEqual([]);
    expect(world.generations()).toEqual([]);
  });

  it(`without any words the most needed commands are shown ${proves("help")}`, async () => {
    const { status, stdout } = await startOnTerminal(new World(), []).finished;
    expect(status).toBe(2);
    expect(stdout).toMatch(/^limn generate "a red fox"[^]*\r\nlimn --help +all commands\r\n$/);
  });

  it(`without a prompt it is asked for, not waited for ${proves("bad-empty-prompt")}`, async () => {
    const { status, stdout } = await startOnTerminal(new World(), ["generate"]).finished;
    expect(status).toBe(2);
    expect(stdout).toContain("There is no prompt.");
  });

  it(`the real Ctrl-C key ends with 130, gives the cursor back and says how it stands ${proves("interruption")}`, async () => {
    const world = new World();
    const emulator = await world.startService({ scenario: "never" });
    const running = startOnTerminal(world, ["a fox"]);
    await until(
      () => imageCalls(emulator)[0]?.contentLength !== undefined && imageCalls(emulator)[0]?.contentLength !== null,
    );
    running.child.stdin.write("\u0003");
    const { status, stdout } = await running.finished;
    expect(status).toBe(130);
    expect(stdout.slice(stdout.lastIndexOf(showCursor))).toMatch(
      /interrupted; generation gen_\w+ is cancelled\r\n1 request had already been sent and may have been paid for/,
    );
  });

  it(`kitty and its kin get the picture in their protocol ${proves("inline-picture")}`, async () => {
    const world = new World();
    await world.startService({ scenario: "ok" });
    const { stdout } = await startOnTerminal(world, ["a fox"], { env: { TERM: "xterm-kitty" } }).finished;
    const pieces = [...stdout.matchAll(new RegExp(`${escape}_G(?:f=100,a=T,q=2,)?m=([01]);([\\w+/=]*)${escape}`, "g"))];
    expect(pieces.length).toBeGreaterThan(1);
    expect(pieces.map(([, more]) => more).join("")).toMatch(/^1+0$/);
    const picture = Buffer.from(pieces.map(([, , text]) => text).join(""), "base64");
    const { format, width, height } = await sharp(picture).metadata();
    expect({ format, longest: Math.max(width, height) }).toEqual({ format: "png", longest: 640 });
  });

  it(`iTerm2 and its kin get the picture in theirs ${proves("inline-picture")}`, async () => {
    const world = new World();
    await world.startService();
    const { stdout } = await startOnTerminal(world, ["a fox"], { env: { TERM_PROGRAM: "iTerm.app" } }).finished;
    const [, size, text = ""] = /\]1337;File=inline=1;size=(\d+);preserveAspectRatio=1:([\w+/=]+)/.exec(stdout) ?? [];
    const picture = Buffer.from(text, "base64");
    expect(picture.length).toBe(Number(size));
    expect((await sharp(picture).metadata()).format).toBe("png");
  });

  it(`terminals with many colours get half blocks, whatever their width ${proves("inline-picture")}`, async () => {
    const world = new World();
    await world.startService();
    for (const columns of [80, 20, 1, undefined]) {
      const options = { env: { COLORTERM: "truecolor" }, ...(columns === undefined ? {} : { columns }) };
      const { status, stdout } = await startOnTerminal(world, ["a fox"], options).finished;
      expect({ columns, status }).toEqual({ columns, status: 0 });
      const rows = stdout.split("\r\n").filter((line) => line.includes(upperHalfBlock));
      expect(rows.length).toBeGreaterThan(0);
      for (const row of rows)
        expect(row.split(upperHalfBlock).length - 1).toBeLessThanOrEqual(Math.max(1, (columns ?? 80) - 2));
    }
  });

  it.each([
    { name: "other terminals", parameters: [], env: {} },
    { name: "tmux", parameters: [], env: { TERM: "xterm-kitty", TMUX: "/tmp/tmux" } },
    { name: "--preview never", parameters: ["--preview", "never"], env: { TERM: "xterm-kitty" } },
    { name: "--json", parameters: ["--json"], env: { TERM: "xterm-kitty" } },
    { name: "-q", parameters: ["-q"], env: { TERM: "xterm-kitty" } },
  ])(`$name: no picture ${proves("inline-picture")}`, async ({ parameters, env }) => {
    const world = new World();
    await world.startService();
    const { status, stdout } = await startOnTerminal(world, ["a fox", ...parameters], { env }).finished;
    expect(status).toBe(0);
    for (const mark of [`${escape}_G`, `${escape}]1337`, upperHalfBlock]) expect(stdout).not.toContain(mark);
  });
});

describe("--preview always", () => {
  it(`shows half blocks on stderr even when piped ${proves("inline-picture")}`, async () => {
    const world = new World();
    await world.startService();
    const { stdout, stderr } = await world.run(["a fox", "--preview", "always"]);
    expect(stdout).toBe(`${world.path("a-fox.png")}\n`);
    expect(stderr).toContain(upperHalfBlock);
  });
});
