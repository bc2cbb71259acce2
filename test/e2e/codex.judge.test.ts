import { existsSync, mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { stripVTControlCharacters } from "node:util";
import type { Emulator, EmulatorOptions } from "@limn/emulator";
import { describe, expect, it } from "vitest";
import { askCodexForToken } from "../../packages/core/src/codex-program/index.ts";
import { createCodexSource } from "../../packages/core/src/credentials/index.ts";
import { proves } from "./requirements.ts";
import { World, parseObject } from "./support/world.ts";

/** The real Codex program of test/judges (codex-backend contract 8, recipe A). */
const codex = resolve(import.meta.dirname, "../judges/node_modules/.bin/codex");
const absent = existsSync(codex) ? null : "the real Codex program is not installed (npm ci --prefix test/judges)";

/** A machine on which the real Codex was signed in with a device code, against the emulator. */
async function signedInWithCodex(
  options: EmulatorOptions = {},
): Promise<{ world: World; emulator: Emulator; authFile: string }> {
  const world = new World();
  const emulator = await world.startService(options, "none");
  const origin = new URL(world.env.LIMN_BASE_URL ?? "").origin;
  mkdirSync(world.codexHome, { recursive: true });
  // Two origins, so that Codex does not move its traffic to the workspace's own.
  writeFileSync(
    join(world.codexHome, "config.toml"),
    [
      `chatgpt_base_url = "${origin.replace("127.0.0.1", "localhost")}/backend-api/"`,
      `openai_base_url = "${origin}/backend-api/codex"`,
      "check_for_update_on_startup = false",
      "",
    ].join("\n"),
  );
  const login = world.startOther(codex, ["login", "--device-auth", "--experimental_issuer", origin]);
  await emulatorSees(emulator, "deviceauth.token");
  emulator.approveDevice(pendingCode(`${login.stderrSoFar()}${login.stdoutSoFar()}`));
  expect((await login.finished).status).toBe(0);
  return { world, emulator, authFile: join(world.codexHome, "auth.json") };
}

describe.skipIf(absent !== null)(`the real Codex program as judge${absent === null ? "" : `: ${absent}`}`, () => {
  it("writes a login that limn borrows in parallel and in failure without changing a byte, and goes on working", async () => {
    const { world, emulator, authFile } = await signedInWithCodex();
    const before = { content: readFileSync(authFile), modified: statSync(authFile).mtimeMs };

    const runs = await Promise.all(
      Array.from({ length: 12 }, async (_, index) =>
        world.run(["generate", "a fox", "--json", "-o", `fox-${index}.png`]),
      ),
    );
    expect(runs.map(({ stdout }) => parseObject(stdout))).toMatchObject(
      runs.map(() => ({ status: "done", account: { plan: "plus", source: "codex" } })),
    );
    for (const scenario of ["unauthorized", "usage-limit", "cloudflare", "cut-body"]) {
      emulator.setScenario(scenario);
      expect((await world.run(["generate", "a fox", "--ignore-limit"])).status).not.toBe(0);
    }
    emulator.setScenario("ok");
    expect({ content: readFileSync(authFile), modified: statSync(authFile).mtimeMs }).toEqual(before);
    expect(emulator.count("refresh")).toBe(0);

    const status = await world.startOther(codex, ["login", "status"]).finished;
    expect(status).toMatchObject({ status: 0, stderr: expect.stringContaining("Logged in using ChatGPT") });
  });

  it.each(["app-server", "exec"])(
    `makes a checked picture for limn --engine codex by %s, with exactly one image call ${proves("codex-engine")}`,
    async (driver) => {
      const { world, emulator, authFile } = await signedInWithCodex();
      world.env.LIMN_CODEX_BIN = codex;
      const before = readFileSync(authFile);
      const made = await world.run([
        "generate",
        "a fox",
        "--engine",
        "codex",
        "--codex-driver",
        driver,
        "--json",
        "-o",
        "fox.png",
      ]);
      expect(made).toMatchObject({ status: 0 });
      const { engine, images, usage, imagesSpent } = parseObject(made.stdout);
      expect([engine, imagesSpent, images]).toEqual([
        "codex",
        1,
        [expect.objectContaining({ path: world.path("fox.png") })],
      ]);
      expect(usage).toMatchObject({ driver: { inputTokens: expect.any(Number) } });
      expect(emulator.count("images")).toBe(1);
      const edit = await world.run([
        "edit",
        "a hat",
        "-i",
        "fox.png",
        "--engine",
        "codex",
        "--codex-driver",
        driver,
        "--json",
      ]);
      expect([edit.status, emulator.count("images.edits")]).toEqual([0, 1]);
      emulator.setScenario("usage-limit");
      const refused = await world.run(["generate", "a fox", "--engine", "codex", "--codex-driver", driver, "--json"]);
      expect([refused.status, emulator.count("images")]).toEqual([5, 3]);
      expect(readFileSync(authFile)).toEqual(before);
    },
  );

  it(`is named where it is the only way, and never taken by itself ${proves("codex-named")}`, async () => {
    const { world, emulator } = await signedInWithCodex();
    world.env.LIMN_CODEX_BIN = codex;
    world.env.LIMN_HOME = world.path("limn");
    await world.run(["config", "set", "borrow.source", "none"]);
    const images = emulator.count("images");
    const run = await world.run(["generate", "a fox"]);
    expect([run.status, emulator.count("images")]).toEqual([4, images]);
    expect(run.stderr).toContain("[login_missing]");
    expect(run.stderr).toContain("--engine codex");
    const doctor = await world.run(["doctor"]);
    expect(doctor.stdout).toMatch(/^engine codex +ok +usable by name \(--engine codex\), plan plus/m);
  });

  it("goes on working after limn borrowed its login a hundred times while it ran", async () => {
    const { world, emulator, authFile } = await signedInWithCodex();
    const before = { content: readFileSync(authFile), modified: statSync(authFile).mtimeMs };
    const settings = { codexHome: world.codexHome, clock: Date.now, askForToken: async () => null, renew: null };
    const [token, ...borrowed] = await Promise.all([
      askCodexForToken({ program: codex, codexHome: world.codexHome, environment: world.env, version: "0.0.0" }),
      ...Array.from({ length: 100 }, async () => (await createCodexSource(settings).find())?.revealToken()),
    ]);
    expect(new Set(borrowed)).toEqual(new Set([token]));
    expect({ content: readFileSync(authFile), modified: statSync(authFile).mtimeMs }).toEqual(before);
    expect([emulator.count("refresh"), readdirSync(world.codexHome).filter((name) => name.includes("limn"))]).toEqual([
      0,
      [],
    ]);
    expect(await world.startOther(codex, ["login", "status"]).finished).toMatchObject({ status: 0 });
    // Signing out is still Codex's own affair, with a refresh token that nobody has spent.
    expect(
      (
        await world.startOther(codex, ["logout"], { env: { CODEX_REVOKE_TOKEN_URL_OVERRIDE: revokeAt(world) } })
          .finished
      ).status,
    ).toBe(0);
    expect(emulator.count("revoke", 200)).toBe(1);
  });

  it("hands out the token of its login when it is asked, as for one in a keychain", async () => {
    const { world, authFile } = await signedInWithCodex();
    const token = await askCodexForToken({
      program: codex,
      codexHome: world.codexHome,
      environment: world.env,
      version: "0.0.0",
    });
    expect(parseObject(readFileSync(authFile, "utf8"))).toMatchObject({ tokens: { access_token: token } });
  });

  it("renews its own login when limn's user asks for that, and only then", async () => {
    const { world, emulator, authFile } = await signedInWithCodex({ accessTokenLifeMs: 120_000 });
    world.env.LIMN_CODEX_BIN = codex;
    const before = readFileSync(authFile, "utf8");
    expect((await world.run(["generate", "a fox"])).status).toBe(0);
    expect([readFileSync(authFile, "utf8"), emulator.count("refresh")]).toEqual([before, 0]);

    const renewal = await world.run(["login", "--renew", "codex"]);
    expect(renewal).toMatchObject({ status: 0, stderr: "Codex has renewed its login\n" });
    // Tokens of two minutes are renewed by Codex at every use of its own.
    expect(emulator.count("refresh")).toBeGreaterThanOrEqual(1);
    expect(readFileSync(authFile, "utf8")).not.toBe(before);
    expect((await world.run(["generate", "a fox"])).status).toBe(0);
  });
});

function revokeAt(world: World): string {
  return `${new URL(world.env.LIMN_BASE_URL ?? "").origin}/oauth/revoke`;
}

function pendingCode(text: string): string {
  const code = /\b([A-Z0-9]{4}-[A-Z0-9]{4,5})\b/.exec(stripVTControlCharacters(text))?.[1];
  if (code === undefined) throw new Error(`no code in:\n${text}`);
  return code;
}

async function emulatorSees(emulator: Emulator, route: string): Promise<void> {
  while (emulator.count(route) === 0) await new Promise((done) => setImmediate(done));
}
