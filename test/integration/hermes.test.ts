import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { spawnSync } from "node:child_process";
import { dirname, join, resolve } from "node:path";
import type { EmulatorOptions } from "@limn/emulator";
import sharp from "sharp";
import { beforeAll, describe, expect, test } from "vitest";
import { setup as build } from "../e2e/support/build.ts";
import { binFile } from "../e2e/support/program.ts";
import { World } from "../e2e/support/world.ts";

const python = "/usr/bin/python3";
const hasPython = spawnSync(python, ["--version"]).status === 0;
const plugin = resolve(import.meta.dirname, "../../integrations/hermes");
const built = resolve(dirname(binFile), "../dist/main.cjs");

/** What the plugin uses of Hermes, after `contracts/hermes-provider.md` (H1-H8, H35, H60), in our own words. */
const host: Readonly<Record<string, string>> = {
  "agent/__init__.py": "",
  "agent/image_gen_provider.py": `
import abc, base64, datetime, os, uuid
from pathlib import Path
class ImageGenProvider(abc.ABC):
    @property
    @abc.abstractmethod
    def name(self): ...
    @abc.abstractmethod
    def generate(self, prompt, aspect_ratio="landscape", *, image_url=None, reference_image_urls=None, **kwargs): ...
def resolve_aspect_ratio(value):
    word = value.strip().lower() if isinstance(value, str) else ""
    return word if word in ("landscape", "square", "portrait") else "landscape"
def normalize_reference_images(value):
    values = [value] if isinstance(value, str) else value if isinstance(value, (list, tuple)) else []
    return [v.strip() for v in values if isinstance(v, str) and v.strip()] or None
def save_b64_image(data, *, prefix="image", extension="png"):
    folder = Path(os.environ["HERMES_HOME"]) / "cache" / "images"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{prefix}_{datetime.datetime.now():%Y%m%d_%H%M%S}_{uuid.uuid4().hex[:8]}.{extension}"
    path.write_bytes(base64.b64decode(data))
    return path
def success_response(*, image, model, prompt, aspect_ratio, provider, modality="text", extra=None):
    result = dict(success=True, image=image, model=model, prompt=prompt, aspect_ratio=aspect_ratio, modality=modality, provider=provider)
    return {**(extra or {}), **result}
def error_response(*, error, error_type="provider_error", provider="", model="", prompt="", aspect_ratio="landscape"):
    return dict(success=False, image=None, error=error, error_type=error_type, model=model, prompt=prompt, aspect_ratio=aspect_ratio, provider=provider)
`,
  "agent/file_safety.py": `
import os
def get_read_block_error(path):
    return "Access denied: a credential file" if os.path.basename(os.path.realpath(os.path.expanduser(path))) in (".env", "auth.json") else None
`,
  "agent/auxiliary_client.py": `
import os
def _read_codex_access_token():
    open(os.environ["HERMES_HOME"] + "/token-was-read", "w").close()
    return os.environ.get("STUB_TOKEN_OF_HERMES_")
`,
  "hermes_cli/__init__.py": "",
  "hermes_cli/config.py": `
import json, os
def load_config():
    return json.loads(os.environ["STUB_CONFIG"])
`,
  // Loads the plugin as the host does, makes the call that it is told on stdin, and prints what came back.
  "drive.py": `
import importlib.util, json, os, sys
spec = importlib.util.spec_from_file_location("limn_plugin", os.environ["STUB_PLUGIN"] + "/__init__.py")
module = importlib.util.module_from_spec(spec)
sys.dont_write_bytecode = True
spec.loader.exec_module(module)
class Context:
    providers = []
    def register_image_gen_provider(self, provider): self.providers.append(provider)
context = Context()
module.register(context)
(provider,) = context.providers
task = json.loads(sys.stdin.read())
value = getattr(provider, task["member"])
value = value(*task.get("args", []), **task.get("kwargs", {})) if callable(value) else value
print(json.dumps(value))
`,
};

interface Answer extends Readonly<Record<string, unknown>> {
  readonly success: boolean;
  readonly image: string | null;
}

class Host extends World {
  readonly hermesHome: string = join(this.home, ".hermes");
  config: Readonly<Record<string, unknown>> = { image_gen: { limn: { program: [process.execPath, binFile] } } };

  constructor() {
    super();
    mkdirSync(this.hermesHome);
    for (const [name, content] of Object.entries(host)) {
      mkdirSync(dirname(join(this.folder, "host", name)), { recursive: true });
      writeFileSync(join(this.folder, "host", name), content);
    }
    Object.assign(this.env, {
      HERMES_HOME: this.hermesHome,
      PYTHONPATH: join(this.folder, "host"),
      PYTHONDONTWRITEBYTECODE: "1",
      STUB_PLUGIN: plugin,
    });
  }

  async ask(member: string, kwargs: Readonly<Record<string, unknown>> = {}): Promise<unknown> {
    const { stdout, stderr, status } = await this.startOther(python, [join(this.folder, "host/drive.py")], {
      input: JSON.stringify({ member, kwargs }),
      env: { STUB_CONFIG: JSON.stringify(this.config) },
    }).finished;
    if (status !== 0) throw new Error(stderr);
    return JSON.parse(stdout);
  }

  async generate(kwargs: Readonly<Record<string, unknown>>): Promise<Answer> {
    const answer = await this.ask("generate", { prompt: "a red fox", ...kwargs });
    if (typeof answer !== "object" || answer === null || !("success" in answer)) throw new Error("no dictionary");
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the shape is what the tests look at
    return answer as Answer;
  }
}

const served = async (
  options: EmulatorOptions = {},
): Promise<{ host: Host; calls: () => readonly unknown[]; token: string }> => {
  const world = new Host();
  const emulator = await world.startService(options);
  return {
    host: world,
    calls: () => emulator.calls.filter(({ route }) => route.startsWith("images.")),
    token: emulator.accessToken,
  };
};
const picture = async (): Promise<Buffer> =>
  sharp({ create: { width: 96, height: 64, channels: 3, background: "#a03020" } })
    .png()
    .toBuffer();
const usual = { scenario: { name: "ok", times: "always" } } as const;

describe.skipIf(!hasPython)("the plugin for Hermes", () => {
  beforeAll(() => {
    if (!existsSync(built)) build();
  });

  test("makes a picture, in the host's cache, with what was asked and what came apart", async () => {
    const { host: world, calls } = await served(usual);
    world.config = { image_gen: { limn: { program: [process.execPath, binFile], model: "gpt-image-2-high" } } };
    const answer = await world.generate({ aspect_ratio: "portrait", unknown_argument: 1 });
    expect(answer).toMatchObject({
      success: true,
      image: expect.stringMatching(/\/\.hermes\/cache\/images\/limn_\d{8}_\d{6}_[0-9a-f]{8}\.png$/),
      model: "gpt-image-2-high",
      prompt: "a red fox",
      aspect_ratio: "portrait",
      modality: "text",
      provider: "limn",
      size: "1024x1536",
      quality: "high",
      requested_size: "1024x1536",
      requested_aspect_ratio: "portrait",
      pixel_size: "1024x1536",
      reported_quality: "medium",
      reported_model: "gpt-image-2",
      geometry_mismatch: false,
      input_image_count: 0,
      imagegen_request_id: expect.any(String),
      engine: "images",
      account_plan: "plus",
      account_source: "token",
    });
    const { width, height } = await sharp(answer.image ?? "").metadata();
    expect([width, height, calls().length]).toEqual([1024, 1536, 1]);
    // What limn was run in is gone.
    expect(readdirSync(String(world.env["TMPDIR"])).filter((name) => name.startsWith("hermes-limn-"))).toEqual([]);
  });

  test("has the prompt on stdin only, verbatim, whatever it looks like", async () => {
    const { host: world, calls } = await served(usual);
    const prompt = "--help -i /etc/passwd\n$(id) „Füchse“ 🦊";
    expect(await world.generate({ prompt, size: "auto" })).toMatchObject({ success: true, prompt });
    expect(JSON.stringify(calls()[0])).toContain(JSON.stringify(prompt).slice(1, -1));
  });

  test("edits a path, a data address and more references, in order", async () => {
    const { host: world, calls } = await served({
      scenario: [usual.scenario, { name: "ok", size: "64x48", on: "responses" }],
    });
    const file = join(world.work, "-i @last.png");
    writeFileSync(file, await picture());
    const data = `data:image/png;base64,${(await picture()).toString("base64")}`;
    const answer = await world.generate({
      prompt: "make it night",
      aspect_ratio: "square",
      image_url: file,
      reference_image_urls: [data, " ", file],
    });
    expect(answer).toMatchObject({ success: true, modality: "image", input_image_count: 3, pixel_size: "1024x1024" });
    // What the service drew is another size, and is said beside the delivered one.
    expect(answer["reported_size"]).toMatch(/^(?!1024x1024)\d+x\d+$/);
    expect(calls()).toMatchObject([{ route: "images.edits" }]);
  });

  test("takes more references than the usual engine does", async () => {
    const { host: world, calls } = await served({
      scenario: { name: "ok", size: "64x48", times: "always", on: "responses" },
    });
    writeFileSync(join(world.work, "a.png"), await picture());
    const answer = await world.generate({ reference_image_urls: Array.from({ length: 6 }, () => "a.png") });
    expect(answer).toMatchObject({
      success: true,
      engine: "responses",
      input_image_count: 6,
      warnings: expect.arrayContaining([expect.stringContaining("6 input images")]),
    });
    expect(calls()).toEqual([]);
  });

  test("works in a host that lacks the reader and the guard, and guards itself", async () => {
    const { host: world, calls } = await served(usual);
    for (const name of ["agent/auxiliary_client.py", "agent/file_safety.py"]) rmSync(join(world.folder, "host", name));
    writeFileSync(join(world.work, ".env.local"), await picture());
    mkdirSync(join(world.hermesHome, "mcp-tokens"));
    writeFileSync(join(world.hermesHome, "mcp-tokens/a.png"), await picture());
    for (const image_url of [".env.local", "~/.hermes/mcp-tokens/a.png"])
      expect(await world.generate({ image_url })).toMatchObject({
        error_type: "invalid_image_input",
        error: expect.stringContaining("Access denied"),
      });
    expect(calls()).toEqual([]);
    expect(await world.generate({ size: "auto" })).toMatchObject({ success: true });
  });

  test("takes the tier from the variable, its own setting, the common setting, and else the default", async () => {
    const world = new Host();
    const refused = async (env: Readonly<Record<string, string>>, imageGen: unknown): Promise<unknown> => {
      Object.assign(world.env, { OPENAI_IMAGE_MODEL: "", ...env });
      world.config = { image_gen: imageGen };
      return (await world.generate({ prompt: " " }))["model"];
    };
    expect([
      await refused({ OPENAI_IMAGE_MODEL: "gpt-image-2-low" }, { limn: { model: "gpt-image-2-high" } }),
      await refused({ OPENAI_IMAGE_MODEL: "dall-e" }, { limn: { model: "gpt-image-2-high" } }),
      await refused({}, { model: "gpt-image-2-low", limn: { model: "none" } }),
      await refused({}, { model: "fal-ai/x" }),
    ]).toEqual(["gpt-image-2-low", "gpt-image-2-high", "gpt-image-2-low", "gpt-image-2-medium"]);
  });

  test.each([
    [{ prompt: "  " }, "invalid_argument", /^Prompt is required/],
    [{ size: "1000x1000" }, "invalid_argument", /^size must be/],
    [{ size: "3840x1024" }, "invalid_argument", /^size must be/],
    [{ size: 7 }, "invalid_argument", /^size must be/],
    [{ image_url: "  " }, "invalid_image_input", /Blank image input$/],
    [{ image_url: "data:image/png;base64" }, "invalid_image_input", /missing a comma/],
    [{ image_url: "data:text/plain;base64,aGk=" }, "invalid_image_input", /Only base64 data:image URLs/],
    [{ image_url: "data:image/png;base64,aGk=" }, "invalid_image_input", /does not contain supported image bytes/],
    [{ image_url: "data:image/png;base64,%%" }, "invalid_image_input", /does not contain supported image bytes/],
    [{ image_url: "/no/such.png" }, "invalid_image_input", /does not exist or is not a file/],
    [{ image_url: "/etc" }, "invalid_image_input", /does not exist or is not a file/],
    [{ image_url: "@last" }, "invalid_image_input", /does not exist or is not a file/],
    [{ image_url: "-" }, "invalid_image_input", /does not exist or is not a file/],
    [{ image_url: "/etc/hostname" }, "invalid_image_input", /is not a supported image/],
    [{ image_url: "EMPTY" }, "invalid_image_input", /is empty/],
    [{ image_url: "BIG" }, "invalid_image_input", /exceeds 25MB cap/],
    [{ reference_image_urls: ["GOOD", ".env"] }, "invalid_image_input", /Access denied/],
    [{ reference_image_urls: ["LINK"] }, "invalid_image_input", /Access denied/],
    [{ reference_image_urls: Array.from({ length: 17 }, () => "GOOD") }, "invalid_image_input", /17 images/],
  ])("refuses %j as %s and sends nothing", async (given, type, text) => {
    const { host: world, calls } = await served();
    writeFileSync(join(world.work, "GOOD"), await picture());
    writeFileSync(join(world.work, "EMPTY"), "");
    writeFileSync(join(world.work, "BIG"), Buffer.concat([await picture(), Buffer.alloc(25 * 1024 * 1024)]));
    writeFileSync(join(world.work, ".env"), "KEY=1");
    symlinkSync(join(world.work, ".env"), join(world.work, "LINK"));
    const answer = await world.generate(given);
    expect(Object.keys(answer).sort()).toEqual(
      ["aspect_ratio", "error", "error_type", "image", "model", "prompt", "provider", "success"].sort(),
    );
    expect(answer).toMatchObject({
      success: false,
      image: null,
      error_type: type,
      error: expect.stringMatching(text),
      provider: "limn",
      aspect_ratio: "landscape",
    });
    if (type === "invalid_image_input")
      expect(answer["error"]).toMatch(/^Invalid image input for Codex image editing: /);
    expect(calls()).toEqual([]);
  });

  test.each([
    [{ name: "usage-limit" }, "quota_exceeded", /used up/],
    [{ name: "usage-not-included" }, "quota_exceeded", /./],
    [{ name: "moderation" }, "api_error", /./],
    [{ name: "unauthorized" }, "auth_required", /hermes auth add openai-codex/],
    [{ name: "empty-data" }, "empty_response", /./],
    [{ name: "server-error-with-request-id" }, "api_error", /./],
  ] as const)("tells %j as %s after one request", async (step, type, text) => {
    const { host: world, calls } = await served({ scenario: { ...step, times: "always" } });
    const answer = await world.generate({});
    expect(answer).toMatchObject({ success: false, image: null, error_type: type, error: expect.stringMatching(text) });
    expect(calls().length).toBe(1);
    if (step.name === "usage-limit")
      expect(answer).toMatchObject({
        resets_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
        retry_after_seconds: expect.any(Number),
      });
  });

  test("asks for a sign-in where nobody is signed in, and for the program where it is missing", async () => {
    const { host: world } = await served();
    delete world.env["LIMN_ACCESS_TOKEN"];
    expect(await world.generate({})).toMatchObject({
      error_type: "auth_required",
      error: expect.stringContaining("`limn login`"),
    });
    world.config = { image_gen: { limn: { program: "/nowhere/limn" } } };
    expect(await world.generate({})).toMatchObject({
      error_type: "missing_dependency",
      error: expect.stringContaining("npm install -g limn"),
    });
  });

  test("pays with the token of Hermes' own reader, when it is one for ChatGPT", async () => {
    const { host: world, calls, token } = await served(usual);
    delete world.env["LIMN_ACCESS_TOKEN"];
    world.env["STUB_TOKEN_OF_HERMES_"] = token;
    expect(await world.generate({ size: "auto" })).toMatchObject({ success: true, account_source: "token" });
    expect(JSON.stringify(readdirSync(world.limnHome))).not.toContain("auth");
    for (const change of [
      { STUB_TOKEN_OF_HERMES_: "opaque-token" },
      { STUB_TOKEN_OF_HERMES_: token, HERMES_CODEX_BASE_URL: "https://gateway.test" },
      { STUB_TOKEN_OF_HERMES_: token, LIMN_BASE_URL: "https://elsewhere.test/codex" },
    ]) {
      const before = { ...world.env };
      Object.assign(world.env, change);
      expect(await world.generate({})).toMatchObject({ success: false, error_type: "auth_required" });
      for (const name of Object.keys(world.env)) delete world.env[name];
      Object.assign(world.env, before);
    }
    expect(calls().length).toBe(1);
  });

  test("hands limn none of Hermes' keys", async () => {
    const world = new Host();
    const spy = join(world.folder, "spy.mjs");
    writeFileSync(
      spy,
      `import { writeFileSync } from "node:fs";
       writeFileSync(${JSON.stringify(join(world.folder, "seen.json"))}, JSON.stringify([process.env, process.argv]));
       console.log(JSON.stringify({ error: { code: "bug", category: "internal", message: "seen" } }));`,
    );
    world.config = { image_gen: { limn: { program: [process.execPath, spy], timeout: 5 } } };
    Object.assign(world.env, { OPENAI_API_KEY: "sk-1", SLACK_BOT_TOKEN: "xoxb-2", DB_PASSWORD: "3", LANG: "C.UTF-8" });
    expect(await world.generate({ prompt: "a secret fox" })).toMatchObject({ error_type: "api_error", error: "seen" });
    const seen = readFileSync(join(world.folder, "seen.json"), "utf8");
    expect(seen).toContain("C.UTF-8");
    expect(seen).not.toMatch(/sk-1|xoxb-2|DB_PASSWORD|a secret fox/);
    // A time limit below 300 s is not taken.
    expect(seen).toContain('"--timeout","300"');
  });

  test("leaves no limn behind when the host is stopped in the middle", async () => {
    const world = new Host();
    const never = join(world.folder, "never.mjs");
    const pidFile = join(world.folder, "pid");
    writeFileSync(
      never,
      `import { writeFileSync, renameSync } from "node:fs";
       writeFileSync(${JSON.stringify(pidFile)} + "-", String(process.pid));
       renameSync(${JSON.stringify(pidFile)} + "-", ${JSON.stringify(pidFile)});
       setInterval(() => undefined, 1000);`,
    );
    world.config = { image_gen: { limn: { program: [process.execPath, never] } } };
    const running = world.startOther(python, [join(world.folder, "host/drive.py")], {
      input: JSON.stringify({ member: "generate", kwargs: { prompt: "a fox" } }),
      env: { STUB_CONFIG: JSON.stringify(world.config) },
    });
    await expect.poll(() => existsSync(pidFile), { timeout: 20_000 }).toBe(true);
    running.kill("SIGINT");
    await running.finished;
    const pid = Number(readFileSync(pidFile, "utf8"));
    expect(() => process.kill(pid, 0)).toThrow(/ESRCH/);
  });

  test("is available without network and without reading a token, when the program and a login are there", async () => {
    const world = new Host();
    expect(await world.ask("is_available")).toBe(false);
    writeFileSync(join(world.hermesHome, "auth.json"), "{}");
    expect(await world.ask("is_available")).toBe(true);
    expect(existsSync(join(world.hermesHome, "token-was-read"))).toBe(false);
    world.config = { image_gen: { limn: { program: "/nowhere/limn" } } };
    expect(await world.ask("is_available")).toBe(false);
  });

  test("describes itself", async () => {
    const world = new Host();
    const models = await world.ask("list_models");
    expect([await world.ask("name"), await world.ask("default_model"), await world.ask("capabilities")]).toEqual([
      "limn",
      "gpt-image-2-medium",
      { modalities: ["text", "image"], max_reference_images: 15, max_source_images: 16 },
    ]);
    expect(models).toMatchObject(
      ["low", "medium", "high"].map((tier) => ({ id: `gpt-image-2-${tier}`, price: "varies" })),
    );
    expect(await world.ask("get_setup_schema")).toMatchObject({ badge: "free", env_vars: [] });
    const { version } = JSON.parse(readFileSync(resolve(plugin, "../../packages/limn/package.json"), "utf8"));
    expect(readFileSync(join(plugin, "plugin.yaml"), "utf8")).toContain(`version: ${version}\n`);
  });
});
