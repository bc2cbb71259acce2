import {
  chmodSync,
  chownSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:http";
import { once } from "node:events";
import { dirname, join } from "node:path";
import { beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { haveCallbackPorts } from "../support/callback-ports.ts";
import { canMount, makeReadOnly, smallDisk } from "../support/small-disk.ts";
import { codeIn, loginFile, signedIn, startLogin, worldWithSignIn } from "./support/sign-in.ts";
import { World, errorOf, imageCalls, parseObject } from "./support/world.ts";

const anHourMs = 3_600_000;
const isRoot = process.getuid?.() === 0;
/** No user of this machine has this number, so there is no home folder. */
const nobody = 54_321;

/** A hint that says what to do names a command or a setting. */
const aNextStep = expect.stringMatching(
  /limn (?:login|doctor)|codex login|LIMN_\w+=|Try (?:again|from)|Wait|Start over|^Make room/,
) as unknown;

describe("limn's own login file that cannot be used", () => {
  const wholeLogin = async (): Promise<string> => {
    const { world, emulator } = await worldWithSignIn();
    return readFileSync(signedIn(world, emulator), "utf8");
  };
  it.each<[what: string, damage: (whole: string) => string]>([
    ["empty", () => ""],
    ["corrupt", () => "{]"],
    ["cut short", (whole) => whole.slice(0, whole.length / 2)],
    ["huge", (whole) => whole + " ".repeat(2_000_000)],
  ])("because it is %s ends with 4 and the command that mends it, and stays as it is", async (_, damage) => {
    const { world, emulator } = await worldWithSignIn();
    const content = damage(await wholeLogin());
    const file = signedIn(world, emulator);
    writeFileSync(file, content);
    const run = await world.run(["generate", "a fox", "--json"]);
    expect([run.status, errorOf(run)]).toMatchObject([
      4,
      { code: "login_unreadable", hint: "Sign in again: limn login" },
    ]);
    expect([readFileSync(file, "utf8") === content, emulator.calls]).toEqual([true, []]);
    expect((await world.run(["logout"])).status).toBe(0);
    expect(readdirSync(dirname(file))).toEqual(["default.lock"]);
  });

  it.each<[what: string, put: (path: string) => void, signingOut: number]>([
    ["a folder", (path) => mkdirSync(path), 10],
    ["a link to itself", (path) => symlinkSync("default.json", path), 0],
  ])("because %s is in its place ends with 4", async (_, put, signingOut) => {
    const { world, emulator } = await worldWithSignIn();
    mkdirSync(join(world.limnHome, "auth"), { recursive: true });
    put(loginFile(world));
    const run = await world.run(["generate", "a fox", "--json"]);
    expect([run.status, errorOf(run)]).toMatchObject([
      4,
      { code: "login_unreadable", hint: "Sign in again: limn login" },
    ]);
    expect((await world.run(["status"])).status).toBe(4);
    expect((await world.run(["logout"])).status).toBe(signingOut);
    expect(emulator.calls).toEqual([]);
  });
});

describe.skipIf(process.platform === "win32")("rights of limn's own login file", () => {
  it("that let others read it are mended and told", async () => {
    const { world, emulator } = await worldWithSignIn();
    const file = signedIn(world, emulator, { accessTokenLifeMs: anHourMs, mode: 0o644 });
    expect(await world.run(["status"])).toMatchObject({
      status: 0,
      stderr: `note: ${file} could be read by others; its rights were mended\n`,
    });
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(await world.run(["status"])).toMatchObject({ status: 0, stderr: "" });
  });

  it.skipIf(!isRoot)("of a file of another user are told, and nothing fails", async () => {
    const { world, emulator } = await worldWithSignIn();
    const file = signedIn(world, emulator, { accessTokenLifeMs: anHourMs, mode: 0o644 });
    for (const path of [world.folder, world.home, world.work, world.limnHome, dirname(file)]) {
      chmodSync(path, 0o755);
      chownSync(path, nobody, nobody);
    }
    const { status, stderr } = await world.run(["status"], { uid: nobody });
    expect([status, stderr]).toEqual([
      0,
      `note: ${file} belongs to another user (0), who can read and change it; sign in again to replace it\n`,
    ]);
  });
});

describe("a place where no login can be kept", () => {
  it.skipIf(!isRoot)("because there is no home folder ends every command with the variable to set", async () => {
    const { world, emulator } = await worldWithSignIn();
    chmodSync(world.folder, 0o755);
    const { LIMN_HOME: _limn, HOME: _home, ...env } = world.env;
    for (const command of [["login", "--device"], ["logout"], ["status"], ["generate", "a fox"]]) {
      const bare = world.startOther("env", ["-i", ...pairs(env), process.execPath, ...binAnd(command)], {
        uid: nobody,
      });
      const { status, stderr } = await bare.finished;
      expect([status, stderr]).toEqual([
        2,
        expect.stringMatching(/no home folder[\s\S]*LIMN_HOME=\/some\/folder limn/),
      ]);
    }
    expect(emulator.calls).toEqual([]);
  });

  it.skipIf(!canMount())(
    "because it is read-only ends with 10 before anything is asked, and nothing changes",
    async () => {
      const { world, emulator } = await worldWithSignIn();
      const disk = smallDisk(2);
      const elsewhere = new World();
      Object.assign(elsewhere.env, world.env, { LIMN_HOME: disk });
      mkdirSync(join(disk, "auth"), { mode: 0o700 });
      const content = readFileSync(signedIn(world, emulator));
      writeFileSync(join(disk, "auth", "default.json"), content, { mode: 0o600 });
      makeReadOnly(disk);
      for (const command of [
        ["login", "--device", "--json"],
        ["login", "--no-browser", "--json"],
        ["logout", "--json"],
        ["generate", "a fox", "--json"],
        ["status", "--json"],
      ]) {
        const run = await elsewhere.run(command);
        expect([run.status, parseObject(run.stdout).error]).toMatchObject([
          10,
          { code: "artifact_write_failed", hint: aNextStep },
        ]);
      }
      expect([emulator.calls, readdirSync(join(disk, "auth"))]).toEqual([[], ["default.json"]]);
      expect(readFileSync(join(disk, "auth", "default.json"))).toEqual(content);
    },
  );
});

describe("two logins at once", () => {
  it("by code both end well, and one of them is kept whole", async () => {
    const { world, emulator } = await worldWithSignIn();
    const logins = [0, 1].map(() => world.start(["login", "--device"]));
    await Promise.all(logins.map(async (login) => login.saysOnStderr("Waiting")));
    for (const login of logins) emulator.approveDevice(codeIn(login.stderrSoFar()));
    expect((await Promise.all(logins.map(async ({ finished }) => finished))).map(({ status }) => status)).toEqual([
      0, 0,
    ]);
    expect((await world.run(["generate", "a fox"])).status).toBe(0);
    expect(readdirSync(join(world.limnHome, "auth"))).toEqual(["default.json", "default.lock"]);
  });
});

describe("a sign-in in the browser that goes wrong", () => {
  beforeEach(haveCallbackPorts);

  it("because both ports are taken ends with 8 and the other way to sign in, and harms neither holder", async () => {
    const { world } = await worldWithSignIn({ autoApprove: true });
    const asked: string[] = [];
    const codex = createServer((request, response) => {
      asked.push(request.url ?? "");
      response.end();
    });
    codex.listen(1455, "127.0.0.1");
    await once(codex, "listening");
    onTestFinished(() => void codex.close());
    const { login, address, callback } = await startLogin(world);
    expect(callback).toBe("http://127.0.0.1:1457/auth/callback");
    const second = await world.run(["login", "--no-browser", "--json"]);
    expect([second.status, errorOf(second)]).toMatchObject([
      8,
      { code: "connection_failed", hint: expect.stringContaining("limn login --device") as unknown },
    ]);
    await fetch(address);
    expect((await login.finished).status).toBe(0);
    expect(asked).toEqual([]);
  });

  it.each([
    ["the service comes back with an error", { name: "authorize-error", on: "authorize" }, 4, "login_refused"],
    ["no code comes back", { name: "missing-code", on: "authorize" }, 4, "login_refused"],
    ["the code is not taken", { name: "invalid-grant", on: "token" }, 4, "login_refused"],
    ["the network edge turns it away", { name: "cloudflare", on: "token" }, 8, "network_blocked"],
    ["the connection breaks", { name: "reset", on: "token" }, 8, "connection_failed"],
    ["the answer is cut", { name: "cut-body", on: "token" }, 8, "connection_failed"],
    ["the answer is half a JSON", { name: "broken-json", on: "token" }, 7, "unexpected_response"],
    ["the service is down", { name: "server-error", on: "token" }, 7, "service_error"],
    ["it is asked too often", { name: "rate-limit", on: "token" }, 5, "rate_limited"],
  ] as const)("because %s leaves the login before it as it was", async (_, scenario, status, code) => {
    const { world, emulator } = await worldWithSignIn({ autoApprove: true });
    const file = signedIn(world, emulator, { accessTokenLifeMs: anHourMs });
    const before = { content: readFileSync(file), time: statSync(file).mtimeMs };
    emulator.setScenario(scenario);
    const { login, address } = await startLogin(world, ["--json"]);
    expect(await (await fetch(address)).text()).toContain("Not signed in");
    const run = await login.finished;
    expect([run.status, errorOf(run)]).toMatchObject([status, { code, hint: aNextStep }]);
    expect({ content: readFileSync(file), time: statSync(file).mtimeMs }).toEqual(before);
  });

  it("with another state first, and in a second tab afterwards, ends well all the same", async () => {
    const { world } = await worldWithSignIn({ autoApprove: true });
    const { login, address, callback } = await startLogin(world);
    expect((await fetch(`${callback}?code=x&state=wrong`)).status).toBe(400);
    const tabs = await Promise.allSettled([fetch(address), fetch(address)]);
    expect(tabs.some((tab) => tab.status === "fulfilled" && tab.value.status === 200)).toBe(true);
    expect((await login.finished).status).toBe(0);
  });

  it.each(["SIGINT", "SIGTERM"] as const)("because of %s says that nothing was changed", async (signal) => {
    const { world } = await worldWithSignIn();
    const { login, callback } = await startLogin(world);
    login.kill(signal);
    const { status, stderr } = await login.finished;
    expect(status).toBe(signal === "SIGINT" ? 130 : 143);
    expect(stderr).toContain("nobody was signed in and nothing was changed");
    await expect(fetch(callback)).rejects.toThrow("fetch failed");
    expect(world.keptFiles()).toEqual([]);
  });
});

describe("a sign-in with a code that goes wrong", () => {
  it.each([
    ["device-expired", "device-poll", 4, "login_refused"],
    ["device-denied", "device-poll", 4, "login_refused"],
    ["server-error", "device-poll", 7, "service_error"],
    ["cloudflare", "device-poll", 8, "network_blocked"],
    ["reset", "device-poll", 8, "connection_failed"],
    ["device-not-enabled", "device-code", 4, "login_refused"],
    ["server-error", "device-code", 7, "service_error"],
    ["cloudflare", "device-code", 8, "network_blocked"],
    ["rate-limit", "device-code", 5, "rate_limited"],
  ] as const)("by %s on %s leaves the login before it as it was", async (name, on, status, code) => {
    const { world, emulator } = await worldWithSignIn();
    const file = signedIn(world, emulator, { accessTokenLifeMs: anHourMs });
    const before = { content: readFileSync(file), time: statSync(file).mtimeMs };
    emulator.setScenario({ name, on });
    const run = await world.run(["login", "--device", "--json"]);
    expect([run.status, errorOf(run)]).toMatchObject([status, { code, hint: aNextStep }]);
    expect({ content: readFileSync(file), time: statSync(file).mtimeMs }).toEqual(before);
  });
});

describe("a renewal of limn's own login that goes wrong", () => {
  it.each([
    ["cloudflare", 8, "network_blocked"],
    ["server-error", 7, "service_error"],
    ["unavailable", 7, "service_error"],
    ["rate-limit", 5, "rate_limited"],
    ["cut-body", 8, "connection_failed"],
    ["broken-json", 7, "unexpected_response"],
    ["other-account", 4, "login_account_changed"],
    ["refresh-token-expired", 4, "login_expired"],
    ["refresh-token-reused", 4, "login_expired"],
    ["refresh-token-invalidated", 4, "login_expired"],
    ["invalid-grant", 4, "login_expired"],
  ] as const)("by %s ends before a picture is asked for, and keeps both tokens", async (name, status, code) => {
    const { world, emulator } = await worldWithSignIn();
    const file = signedIn(world, emulator);
    const before = parseObject(readFileSync(file, "utf8"));
    emulator.setScenario({ name, on: "refresh" });
    const run = await world.run(["generate", "a fox", "--json"]);
    expect([run.status, errorOf(run)]).toMatchObject([status, { code, hint: aNextStep }]);
    expect(parseObject(readFileSync(file, "utf8"))).toMatchObject({
      accessToken: before.accessToken,
      refreshToken: before.refreshToken,
      idToken: before.idToken,
    });
    expect([imageCalls(emulator), emulator.count("refresh")]).toEqual([[], 1]);
  });
});

describe("a clock that is two days off", () => {
  const twoDaysMs = 2 * 86_400_000;

  it.each([
    ["behind", twoDaysMs],
    ["ahead", -twoDaysMs],
  ])("%s does not keep limn's own login from working, and doctor tells it", async (_, skewMs) => {
    const { world, emulator } = await worldWithSignIn({
      clock: () => Date.now() + skewMs,
      accessTokenLifeMs: 86_400_000,
    });
    signedIn(world, emulator, { accessTokenLifeMs: 86_400_000 });
    expect((await world.run(["generate", "a fox"])).status).toBe(0);
    expect((await world.run(["generate", "a fox"])).status).toBe(0);
    const { stdout } = await world.run(["doctor"]);
    expect(stdout).toMatch(/^service +PROBLEM +.*this machine's clock is .* (?:ahead|behind)$/m);
  });

  it("ahead makes a borrowed login look expired, and the clock is named", async () => {
    const { world, emulator } = await worldWithSignIn({
      clock: () => Date.now() - twoDaysMs,
      accessTokenLifeMs: 86_400_000,
    });
    const file = world.signIn(emulator);
    const content = readFileSync(file);
    const run = await world.run(["generate", "a fox", "--json"]);
    expect([run.status, errorOf(run)]).toMatchObject([
      4,
      { code: "login_expired", message: expect.stringContaining("this machine's clock says") as unknown },
    ]);
    expect(readFileSync(file)).toEqual(content);
  });
});

function pairs(env: Readonly<Record<string, string>>): string[] {
  return Object.entries(env).map(([name, value]) => `${name}=${value}`);
}

function binAnd(command: readonly string[]): string[] {
  return [join(import.meta.dirname, "../../packages/limn/bin/limn.js"), ...command];
}
