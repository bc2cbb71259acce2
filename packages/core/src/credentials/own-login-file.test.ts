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
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { chatGptClaims, madeUpToken } from "../../../../test/support/made-up-token.ts";
import { limnErrorOf, thrownBy } from "../../../../test/support/rejection.ts";
import { canMount, makeReadOnly, smallDisk } from "../../../../test/support/small-disk.ts";
import { temporaryFolder } from "../../../../test/support/temporary-folder.ts";
import { OwnLoginFile, isProfileName, newOwnLogin } from "./own-login-file.ts";
import type { OwnLogin } from "./own-login-file.ts";
import { createOwnSource } from "./own-source.ts";

const nowMs = Date.parse("2026-11-21T02:00:00Z");
const accessToken = madeUpToken(chatGptClaims("acc-1", nowMs / 1000 + 864_000));
const login: OwnLogin = newOwnLogin(
  { accessToken, refreshToken: "rt_planted_0001", idToken: null },
  { profile: "default", issuer: "https://auth.openai.com", clientId: "app_x", nowMs },
);
const loginText = (change: Readonly<Record<string, unknown>> = {}): string => JSON.stringify({ ...login, ...change });

describe("the file of limn's own login", () => {
  it("gives back what was written, in a folder and a file that only their user can see", () => {
    const folder = join(temporaryFolder(), "auth");
    const file = new OwnLoginFile(folder, "default");
    expect(file.read()).toBeNull();
    file.write(login);
    expect(file.read()).toEqual({ ...login, store: "file" });
    expect(readdirSync(folder)).toEqual(["default.json"]);
    if (process.platform !== "win32")
      expect([statSync(folder).mode & 0o777, statSync(file.path).mode & 0o777]).toEqual([0o700, 0o600]);
  });

  it.each<[what: string, content: string, why: string]>([
    ["empty", "", "it is damaged"],
    ["cut short", loginText().slice(0, 200), "it is damaged"],
    ["no object", "[]", "it is damaged"],
    ["written by a newer limn", loginText({ version: 2 }), "a newer limn wrote it"],
    ["without a token", loginText({ accessToken: "" }), "it is damaged"],
    ["with a token that no header can carry", loginText({ accessToken: "a\nb" }), "it is damaged"],
    ["without an issuer", loginText({ issuer: undefined }), "it is damaged"],
    ["with an unknown refusal", loginText({ rejected: { tokenSha256: "x", reason: "?" } }), "it is damaged"],
    ["huge", " ".repeat(64 * 1024) + loginText(), "bytes"],
  ])("is told apart when it is %s, with the command that mends it and no token", (_, content, why) => {
    const file = new OwnLoginFile(temporaryFolder(), "work");
    writeFileSync(file.path, content);
    const error = thrownBy(() => file.read());
    expect(error).toMatchObject({
      code: "login_unreadable",
      hint: "Sign in again: limn login --profile work",
      details: { path: file.path },
    });
    expect(error.message).toContain(`${file.path} cannot be used: `);
    expect(error.message).toContain(why);
    expect(error.message).not.toContain("planted");
    expect(readFileSync(file.path, "utf8")).toBe(content);
  });

  it("may not be a folder, or a link to itself", () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, "a.json"));
    symlinkSync("b.json", join(folder, "b.json"));
    for (const profile of ["a", "b"]) {
      const { code, hint } = thrownBy(() => new OwnLoginFile(folder, profile).read());
      expect([code, hint]).toEqual(["login_unreadable", `Sign in again: limn login --profile ${profile}`]);
    }
    expect(thrownBy(() => new OwnLoginFile(folder, "a").delete())).toMatchObject({ code: "artifact_write_failed" });
  });

  it("may be a link to a file, which a new login replaces and leaves alone", () => {
    const folder = temporaryFolder();
    const file = new OwnLoginFile(folder, "default");
    writeFileSync(join(folder, "elsewhere"), loginText());
    symlinkSync("elsewhere", file.path);
    expect(file.read()).toEqual(login);
    file.write({ ...login, refreshToken: "rt_planted_0002" });
    expect(file.read()).toMatchObject({ refreshToken: "rt_planted_0002" });
    expect(readFileSync(join(folder, "elsewhere"), "utf8")).toBe(loginText());
  });

  it("says once whether there was one to delete", () => {
    const file = new OwnLoginFile(temporaryFolder(), "default");
    file.write(login);
    expect([file.delete(), file.delete(), file.read()]).toEqual([true, false, null]);
  });
});

describe.skipIf(process.platform === "win32")("rights that others widened", () => {
  it("are mended once and told", () => {
    const file = new OwnLoginFile(temporaryFolder(), "default");
    expect(file.mendRights()).toBeNull();
    file.write(login);
    expect(file.mendRights()).toBeNull();
    chmodSync(file.path, 0o644);
    expect(file.mendRights()).toBe(`${file.path} could be read by others; its rights were mended`);
    expect(statSync(file.path).mode & 0o777).toBe(0o600);
    expect(file.mendRights()).toBeNull();
  });

  it.skipIf(process.getuid?.() !== 0)("of a file that belongs to another user are told and not touched", () => {
    const folder = temporaryFolder();
    const file = new OwnLoginFile(folder, "default");
    file.write(login);
    chmodSync(file.path, 0o644);
    chownSync(file.path, 0, 0);
    chmodSync(folder, 0o755);
    const said = asUser(12_345, () => file.mendRights());
    expect(said).toBe(
      `${file.path} belongs to another user (0), who can read and change it; sign in again to replace it`,
    );
    expect(statSync(file.path).mode & 0o777).toBe(0o644);
  });
});

describe("a name of a profile", () => {
  it.each(["default", "work", "a.b-c_d", "0", "x".repeat(64)])("may be %s", (name) => {
    expect(isProfileName(name)).toBe(true);
  });
  it.each(["", ".", "..", "../up", "a/b", "a\\b", "-a", " a", "a b", "é", "a\0", "x".repeat(65), "a.lock"])(
    "may not be %j",
    (name) => {
      expect(isProfileName(name)).toBe(false);
    },
  );
});

describe.skipIf(!canMount())("a disk without room", () => {
  /** A login on a disk that is as good as full. */
  function onFullDisk(): { file: OwnLoginFile; fill: () => void } {
    const disk = smallDisk(1);
    const file = new OwnLoginFile(disk, "default");
    file.write(login);
    return {
      file,
      fill: () => {
        try {
          writeFileSync(join(disk, "filler"), Buffer.alloc(2 * 1024 * 1024));
        } catch {
          // Full now.
        }
      },
    };
  }

  it("is found before a token is spent, and the old login stays", async () => {
    const { file, fill } = onFullDisk();
    fill();
    const before = readFileSync(file.path);
    const tokens = {
      issuer: login.issuer,
      clientId: login.clientId,
      refresh: async () => expect.unreachable("a token was spent"),
    };
    const source = createOwnSource({ file, tokens, clock: () => nowMs + 864_000_000 });
    const error = await limnErrorOf(source.find());
    expect(error.code).toBe("artifact_write_failed");
    expect(error.message).toContain("No token was spent");
    expect(readFileSync(file.path)).toEqual(before);
    expect(readdirSync(join(file.path, "..")).filter((name) => name.endsWith(".tmp"))).toEqual([]);
  });

  it("cannot lose the new tokens when it fills up while they are fetched", async () => {
    const { file, fill } = onFullDisk();
    const renewed = madeUpToken(chatGptClaims("acc-1", nowMs / 1000 + 1_800_000));
    const tokens = {
      issuer: login.issuer,
      clientId: login.clientId,
      refresh: async () => {
        fill();
        const grant = { accessToken: renewed, refreshToken: "rt_planted_0002", idToken: null };
        return { kind: "granted" as const, grant };
      },
    };
    const source = createOwnSource({ file, tokens, clock: () => nowMs + 864_000_000 });
    expect((await source.find())?.revealToken()).toBe(renewed);
    expect(file.read()).toMatchObject({ accessToken: renewed, refreshToken: "rt_planted_0002", intent: null });
  });

  it("is the reason why nobody is asked to sign in", () => {
    const { file, fill } = onFullDisk();
    fill();
    expect(thrownBy(() => file.checkRoom())).toMatchObject({ code: "artifact_write_failed" });
  });

  it("that is read-only leaves a living token usable, and spends nothing", async () => {
    const { file } = onFullDisk();
    makeReadOnly(join(file.path, ".."));
    const tokens = {
      issuer: login.issuer,
      clientId: login.clientId,
      refresh: async () => expect.unreachable("a token was spent"),
    };
    const soon = createOwnSource({ file, tokens, clock: () => nowMs + 864_000_000 - 180_000 });
    expect((await soon.find())?.revealToken()).toBe(accessToken);
    const late = createOwnSource({ file, tokens, clock: () => nowMs + 864_000_000 });
    expect(await limnErrorOf(late.find())).toMatchObject({
      code: "artifact_write_failed",
      hint: expect.stringContaining("LIMN_HOME="),
    });
    expect(thrownBy(() => file.delete())).toMatchObject({ code: "artifact_write_failed" });
  });
});

/** `run` as another user of this machine, as far as the file system is concerned. */
function asUser<T>(uid: number, run: () => T): T {
  process.seteuid?.(uid);
  try {
    return run();
  } finally {
    process.seteuid?.(0);
  }
}
