import { describe, expect, it } from "vitest";
import { proves } from "./requirements.ts";
import { World, imageCalls, onlyLine, parseObject, smallPicture } from "./support/world.ts";

const planted = { accountId: "acc-planted-7777-8888", email: "planted.person@example.test" };
const prompt = "walrus-secret-4711 beside a planted palm";

describe("what limn says and keeps", () => {
  it(`holds no token, e-mail address or account id, and with --no-history no prompt ${proves("privacy", "no-history")}`, async () => {
    const world = new World();
    const emulator = await world.startService(
      { ...planted, scenario: [smallPicture, "moderation", "reset", smallPicture] },
      "none",
    );
    world.signIn(emulator);
    const outputs = [
      await world.run(["generate", prompt, "--no-history", "-o", "1.png", "-v"]),
      await world.run(["generate", prompt, "--no-history", "-o", "2.png", "-v", "--json"]),
      await world.run(["generate", prompt, "--no-history", "-o", "3.png", "-v"]),
      await world.run(["generate", prompt, "--no-history", "-o", "4.png", "-v", "--jsonl"]),
      await world.run(["history"]),
      await world.run(["history", "--json"]),
      await world.run(["status"]),
      await world.run(["doctor", "--report"]),
      await world.run(["generate", "--dry-run", "something else"]),
    ];
    expect(outputs.map(({ status }) => status)).toEqual([0, 6, 8, 0, 0, 0, 0, 0, 0]);
    const secrets = [
      emulator.accessToken,
      emulator.accessToken.split(".")[1] ?? "",
      "rt_emulator_0001",
      planted.accountId,
      planted.email,
    ];
    const texts = outputs.flatMap(({ stdout, stderr }) => [stdout, stderr]);
    for (const secret of secrets) expect(texts.filter((text) => text.includes(secret))).toEqual([]);
    // The result of a successful run names what was sent; everything else keeps the prompt to itself.
    const said = [...outputs.slice(0, 3).map(({ stdout }) => stdout), ...outputs.map(({ stderr }) => stderr)];
    expect(said.filter((text) => text.includes("walrus"))).toEqual([]);
    const kept = world.keptFiles();
    expect(kept.length).toBeGreaterThan(0);
    for (const secret of [...secrets, "walrus", "palm"])
      expect(kept.filter(({ content }) => content.includes(secret)).map(({ path }) => path)).toEqual([]);
  });

  it(`holds no token with history either ${proves("privacy")}`, async () => {
    const world = new World();
    const emulator = await world.startService(planted, "none");
    world.signIn(emulator);
    expect((await world.run(["generate", prompt])).status).toBe(0);
    for (const secret of [emulator.accessToken, "rt_emulator_0001", planted.accountId, planted.email])
      expect(world.keptFiles().filter(({ content }) => content.includes(secret))).toEqual([]);
  });

  it.skipIf(process.platform === "win32")(`can be read by its user only ${proves("privacy")}`, async () => {
    const world = new World();
    await world.startService();
    await world.run(["generate", "a fox"]);
    const { statSync } = await import("node:fs");
    const { dirname } = await import("node:path");
    const modes = world
      .keptFiles()
      .flatMap(({ path }) => [statSync(path).mode & 0o777, statSync(dirname(path)).mode & 0o777]);
    expect(new Set(modes)).toEqual(new Set([0o600, 0o700]));
  });
});

describe("an API key in the environment", () => {
  it(`changes nothing: no login where there is none, the same request where there is one ${proves("no-api-key")}`, async () => {
    const keys = {
      OPENAI_API_KEY: "sk-planted-key-0001",
      CODEX_API_KEY: "sk-planted-key-0002",
      OPENAI_BASE_URL: "http://127.0.0.1:9",
    };
    const nobody = new World();
    const without = await nobody.startService({}, "none");
    const refused = await nobody.run(["a fox", "--json"], { env: keys });
    expect(refused.status).toBe(4);
    expect(parseObject(onlyLine(refused.stdout)).error).toMatchObject({ code: "login_missing" });
    expect(without.calls).toEqual([]);

    const world = new World();
    const emulator = await world.startService();
    await world.run(["a fox"]);
    const keyed = await world.run(["a fox"], { env: keys });
    expect(keyed.status).toBe(0);
    const [first, second] = imageCalls(emulator).map(({ headers, body, path }) => ({
      headers: { ...headers, "x-codex-image-turn-id": "" },
      body,
      path,
    }));
    expect(second).toEqual(first);
    expect(keyed.stdout + keyed.stderr).not.toContain("planted");
    expect(world.keptFiles().filter(({ content }) => content.includes("planted"))).toEqual([]);
  });
});
