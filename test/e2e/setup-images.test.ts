import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { modeOf, startServe } from "./support/serve.ts";
import { World, errorOf, onlyLine, parseObject } from "./support/world.ts";

const keyOf = (world: World): string => readFileSync(join(world.limnHome, "serve-key"), "utf8");

function given(path: string, content: string, mode = 0o600): string {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content, { mode });
  return path;
}

function textOf(path: string): string {
  return readFileSync(path, "utf8");
}

/** Everything that was said; the key must not be in it. */
async function discreet(world: World, parameters: readonly string[]): Promise<string> {
  const { status, stdout, stderr } = await world.run(parameters);
  const said = stdout + stderr;
  expect([parameters, status]).toEqual([parameters, 0]);
  if (existsSync(join(world.limnHome, "serve-key"))) expect(said).not.toContain(keyOf(world));
  return said;
}

describe("limn setup open-design", () => {
  it("also writes the provider custom-image with serve's key, which it makes, never shows, and takes out again", async () => {
    const world = new World();
    world.env.OD_DATA_DIR = join(world.home, "od");
    const file = join(world.home, "od/media-config.json");
    const said = await discreet(world, ["setup", "open-design", "--yes"]);
    expect(said).toContain('+       "apiKey": "…",');
    expect(JSON.parse(textOf(file))).toEqual({
      providers: {
        "custom-image": { baseUrl: "http://127.0.0.1:4310/v1", apiKey: keyOf(world), model: "gpt-image-2" },
      },
    });
    expect([modeOf(file), modeOf(join(world.limnHome, "serve-key"))]).toEqual([0o600, 0o600]);
    // The note for --undo holds no second copy of the key.
    for (const { path, content } of world.keptFiles())
      if (!path.endsWith("serve-key")) expect(content.includes(keyOf(world)), path).toBe(false);
    expect(await discreet(world, ["setup", "open-design", "--yes"])).toContain("nothing has to change");
    await discreet(world, ["setup", "open-design", "--undo", "--yes"]);
    expect(readdirSync(world.home)).toEqual([]);
  });

  it("keeps other providers and their keys to themselves, and gives back every byte", async () => {
    const world = new World();
    const before = '{\n  "providers": {\n    "fal": { "apiKey": "planted-secret-1" }\n  },\n  "aliases": {}\n}\n';
    const file = given(join(world.folder, "media/media-config.json"), before, 0o644);
    // The daemon's data folder is not known here.
    world.env.OD_MEDIA_CONFIG_DIR = dirname(file);
    const said = await discreet(world, ["setup", "open-design", "--images", "--yes"]);
    expect(said).not.toContain("planted-secret");
    expect(said).toContain("readable for its owner only");
    expect(modeOf(file)).toBe(0o600);
    expect(parseObject(textOf(file))).toMatchObject({
      providers: { fal: { apiKey: "planted-secret-1" }, "custom-image": { apiKey: keyOf(world) } },
      aliases: {},
    });
    // Taking it out needs no key, and makes none.
    rmSync(join(world.limnHome, "serve-key"));
    const undone = await discreet(world, ["setup", "open-design", "--undo", "--yes", "--json"]);
    expect(existsSync(join(world.limnHome, "serve-key"))).toBe(false);
    expect(undone).not.toContain("planted-secret");
    expect(textOf(file)).toBe(before);
  });

  it("follows a new key without showing the old one, and keeps the address that was named", async () => {
    const world = new World();
    world.env.OD_DATA_DIR = join(world.home, "od");
    const file = join(world.home, "od/media-config.json");
    const write = ["setup", "open-design", "--images", "--yes"];
    await discreet(world, [...write, "--url", "http://127.0.0.1:5000/"]);
    const old = keyOf(world);
    await world.run(["serve", "--rotate-key"]);
    const said = await discreet(world, write);
    expect(said).toContain("a key is replaced; it is not shown");
    expect(said).not.toContain(old);
    expect(parseObject(textOf(file))).toEqual({
      providers: {
        "custom-image": { baseUrl: "http://127.0.0.1:5000/v1", apiKey: keyOf(world), model: "gpt-image-2" },
      },
    });
    await discreet(world, ["setup", "open-design", "--undo", "--yes"]);
    expect(existsSync(file)).toBe(false);
  });

  it("leaves a custom-image alone that asks somebody else, on the way in and out", async () => {
    const world = new World();
    const folder = join(world.home, "od");
    world.env.OD_DATA_DIR = folder;
    const other =
      '{"providers":{"custom-image":{"baseUrl":"https://images.example/v1?key=planted-secret","apiKey":"planted-secret"}}}';
    const file = given(join(folder, "media-config.json"), other);
    const said = await discreet(world, ["setup", "open-design", "--yes"]);
    expect(said).toContain("custom-image already asks https://images.example, so it is left alone");
    expect(said).not.toContain("planted-secret");
    expect(existsSync(join(world.limnHome, "serve-key"))).toBe(false);
    await discreet(world, ["setup", "open-design", "--undo", "--yes"]);
    expect(textOf(file)).toBe(other);
  });

  it("says which file is to be named where its folder is not known", async () => {
    const world = new World();
    const { status, stderr } = await world.run(["setup", "open-design", "--images", "--yes"]);
    expect([status, stderr]).toEqual([
      2,
      expect.stringContaining("media-config.json in its data folder, or set OD_DATA_DIR"),
    ]);
    await discreet(world, ["setup", "open-design", "--images", "--file", "here.json", "--yes"]);
    expect(parseObject(textOf(world.path("here.json")))).toHaveProperty("providers");
    await discreet(world, ["setup", "open-design", "--images", "--undo", "--file", "here.json", "--yes"]);
    expect(world.files()).toEqual([]);
  });

  it("makes no key and no file without a yes", async () => {
    const world = new World();
    world.env.OD_DATA_DIR = join(world.home, "od");
    expect((await world.run(["setup", "open-design"])).status).toBe(2);
    expect((await world.run(["setup"])).status).toBe(0);
    expect([readdirSync(world.home), existsSync(world.limnHome)]).toEqual([[], false]);
  });
});

describe("limn setup hermes --images", () => {
  const config =
    "# mine\nimage_gen:\n  # fal, until today\n  provider: fal\n  openai:\n    model: gpt-image-2-high # best\nother: 1\n";

  it("points Hermes' own openai provider at limn serve, with the key in its .env, and gives back every byte", async () => {
    const world = new World();
    const yaml = given(join(world.home, ".hermes/config.yaml"), config, 0o644);
    const variables = given(join(world.home, ".hermes/.env"), "OPENAI_API_KEY=planted-secret\n", 0o644);
    const said = await discreet(world, ["setup", "hermes", "--images", "--yes"]);
    expect(said).not.toContain("planted-secret");
    expect(said).toContain("image_generate draws with your plan");
    expect(textOf(yaml)).toBe(
      '# mine\nimage_gen:\n  # fal, until today\n  provider: "openai"\n  openai:\n    model: gpt-image-2-high # best\n' +
        '    base_url: "http://127.0.0.1:4310/v1"\n    key_env: "LIMN_SERVE_KEY"\nother: 1\n',
    );
    expect(textOf(variables)).toBe(`OPENAI_API_KEY=planted-secret\nLIMN_SERVE_KEY=${keyOf(world)}\n`);
    expect([modeOf(yaml), modeOf(variables)]).toEqual([0o644, 0o600]);
    await discreet(world, ["setup", "hermes", "--undo", "--yes"]);
    expect([textOf(yaml), textOf(variables)]).toEqual([config, "OPENAI_API_KEY=planted-secret\n"]);
  });

  it("and the tools by MCP can be had together in one file, and both go with one --undo", async () => {
    const world = new World();
    const yaml = given(join(world.home, ".hermes/config.yaml"), config);
    await discreet(world, ["setup", "hermes", "--images", "--yes"]);
    await discreet(world, ["setup", "hermes", "--yes"]);
    expect(textOf(yaml)).toContain("mcp_servers:");
    expect((await discreet(world, ["setup", "hermes"])).trim()).toMatch(/^Hermes Agent is set up/);
    await discreet(world, ["setup", "hermes", "--undo", "--yes"]);
    expect(textOf(yaml)).toBe(config);
    expect(existsSync(join(world.home, ".hermes/.env"))).toBe(false);
  });

  it("never takes out an image_gen that limn did not write", async () => {
    const world = new World();
    const yaml = given(join(world.home, ".hermes/config.yaml"), config);
    expect(await discreet(world, ["setup", "hermes", "--undo", "--yes"])).toContain("nothing has to change");
    expect(textOf(yaml)).toBe(config);
  });
});

describe("settings that setup cannot write", () => {
  const names = ["openai", "open-webui", "librechat", "litellm", "openclaw", "n8n"];

  it("are printed without the key, or with it when that is asked for", async () => {
    const world = new World();
    for (const name of names) {
      const { status, stdout } = await world.run(["setup", name]);
      expect([name, status, stdout.includes("127.0.0.1:4310")]).toEqual([name, 0, true]);
    }
    expect(existsSync(world.limnHome)).toBe(false);
    for (const name of names) {
      const { stdout } = await world.run(["setup", name, "--show-key", "--url", "http://10.0.0.2:8080/v1"]);
      expect([name, stdout.includes(keyOf(world)), stdout.includes("http://10.0.0.2:8080")]).toEqual([
        name,
        true,
        true,
      ]);
    }
    expect(parseObject(onlyLine((await world.run(["setup", "litellm", "--json"])).stdout))).toMatchObject({
      client: "litellm",
      baseURL: "http://127.0.0.1:4310/v1",
    });
  });

  it("have the address of the limn serve that runs, unless another one is named", async () => {
    const world = new World();
    const sandbox = await startServe(world, ["--sandbox"]);
    const addressOf = async (...words: string[]): Promise<unknown> =>
      parseObject(onlyLine((await world.run(["setup", "openai", "--json", ...words])).stdout)).baseURL;
    expect(await addressOf()).toBe(`${sandbox.url}/v1`);
    await world.startService();
    const served = await startServe(world);
    await startServe(world, ["--sandbox"]);
    expect(await addressOf()).toBe(`${served.url}/v1`);
    expect(await addressOf("--url", "http://10.0.0.2:8080")).toBe("http://10.0.0.2:8080/v1");
  });

  it("are the ones that the client's page shows", async () => {
    const world = new World();
    for (const name of names.filter((each) => each !== "openai" && each !== "n8n")) {
      const page = textOf(resolve(import.meta.dirname, `../../docs/clients/${name}.md`));
      expect([name, page.includes((await world.run(["setup", name])).stdout)]).toEqual([name, true]);
    }
  });

  it.skipIf(process.platform === "win32")(
    "of OpenAI's libraries are commands for the shell, which gets the key by itself",
    async () => {
      const world = new World();
      const { stdout } = await world.run(["setup", "openai"]);
      const shell = world.startOther("sh", ["-c", `${stdout}\nprintf '%s %s' "$OPENAI_BASE_URL" "$OPENAI_API_KEY"`]);
      expect((await shell.finished).stdout).toBe(`http://127.0.0.1:4310/v1 ${keyOf(world)}`);
    },
  );

  it("refuse what would do nothing", async () => {
    const world = new World();
    world.env.OD_DATA_DIR = join(world.home, "od");
    for (const parameters of [
      ["openai", "--undo"],
      ["n8n", "--file", "x"],
      ["cursor", "--images", "--yes"],
      ["cursor", "--url", "http://127.0.0.1:1", "--yes"],
      ["open-design", "--print", "--skill", "--url", "http://127.0.0.1:1"],
      ["open-design", "--undo", "--url", "http://127.0.0.1:1"],
      ["open-design", "--images", "--skill", "--yes"],
      ["hermes", "--show-key", "--yes"],
      ["openai", "--url", "ftp://x"],
      ["openai", "--url", "http://me:planted-secret@127.0.0.1"],
    ]) {
      const finished = await world.run(["setup", ...parameters, "--json"]);
      expect([parameters, errorOf(finished).code]).toEqual([parameters, "invalid_option"]);
      expect(finished.stdout + finished.stderr).not.toContain("planted-secret");
    }
    expect([readdirSync(world.home), existsSync(world.limnHome)]).toEqual([[], false]);
  });
});
