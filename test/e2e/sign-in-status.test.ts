import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Emulator } from "@limn/emulator";
import { describe, expect, it } from "vitest";
import { loginFile, signedIn, worldWithSignIn } from "./support/sign-in.ts";
import { World, errorOf, imageCalls, onlyLine, parseObject } from "./support/world.ts";

const anHourMs = 3_600_000;

/** Pi's login, as Pi would have written it. */
function signedInWithPi(world: World, emulator: Emulator, lifeMs = anHourMs): string {
  const { accessToken, refreshToken, accountId } = emulator.signIn({ accessTokenLifeMs: lifeMs });
  const folder = join(world.home, ".pi", "agent");
  mkdirSync(folder, { recursive: true });
  const entry = { type: "oauth", access: accessToken, refresh: refreshToken, expires: Date.now() + lifeMs, accountId };
  const file = join(folder, "auth.json");
  writeFileSync(file, JSON.stringify({ "openai-codex": entry }), { mode: 0o600 });
  return file;
}

function expiredCodex(world: World, emulator: Emulator): string {
  return world.signIn(emulator, { login: emulator.signIn({ accessTokenLifeMs: 0 }) });
}

/** Source and state of each login, and which one is chosen and why. */
async function statusOf(world: World, status = 0, parameters: readonly string[] = []): Promise<unknown> {
  const run = await world.run(["status", "--json", ...parameters]);
  expect(run.status).toBe(status);
  const { logins, chosen, chosenBecause } = parseObject(onlyLine(run.stdout));
  const states = Array.isArray(logins)
    ? logins.map(({ source, state }: Record<string, unknown>) => `${String(source)} ${String(state)}`)
    : [];
  return { states, chosen, chosenBecause };
}

describe("limn status", () => {
  it("shows every login that was found in one table, marks the chosen one and says why", async () => {
    const { world, emulator } = await worldWithSignIn({ plan: "pro", accountId: "acc-0000-1234" });
    const own = signedIn(world, emulator, { accessTokenLifeMs: anHourMs });
    const codex = expiredCodex(world, emulator);
    const pi = signedInWithPi(world, emulator);
    const { status, stdout, stderr } = await world.run(["status"]);
    expect([status, stderr]).toEqual([0, ""]);
    const [head, ...rows] = stdout.split("\n").slice(0, 6);
    expect(head).toMatch(/^ +login +state +plan +account +until +where$/);
    const until = String.raw`\d{4}-\d\d-\d\d \d\d:\d\d`;
    expect(rows).toEqual([
      expect.stringMatching(new RegExp(`^→ +limn +usable +pro +…1234 +${until} +${own}$`)),
      expect.stringMatching(new RegExp(`^ +codex +expired +- +- +- +${codex}$`)),
      expect.stringMatching(new RegExp(`^ +pi +usable +pro +…1234 +${until} +${pi}$`)),
      expect.stringMatching(/^ +opencode +absent +- +- +- +\S+opencode\/auth\.json$/),
      expect.stringMatching(/^ +hermes +absent +- +- +- +\S+\.hermes\/auth\.json$/),
    ]);
    expect(stdout.split("\n")[6]).toBe("limn's own login goes before borrowed ones");
    expect(imageCalls(emulator)).toEqual([]);
  });

  it("goes past an expired login of Codex to a usable one of Pi, as generating does", async () => {
    const { world, emulator } = await worldWithSignIn();
    expiredCodex(world, emulator);
    signedInWithPi(world, emulator);
    expect(await statusOf(world)).toEqual({
      states: ["limn absent", "codex expired", "pi usable", "opencode absent", "hermes absent"],
      chosen: "pi",
      chosenBecause: "the first usable login to borrow, in the order Codex, Pi, opencode, Hermes",
    });
    const made = await world.run(["generate", "a fox", "--json"]);
    expect(parseObject(made.stdout)).toMatchObject({ account: { source: "pi" } });
  });

  it("tells of the expired one when there is no other, with its owner's command", async () => {
    const { world, emulator } = await worldWithSignIn();
    expiredCodex(world, emulator);
    expect(await statusOf(world, 4)).toMatchObject({
      chosen: null,
      chosenBecause: "no login was found that can be used",
    });
    const run = await world.run(["generate", "a fox", "--json"]);
    expect(errorOf(run)).toMatchObject({
      code: "login_expired",
      hint: expect.stringContaining("limn login --renew codex") as unknown,
    });
    expect(emulator.calls).toEqual([]);
  });

  it("of nobody ends with 4 and the command to sign in", async () => {
    const { world } = await worldWithSignIn();
    expect(await statusOf(world, 4)).toEqual({
      states: ["limn absent", "codex absent", "pi absent", "opencode absent", "hermes absent"],
      chosen: null,
      chosenBecause: "no login was found that can be used",
    });
    expect((await world.run(["status"])).stderr).toContain("→ Sign in: limn login");
  });

  it("puts a token that was handed in before everything else, even a bad one", async () => {
    const { world, emulator } = await worldWithSignIn();
    signedIn(world, emulator, { accessTokenLifeMs: anHourMs });
    world.env.LIMN_ACCESS_TOKEN = emulator.accessToken;
    expect(await statusOf(world)).toMatchObject({
      chosen: "token",
      chosenBecause: "LIMN_ACCESS_TOKEN is set, and goes before everything else",
    });
    world.env.LIMN_ACCESS_TOKEN = emulator.signIn({ accessTokenLifeMs: 0 }).accessToken;
    expect(await statusOf(world, 4)).toMatchObject({
      chosen: null,
      chosenBecause: 'the login "token" was chosen and cannot be used',
    });
  });

  it("shows how long limn's own login lasts after a renewal that was due", async () => {
    const { world, emulator } = await worldWithSignIn();
    signedIn(world, emulator);
    const { logins } = parseObject((await world.run(["status", "--json"])).stdout);
    const [own]: unknown[] = Array.isArray(logins) ? logins : [];
    const { state, expiresAt } = parseObject(JSON.stringify(own));
    expect([state, Date.parse(String(expiresAt)) > Date.now()]).toEqual(["usable", true]);
    expect(emulator.count("refresh")).toBe(1);
  });

  it("remembers that limn's own login was refused for good", async () => {
    const { world, emulator } = await worldWithSignIn({
      scenario: { name: "refresh-token-invalidated", on: "refresh" },
    });
    signedIn(world, emulator);
    const answers = [await statusOf(world, 4), await statusOf(world, 4)];
    for (const answer of answers)
      expect(answer).toMatchObject({
        states: ["limn expired", "codex absent", "pi absent", "opencode absent", "hermes absent"],
        chosen: null,
      });
    expect(emulator.count("refresh")).toBe(1);
  });

  it("follows the setting that names one program, or none", async () => {
    const { world, emulator } = await worldWithSignIn();
    world.signIn(emulator);
    signedInWithPi(world, emulator);
    await world.run(["config", "set", "borrow.source", "pi"]);
    expect(await statusOf(world)).toMatchObject({ states: ["limn absent", "pi usable"], chosen: "pi" });
    await world.run(["config", "set", "borrow.source", "none"]);
    expect(await statusOf(world, 4)).toMatchObject({ states: ["limn absent"], chosen: null });
    expect((await world.run(["config", "set", "borrow.source", "openclaw"])).status).toBe(2);
  });
});

describe("a profile", () => {
  it("is one of several logins by name, from the option, the variable or the project's settings", async () => {
    const accounts = ["default", "work", "home", "side"].map((name) => ({
      accountId: `acc-${name}-0001`,
      email: `${name}@example.test`,
      plan: "plus",
    }));
    const { world, emulator } = await worldWithSignIn({ accounts });
    world.signIn(emulator);
    for (const profile of ["default", "work", "home", "side"])
      signedIn(world, emulator, { accessTokenLifeMs: anHourMs, profile, accountId: `acc-${profile}-0001` });
    writeFileSync(world.path("limn.config.json"), JSON.stringify({ profile: "home" }));
    const whose = async (parameters: string[], env: Record<string, string> = {}): Promise<unknown> => {
      const before = emulator.calls.length;
      expect((await world.run(["generate", "a fox", ...parameters], { env })).status).toBe(0);
      return emulator.calls.slice(before).map(({ account }) => account);
    };
    expect([
      await whose([]),
      await whose([], { LIMN_PROFILE: "work" }),
      await whose(["--profile", "side"], { LIMN_PROFILE: "work" }),
      await whose(["--profile", "default"]),
    ]).toMatchObject([["acc-home-0001"], ["acc-work-0001"], ["acc-side-0001"], ["acc-default-0001"]]);
  });

  it("stands alone: no other login serves in its place", async () => {
    const { world, emulator } = await worldWithSignIn();
    world.signIn(emulator);
    signedIn(world, emulator, { accessTokenLifeMs: anHourMs });
    for (const [parameters, env] of [
      [["--profile", "work"], {}],
      [[], { LIMN_PROFILE: "work" }],
    ] as const) {
      const run = await world.run(["generate", "a fox", "--json", ...parameters], { env });
      expect([run.status, errorOf(run)]).toMatchObject([
        4,
        { code: "login_missing", hint: expect.stringContaining("limn login --profile work") as unknown },
      ]);
    }
    expect(emulator.calls).toEqual([]);
  });

  it("is signed in to and out of by name, and the others stay", async () => {
    const { world, emulator } = await worldWithSignIn();
    const other = signedIn(world, emulator, { accessTokenLifeMs: anHourMs });
    const login = world.start(["login", "--device", "--profile", "work"]);
    await login.saysOnStderr("Waiting");
    emulator.approveDevice(/^Enter {2}(\S+)$/m.exec(login.stderrSoFar())?.[1] ?? "");
    expect((await login.finished).stdout).toBe("signed in as someone@example.test, plan plus, profile work\n");
    expect(await statusOf(world, 0, ["--profile", "work"])).toMatchObject({ states: ["limn usable"], chosen: "limn" });
    expect((await world.run(["logout", "--profile", "work"])).status).toBe(0);
    expect(world.keptFiles().map(({ path }) => path)).toContain(other);
    expect(world.keptFiles().map(({ path }) => path)).not.toContain(loginFile(world, "work"));
  });

  it.each(["../up", "a/b", "", ".hidden", "x".repeat(65), "ü", "a.lock"])("cannot be called %j", async (name) => {
    const world = new World();
    for (const command of [["status"], ["login", "--device"], ["logout"]]) {
      const run = await world.run([...command, "--json", "--profile", name]);
      expect([run.status, errorOf(run).code]).toEqual([2, "invalid_option"]);
    }
    expect(world.keptFiles()).toEqual([]);
  });

  it("that the variable names badly is told, and the variable is named", async () => {
    const world = new World();
    const run = await world.run(["status", "--json"], { env: { LIMN_PROFILE: "../up" } });
    expect(run.status).toBe(2);
  });
});

describe("limn doctor", () => {
  it("finds nothing wrong when one login serves, and notes what is wrong with the others", async () => {
    const { world, emulator } = await worldWithSignIn();
    signedIn(world, emulator, { accessTokenLifeMs: anHourMs });
    expiredCodex(world, emulator);
    const { status, stdout } = await world.run(["doctor"]);
    expect([status, stdout.includes("PROBLEM")]).toEqual([0, false]);
    expect(stdout).toMatch(/^login limn +ok +usable \(plus, …0001, someone@example\.test\)/m);
    expect(stdout).toMatch(/^login codex +note +The ChatGPT login of Codex ended at/m);
    expect(stdout).toMatch(/^service +ok +reached and signed in, plan plus$/m);
  });

  it("tells a block of the network edge from a sign-out, with its ray", async () => {
    const { world, emulator } = await worldWithSignIn();
    signedIn(world, emulator, { accessTokenLifeMs: anHourMs });
    emulator.setScenario({ name: "cloudflare", on: "usage" });
    const blocked = await world.run(["doctor"]);
    expect(blocked.status).toBe(8);
    expect(blocked.stdout).toMatch(/^service +PROBLEM +.*cf-ray .*\[network_blocked\]$/m);
    emulator.setScenario("ok");
    emulator.revokeLogins();
    const signedOut = await world.run(["doctor"]);
    expect(signedOut.status).toBe(4);
    expect(signedOut.stdout).toMatch(/^service +PROBLEM +.*\[login_expired\]$/m);
    expect(signedOut.stdout).toContain("→ service: Sign in again: limn login");
  });

  it("for a report keeps addresses of people, accounts, tokens and homes to itself, whichever logins there are", async () => {
    const planted = { accountId: "acc-planted-7777-8888", email: "planted.person@example.test" };
    const { world, emulator } = await worldWithSignIn(planted);
    world.env.LIMN_HOME = join(world.home, "limn");
    const own = emulator.signIn({ clientId: "app_EMoamEEZ73f0CkXaXp7hrann" });
    mkdirSync(join(world.home, "limn", "auth"), { recursive: true });
    writeFileSync(join(world.home, "limn", "auth", "default.json"), '{"version":1,"accessToken":"broken-planted"');
    world.signIn(emulator);
    signedInWithPi(world, emulator);
    for (const parameters of [
      ["doctor", "--report"],
      ["doctor", "--report", "--json"],
    ]) {
      const { status, stdout, stderr } = await world.run(parameters);
      expect(status).toBe(4);
      expect(stdout).toContain("…8888");
      for (const secret of [world.home, "planted", own.accessToken, emulator.accessToken, "rt_emulator"])
        expect(stdout + stderr).not.toContain(secret);
    }
  });
});
