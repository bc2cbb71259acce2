import { readFileSync, statSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { startProgram } from "../../../../test/e2e/support/program.ts";
import type { RunningProgram } from "../../../../test/e2e/support/program.ts";
import { limnErrorOf, reasonOf } from "../../../../test/support/rejection.ts";
import { temporaryFolder } from "../../../../test/support/temporary-folder.ts";
import { withProcessLock } from "./process-lock.ts";

const holder = resolve(import.meta.dirname, "../../../../test/support/hold-lock.ts");
const never = new AbortController().signal;

function startHolder(folder: string, keepInputOpen = true): RunningProgram {
  return startProgram(process.execPath, ["--conditions=source", holder, join(folder, "a.lock"), join(folder, "log")], {
    env: { PATH: process.env.PATH ?? "" },
    cwd: folder,
    keepInputOpen,
  });
}

describe("the lock of a login", () => {
  it("lets processes work one after the other, never side by side", async () => {
    const folder = temporaryFolder();
    const processes = Array.from({ length: 8 }, () => startHolder(folder, false));
    const ends = await Promise.all(processes.map(async ({ finished }) => finished));
    expect(ends.map(({ status, stderr }) => ({ status, stderr }))).toEqual(
      processes.map(() => ({ status: 0, stderr: "" })),
    );
    const lines = readFileSync(join(folder, "log"), "utf8").trimEnd().split("\n");
    const turns = lines.filter((line) => line.startsWith("begin ")).map((line) => line.slice(6));
    expect(lines).toEqual(turns.flatMap((pid) => [`begin ${pid}`, `end ${pid}`]));
    expect(new Set(turns).size).toBe(8);
  });

  it("is free at once when its holder was killed", async () => {
    const folder = temporaryFolder();
    const victim = startHolder(folder);
    await victim.saysOnStdout("held");
    let isOurs = false;
    const ours = withProcessLock(join(folder, "a.lock"), never, async () => {
      isOurs = true;
    });
    expect(isOurs).toBe(false);
    victim.kill("SIGKILL");
    await ours;
    expect(isOurs).toBe(true);
    await victim.finished;
    expect(readFileSync(join(folder, "log"), "utf8")).toBe(`begin ${victim.pid}\n`);
  });

  it("is not waited for any longer after an abort, whose reason comes through", async () => {
    const folder = temporaryFolder();
    const path = join(folder, "a.lock");
    const abort = new AbortController();
    const reason = new Error("enough");
    await withProcessLock(path, never, async () => {
      const waiting = reasonOf(withProcessLock(path, abort.signal, async () => expect.unreachable()));
      abort.abort(reason);
      expect(await waiting).toBe(reason);
    });
    expect(await withProcessLock(path, never, async () => "free again")).toBe("free again");
  });

  it("is free again after work that failed, and hands on what went wrong", async () => {
    const path = join(temporaryFolder(), "a.lock");
    const failure = new Error("no");
    const failed = withProcessLock(path, never, async () => {
      throw failure;
    });
    expect(await reasonOf(failed)).toBe(failure);
    expect(await withProcessLock(path, never, async () => 1)).toBe(1);
  });

  it.skipIf(process.platform === "win32")("makes files and folders that only their user can see", async () => {
    const folder = join(temporaryFolder(), "auth");
    await withProcessLock(join(folder, "a.lock"), never, async () => undefined);
    expect([statSync(folder).mode & 0o777, statSync(join(folder, "a.lock")).mode & 0o777]).toEqual([0o700, 0o600]);
  });

  it("says what is wrong where there can be no lock", async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, "file"), "");
    writeFileSync(join(folder, "damaged.lock"), "this is no database, and it is long enough to look at. ".repeat(50));
    for (const path of [join(folder, "file", "a.lock"), folder, join(folder, "damaged.lock")]) {
      const error = await limnErrorOf(withProcessLock(path, never, async () => expect.unreachable()));
      expect(error).toMatchObject({ code: "artifact_write_failed", hint: expect.stringContaining("LIMN_HOME=") });
      expect(error.message).toContain(`${path} cannot be used: `);
    }
  });
});
