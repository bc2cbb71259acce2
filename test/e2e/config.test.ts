import { mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { proves } from "./requirements.ts";
import { World, onlyLine, parseObject } from "./support/world.ts";

async function askedModel(world: World, parameters: readonly string[] = [], cwd = world.work): Promise<unknown> {
  const { stdout } = await world.run(["generate", "a fox", "--dry-run", "--json", ...parameters], { cwd });
  return parseObject(JSON.stringify(parseObject(onlyLine(stdout)).asked)).model;
}

describe("limn config", () => {
  it(`sets, gets, lists and unsets, in a file that only its user can read ${proves("config")}`, async () => {
    const world = new World();
    const path = onlyLine((await world.run(["config", "path"])).stdout);
    expect(path).toBe(join(world.limnHome, "config.json"));
    const set = await world.run(["config", "set", "aspect", "landscape"]);
    expect(set).toMatchObject({ status: 0, stdout: "", stderr: `aspect is set in ${path}\n` });
    await world.run(["config", "set", "timeout", "60"]);
    await world.run(["config", "set", "history", "yes"]);
    expect(parseObject(readFileSync(path, "utf8"))).toEqual({ aspect: "landscape", timeout: 60, history: true });
    if (process.platform !== "win32") expect(statSync(path).mode & 0o777).toBe(0o600);
    expect((await world.run(["config", "get", "aspect"])).stdout).toBe("landscape\n");
    expect((await world.run(["config", "list"])).stdout).toMatch(
      new RegExp(`^aspect +landscape +default of --aspect \\(from ${path}\\)$`, "m"),
    );
    const { settings } = parseObject(onlyLine((await world.run(["config", "list", "--json"])).stdout));
    expect(settings).toContainEqual({ name: "timeout", value: 60, from: path, meaning: expect.any(String) });
    const unset = await world.run(["config", "unset", "aspect"]);
    expect(unset).toMatchObject({ status: 0, stderr: `aspect is not set in ${path}\n` });
    expect(await world.run(["config", "get", "aspect"])).toMatchObject({
      status: 0,
      stdout: "",
      stderr: "aspect is not set\n",
    });
  });

  it(`refuses unknown names and values with the next step, and keeps the file ${proves("config")}`, async () => {
    const world = new World();
    await world.run(["config", "set", "retries", "1"]);
    const wrong = [
      await world.run(["config", "set", "retrys", "1"]),
      await world.run(["config", "set", "retries", "eleven"]),
      await world.run(["config", "set", "baseUrl", "ftp://example.test"]),
      await world.run(["config", "set", "retries"]),
      await world.run(["config"]),
      await world.run(["config", "fetch"]),
    ];
    expect(wrong.map(({ status, stderr }) => [status, stderr.split("\n")])).toEqual([
      [
        2,
        [
          'error: There is no setting "retrys". Did you mean "retries"? [invalid_option]',
          "→ All settings: limn config list",
          "",
        ],
      ],
      [
        2,
        [
          'error: The setting "retries" must be a whole number from 0 to 10. [invalid_option]',
          "→ limn config set retries …",
          "",
        ],
      ],
      [
        2,
        [
          expect.stringContaining('The setting "baseUrl" must be an http or https address'),
          "→ limn config set baseUrl …",
          "",
        ],
      ],
      [2, ["error: Missing required argument 'value'. [invalid_option]", "→ See: limn config set --help", ""]],
      [
        2,
        [
          "error: limn config needs one of its commands: path, get, set, unset, list. [invalid_option]",
          "→ See: limn config --help",
          "",
        ],
      ],
      [2, ["error: Unknown command 'fetch'. [invalid_option]", "→ See: limn config --help", ""]],
    ]);
    expect(parseObject(readFileSync(join(world.limnHome, "config.json"), "utf8"))).toEqual({ retries: 1 });
  });
});

describe("settings", () => {
  it(`count flag over variable over project file over user file ${proves("precedence")}`, async () => {
    const world = new World();
    expect(await askedModel(world)).toBeUndefined();
    await world.run(["config", "set", "model", "gpt-image-2"]);
    expect(await askedModel(world)).toBe("gpt-image-2");
    writeFileSync(world.path("limn.config.json"), '{ "model": "gpt-image-2-low" }');
    mkdirSync(world.path("below/deeper"), { recursive: true });
    expect(await askedModel(world, [], world.path("below/deeper"))).toBe("gpt-image-2-low");
    world.env.LIMN_MODEL = "gpt-image-2-medium";
    expect(await askedModel(world)).toBe("gpt-image-2-medium");
    expect(await askedModel(world, ["--model", "gpt-image-2-high"])).toBe("gpt-image-2-high");
  });

  it(`that are wrong are named with the place that they came from ${proves("precedence", "config")}`, async () => {
    const world = new World();
    const file = world.path("limn.config.json");
    writeFileSync(file, '{ "aspect": "moon" }');
    const { status, stderr } = await world.run(["a fox", "--dry-run"]);
    expect(status).toBe(2);
    expect(stderr).toContain(
      `The setting "aspect" (${file}) must be square, landscape, portrait or a ratio such as 16:9.`,
    );
    expect((await world.run(["a fox", "--dry-run", "--aspect", "sun"])).stderr).toContain("--aspect must be square,");
  });

  it(`of the sandbox mark everything that is made ${proves("precedence", "sandbox-apart")}`, async () => {
    const world = new World();
    const { stdout } = await world.run(["a fox", "--json"], { env: { LIMN_SANDBOX: "1" } });
    expect(parseObject(onlyLine(stdout))).toMatchObject({ emulated: true, account: { source: "sandbox" } });
  });
});
