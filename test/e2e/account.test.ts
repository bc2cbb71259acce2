import { readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { proves } from "./requirements.ts";
import { World, imageCalls, onlyLine, parseObject } from "./support/world.ts";

describe("limn status", () => {
  it(`tells whose Codex login pays, until when and what is left, and leaves the file as it was ${proves("status")}`, async () => {
    const world = new World();
    const emulator = await world.startService({ accountId: "acc-0000-1234", plan: "pro" }, "none");
    const file = world.signIn(emulator);
    const before = { bytes: readFileSync(file), time: statSync(file).mtimeMs };
    const { status, stdout, stderr } = await world.run(["status"]);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    const lines = stdout.split("\n");
    expect(lines[0]).toMatch(/^ +login +state +plan +account +until +where$/);
    expect(lines.find((line) => line.startsWith("→"))).toMatch(
      new RegExp(`^→ +codex +usable +pro +…1234 +\\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d +${file}$`),
    );
    expect(stdout).toContain("plan pro\n");
    expect(stdout).toMatch(/5 h chat window: \d+ % used, resets \d{4}-/);
    expect(stdout).toContain("image allowance: told by the service only with a picture; none was made yet");
    expect(stdout).toContain(`address ${world.env.LIMN_BASE_URL}`);
    expect({ bytes: readFileSync(file), time: statSync(file).mtimeMs }).toEqual(before);
    expect(imageCalls(emulator)).toEqual([]);

    await world.run(["a fox"]);
    expect((await world.run(["status"])).stdout).toMatch(
      /image allowance: 2 % of 24 h used when last seen \(.*\), resets /,
    );
  });

  it(`is one object with --json ${proves("status")}`, async () => {
    const world = new World();
    const emulator = await world.startService({}, "none");
    const file = world.signIn(emulator);
    const { status, stdout } = await world.run(["status", "--json"]);
    expect(status).toBe(0);
    const { logins, ...facts } = parseObject(onlyLine(stdout));
    expect(facts).toMatchObject({
      schemaVersion: 1,
      chosen: "codex",
      usage: { plan: "plus", windows: [expect.any(Object), expect.any(Object)], credits: expect.any(Object) },
      imageLimits: null,
      address: world.env.LIMN_BASE_URL,
    });
    const present = Array.isArray(logins) ? logins.filter(({ state }) => state !== "absent") : logins;
    expect(present).toEqual([
      {
        source: "codex",
        place: file,
        state: "usable",
        plan: "plus",
        accountSuffix: "…0001",
        email: "someone@example.test",
        expiresAt: expect.stringMatching(/Z$/),
        problem: null,
      },
    ]);
  });

  it(`says who is not signed in, and how to sign in ${proves("status")}`, async () => {
    const world = new World();
    const { status, stdout, stderr } = await world.run(["status"]);
    expect(status).toBe(4);
    expect(stdout).toMatch(/^ +codex +absent/m);
    expect(stderr).toMatch(/^error: Nobody is signed in: .* \[login_missing\]\n→ Sign in: limn login/);
    const json = await world.run(["status", "--json"]);
    expect(json.status).toBe(4);
    expect(parseObject(onlyLine(json.stdout))).toMatchObject({ chosen: null, error: { code: "login_missing" } });
  });
});

describe("limn doctor", () => {
  it(`finds nothing wrong with a signed-in user and spends nothing ${proves("doctor")}`, async () => {
    const world = new World();
    const emulator = await world.startService({}, "none");
    world.signIn(emulator);
    const { status, stdout, stderr } = await world.run(["doctor"]);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(stdout).not.toContain("PROBLEM");
    expect(stdout).toMatch(/^service +ok +reached and signed in, plan plus$/m);
    expect(imageCalls(emulator)).toEqual([]);
  });

  it(`ends with the status of the first problem and names the next step ${proves("doctor")}`, async () => {
    const world = new World();
    const login = await world.run(["doctor"]);
    expect(login.status).toBe(4);
    expect(login.stdout).toMatch(/^service +PROBLEM +Nobody is signed in/m);
    expect(login.stdout).toMatch(/^→ service: Sign in: limn login/m);
    writeFileSync(world.limnHome, "a file where the folder should be");
    const storage = await world.run(["doctor", "--json"]);
    expect(storage.status).toBe(10);
    const { findings } = parseObject(storage.stdout);
    expect(findings).toContainEqual({
      check: "picture folder",
      state: "problem",
      text: `${world.limnHome} cannot be written`,
      hint: "Correct its rights, or name another folder: LIMN_HOME=/some/folder limn …",
    });
  });

  it(`names a broken settings file and still looks at the rest ${proves("doctor")}`, async () => {
    const world = new World();
    writeFileSync(world.path("limn.config.json"), "{");
    const { status, stdout } = await world.run(["doctor"]);
    expect(status).toBe(2);
    expect(stdout).toMatch(/^settings +PROBLEM +The config file .* is not valid JSON\.$/m);
    expect(stdout).toMatch(/^terminal +ok/m);
  });

  it.each([["--report"], ["--report", "--json"]])(
    `with %s %s holds no home path, e-mail address, account id or token ${proves("doctor", "privacy")}`,
    async (...options) => {
      const world = new World();
      const planted = { accountId: "acc-planted-7777-8888", email: "planted.person@example.test" };
      const emulator = await world.startService(planted, "none");
      world.env.LIMN_HOME = join(world.home, "limn");
      world.env.CODEX_HOME = world.home;
      writeFileSync(join(world.home, "auth.json"), JSON.stringify(emulator.codexAuthFile()));
      const { status, stdout, stderr } = await world.run(["doctor", ...options]);
      expect(status).toBe(0);
      expect(stdout).toContain("~/limn");
      expect(stdout).toContain("…8888");
      for (const secret of [world.home, "planted", emulator.accessToken, "rt_emulator_0001"])
        expect(stdout + stderr).not.toContain(secret);
    },
  );
});

describe("limn capabilities and limn models", () => {
  it(`tell what each engine honours, from whom and since when, and which names --model takes ${proves("capabilities")}`, async () => {
    const world = new World();
    const capabilities = await world.run(["capabilities"]);
    expect(capabilities.status).toBe(0);
    expect(capabilities.stdout).toMatch(/^images: .*\n/);
    expect(capabilities.stdout).toMatch(/^ +aspect +by-words +\d{4}-\d\d-\d\d +\S/m);
    expect(capabilities.stdout).toMatch(/^ +source: \S/m);
    const { engines } = parseObject(onlyLine((await world.run(["capabilities", "--json"])).stdout));
    expect(engines).toMatchObject([
      { engine: "images", imagesPerCall: 1, rows: expect.any(Array) },
      { engine: "responses", maxInputImages: 16, rows: expect.any(Array) },
      { engine: "codex", explicitOnly: true, rows: expect.any(Array) },
    ]);

    const models = await world.run(["models"]);
    expect(models.stdout).toMatch(/^gpt-image-2 +engine images$/m);
    expect(parseObject(onlyLine((await world.run(["models", "--json"])).stdout)).models).toContainEqual({
      id: "gpt-image-2-high",
      engine: "images",
    });
  });
});
