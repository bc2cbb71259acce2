import { copyFileSync, existsSync, mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import type { Emulator, EmulatorOptions } from "@limn/emulator";
import { describe, expect, it } from "vitest";
import { codeIn, codexClientId, loginFile, signedIn, startLogin, worldWithSignIn } from "./support/sign-in.ts";
import { haveCallbackPorts } from "../support/callback-ports.ts";
import { World, errorOf, parseObject } from "./support/world.ts";

const anHourMs = 3_600_000;
const fakeCodex = resolve(import.meta.dirname, "../support/fake-codex.mjs");
const recorder = resolve(import.meta.dirname, "../support/record-connections.mjs");

const keys = {
  OPENAI_API_KEY: "sk-planted-key-0001",
  OPENAI_ADMIN_KEY: "sk-planted-key-0002",
  CODEX_API_KEY: "sk-planted-key-0003",
  CODEX_ACCESS_TOKEN: "at-planted-key-0004",
  AZURE_OPENAI_API_KEY: "planted-key-0005",
  OPENAI_BASE_URL: "https://api.openai.com/v1",
};

/** What every process of a run did: its connections, and the children it started. */
function recorded(world: World): { connections: Set<string>; children: { child: string; variables: string[] }[] } {
  const entries = readFileSync(join(world.folder, "connections"), "utf8").trimEnd().split("\n").map(parseObject);
  return {
    connections: new Set(entries.flatMap(({ connection }) => (typeof connection === "string" ? [connection] : []))),
    children: entries.flatMap(({ child, variables }) =>
      typeof child === "string" ? [{ child, variables: Array.isArray(variables) ? variables.map(String) : [] }] : [],
    ),
  };
}

/** A machine with keys in its environment whose every connection is written down, and a Codex program that is a fake. */
async function keyedWorld(options: EmulatorOptions = {}): Promise<{ world: World; emulator: Emulator; log: string }> {
  const { world, emulator } = await worldWithSignIn(options);
  const log = join(world.folder, "codex-log");
  const bin = join(world.folder, "bin");
  mkdirSync(bin);
  copyFileSync(fakeCodex, join(bin, "codex"));
  Object.assign(world.env, keys, {
    PATH: `${bin}:${process.env.PATH ?? ""}`,
    FAKE_CODEX_LOG: log,
    NODE_OPTIONS: `--import=${recorder}`,
    CONNECTION_LOG: join(world.folder, "connections"),
  });
  return { world, emulator, log };
}

describe("with API keys of every name in the environment", () => {
  it("a whole run connects to nothing but its own address, and no child process gets a key", async () => {
    const { world, emulator, log } = await keyedWorld();
    const login = world.start(["login", "--device"]);
    await login.saysOnStderr("Waiting");
    emulator.approveDevice(codeIn(login.stderrSoFar()));
    const statuses = [(await login.finished).status];
    for (const command of [["status"], ["generate", "a fox", "--json"], ["doctor"], ["logout"]])
      statuses.push((await world.run(command)).status);
    // Codex keeps its login in a keychain: its program is asked.
    writeFileSync(join(world.codexHome, "config.toml"), 'cli_auth_credentials_store = "keyring"\n');
    world.env.FAKE_CODEX_TOKEN = emulator.accessToken;
    statuses.push((await world.run(["generate", "a fox"])).status);
    // And in a file, which it renews when it is asked to.
    const fresh = join(world.folder, "fresh.json");
    writeFileSync(fresh, JSON.stringify(emulator.codexAuthFile()));
    world.signIn(emulator, { login: emulator.signIn({ accessTokenLifeMs: 0 }) });
    world.env.FAKE_CODEX_RENEWED = fresh;
    const renewal = await world.run(["login", "--renew", "codex"]);
    expect(renewal).toMatchObject({ status: 0, stderr: "Codex has renewed its login\n" });
    statuses.push((await world.run(["generate", "a fox"])).status);
    expect(statuses).toEqual([0, 0, 0, 0, 0, 0, 0]);

    const { connections, children } = recorded(world);
    expect([...connections]).toEqual([new URL(world.env.LIMN_BASE_URL ?? "").host]);
    const codexes = children.filter(({ child }) => /\/codex(?: |$)/.test(child));
    expect(codexes.length).toBeGreaterThanOrEqual(2);
    for (const { variables } of children) expect(variables.filter((text) => text.includes("planted"))).toEqual([]);
    expect(readFileSync(log, "utf8")).not.toContain("planted");
    for (const { headers } of emulator.calls) expect(JSON.stringify(headers)).not.toContain("planted");
  });

  it("nobody is signed in where there is only a key, and nothing is sent", async () => {
    const { world, emulator } = await keyedWorld();
    const run = await world.run(["generate", "a fox", "--json"]);
    expect([run.status, errorOf(run).code, emulator.calls]).toEqual([4, "login_missing", []]);
  });

  it("a login of Codex with an API key is refused, and named", async () => {
    const { world, emulator } = await keyedWorld();
    const file = world.writeLogin(JSON.stringify({ auth_mode: "apikey", OPENAI_API_KEY: "sk-planted-key-0009" }));
    const run = await world.run(["generate", "a fox", "--json"]);
    expect([run.status, errorOf(run)]).toMatchObject([4, { code: "login_refused", details: { kind: "api_key" } }]);
    expect(run.stdout + run.stderr).not.toContain("planted");
    expect([readFileSync(file, "utf8").includes("planted"), emulator.calls]).toEqual([true, []]);
  });
});

describe("letting Codex renew its own login", () => {
  const expired = (world: World, emulator: Emulator): string =>
    world.signIn(emulator, { login: emulator.signIn({ accessTokenLifeMs: 0 }) });

  it("does nothing while the login is good for more than five minutes", async () => {
    const { world, emulator, log } = await keyedWorld();
    world.signIn(emulator);
    const { status, stderr } = await world.run(["login", "--renew", "codex"]);
    expect([status, stderr]).toEqual([0, "the login of Codex is good for more than five minutes; nothing was done\n"]);
    expect(existsSync(log)).toBe(false);
  });

  it("is never done by itself, unless the setting borrow.renew says so", async () => {
    const { world, emulator, log } = await keyedWorld();
    const file = expired(world, emulator);
    const before = readFileSync(file);
    expect((await world.run(["generate", "a fox"])).status).toBe(4);
    expect([existsSync(log), readFileSync(file).equals(before)]).toEqual([false, true]);

    world.env.FAKE_CODEX_RENEWED = join(world.folder, "fresh.json");
    writeFileSync(world.env.FAKE_CODEX_RENEWED, JSON.stringify(emulator.codexAuthFile()));
    await world.run(["config", "set", "borrow.renew", "true"]);
    const runs = await Promise.all([0, 1, 2, 3].map(async () => world.run(["generate", "a fox"])));
    expect(runs.map(({ status }) => status)).toEqual([0, 0, 0, 0]);
    // One at a time, and the others look again.
    expect(readFileSync(log, "utf8").match(/"account\/read"/g)).toHaveLength(1);
  });

  it.skipIf(process.platform !== "linux")("is refused while Codex itself runs with that home", async () => {
    const { world, emulator, log } = await keyedWorld();
    expired(world, emulator);
    const program = join(world.home, "codex");
    copyFileSync("/bin/sleep", program);
    const codex = world.startOther(program, ["600"]);
    const run = await world.run(["login", "--renew", "codex", "--json"]);
    expect([run.status, errorOf(run)]).toMatchObject([
      9,
      { code: "engine_unavailable", details: { processes: [codex.pid] }, hint: expect.any(String) as unknown },
    ]);
    expect(existsSync(log)).toBe(false);
  });

  it.each([
    ["crash", 9, "engine_exited"],
    ["error", 9, "engine_unavailable"],
    ["ok", 4, "login_expired"],
  ])("by a program that does %s without renewing ends with %d and leaves the file", async (behaviour, status, code) => {
    const { world, emulator } = await keyedWorld();
    const file = expired(world, emulator);
    const before = { content: readFileSync(file), time: statSync(file).mtimeMs };
    const run = await world.run(["login", "--renew", "codex", "--json"], { env: { FAKE_CODEX: behaviour } });
    expect([run.status, errorOf(run).code]).toEqual([status, code]);
    expect(run.stdout + run.stderr).not.toMatch(/eyJ|planted/);
    expect({ content: readFileSync(file), time: statSync(file).mtimeMs }).toEqual(before);
  });

  it("knows one program only", async () => {
    const world = new World();
    const run = await world.run(["login", "--renew", "pi", "--json"]);
    expect([run.status, errorOf(run).code]).toEqual([2, "invalid_option"]);
  });

  it("says so where the program is not installed", async () => {
    const { world, emulator } = await worldWithSignIn();
    expired(world, emulator);
    const run = await world.run(["login", "--renew", "codex", "--json"], { env: { PATH: world.home } });
    expect([run.status, errorOf(run)]).toMatchObject([
      9,
      { code: "engine_unavailable", hint: expect.stringContaining("LIMN_CODEX_BIN=") as unknown },
    ]);
  });
});

describe("the logins of other programs", () => {
  it("are byte for byte as they were after every kind of answer, and their refresh tokens are never sent", async () => {
    const { world, emulator } = await worldWithSignIn();
    const stores = plantStores(world, emulator);
    const before = stores.map((file) => ({ content: readFileSync(file, "utf8"), time: statSync(file).mtimeMs }));
    for (const scenario of [
      "ok",
      "unauthorized",
      "refresh-needed",
      "usage-limit",
      "usage-not-included",
      "cloudflare",
      "server-error",
      "reset",
      "cut-body",
      "moderation",
    ]) {
      for (const source of ["codex", "pi", "opencode", "hermes"]) {
        await world.run(["config", "set", "borrow.source", source]);
        emulator.setScenario(scenario === "ok" ? { name: "ok", size: "64x48" } : scenario);
        const { status } = await world.run(["generate", "a fox", "--ignore-limit", "--retries", "0"]);
        expect([scenario, source, status === 0]).toEqual([scenario, source, scenario === "ok"]);
      }
    }
    for (const command of [["status"], ["doctor"], ["logout"]]) await world.run(command);
    expect(stores.map((file) => ({ content: readFileSync(file, "utf8"), time: statSync(file).mtimeMs }))).toEqual(
      before,
    );
    for (const file of stores) expect(readdirSync(join(file, ".."))).toEqual(["auth.json"]);
    expect([emulator.count("refresh"), emulator.count("revoke")]).toEqual([0, 0]);
  });
});

/** A usable login of every program that limn borrows from. */
function plantStores(world: World, emulator: Emulator): string[] {
  const { accessToken, accountId } = emulator.signIn();
  const refresh = "rt_planted_borrowed_0001";
  const entry = { type: "oauth", access: accessToken, refresh, expires: Date.now() + anHourMs, accountId };
  const tokens = { access_token: accessToken, refresh_token: refresh };
  const contents: [string, unknown][] = [
    [join(world.home, ".pi", "agent"), { "openai-codex": entry }],
    [join(world.home, ".local", "share", "opencode"), { openai: entry }],
    [join(world.home, ".hermes"), { version: 1, providers: { "openai-codex": { auth_mode: "chatgpt", tokens } } }],
  ];
  return [
    world.signIn(emulator),
    ...contents.map(([folder, content]) => {
      mkdirSync(folder, { recursive: true });
      const file = join(folder, "auth.json");
      writeFileSync(file, JSON.stringify(content));
      return file;
    }),
  ];
}

describe("a refresh token", () => {
  it("goes only to the service that gave it", async () => {
    const { world, emulator } = await worldWithSignIn();
    const other = await worldWithSignIn();
    const file = signedIn(world, emulator);
    const before = readFileSync(file);
    world.env.LIMN_AUTH_URL = other.world.env.LIMN_AUTH_URL ?? "";
    const run = await world.run(["generate", "a fox", "--json"]);
    expect([run.status, errorOf(run)]).toMatchObject([4, { code: "login_refused", details: { kind: "other_issuer" } }]);
    expect(readFileSync(file)).toEqual(before);
    expect((await world.run(["logout"])).status).toBe(0);
    expect([other.emulator.calls, emulator.calls]).toEqual([[], []]);
  });
});

describe("planted secrets", () => {
  const planted = { accountId: "acc-planted-7777-8888", email: "planted.person@example.test" };
  const prompt = "walrus-secret-4711 beside a planted palm";

  it("are in no output, no file but the login itself, and no line of the process list", async () => {
    await haveCallbackPorts();
    const { world, emulator } = await worldWithSignIn({ ...planted, autoApprove: true, reuse: "tolerated" });
    const { login, address, callback, state } = await startLogin(world);
    const lines = [commandLine(login.pid)];
    await fetch(`${callback}?code=x&state=other`);
    await fetch(address);
    const outputs = [await login.finished];
    const own = parseObject(readFileSync(loginFile(world), "utf8"));
    const secrets = [own.accessToken, own.refreshToken, own.idToken].map(String);
    // A renewal that works, one that does not, and pictures in every state.
    const renewable = emulator.signIn({ clientId: codexClientId, accessTokenLifeMs: 0 });
    secrets.push(renewable.accessToken, renewable.refreshToken, renewable.idToken);
    for (const scenario of [
      "refresh-token-reused",
      "server-error",
      "cloudflare",
      "broken-json",
      "other-account",
      "ok",
    ] as const) {
      const { accessToken, refreshToken, idToken } = renewable;
      writeFileSync(loginFile(world), JSON.stringify({ ...own, accessToken, refreshToken, idToken }));
      emulator.setScenario({ name: scenario, on: "refresh" });
      outputs.push(
        await world.run(["generate", "-", "-v", "--no-history", "--retries", "0", "-o", "picture.png"], {
          input: prompt,
        }),
      );
    }
    const renewed = parseObject(readFileSync(loginFile(world), "utf8"));
    secrets.push(...[renewed.accessToken, renewed.refreshToken, renewed.idToken].map(String));
    for (const scenario of ["unauthorized", "moderation", "usage-limit", "bad-request", "cut-body"])
      for (const format of ["--json", "--jsonl", "-v"]) {
        emulator.setScenario(scenario);
        const flags = ["--no-history", "--ignore-limit", "--retries", "0", "-o", "picture.png", format];
        outputs.push(await world.run(["generate", "-", ...flags], { input: prompt }));
      }
    emulator.setScenario({ name: "never" });
    const running = world.start(["generate", "-", "--no-history", "--retries", "0", "-o", "picture.png"], {
      input: prompt,
    });
    const asked = emulator.count("images");
    while (emulator.count("images") === asked && running.child.exitCode === null)
      await new Promise((done) => setImmediate(done));
    lines.push(commandLine(running.pid));
    running.kill("SIGINT");
    outputs.push(await running.finished);
    for (const command of [
      ["doctor", "--report"],
      ["doctor", "--report", "--json"],
      ["history", "--json"],
      ["logout", "--json"],
    ])
      outputs.push(await world.run(command));

    const texts = [...outputs.flatMap(({ stdout, stderr }) => [stdout, stderr]), ...lines];
    const payloads = secrets.map((secret) => secret.split(".")[1] ?? secret);
    for (const secret of [...new Set([...secrets, ...payloads]), planted.accountId]) {
      expect(texts.filter((text) => text.includes(secret))).toEqual([]);
      expect(
        world
          .keptFiles()
          .filter(({ content }) => content.includes(secret))
          .map(({ path }) => path),
      ).toEqual([]);
    }
    // Only `limn login` itself tells whose login it is, and only the address tells its state.
    expect(texts.filter((text) => text.includes(planted.email))).toEqual([outputs[0]?.stdout]);
    expect(texts.filter((text) => text.includes(state))).toEqual([outputs[0]?.stderr]);
    expect(texts.filter((text) => text.includes("walrus") && !text.includes('"prompt"'))).toEqual([]);
    for (const secret of ["walrus", "palm", planted.email])
      expect(
        world
          .keptFiles()
          .filter(({ content }) => content.includes(secret))
          .map(({ path }) => path),
      ).toEqual([]);
  });
});

/** The process list's line of a program that runs. */
function commandLine(pid: number): string {
  const file = `/proc/${pid}/cmdline`;
  return existsSync(file) ? readFileSync(file, "utf8").replaceAll("\0", " ") : "";
}
