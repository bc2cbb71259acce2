import { createHash } from "node:crypto";
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { proves } from "./requirements.ts";
import { World, onlyLine, parseObject, smallPicture, until } from "./support/world.ts";

async function make(world: World, prompt: string, ...more: readonly string[]): Promise<string> {
  const { stdout } = await world.run(["generate", prompt, "--json", ...more]);
  return String(parseObject(onlyLine(stdout)).id);
}

describe("limn history", () => {
  it(`lists what was made, newest first, and searches the prompts ${proves("history")}`, async () => {
    const world = new World();
    await world.startService();
    const fox = await make(world, "a red fox in the snow");
    const harbour = await make(world, "a HARBOUR at dusk", "-n", "3");
    const all = await world.run(["history"]);
    expect(all.status).toBe(0);
    expect(all.stdout.trimEnd().split("\n")).toEqual([
      expect.stringMatching(
        new RegExp(`^${harbour}  \\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d  done  64x48 \\+2  a HARBOUR at dusk$`),
      ),
      expect.stringMatching(new RegExp(`^${fox}  .*  done  64x48     a red fox in the snow$`)),
    ]);
    const search = await world.run(["history", "red", "fox"]);
    expect(onlyLine(search.stdout)).toContain(fox);
    const json = await world.run(["history", "harbour", "--json"]);
    expect(parseObject(onlyLine(json.stdout))).toEqual({
      schemaVersion: 1,
      generations: [
        {
          id: harbour,
          status: "done",
          createdAt: expect.stringMatching(/Z$/),
          operation: "generate",
          engine: "images",
          model: "gpt-image-2",
          emulated: false,
          prompt: "a HARBOUR at dusk",
          n: 3,
          images: 3,
          folder: world.work,
          endedAt: expect.stringMatching(/Z$/),
          pictures: [0, 1, 2].map((index) => ({
            index,
            mediaType: "image/png",
            width: 64,
            height: 48,
            hasAlpha: false,
            bytes: expect.any(Number),
            sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
            isFinished: false,
          })),
          parents: [],
          failure: null,
          favourite: false,
          kit: null,
          tags: [],
          altTexts: {},
          trashedAt: null,
          imported: null,
        },
      ],
      nextCursor: null,
      total: 1,
    });
    expect(onlyLine((await world.run(["history", "--limit", "1"])).stdout)).toContain(harbour);
  });

  it(`says how to begin when it is empty, and keeps stdout empty ${proves("history")}`, async () => {
    const world = new World();
    const empty = await world.run(["history"]);
    expect(empty).toMatchObject({ status: 0, stdout: "" });
    expect(empty.stderr).toContain('no pictures yet; make one: limn generate "a red fox"');
    expect((await world.run(["history", "whale"])).stderr).toBe('nothing in the history matches "whale"\n');
    expect(parseObject(onlyLine((await world.run(["history", "--json"])).stdout))).toEqual({
      schemaVersion: 1,
      generations: [],
      nextCursor: null,
      total: 0,
    });
  });

  it(`has sandbox pictures only when asked, and @last never ${proves("sandbox-apart")}`, async () => {
    const world = new World();
    await world.startService();
    const real = await make(world, "real");
    const pretend = await make(world, "pretend", "--sandbox");
    expect(onlyLine((await world.run(["history"])).stdout)).toContain(real);
    const both = (await world.run(["history", "--sandbox"])).stdout;
    expect(both).toContain(real);
    expect(both).toMatch(new RegExp(`^${pretend}  .*  done \\(sandbox\\)`, "m"));
    expect((await world.run(["history"], { env: { LIMN_SANDBOX: "1" } })).stdout).toContain(pretend);
    expect(parseObject((await world.run(["show", "@last", "--json"])).stdout).id).toBe(real);
  });

  it(`cannot be made to draw on the terminal by a prompt ${proves("history")}`, async () => {
    const world = new World();
    await world.startService();
    await world.run(["generate", "-o", "1.png"], { input: "red\u001b[31m\r\nfox\u0007" });
    const { stdout } = await world.run(["history"]);
    expect(stdout).toMatch(/red \[31m fox\n$/);
    expect(stdout).not.toMatch(/[^\P{Cc}\n]/u);
  });
});

describe("limn show", () => {
  it(`takes @last, an id and the end or beginning of an id ${proves("show")}`, async () => {
    const world = new World();
    await world.startService();
    const id = await make(world, "a red fox", "--aspect", "square", "-o", "fox.png");
    for (const reference of ["@last", id, `@${id}`, id.slice(-6), id.slice(0, -4)]) {
      const { status, stdout } = await world.run(["show", reference]);
      expect({ reference, status }).toEqual({ reference, status: 0 });
      expect(stdout).toMatch(new RegExp(`^id +${id}$`, "m"));
    }
    const { stdout } = await world.run(["show", "@last"]);
    expect(stdout).toMatch(/^status +done$/m);
    expect(stdout).toMatch(/^prompt +a red fox$/m);
    expect(stdout).toMatch(/^asked +aspect square$/m);
    expect(stdout).toContain(`copy ${world.path("fox.png")}`);
    const sha256 = createHash("sha256")
      .update(readFileSync(world.path("fox.png")))
      .digest("hex");
    expect(parseObject(onlyLine((await world.run(["show", id, "--json"])).stdout))).toMatchObject({
      id,
      status: "done",
      prompt: "a red fox",
      asked: { aspect: "square" },
      images: [{ path: world.path("fox.png"), sha256, width: 64, height: 48 }],
      record: { state: "done", owner: null, folder: `${world.limnHome}/generations/${id}` },
    });
  });

  it(`says what went wrong with a generation that failed ${proves("show")}`, async () => {
    const world = new World();
    await world.startService({ scenario: "not-an-image" });
    const failed = await world.run(["a fox"]);
    expect(failed.status).toBe(7);
    const [id = ""] = world.generations();
    const { stdout } = await world.run(["show", id]);
    expect(stdout).toMatch(/^status +failed$/m);
    expect(stdout).toMatch(/^failed +image 1: .* \[image_corrupt\]$/m);
  });

  it(`names the next step for an unknown or ambiguous id ${proves("show")}`, async () => {
    const world = new World();
    await world.startService();
    const unknown = await world.run(["show", "gen_nowhere"]);
    expect(unknown).toMatchObject({ status: 10, stdout: "" });
    expect(unknown.stderr).toBe(
      'error: There is no generation "gen_nowhere". [artifact_not_found]\n→ See: limn history\n',
    );
    await make(world, "one");
    await make(world, "two");
    expect((await world.run(["show", "gen_"])).stderr).toContain('2 generations match "gen_".');
    const empty = await new World().run(["show", "@last"]);
    expect(empty.stderr).toMatch(/^error: There is no picture made in \S+ in the history yet/);
  });
});

describe("limn open", () => {
  it.skipIf(process.platform !== "linux")(
    `prints the path and hands it to the viewer, without any key (Linux: xdg-open and $BROWSER) ${proves("open", "no-api-key")}`,
    async () => {
      const world = new World();
      await world.startService();
      const id = await make(world, "a fox");
      const viewer = world.path("viewer");
      const told = `${world.folder}/told`;
      writeFileSync(viewer, `#!/bin/sh\n{ echo "$1"; env; } > ${told}.part\nmv ${told}.part ${told}\n`);
      chmodSync(viewer, 0o755);
      const env = { BROWSER: viewer, OPENAI_API_KEY: "sk-planted-key-0001", LIMN_ACCESS_TOKEN: "planted-token-0001" };
      const { status, stdout } = await world.run(["open", id], { env });
      const original = `${world.limnHome}/generations/${id}/image-1.png`;
      expect({ status, stdout }).toEqual({ status: 0, stdout: `${original}\n` });
      await until(() => existsSync(told));
      const [path, ...variables] = readFileSync(told, "utf8").split("\n");
      expect(path).toBe(original);
      expect(variables.join("\n")).toContain("HOME=");
      expect(variables.join("\n")).not.toContain("planted");
    },
  );

  it(`says that a generation has no picture ${proves("open")}`, async () => {
    const world = new World();
    await world.startService({ scenario: "not-an-image" });
    await world.run(["a fox"]);
    const [id = ""] = world.generations();
    const { status, stderr } = await world.run(["open", id]);
    expect(status).toBe(10);
    expect(stderr).toBe(
      `error: The generation ${id} has no picture (failed). [artifact_not_found]\n→ See: limn show ${id}\n`,
    );
  });
});

describe("limn recipe", () => {
  it(`finds a picture by its bytes after it was moved and renamed ${proves("recipe")}`, async () => {
    const world = new World();
    await world.startService();
    const id = await make(world, "a red fox", "-o", "fox.png");
    mkdirSync(world.path("deep"));
    renameSync(world.path("fox.png"), world.path("deep/other name.bin"));
    const { status, stdout } = await world.run(["recipe", "deep/other name.bin"]);
    expect(status).toBe(0);
    expect(stdout).toMatch(/^found in +history$/m);
    expect(stdout).toMatch(new RegExp(`^id +${id}, image 1$`, "m"));
    expect(stdout).toMatch(/^prompt +a red fox$/m);
    expect(stdout).toMatch(/^steps +none: byte for byte the original$/m);
    const sha256 = createHash("sha256")
      .update(readFileSync(world.path("deep/other name.bin")))
      .digest("hex");
    expect(parseObject(onlyLine((await world.run(["recipe", "deep/other name.bin", "--json"])).stdout))).toMatchObject({
      schemaVersion: 1,
      foundIn: "history",
      id,
      prompt: "a red fox",
      sha256,
    });
  });

  it(`says why it knows nothing of another file ${proves("recipe")}`, async () => {
    const world = new World();
    writeFileSync(world.path("other.png"), "not ours");
    const { status, stderr } = await world.run(["recipe", "other.png"]);
    expect(status).toBe(10);
    expect(stderr).toMatch(
      /No generation of this history made .*other\.png \(SHA-256 [0-9a-f]{12}…\)\. \[artifact_not_found\]\n→ /,
    );
    expect((await world.run(["recipe", "nowhere.png"])).status).toBe(3);
  });
});

describe("--no-history", () => {
  it(`leaves no prompt anywhere, and recipe still finds the hash record ${proves("no-history", "recipe", "privacy")}`, async () => {
    const world = new World();
    await world.startService({ scenario: [smallPicture, "not-an-image"] });
    const prompt = "a very private walrus";
    const { status } = await world.run(["generate", prompt, "--no-history", "-o", "w.png"]);
    expect(status).toBe(0);
    expect(world.generations()).toEqual([]);
    expect((await world.run(["recipe", "w.png"])).stdout).toMatch(/^found in +hash-record$/m);
    // One that fails keeps its record, since it may have cost something; without the prompt.
    expect((await world.run(["generate", prompt, "--no-history"])).status).toBe(7);
    expect(world.generations()).toHaveLength(1);
    const kept = world.keptFiles();
    expect(kept.length).toBeGreaterThan(1);
    expect(kept.filter(({ content }) => content.includes("walrus")).map(({ path }) => path)).toEqual([]);
  });

  it(`can be a setting, also of a project ${proves("no-history", "config")}`, async () => {
    const world = new World();
    await world.startService();
    writeFileSync(world.path("limn.config.json"), '{ "history": false }');
    expect((await world.run(["a fox"])).status).toBe(0);
    expect(world.generations()).toEqual([]);
  });
});
