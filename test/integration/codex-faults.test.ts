import { spawn } from "node:child_process";
import { chmodSync, mkdirSync, readFileSync, readdirSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import sharp from "sharp";
import { describe, expect, it, onTestFinished } from "vitest";
import { limnErrorOf } from "../support/rejection.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { loadedImage, sha256Of } from "./codex-call.ts";
import { codexPlace, groupGone, groupOf } from "./codex-place.ts";
import type { CodexPlace } from "./codex-place.ts";
import { jwt } from "./codex-token.ts";

const program = resolve(import.meta.dirname, "../support/fake-codex-images.mjs");
const drawUntilKilled = resolve(import.meta.dirname, "../support/draw-with-codex-until-killed.ts");
const drivers = ["app-server", "exec"] as const;
/** Who runs with which variables is read from there. */
const noProc = process.platform !== "linux";

interface FakePlace extends CodexPlace {
  /** What the program was given and told. */
  entries(): Record<string, unknown>[];
  /** The arguments of every start but `--version`. */
  starts(): string[][];
}

interface FakeOptions {
  readonly login?: unknown;
  readonly settings?: string;
  readonly variables?: Readonly<Record<string, string>>;
}

const signedIn = {
  auth_mode: "chatgpt",
  OPENAI_API_KEY: null,
  tokens: {
    id_token: jwt({ plan: "plus" }),
    access_token: jwt({}),
    refresh_token: "rt_made_up_0001",
    account_id: "acc-1",
  },
};

/** A machine whose `codex` on PATH is the fake. */
function fakePlace(behaviour: string, options: FakeOptions = {}): FakePlace {
  const folder = temporaryFolder();
  const log = join(folder, "log");
  writeFileSync(log, "");
  const bin = join(folder, "bin");
  mkdirSync(bin);
  symlinkSync(program, join(bin, "codex"));
  const place = codexPlace({
    login: options.login === null ? null : JSON.stringify(options.login ?? signedIn),
    settings: options.settings ?? "",
    variables: { PATH: `${bin}:${process.env.PATH}`, FAKE_CODEX: behaviour, FAKE_CODEX_LOG: log, ...options.variables },
  });
  const entries = (): Record<string, unknown>[] =>
    readFileSync(log, "utf8")
      .split("\n")
      .filter((line) => line !== "")
      .map((line): Record<string, unknown> => JSON.parse(line));
  return {
    ...place,
    entries,
    starts: () => entries().flatMap(({ argv }) => (Array.isArray(argv) ? [argv.map(String)] : [])),
  };
}

describe("the login, before anything is started", () => {
  const cases: readonly (readonly [string, FakeOptions, object])[] = [
    ["nobody is signed in", { login: null }, { code: "login_missing", hint: expect.stringContaining("codex login") }],
    ["the file is empty of tokens", { login: { auth_mode: "chatgpt" } }, { code: "login_missing" }],
    [
      "the login is an API key",
      { login: { OPENAI_API_KEY: "sk-made-up-0001" } },
      { code: "login_refused", details: { kind: "api_key" } },
    ],
    [
      "the login is programmatic",
      { login: { auth_mode: "agentIdentity" } },
      { code: "login_refused", details: { kind: "other_mode", mode: "agentIdentity" } },
    ],
    [
      "the provider is a third party",
      { settings: 'model_provider = "acme" # mine\n' },
      { code: "login_refused", details: { kind: "third_party_provider", provider: "acme" } },
    ],
    [
      "the plan is Free",
      { login: { ...signedIn, tokens: { ...signedIn.tokens, id_token: jwt({ plan: "free" }) } } },
      { code: "plan_not_included" },
    ],
    ["images are turned off", { settings: "[features]\nimage_generation = false\n" }, { code: "engine_disabled" }],
  ];

  it.each(cases)("is refused where %s, with the command that helps", async (_, options, expected) => {
    const place = fakePlace("ok", options);
    const error = await limnErrorOf(place.draw());
    expect(error).toMatchObject(expected);
    expect(error.hint).not.toBeNull();
    expect(JSON.stringify(error)).not.toMatch(/sk-made-up|rt_made/);
    expect(place.entries()).toEqual([]);
  });

  it("is taken where an old API key lies beside its tokens, and where the provider is OpenAI in any spelling", async () => {
    const place = fakePlace("ok", {
      login: { ...signedIn, OPENAI_API_KEY: "sk-made-up-0001" },
      settings: 'model_provider = "OpenAI"\n[profiles.x]\nmodel_provider = "acme"\n',
    });
    expect((await place.draw()).answer.images).toHaveLength(1);
  });

  it("is asked of Codex where it may be in a keychain: who it is, which plan, and that nobody is", async () => {
    const keychain = { login: null, settings: 'cli_auth_credentials_store = "keyring"\n' };
    expect((await fakePlace("ok", keychain).draw()).answer.account).toEqual({ plan: "plus", source: "codex" });
    expect(await limnErrorOf(fakePlace("signed-out", keychain).draw())).toMatchObject({ code: "login_missing" });
    const plans = { ...keychain, variables: { FAKE_CODEX_PLAN: "free" } };
    expect(await limnErrorOf(fakePlace("ok", plans).draw())).toMatchObject({ code: "plan_not_included" });
    const keys = { ...keychain, variables: { FAKE_CODEX_ACCOUNT: "apiKey" } };
    expect(await limnErrorOf(fakePlace("ok", keys).draw())).toMatchObject({
      code: "login_refused",
      details: { kind: "apiKey" },
    });
    const other = { ...keychain, settings: `model_provider = "acme"\n${keychain.settings}` };
    expect(await limnErrorOf(fakePlace("ok", other).draw())).toMatchObject({ details: { provider: "acme" } });
  });
});

describe("the program", () => {
  it("that is missing is told with how to name it, and that no key is needed", async () => {
    const place = fakePlace("ok", { variables: { LIMN_CODEX_BIN: "/nowhere/codex" } });
    const error = await limnErrorOf(place.draw());
    expect(error).toMatchObject({ code: "engine_unavailable", details: { kind: "not_found" } });
    expect(`${error.message} ${error.hint}`).toMatch(/PATH.*LIMN_CODEX_BIN.*No OPENAI_API_KEY/s);
  });

  it("that is a script starts although PATH has no Node on it", async () => {
    const place = fakePlace("ok", { variables: { PATH: "/usr/bin:/bin" } });
    place.variables.LIMN_CODEX_BIN = program;
    // Nothing called node but the one that runs this test.
    const path = temporaryFolder();
    for (const name of ["env"]) symlinkSync(join("/bin", name), join(path, name));
    place.variables.PATH = path;
    await place.draw();
    expect(place.entries()[0]).toMatchObject({ env: { PATH: `${path}:${dirname(process.execPath)}` } });
  });

  it("is found where installers put it when PATH is minimal", async () => {
    const place = fakePlace("ok");
    const bin = join(place.variables.HOME ?? "", ".local", "bin");
    mkdirSync(bin, { recursive: true });
    symlinkSync(program, join(bin, "codex"));
    place.variables.PATH = "/usr/bin:/bin";
    expect((await place.draw()).answer.images).toHaveLength(1);
  });

  it("gets no key and no token, its own home, and a private working folder", async () => {
    const keys = ["OPENAI_API_KEY", "CODEX_API_KEY", "CODEX_ACCESS_TOKEN", "AZURE_OPENAI_API_KEY", "LIMN_ACCESS_TOKEN"];
    const place = fakePlace("ok", { variables: Object.fromEntries(keys.map((name) => [name, "planted"])) });
    await place.draw();
    const [start] = place.entries();
    expect(JSON.stringify(start)).not.toContain("planted");
    expect(start).toMatchObject({
      env: { CODEX_HOME: place.codexHome },
      cwd: expect.stringContaining(place.temporary),
    });
    expect(readdirSync(place.temporary)).toEqual([]);
  });

  it.each([["0.156.9"], ["0.9.200"]])("of version %s is too old, and is not asked for anything", async (version) => {
    const place = fakePlace("ok", { variables: { FAKE_CODEX_VERSION: version } });
    const error = await limnErrorOf(place.draw());
    expect(error).toMatchObject({ code: "engine_unavailable", details: { kind: "too_old", version } });
    expect(place.starts()).toEqual([]);
  });

  it("that names no version is told of", async () => {
    expect(await limnErrorOf(fakePlace("no-version").draw())).toMatchObject({ code: "engine_exited" });
  });

  it("that cannot draw transparency yet is not asked for it", async () => {
    const place = fakePlace("ok", { variables: { FAKE_CODEX_VERSION: "0.158.0" } });
    expect(await limnErrorOf(place.draw({ request: { background: "transparent" } }))).toMatchObject({
      code: "unsupported_option",
    });
    expect(place.starts()).toEqual([]);
  });

  it.each(["no-app-server", "old-app-server"])(
    "with %s is driven by exec, unless app-server was named",
    async (behaviour) => {
      const place = fakePlace(behaviour);
      const { answer, steps } = await place.draw();
      expect(answer.images).toHaveLength(1);
      expect(place.starts().map(([command]) => command)).toEqual(["app-server", "exec"]);
      expect(steps.filter((step) => step === "beforeSend")).toHaveLength(1);
      expect(await limnErrorOf(place.draw({ request: { codexDriver: "app-server" } }))).toMatchObject({
        code: "engine_unavailable",
        details: { kind: "no_app_server" },
      });
    },
  );

  it("is never driven the other way once its turn has begun", async () => {
    const place = fakePlace("crash-mid-turn");
    expect(await limnErrorOf(place.draw())).toMatchObject({ code: "engine_exited" });
    expect(place.starts().map(([command]) => command)).toEqual(["app-server"]);
  });

  it("is not asked for a picture when the record cannot be written", async () => {
    const place = fakePlace("ok");
    for (const codexDriver of drivers) {
      const full = new Error("no room for the record");
      await expect(place.draw({ request: { codexDriver }, beforeSend: async () => Promise.reject(full) })).rejects.toBe(
        full,
      );
    }
    expect(JSON.stringify(place.entries())).not.toMatch(/turn\/start|red fox/);
    if (!noProc) await groupGone(place.codexHome);
  });
});

describe("what exec is given", () => {
  it("is the read-only sandbox, plugins off, the prompt by standard input only, references behind everything else", async () => {
    const place = fakePlace("ok", { settings: "[mcp_servers.mine]\ncommand = 'x'\n" });
    const image = loadedImage(await onePicture());
    await place.draw({ request: { codexDriver: "exec", images: [image, image], model: "gpt-6-sol" } });
    const [argv = []] = place.starts();
    const text = argv.join(" ");
    expect(argv.slice(0, 6)).toEqual([
      "exec",
      "--json",
      "--ephemeral",
      "--skip-git-repo-check",
      "--sandbox",
      "read-only",
    ]);
    expect(argv.slice(-5)).toEqual(["-", "-i", image.file, "-i", image.file]);
    expect(argv).toContain("features.plugins=false");
    expect(argv).toContain("mcp_servers.mine.enabled=false");
    expect(text).toContain("--model gpt-6-sol");
    expect(text).not.toMatch(/red fox|image_generation|forced_login|workspace_id|danger/);
    expect(place.entries().find(({ prompt }) => prompt !== undefined)).toMatchObject({
      prompt: expect.stringContaining("a red fox in the snow"),
    });
  });

  it("is another sandbox only by LIMN_CODEX_SANDBOX, and the user's plugins only by LIMN_CODEX_PLUGINS", async () => {
    const place = fakePlace("ok", { variables: { LIMN_CODEX_SANDBOX: "workspace-write", LIMN_CODEX_PLUGINS: "1" } });
    await place.draw({ request: { codexDriver: "exec" } });
    await place.draw({ request: { codexDriver: "app-server" } });
    const [exec, server] = place.starts();
    expect(exec).toContain("workspace-write");
    expect([exec, server].join(" ")).not.toContain("features.plugins");
    expect(place.entries().find(({ received }) => JSON.stringify(received)?.includes("thread/start"))).toMatchObject({
      received: { params: { sandbox: "workspace-write", approvalPolicy: "never", ephemeral: true } },
    });
    place.variables.LIMN_CODEX_SANDBOX = "none";
    expect(await limnErrorOf(place.draw())).toMatchObject({ code: "config_invalid" });
  });
});

describe.each(drivers)("the result, driven by %s,", (codexDriver) => {
  const request = { codexDriver } as const;

  it("is typed by its bytes, whatever its name says", async () => {
    const { answer } = await fakePlace("jpeg-named-png").draw({ request });
    expect(answer.images[0]?.stored).toMatchObject({ mediaType: "image/jpeg", width: 3, height: 2 });
    expect(answer.images[0]?.stored.path).toMatch(/\.jpg$/);
  });

  it("is an error when its bytes are no picture", async () => {
    expect(await limnErrorOf(fakePlace("not-a-picture").draw({ request }))).toMatchObject({ code: "image_corrupt" });
  });

  it("is never the path that the agent prints", async () => {
    const foreign = await onePicture();
    const place = fakePlace("prints-a-path", { variables: { FAKE_CODEX_FOREIGN: foreign } });
    expect(await limnErrorOf(place.draw({ request }))).toMatchObject({ code: "no_image_returned" });
  });

  it("is an error with the agent's words when the turn ends well and no picture is there", async () => {
    const error = await limnErrorOf(fakePlace("no-file").draw({ request }));
    expect(error).toMatchObject({
      code: "no_image_returned",
      details: { agentMessage: "I have drawn it, believe me." },
    });
  });

  it("is an error without the agent's words when they quote the prompt", async () => {
    const error = await limnErrorOf(fakePlace("quotes-prompt").draw({ request }));
    expect(error).toMatchObject({ code: "no_image_returned", details: {} });
    expect(JSON.stringify(error)).not.toContain("fox");
  });

  it("is never an input's bytes", async () => {
    const image = loadedImage(await onePicture());
    const error = await limnErrorOf(fakePlace("returns-input").draw({ request: { ...request, images: [image] } }));
    expect(error).toMatchObject({ code: "no_image_returned", details: { kind: "input_returned", input: 1 } });
  });

  it("says that the tool is missing only when the agent says so in a line of its own", async () => {
    expect(await limnErrorOf(fakePlace("unavailable").draw({ request }))).toMatchObject({
      code: "engine_unavailable",
      details: { kind: "tool_missing" },
    });
    expect(await limnErrorOf(fakePlace("quotes-unavailable").draw({ request }))).toMatchObject({
      code: "no_image_returned",
    });
  });

  it("keeps the last lines of a crash, without what looks like a token", async () => {
    const error = await limnErrorOf(fakePlace("crash-mid-turn").draw({ request }));
    expect(error).toMatchObject({
      code: "engine_exited",
      details: {
        lastLines: [
          "first line",
          "ERROR token [secret] was refused",
          "Authorization: [secret]",
          "thread main panicked",
        ],
      },
    });
    expect(error.message).toContain("ended with status 101 within its turn");
    expect(JSON.stringify(error)).not.toMatch(/eyJ|planted/);
  });

  it("comes from this call's own folder when five are drawn side by side", async () => {
    const place = fakePlace("ok");
    const drawn = await Promise.all(Array.from({ length: 5 }, async (_, index) => place.draw({ index, request })));
    const kept = drawn.map(({ answer }) => answer.images[0]?.stored.sha256);
    expect(place.generated()).toHaveLength(5);
    expect(new Set(place.generated().map(sha256Of))).toEqual(new Set(kept));
    expect(new Set(drawn.map(({ answer }) => answer.requestId)).size).toBe(5);
  });

  it.skipIf(noProc)(
    "leaves no process when it hangs and is cancelled, though neither it nor what it started listens",
    async () => {
      const place = fakePlace("hangs");
      const stop = new AbortController();
      const work = place.draw({ request, signal: stop.signal });
      const refused = expect(work).rejects.toBe("enough");
      while (!place.entries().some(({ grandchild }) => grandchild !== undefined)) await turnOfLoop();
      stop.abort("enough");
      await refused;
      await groupGone(place.codexHome);
      expect(readdirSync(place.temporary)).toEqual([]);
    },
  );

  it.skipIf(noProc)("leaves no process when limn itself is killed", async () => {
    const place = fakePlace("hangs");
    const child = spawn(process.execPath, ["--conditions=source", drawUntilKilled, codexDriver], {
      env: { ...place.variables },
      stdio: "ignore",
    });
    onTestFinished(() => void child.kill("SIGKILL"));
    while (!place.entries().some(({ grandchild }) => grandchild !== undefined)) await turnOfLoop();
    expect(groupOf(place.codexHome).length).toBeGreaterThanOrEqual(3);
    child.kill("SIGKILL");
    await groupGone(place.codexHome);
  });

  it("is cancelled before anything is sent when it was cancelled before", async () => {
    const place = fakePlace("ok");
    const stop = new AbortController();
    const reason = new Error("never mind");
    const work = place.draw({ request, signal: stop.signal, beforeSend: async () => stop.abort(reason) });
    await expect(work).rejects.toBe(reason);
    expect(JSON.stringify(place.entries())).not.toMatch(/turn\/start|"prompt":".+"/);
  });
});

describe.skipIf(noProc)("limn, killed", () => {
  // From the start of the program to the turn: start, initialize, initialized, thread/start, turn/start.
  it.each([1, 2, 3, 4, 5])("when the program has been told %i things, leaves no process behind", async (told) => {
    const place = fakePlace("hangs");
    const child = spawn(process.execPath, ["--conditions=source", drawUntilKilled, "app-server"], {
      env: { ...place.variables },
      stdio: "ignore",
    });
    onTestFinished(() => void child.kill("SIGKILL"));
    while (place.entries().length < told) await turnOfLoop();
    child.kill("SIGKILL");
    await groupGone(place.codexHome);
  });
});

describe("the result of app-server", () => {
  const request = { codexDriver: "app-server" } as const;

  it("is the item's base64 where the item has no file", async () => {
    const { answer } = await fakePlace("only-base64").draw({ request });
    expect(answer.images[0]?.stored).toMatchObject({ mediaType: "image/png", width: 2, height: 2 });
  });

  it("is no file outside this thread's own folder", async () => {
    const foreign = await onePicture();
    const place = fakePlace("foreign-path", { variables: { FAKE_CODEX_FOREIGN: foreign } });
    expect(await limnErrorOf(place.draw({ request }))).toMatchObject({ code: "image_corrupt" });
  });

  it("is kept when the program dies right behind it, and its turn is interrupted when it does not", async () => {
    const { answer } = await fakePlace("dies-behind-the-picture").draw({ request });
    expect(answer.images).toMatchObject([{ revisedPrompt: "another prompt", background: "opaque" }]);
    const place = fakePlace("ok");
    await place.draw({ request });
    const told = place.entries().flatMap(({ received }) => (received === undefined ? [] : [received]));
    expect(told).toMatchObject([
      { method: "initialize" },
      { method: "initialized" },
      { method: "thread/start" },
      { method: "turn/start" },
      { method: "turn/interrupt", params: { turnId: "turn-1" } },
    ]);
  });
});

describe("the result of exec", () => {
  const request = { codexDriver: "exec" } as const;

  it("is the file of this thread although the exit status is 1", async () => {
    const { answer } = await fakePlace("file-although-exit-1").draw({ request });
    expect(answer).toMatchObject({ usage: { driver: { inputTokens: 200, cachedInputTokens: 5, outputTokens: 40 } } });
  });

  it("is never yesterday's file", async () => {
    expect(await limnErrorOf(fakePlace("yesterdays-file").draw({ request }))).toMatchObject({
      code: "no_image_returned",
    });
  });

  it("is an engine that exited when it ends without a word about its turn", async () => {
    const error = await limnErrorOf(fakePlace("exit-1").draw({ request }));
    expect(error).toMatchObject({ code: "engine_exited", details: { lastLines: ["something broke"] } });
    expect(error.message).toContain("ended with status 1");
    expect(await limnErrorOf(fakePlace("closes-at-once").draw({ request }))).toMatchObject({ code: "engine_exited" });
  });

  it("takes the tool's own reason from standard error", async () => {
    const variables = {
      FAKE_CODEX_SAYS: "x",
      FAKE_CODEX_STDERR:
        'ERROR codex_core::tools::router: error=image generation failed: http 400 Bad Request: Some("{\\"error\\":{\\"code\\":\\"moderation_blocked\\",\\"message\\":\\"no\\"}}")',
    };
    expect(await limnErrorOf(fakePlace("says", { variables }).draw({ request }))).toMatchObject({
      code: "content_refused",
    });
  });
});

async function onePicture(): Promise<string> {
  const file = join(temporaryFolder(), "picture.png");
  writeFileSync(
    file,
    await sharp({ create: { width: 8, height: 8, channels: 3, background: "#336699" } })
      .png()
      .toBuffer(),
  );
  chmodSync(file, 0o644);
  return file;
}

async function turnOfLoop(): Promise<void> {
  await new Promise((done) => setImmediate(done));
}
