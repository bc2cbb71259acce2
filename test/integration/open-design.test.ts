import { existsSync, mkdirSync, readFileSync, readdirSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import type { EmulatorOptions, RecordedCall } from "@limn/emulator";
import sharp from "sharp";
import { afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import {
  LimnMediaError,
  generateMedia,
  limnImageModel,
  limnMediaProvider,
  renderLimnImage,
} from "../../integrations/open-design/limn-media.ts";
import type { GenerateMediaArguments, GeneratedMedia } from "../../integrations/open-design/limn-media.ts";
import { setup as build } from "../e2e/support/build.ts";
import { binFile } from "../e2e/support/program.ts";
import { World } from "../e2e/support/world.ts";
import { reasonOf } from "../support/rejection.ts";

const built = resolve(dirname(binFile), "../dist/main.cjs");
const program = [process.execPath, binFile];
const always = { name: "ok", times: "always" } as const;
const picture = async (): Promise<Buffer> =>
  sharp({ create: { width: 96, height: 64, channels: 3, background: "#a03020" } })
    .png()
    .toBuffer();

/** A daemon's folders and variables, with a project `p1`. */
class Daemon extends World {
  readonly project: string = join(this.folder, "projects/p1");
  imageCalls: () => readonly RecordedCall[] = () => [];

  async serve(options: EmulatorOptions = {}): Promise<this> {
    mkdirSync(this.project, { recursive: true });
    const emulator = await this.startService(options);
    this.imageCalls = () => emulator.calls.filter(({ route }) => route.startsWith("images."));
    for (const [name, value] of Object.entries(this.env)) vi.stubEnv(name, value);
    // To prove that no stub is given.
    vi.stubEnv("OD_MEDIA_ALLOW_STUBS", "1");
    return this;
  }

  async generate(change: Partial<GenerateMediaArguments> = {}): Promise<GeneratedMedia> {
    return generateMedia({
      projectRoot: this.folder,
      projectsRoot: dirname(this.project),
      projectId: "p1",
      surface: "image",
      model: "limn-gpt-image-2",
      prompt: "a red fox",
      program,
      ...change,
    });
  }

  kept(): string[] {
    return readdirSync(this.project).sort();
  }
}

describe("the media provider for Open Design", () => {
  beforeAll(() => {
    if (!existsSync(built)) build();
  });
  afterEach(() => {
    vi.unstubAllEnvs();
  });

  test("puts a picture into the project and tells the agent about it", async () => {
    const daemon = await new Daemon().serve({ scenario: always });
    const lines: string[] = [];
    const made = await daemon.generate({ aspect: "16:9", output: "hero.png", onProgress: (line) => lines.push(line) });
    const bytes = readFileSync(join(daemon.project, "hero.png"));
    expect(made).toEqual({
      name: "hero.png",
      size: bytes.length,
      mtime: expect.any(Number),
      kind: "image",
      mime: "image/png",
      model: "limn-gpt-image-2",
      surface: "image",
      providerNote: `limn/images · 16:9 · ${bytes.length} bytes · ChatGPT plan (no API key)`,
      providerId: "limn",
      providerError: null,
      usedStubFallback: false,
      intentionalStub: false,
      warnings: [],
    });
    const { width, height } = await sharp(bytes).metadata();
    expect(width / height).toBeCloseTo(16 / 9, 2);
    expect(Math.max(0, ...lines.map(({ length }) => length))).toBeLessThanOrEqual(200);
    expect(readdirSync(String(daemon.env["TMPDIR"])).filter((name) => name.startsWith("open-design-"))).toEqual([]);
  });

  test("names by the bytes, without overwriting and without leaving the project", async () => {
    const daemon = await new Daemon().serve({ scenario: { name: "ok", size: "64x48", times: "always" } });
    const names = [];
    for (const output of ["a.webp", "a.png", "../../b/.hidden.png", "..", "ü x.v2"])
      names.push((await daemon.generate({ output })).name);
    expect(names).toEqual(["a.png", "a-2.png", "hidden.png", "image.png", "ü x.v2.png"]);
    expect(daemon.kept()).toEqual([...names].sort());
    expect((await daemon.generate()).name).toMatch(/^image-limn-gpt-image-2-\d+\.png$/);
  });

  test("edits with several references of the project", async () => {
    const daemon = await new Daemon().serve({ scenario: always });
    for (const name of ["a.png", "b.jpg"]) writeFileSync(join(daemon.project, name), await picture());
    const made = await daemon.generate({ prompt: "make it night", image: "a.png", images: ["b.jpg", "a.png", " "] });
    expect(made.providerNote).toMatch(/^limn\/images · 1:1 · \d+ bytes · ChatGPT plan \(no API key\)$/);
    expect(daemon.imageCalls().map(({ route }) => route)).toEqual(["images.edits"]);
    expect(JSON.stringify(daemon.imageCalls()[0]?.body).match(/image_url/g)?.length).toBe(2);
  });

  test.each([
    [{ model: "gpt-image-2" }, /unknown model: gpt-image-2\. limn runs only when it is asked for/],
    [{ surface: "video" }, /unsupported surface/],
    [{ projectId: "../p2" }, /projectId/],
    [{ projectId: "" }, /projectId/],
    [{ prompt: "  " }, /prompt is empty/],
    [{ image: "none.png" }, /not found/],
    [{ image: "../outside.png" }, /outside the project/],
    [{ image: "link.png" }, /outside the project/],
    [{ image: "folder.png" }, /not a regular file/],
    [{ image: "notes.txt" }, /unsupported extension/],
    [{ image: "big.png" }, /too large/],
    [{ images: ["1.png", "2.png", "3.png", "4.png", "5.png", "6.png"] }, /6 times; 5 is the most/],
    [{ image: "text.png" }, /is a text, so it cannot go in/],
  ])("refuses %j and sends nothing", async (change, message) => {
    const daemon = await new Daemon().serve();
    writeFileSync(join(dirname(daemon.project), "outside.png"), await picture());
    symlinkSync("../outside.png", join(daemon.project, "link.png"));
    mkdirSync(join(daemon.project, "folder.png"));
    writeFileSync(join(daemon.project, "notes.txt"), "text");
    writeFileSync(join(daemon.project, "text.png"), "text");
    writeFileSync(join(daemon.project, "big.png"), Buffer.alloc(16 * 1024 * 1024 + 1));
    for (let number = 1; number <= 6; number += 1)
      writeFileSync(join(daemon.project, `${number}.png`), await picture());
    const before = daemon.kept();
    expect(String(await reasonOf(daemon.generate(change)))).toMatch(message);
    expect([daemon.imageCalls(), daemon.kept()]).toEqual([[], before]);
  });

  test.each([
    [{ name: "usage-limit" }, "usage_limit_reached", 429, /used up until \d{4}-/],
    [{ name: "unauthorized" }, "login_expired", 401, /No OPENAI_API_KEY is needed/],
    [{ name: "moderation" }, "content_refused", 400, /./],
    [{ name: "server-error-with-request-id" }, "outcome_unknown", 503, /./],
    [{ name: "truncated-image" }, "image_corrupt", 502, /./],
  ] as const)("throws after %j, with no stub and no second request", async (step, code, status, message) => {
    const daemon = await new Daemon().serve({ scenario: { ...step, times: "always" } });
    const error = await reasonOf(daemon.generate());
    expect(error).toBeInstanceOf(LimnMediaError);
    expect(error).toMatchObject({ code, status, message: expect.stringMatching(message) });
    if (code === "usage_limit_reached") expect(error).toMatchObject({ resetsAt: expect.stringMatching(/^\d{4}-/) });
    expect([daemon.imageCalls().length, daemon.kept()]).toEqual([1, []]);
  });

  test("says what to do where limn is not installed, or nobody is signed in", async () => {
    const daemon = await new Daemon().serve();
    vi.stubEnv("OD_LIMN_BIN", "/nowhere/limn");
    const { program: _given, ...call } = { program, prompt: "a fox" };
    expect(await reasonOf(renderLimnImage(call))).toMatchObject({
      code: "engine_unavailable",
      message: expect.stringMatching(/PATH.*OD_LIMN_BIN.*No OPENAI_API_KEY/),
    });
    vi.stubEnv("LIMN_ACCESS_TOKEN", "");
    expect(await reasonOf(daemon.generate())).toMatchObject({
      status: 401,
      message: expect.stringContaining("limn login"),
    });
  });

  test("ends limn when it is stopped, with the caller's own reason, and hands it no keys", async () => {
    const daemon = await new Daemon().serve();
    const seen = join(daemon.folder, "seen.json");
    const never = join(daemon.folder, "never.mjs");
    writeFileSync(
      never,
      `import { renameSync, writeFileSync } from "node:fs";
       writeFileSync(${JSON.stringify(`${seen}-`)}, JSON.stringify({ pid: process.pid, env: process.env, argv: process.argv }));
       renameSync(${JSON.stringify(`${seen}-`)}, ${JSON.stringify(seen)});
       setInterval(() => undefined, 1000);`,
    );
    vi.stubEnv("OPENAI_API_KEY", "sk-1");
    vi.stubEnv("OD_CUSTOM_IMAGE_API_KEY", "sk-2");
    const controller = new AbortController();
    const reason = new Error("enough");
    const running = reasonOf(
      daemon.generate({ prompt: "a secret fox", program: [process.execPath, never], signal: controller.signal }),
    );
    await expect.poll(() => existsSync(seen), { timeout: 20_000 }).toBe(true);
    controller.abort(reason);
    expect(await running).toBe(reason);
    const text = readFileSync(seen, "utf8");
    expect(text).not.toMatch(/sk-1|sk-2|a secret fox/);
    const { pid } = JSON.parse(text);
    expect(() => process.kill(Number(pid), 0)).toThrow(/ESRCH/);
  });

  test("is entered as a provider without credentials and a model that is nobody's default", () => {
    expect(limnMediaProvider).toMatchObject({ integrated: true, credentialsRequired: false, settingsVisible: false });
    expect(limnImageModel).toMatchObject({ provider: limnMediaProvider.id, caps: ["t2i", "i2i"] });
    expect(limnImageModel).not.toHaveProperty("default");
  });
});
