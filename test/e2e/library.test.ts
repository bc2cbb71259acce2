import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { proves } from "./requirements.ts";
import { noTerminal, startOnTerminal } from "./support/terminal.ts";
import { World, onlyLine, parseObject } from "./support/world.ts";

async function make(world: World, prompt: string, ...more: readonly string[]): Promise<string> {
  const { stdout } = await world.run(["generate", prompt, "--json", ...more]);
  return String(parseObject(onlyLine(stdout)).id);
}

async function idsOf(world: World, ...filter: readonly string[]): Promise<readonly string[]> {
  const { status, stdout, stderr } = await world.run(["history", "--json", ...filter]);
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  const { generations } = parseObject(onlyLine(stdout));
  return Array.isArray(generations) ? generations.map(({ id }: { readonly id: string }) => id) : [];
}

describe("limn history", () => {
  it(`filters by every property, alone and together ${proves("history-filters")}`, async () => {
    const world = new World();
    await world.startService();
    mkdirSync(world.path("icons"));
    const fox = await make(world, "eine Füchsin im Schnee");
    const edit = String(
      parseObject(onlyLine((await world.run(["edit", "make it night", "-i", "@last", "--json"])).stdout)).id,
    );
    const cwd = world.path("icons");
    const hero = String(
      parseObject(
        onlyLine(
          (await world.run(["generate", "雪中的红狐", "--size", "40x20", "--kit", "icons", "--json"], { cwd })).stdout,
        ),
      ).id,
    );
    const sandbox = await make(world, "pretend", "--sandbox");
    expect(await idsOf(world)).toEqual([hero, edit, fox]);
    expect(await idsOf(world, "FUCHSIN", "schn")).toEqual([fox]);
    expect(await idsOf(world, "红狐")).toEqual([hero]);
    expect(await idsOf(world, "--kit", "icons")).toEqual([hero]);
    expect(await idsOf(world, "--size", "40x20")).toEqual([hero]);
    expect(await idsOf(world, "--parent", fox)).toEqual([edit]);
    expect(await idsOf(world, "--parent", fox.slice(-8))).toEqual([edit]);
    expect(await idsOf(world, "--operation", "edit")).toEqual([edit]);
    expect(await idsOf(world, "--folder", "icons")).toEqual([hero]);
    expect(await idsOf(world, "--folder", "--operation", "generate")).toEqual([hero, fox]);
    expect(
      await idsOf(world, "--engine", "images", "--status", "done", "--since", "1h", "--until", "2999-01-01"),
    ).toHaveLength(3);
    expect(await idsOf(world, "--engine", "responses")).toEqual([]);
    expect(await idsOf(world, "--until", "1d")).toEqual([]);
    expect(await idsOf(world, "--model", "gpt-image-2", "--sandbox")).toEqual([sandbox, hero, edit, fox]);
    expect((await world.run(["show", fox])).stdout).toMatch(new RegExp(`^children +${edit}$`, "m"));
    expect((await world.run(["show", hero])).stdout).toMatch(/^marks +kit icons$/m);
    expect((await world.run(["history", "--status", "done", "whale"])).stderr).toBe(
      'nothing in the history matches "whale" and the other conditions\n',
    );
  });

  it(`goes on page by page, and says how ${proves("history-filters")}`, async () => {
    const world = new World();
    await world.startService();
    const ids = [];
    for (const prompt of ["one", "two", "three"]) ids.unshift(await make(world, prompt));
    const first = await world.run(["history", "--limit", "2"]);
    expect(first.stdout.split("\n").filter((line) => line !== "")).toHaveLength(2);
    const [, cursor = ""] = /^2 of 3; more: the same command with --cursor (\S+)$/m.exec(first.stderr) ?? [];
    expect(await idsOf(world, "--limit", "2", "--cursor", cursor)).toEqual(ids.slice(2));
    expect((await world.run(["history", "--cursor", "nonsense"])).stderr).toContain("[invalid_option]");
  });

  it(`names every fault of its options at once ${proves("history-filters", "bad-option")}`, async () => {
    const world = new World();
    const { status, stderr } = await world.run([
      "history",
      "--since",
      "soon",
      "--engine",
      "dalle",
      "--size",
      "big",
      "--status",
      "good",
      "--limit",
      "0",
      "--operation",
      "draw",
    ]);
    expect(status).toBe(2);
    for (const name of ["--since", "--engine", "--size", "--status", "--limit", "--operation"])
      expect(stderr).toContain(`${name} must be`);
    expect(stderr).toContain("→ See: limn history --help");
    expect((await world.run(["history", "--fokder"])).stderr).toContain("Did you mean --folder?");
  });
});

describe("limn mark", () => {
  it(`notes favourites, tags, kits and alt texts, which outlive the index ${proves("history-marks", "history-index")}`, async () => {
    const world = new World();
    await world.startService();
    const [one, two] = [await make(world, "one"), await make(world, "two")];
    const marked = await world.run([
      "mark",
      one,
      "@last",
      "--favourite",
      "--tag",
      "Porträt",
      "--tag",
      "b",
      "--kit",
      "icons",
      "--alt",
      "a fox\nasleep",
    ]);
    expect({ ...marked, stdout: marked.stdout.split("\n").sort() }).toMatchObject({
      status: 0,
      stdout: [
        "",
        `${one}  favourite kit icons #Porträt #b, 1 alt text`,
        `${two}  favourite kit icons #Porträt #b, 1 alt text`,
      ],
    });
    await world.run(["mark", two.slice(-6), "--no-favourite", "--untag", "b", "--no-kit", "--alt", ""]);
    rmSync(join(world.limnHome, "index"), { recursive: true });
    expect(await idsOf(world, "--favourites")).toEqual([one]);
    expect(await idsOf(world, "--tag", "Porträt")).toEqual([two, one]);
    expect(await idsOf(world, "asleep", "portr")).toEqual([one]);
    expect((await world.run(["history"])).stdout).toContain("favourite kit icons #Porträt #b");
    expect(parseObject((await world.run(["show", one, "--json"])).stdout).marks).toEqual({
      favourite: true,
      tags: ["Porträt", "b"],
      kit: "icons",
      altTexts: { 0: "a fox asleep" },
    });
  });

  it(`says what it cannot note ${proves("history-marks")}`, async () => {
    const world = new World();
    await world.startService();
    const id = await make(world, "one");
    expect((await world.run(["mark", id])).stderr).toContain("There is nothing to note.");
    expect((await world.run(["mark", id, "--tag", "x".repeat(51)])).stderr).toContain("A tag has 1 to 50 characters");
    expect(await world.run(["mark", "gen_nowhere", "--favourite"])).toMatchObject({ status: 10, stdout: "" });
    const refused = await world.run(["generate", "x", "--kit", "a\nb"]);
    expect([refused.status, world.generations()]).toEqual([2, [id]]);
    expect((await world.run(["generate", "x", "--kit", "a", "--no-history"])).stderr).toContain(
      "--kit cannot be combined with --no-history",
    );
  });
});

describe("limn trash and limn restore", () => {
  it(`take generations out of sight of everything, and give them back ${proves("history-trash")}`, async () => {
    const world = new World();
    await world.startService();
    const [one, two] = [await make(world, "one"), await make(world, "two")];
    const trashed = await world.run(["trash", "@last"]);
    expect(trashed).toMatchObject({ status: 0, stdout: `${two}  in the trash; back: limn restore ${two}\n` });
    expect([await idsOf(world), await idsOf(world, "--trash")]).toEqual([[one], [two]]);
    expect((await world.run(["show", "@last", "--json"])).stdout).toContain(one);
    const gone = await world.run(["show", two]);
    expect(gone).toMatchObject({ status: 10 });
    expect(gone.stderr).toBe(
      `error: The generation ${two} is in the trash. [artifact_not_found]\n→ Get it back: limn restore ${two}\n`,
    );
    // Its files are still known by their bytes.
    expect((await world.run(["recipe", "two.png"])).stdout).toContain(two);
    expect(await world.run(["restore", two.slice(-6)])).toMatchObject({
      status: 0,
      stdout: `${two}  back in the history\n`,
    });
    expect([await idsOf(world), await idsOf(world, "--trash")]).toEqual([[two, one], []]);
    expect((await world.run(["history", "--trash"])).stderr).toBe("the trash is empty\n");
    expect((await world.run(["restore", two])).stderr).toContain(`There is no generation "${two}" in the trash.`);
    expect((await world.run(["restore", "@last"])).stderr).toContain("The trash is empty.");

    // In the order of the throwing away, not of the making.
    await world.run(["trash", two]);
    await world.run(["trash", one]);
    const unclear = await world.run(["restore", "gen_"]);
    expect([unclear.status, unclear.stderr]).toEqual([
      10,
      expect.stringContaining(`2 generations in the trash match "gen_": ${two}, ${one}.`),
    ]);
    expect((await world.run(["restore", "@last"])).stdout).toBe(`${one}  back in the history\n`);

    // Those that stay are told by kind, and those that go, too.
    await world.run(["generate", "pretended", "--sandbox"]);
    const dry = await world.run(["prune", "--trash", "--dry-run"]);
    expect(dry.stdout).toMatch(new RegExp(`^${two}  [\\d.]+ kB  trash  two\n$`));
    expect(dry.stderr).toContain("; 1 stays, beside 1 of the sandbox; nothing was removed yet");
  });

  it(`leave alone what is running ${proves("history-trash")}`, async () => {
    const world = new World();
    await world.startService({ scenario: "never" });
    const running = world.start(["generate", "a fox", "-v"]);
    await running.saysOnStderr("sent");
    const [id = ""] = world.generations();
    expect(await world.run(["trash", id])).toMatchObject({ status: 2, stdout: "" });
    expect(await idsOf(world, "--status", "running")).toEqual([id]);
    running.child.kill("SIGKILL");
    await running.finished;
    expect(await idsOf(world, "--status", "unknown")).toEqual([id]);
    expect(await world.run(["trash", id])).toMatchObject({ status: 0 });
  });
});

describe("limn prune", () => {
  it(`removes what a rule names only when it was agreed to, never a favourite ${proves("history-prune")}`, async () => {
    const world = new World();
    await world.startService();
    const [one, two, three] = [await make(world, "one"), await make(world, "two"), await make(world, "three")];
    await world.run(["mark", one, "--favourite"]);
    const dry = await world.run(["prune", "--keep", "1", "--dry-run"]);
    expect(dry.stdout).toMatch(new RegExp(`^${two}  [\\d.]+ kB  two\n$`));
    expect(dry.stderr).toMatch(/^would remove 1 generation, .* 2 stay; nothing was removed yet\n$/);
    const asked = await world.run(["prune", "--keep", "1"]);
    expect(asked).toMatchObject({ status: 2, stdout: "" });
    expect(asked.stderr).toContain("agree with --yes");
    expect(world.generations()).toEqual([one, two, three]);
    expect(await world.run(["prune", "--keep", "1", "--yes"])).toMatchObject({ status: 0 });
    expect(world.generations()).toEqual([one, three]);
    expect(parseObject((await world.run(["prune", "--older", "1d", "--json", "--dry-run"])).stdout)).toEqual({
      schemaVersion: 1,
      dryRun: true,
      removed: [],
      bytes: 0,
      kept: 2,
      keptByKind: { history: 2, sandbox: 0, trash: 0 },
      leftovers: { files: 0, bytes: 0 },
      failures: [],
    });
    const wrong = await world.run(["prune", "--older", "long", "--larger", "huge", "--keep", "some"]);
    for (const name of ["--older", "--larger", "--keep"]) expect(wrong.stderr).toContain(`${name} must be`);
    expect((await world.run(["prune", "--yes"])).stderr).toContain("Without a rule everything would go");
    expect(world.generations()).toEqual([one, three]);
  });

  it.skipIf(noTerminal !== null)(
    `asks on a terminal, and takes anything but yes for no ${proves("history-prune")}`,
    async () => {
      const world = new World();
      await world.startService();
      const id = await make(world, "one");
      for (const [answer, left] of [
        ["n", [id]],
        ["y", []],
      ] as const) {
        const running = startOnTerminal(world, ["prune", "--keep", "0"]);
        await running.saysOnStdout("[y/N]");
        running.child.stdin.end(`${answer}\n`);
        expect((await running.finished).status).toBe(0);
        expect(world.generations()).toEqual(left);
      }
    },
  );
});

describe("limn import", () => {
  it(`brings in Codex's pictures and PNGs with a recipe, once ${proves("history-import")}`, async () => {
    const world = new World();
    await world.startService();
    await world.run(["generate", "a red fox", "-o", "fox.png", "--embed-recipe"]);
    await world.run(["generate", "plain", "-o", "plain.png"]);
    expect((await world.run(["import", "plain.png"])).stderr).toBe("imported 0, known already 1, left out 0\n");
    const other = new World();
    const thread = join(other.codexHome, "generated_images/thread");
    mkdirSync(thread, { recursive: true });
    writeFileSync(join(thread, "ig_1.png"), readFileSync(world.path("plain.png")));
    const made = new Date("2026-02-03T04:05:00Z");
    utimesSync(join(thread, "ig_1.png"), made, made);
    const { status, stdout, stderr } = await other.run(["import", "--codex", world.work]);
    expect({ status, stderr }).toEqual({
      status: 0,
      stderr: `note: ${world.path("plain.png")} was left out: it carries no recipe of limn's\nimported 2, known already 0, left out 1\n`,
    });
    expect(stdout).toContain(world.path("fox.png"));
    const list = (await other.run(["history"])).stdout;
    expect(list).toMatch(/done \(imported\) +64x48 +a red fox$/m);
    expect(list).toMatch(/2026-02-03 04:05 +done \(from Codex\) +64x48 +\(prompt not kept\)$/m);
    expect((await other.run(["import", "--codex", world.path("fox.png")])).stderr).toBe(
      "imported 0, known already 2, left out 0\n",
    );
    expect(readdirSync(thread)).toEqual(["ig_1.png"]);
    expect((await other.run(["import"])).stderr).toContain("There is nothing to import.");
    expect(await other.run(["import", "nowhere"])).toMatchObject({ status: 3 });
  });
});

describe("the index", () => {
  it(`is made anew when it is damaged, gone or asked for, and broken records are told ${proves("history-index")}`, async () => {
    const world = new World();
    await world.startService();
    const id = await make(world, "a red fox");
    expect(await idsOf(world, "fox")).toEqual([id]);
    const index = join(world.limnHome, "index/library.sqlite");
    writeFileSync(index, "damaged ".repeat(4000));
    expect(await idsOf(world, "fox")).toEqual([id]);
    const broken = "gen_00000000010000000000";
    mkdirSync(join(world.limnHome, "generations", broken));
    writeFileSync(join(world.limnHome, "generations", broken, "manifest.json"), "{");
    const rebuilt = await world.run(["history", "--rebuild"]);
    expect(rebuilt.stdout).toContain(id);
    expect(rebuilt.stderr).toMatch(
      /^the index was made anew from 1 generation in [\d.]+ s\nnote: gen_0+10+ is left out: its manifest.json is broken, it is no JSON\n$/,
    );
    rmSync(join(world.limnHome, "changes"), { recursive: true });
    const later = await make(world, "a blue fox");
    expect(await idsOf(world, "fox")).toEqual([later, id]);
    expect(existsSync(join(world.limnHome, "changes/journal.jsonl"))).toBe(true);
  });

  it(`is shared by programs that make, mark and look at once ${proves("history-shared")}`, async () => {
    const world = new World();
    await world.startService();
    const first = await make(world, "the first");
    const [made] = await Promise.all([
      Promise.all(Array.from({ length: 4 }, async (_, index) => make(world, `number ${index}`))),
      ...Array.from({ length: 4 }, async (_, index) => world.run(["mark", first, "--tag", `t${index}`])),
      ...Array.from({ length: 3 }, async () => world.run(["history"])),
    ]);
    expect([...(await idsOf(world))].sort()).toEqual([...made, first].sort());
    expect([...(await idsOf(world, "--tag", "t0"))]).toEqual([first]);
    const { marks } = parseObject((await world.run(["show", first, "--json"])).stdout);
    expect(marks).toMatchObject({ tags: expect.arrayContaining(["t0", "t1", "t2", "t3"]) });
  });

  it(`holds no prompt of a generation that left no history ${proves("history-index", "no-history", "privacy")}`, async () => {
    const world = new World();
    await world.startService();
    await world.run(["history"]);
    await world.run(["generate", "a very private walrus", "--no-history"]);
    await world.run(["history", "--rebuild"]);
    expect(world.keptFiles().filter(({ content }) => content.includes("walrus"))).toEqual([]);
  });
});
