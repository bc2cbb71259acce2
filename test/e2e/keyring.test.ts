import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { binFile } from "./support/program.ts";
import { World, parseObject } from "./support/world.ts";

/** A real keyring on a session bus of its own. Why the test that needs one is skipped, or null. */
const noKeyring =
  spawnSync("sh", ["-c", "command -v gnome-keyring-daemon && command -v dbus-run-session"]).status === 0
    ? null
    : "needs gnome-keyring and dbus";

async function signedIn(world: World): Promise<Awaited<ReturnType<World["startService"]>>> {
  const emulator = await world.startService({ autoApprove: true }, "none");
  world.env.LIMN_AUTH_URL = new URL(world.env.LIMN_BASE_URL ?? "").origin;
  await world.run(["config", "set", "login.store", "keyring"]);
  return emulator;
}

it("keeps the login in its file, and says so, where no keyring opens", async () => {
  const world = new World();
  const emulator = await signedIn(world);
  const login = world.start(["login", "--device"]);
  await login.saysOnStderr("Waiting");
  emulator.approveDevice(/^Enter {2}(\S+)$/m.exec(login.stderrSoFar())?.[1] ?? "");
  const { status, stderr } = await login.finished;
  expect(status).toBe(0);
  expect(stderr).toContain("the system's keyring does not open here");
  expect(parseObject(readFileSync(join(world.limnHome, "auth/default.json"), "utf8"))).toMatchObject({ store: "file" });
  expect((await world.run(["generate", "a fox"])).status).toBe(0);
});

it.skipIf(noKeyring !== null)(
  `keeps the tokens in a keyring that opens, and out of the file${noKeyring === null ? "" : ` (${noKeyring})`}`,
  async () => {
    const world = new World();
    const emulator = await signedIn(world);
    const runtime = join(world.folder, "runtime");
    mkdirSync(runtime, { mode: 0o700 });
    const limn = `"${process.execPath}" "${binFile}"`;
    const script = [
      "printf password | gnome-keyring-daemon --unlock --components=secrets > /dev/null",
      `${limn} login --device`,
      `cat "${world.limnHome}/auth/default.json" > "${world.folder}/while.json"`,
      `${limn} generate "a fox" --json`,
      `${limn} logout`,
      `${limn} generate "a fox" --json`,
    ].join("\n");
    const session = world.startOther("dbus-run-session", ["--", "sh", "-c", script], {
      env: { XDG_RUNTIME_DIR: runtime },
    });
    await session.saysOnStderr("Waiting");
    emulator.approveDevice(/^Enter {2}(\S+)$/m.exec(session.stderrSoFar())?.[1] ?? "");
    const { stdout } = await session.finished;
    const kept = readFileSync(join(world.folder, "while.json"), "utf8");
    expect(parseObject(kept)).toMatchObject({
      store: "keyring",
      accessToken: "(keyring)",
      refreshToken: "(keyring)",
      idToken: "(keyring)",
    });
    const [signedInAs, made, after] = stdout.trim().split("\n");
    expect(signedInAs).toBe("signed in as someone@example.test, plan plus");
    expect(parseObject(made ?? "")).toMatchObject({ status: "done", account: { source: "limn" } });
    expect(parseObject(after ?? "")).toMatchObject({ error: { code: "login_missing" } });
    expect(readdirSync(join(world.limnHome, "auth")).filter((name) => name.endsWith(".json"))).toEqual([]);
  },
);
