import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Emulator } from "@limn/emulator";
import { beforeEach, describe, expect, it } from "vitest";
import { haveCallbackPorts } from "../support/callback-ports.ts";
import { addressIn, codeIn, loginFile, signedIn, worldWithSignIn } from "./support/sign-in.ts";
import { imageCalls, parseObject } from "./support/world.ts";

describe("limn login --device", () => {
  it("keeps a login of its own that makes pictures, and says first whose client it uses", async () => {
    const { world, emulator } = await worldWithSignIn();
    const login = world.start(["login", "--device"]);
    await login.saysOnStderr("Waiting");
    emulator.approveDevice(codeIn(login.stderrSoFar()));
    const { status, stdout, stderr } = await login.finished;
    expect([status, stdout]).toEqual([0, "signed in as someone@example.test, plan plus\n"]);
    expect(stderr).toMatch(/^limn signs in with the public OAuth client of Codex/);
    expect(statSync(loginFile(world)).mode & 0o777).toBe(0o600);
    expect(statSync(join(world.limnHome, "auth")).mode & 0o777).toBe(0o700);

    const made = await world.run(["generate", "a fox", "--json"]);
    expect(parseObject(made.stdout)).toMatchObject({ status: "done", account: { plan: "plus", source: "limn" } });
  });

  it("says that codes are not enabled, and what to do", async () => {
    const { world } = await worldWithSignIn({ scenario: "device-not-enabled" });
    const { status, stderr } = await world.run(["login", "--device"]);
    expect(status).toBe(4);
    expect(stderr).toContain("not enabled for this account");
    expect(stderr).toContain("limn login");
  });

  it("ends with exit 4 when it is denied in the browser, and changes nothing", async () => {
    const { world, emulator } = await worldWithSignIn();
    const login = world.start(["login", "--device"]);
    await login.saysOnStderr("Waiting");
    emulator.denyDevice(codeIn(login.stderrSoFar()));
    expect((await login.finished).status).toBe(4);
    expect(world.keptFiles()).toEqual([]);
  });
});

describe("limn login in a browser", () => {
  beforeEach(haveCallbackPorts);

  it("takes the answer of the service on the loopback port, and shows a page at the end", async () => {
    const { world } = await worldWithSignIn({ autoApprove: true });
    const login = world.start(["login", "--no-browser"]);
    await login.saysOnStderr("Waiting");
    const answer = await fetch(addressIn(login.stderrSoFar()));
    expect([answer.status, await answer.text()]).toEqual([200, expect.stringContaining("You are signed in")]);
    expect(await login.finished).toMatchObject({ status: 0, stdout: "signed in as someone@example.test, plan plus\n" });
    const { scope } = Object.fromEntries(addressIn(login.stderrSoFar()).searchParams);
    expect(scope).toBe("openid profile email offline_access");
  });

  it("waits on when an answer carries another state, and ends politely when asked to on /cancel", async () => {
    const { world } = await worldWithSignIn();
    const login = world.start(["login", "--no-browser"]);
    await login.saysOnStderr("Waiting");
    const callback = addressIn(login.stderrSoFar()).searchParams.get("redirect_uri") ?? "";
    const foreign = await fetch(`${callback}?code=x&state=other`);
    expect(foreign.status).toBe(400);
    const cancelled = await fetch(new URL("/cancel", callback));
    expect(cancelled.status).toBe(200);
    const { status, stderr } = await login.finished;
    expect(status).toBe(4);
    expect(stderr).toContain("Another program asked to end this sign-in");
  });

  it("tells what the service said when it was refused there", async () => {
    const { world } = await worldWithSignIn();
    const login = world.start(["login", "--no-browser"]);
    await login.saysOnStderr("Waiting");
    const address = addressIn(login.stderrSoFar());
    const state = address.searchParams.get("state") ?? "";
    await fetch(`${address.searchParams.get("redirect_uri")}?error=access_denied&error_description=No&state=${state}`);
    const { status, stderr } = await login.finished;
    expect(status).toBe(4);
    expect(stderr).toContain("access_denied");
  });
});

describe("limn's own login", () => {
  it("is renewed once by 20 processes that start with an expired token, and all deliver", async () => {
    const { world, emulator } = await worldWithSignIn();
    signedIn(world, emulator);
    const runs = await Promise.all(
      Array.from({ length: 20 }, async (_, index) => world.run(["generate", "a fox", "-o", `fox-${index}.png`, "-q"])),
    );
    expect(runs.map(({ status, stderr }) => [status, stderr])).toEqual(runs.map(() => [0, ""]));
    expect(emulator.count("refresh")).toBe(1);
    expect(world.files()).toHaveLength(20);
  });

  it("is renewed at most once more for each process that was killed while it renewed", async () => {
    const { world, emulator } = await worldWithSignIn({
      reuse: "tolerated",
      scenario: [{ name: "never", on: "refresh" }, "ok"],
    });
    signedIn(world, emulator);
    const victims = [0, 1].map(() => world.start(["generate", "a fox", "-q"]));
    await refreshesSeen(emulator, 1);
    for (const victim of victims) victim.kill("SIGKILL");
    await Promise.all(victims.map(async ({ finished }) => finished));
    const runs = await Promise.all(Array.from({ length: 6 }, async () => world.run(["generate", "a fox", "-q"])));
    expect(runs.map(({ status }) => status)).toEqual([0, 0, 0, 0, 0, 0]);
    expect(emulator.count("refresh")).toBeLessThanOrEqual(3);
  });

  it("ends in login_expired with the next step when the service says that the token was used before, and asks only once", async () => {
    const { world, emulator } = await worldWithSignIn({ scenario: "refresh-token-reused" });
    signedIn(world, emulator);
    const before = parseObject(readFileSync(loginFile(world), "utf8"));
    const runs = await Promise.all(Array.from({ length: 4 }, async () => world.run(["generate", "a fox", "--json"])));
    for (const { status, stdout, stderr } of runs) {
      expect(status).toBe(4);
      expect(parseObject(stdout)).toMatchObject({ error: { code: "login_expired", details: { reason: "reused" } } });
      expect(stderr).toContain("limn login");
    }
    expect(emulator.count("refresh")).toBe(1);
    expect(imageCalls(emulator)).toEqual([]);
    expect(parseObject(readFileSync(loginFile(world), "utf8"))).toMatchObject({
      accessToken: before.accessToken,
      refreshToken: before.refreshToken,
    });
  });

  it("goes before a borrowed one, and stands alone when a profile is named", async () => {
    const { world, emulator } = await worldWithSignIn();
    world.signIn(emulator);
    signedIn(world, emulator, { accessTokenLifeMs: 3_600_000 });
    expect(parseObject((await world.run(["generate", "a fox", "--json"])).stdout)).toMatchObject({
      account: { source: "limn" },
    });
    const { status, stderr } = await world.run(["generate", "a fox", "--profile", "work"]);
    expect(status).toBe(4);
    expect(stderr).toContain("login_missing");
  });

  it("is deleted and ended by limn logout, and only deleted with --keep-session", async () => {
    const { world, emulator } = await worldWithSignIn();
    signedIn(world, emulator, { accessTokenLifeMs: 3_600_000 });
    expect(await world.run(["logout", "--keep-session"])).toMatchObject({ status: 0 });
    expect(emulator.count("revoke")).toBe(0);
    signedIn(world, emulator, { accessTokenLifeMs: 3_600_000 });
    const { stderr } = await world.run(["logout"]);
    expect(stderr).toContain("Whether that touches other sessions of the account is not known");
    expect(emulator.count("revoke")).toBe(1);
    expect((await world.run(["generate", "a fox"])).status).toBe(4);
  });
});

describe("the plan", () => {
  it("is refused before sending when it is Free, unless --ignore-plan is given", async () => {
    const { world, emulator } = await worldWithSignIn({ plan: "free" });
    signedIn(world, emulator, { accessTokenLifeMs: 3_600_000 });
    expect(parseObject((await world.run(["generate", "a fox", "--json"])).stdout)).toMatchObject({
      error: { code: "plan_not_included" },
    });
    expect(imageCalls(emulator)).toHaveLength(0);
    await world.run(["generate", "a fox", "--ignore-plan"]);
    expect(imageCalls(emulator)).toHaveLength(1);
  });

  it("is not asked again while its limit is known to be used up, unless --ignore-limit is given", async () => {
    const { world, emulator } = await worldWithSignIn({ scenario: ["usage-limit", "ok"] });
    signedIn(world, emulator, { accessTokenLifeMs: 3_600_000 });
    const first = parseObject((await world.run(["generate", "a fox", "--json"])).stdout);
    const second = parseObject((await world.run(["generate", "a fox", "--json"])).stdout);
    expect([first, second]).toMatchObject([
      { error: { code: "usage_limit_reached" } },
      { error: { code: "usage_limit_reached", details: { known: true } } },
    ]);
    expect(imageCalls(emulator)).toHaveLength(1);
    expect((await world.run(["generate", "a fox", "--ignore-limit"])).status).toBe(0);
    expect((await world.run(["generate", "a fox"])).status).toBe(0);
  });
});

describe("a backend address from a variable", () => {
  it("gets no stored login while it is neither the default nor this machine, and limn says how to trust it", async () => {
    const { world, emulator } = await worldWithSignIn();
    signedIn(world, emulator, { accessTokenLifeMs: 3_600_000 });
    world.signIn(emulator);
    world.env.LIMN_BASE_URL = "https://limn-test.invalid/backend-api/codex";
    const { status, stderr } = await world.run(["generate", "a fox"]);
    expect(status).toBe(4);
    expect(stderr).toContain("limn config set baseUrl https://limn-test.invalid/backend-api/codex");
  });
});

/** Resolves when so many renewals have arrived at the service. */
async function refreshesSeen(emulator: Emulator, count: number): Promise<void> {
  while (emulator.count("refresh") < count) await new Promise((resolve) => setImmediate(resolve));
}
