import { execFileSync } from "node:child_process";
import {
  chmodSync,
  mkdirSync,
  readFileSync,
  renameSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { chatGptClaims, madeUpToken } from "../../../../test/support/made-up-token.ts";
import { limnErrorOf } from "../../../../test/support/rejection.ts";
import { temporaryFolder } from "../../../../test/support/temporary-folder.ts";
import type { CredentialSource } from "../contracts/credential.ts";
import { readHermesEntry, readOpencodeEntry, readPiEntry } from "./borrowed-entry.ts";
import { createBorrowedSource } from "./borrowed-source.ts";
import type { BorrowedStore } from "./borrowed-source.ts";
import { createCodexSource } from "./codex-source.ts";

const nowMs = Date.parse("2026-11-21T02:00:00Z");
const nowSeconds = nowMs / 1000;
const day = 86_400;

interface Kind {
  readonly name: "codex" | "pi" | "opencode" | "hermes";
  /** What the owner's file holds for a token of this account that ends then. */
  readonly content: (account: string, exp: number) => string;
  /** What the next step names, when the login has ended. */
  readonly renew: string;
}

const tokenOf = (account: string, exp: number): string => madeUpToken(chatGptClaims(account, exp));

// Shapes: login-stores 1 to 5.
const kinds: readonly Kind[] = [
  {
    name: "codex",
    content: (account, exp) => {
      const tokens = {
        id_token: tokenOf(account, exp),
        access_token: tokenOf(account, exp),
        refresh_token: "rt_planted_0001",
        account_id: account,
      };
      return JSON.stringify({
        auth_mode: "chatgpt",
        OPENAI_API_KEY: null,
        tokens,
        last_refresh: "2026-11-21T00:00:00Z",
      });
    },
    renew: "limn login --renew codex",
  },
  {
    name: "pi",
    content: (account, exp) =>
      JSON.stringify({
        "openai-codex": {
          type: "oauth",
          access: tokenOf(account, exp),
          refresh: "rt_planted_0001",
          expires: exp * 1000,
          accountId: account,
        },
      }),
    renew: "pi auth check --provider openai-codex",
  },
  {
    name: "opencode",
    content: (account, exp) =>
      JSON.stringify({
        openai: { type: "oauth", access: tokenOf(account, exp), refresh: "rt_planted_0001", expires: exp * 1000 },
        anthropic: { type: "api", key: "sk-planted-0001" },
      }),
    renew: "opencode auth login -p openai",
  },
  {
    name: "hermes",
    content: (account, exp) => {
      const tokens = { access_token: tokenOf(account, exp), refresh_token: "rt_planted_0001" };
      return JSON.stringify({ version: 1, providers: { "openai-codex": { auth_mode: "chatgpt", tokens } } });
    },
    renew: "hermes auth refresh openai-codex",
  },
];

const parsers = { pi: readPiEntry, opencode: readOpencodeEntry, hermes: readHermesEntry };

function sourceOf(
  { name, renew }: Kind,
  folder: string,
  onLook: (content: string) => void = () => undefined,
): CredentialSource {
  const clock = (): number => nowMs;
  if (name === "codex")
    return createCodexSource({ codexHome: folder, clock, askForToken: async () => null, renew: null });
  const store: BorrowedStore = {
    id: name,
    owner: name,
    path: join(folder, "auth.json"),
    parse: (content, now) => {
      onLook(content);
      return parsers[name](content, now);
    },
    renewCommand: renew,
    signInCommand: `${name} sign in`,
  };
  return createBorrowedSource(store, clock);
}

/** A store in a file of its own; what is read must leave it as it is. */
function place(kind: Kind, content: string): { source: CredentialSource; path: string; isUntouched: () => void } {
  const folder = temporaryFolder();
  const path = join(folder, "auth.json");
  writeFileSync(path, content, { mode: 0o644 });
  utimesSync(path, 1_700_000_000, 1_700_000_000);
  const { ino, mode } = statSync(path);
  return {
    source: sourceOf(kind, folder),
    path,
    isUntouched: () => {
      const after = statSync(path);
      expect({ content: readFileSync(path, "utf8"), ino: after.ino, mode: after.mode, time: after.mtimeMs }).toEqual({
        content,
        ino,
        mode,
        time: 1_700_000_000_000,
      });
      expect(execFileSync("ls", ["-A", folder], { encoding: "utf8" })).toBe("auth.json\n");
    },
  };
}

describe.each(kinds)("the login of $name, borrowed from its file", (kind) => {
  it("is used while it lives, and the file stays as it was", async () => {
    const { source, isUntouched, path } = place(kind, kind.content("acc-1", nowSeconds + day));
    const credential = await source.find();
    expect(credential?.revealToken()).toBe(tokenOf("acc-1", nowSeconds + day));
    expect([credential?.accountId, credential?.plan, credential?.source]).toEqual(["acc-1", "plus", kind.name]);
    expect(await source.report()).toEqual({
      source: kind.name,
      place: path,
      state: "usable",
      plan: "plus",
      accountSuffix: "…cc-1",
      email: "someone@example.test",
      expiresAt: new Date(nowMs + day * 1000).toISOString(),
      problem: null,
    });
    isUntouched();
  });

  it.each([60, 0, -2 * day])(
    "has ended when its token has %d s left, and its owner's command is named",
    async (left) => {
      const { source, isUntouched } = place(kind, kind.content("acc-1", nowSeconds + left));
      const error = await limnErrorOf(source.find());
      expect(error.code).toBe("login_expired");
      expect(error.hint).toContain(kind.renew);
      expect(error.message).toContain("this machine's clock says 2026-11-21 02:00 UTC");
      isUntouched();
    },
  );

  it("still serves with 61 s left", async () => {
    const { source } = place(kind, kind.content("acc-1", nowSeconds + 61));
    expect(await source.find()).not.toBeNull();
  });

  it.each([
    ["empty", ""],
    ["cut", '{"openai-codex":{"ty'],
    ["no JSON at all", "not json"],
    ["no object", "[1]"],
  ])("is login_unreadable when the file is %s and stays so, with no word of what is in it", async (_, content) => {
    const { source, isUntouched, path } = place(kind, content);
    const error = await limnErrorOf(source.find());
    expect(error).toMatchObject({ code: "login_unreadable", details: { path } });
    expect(error.hint).not.toBeNull();
    if (content !== "") expect(error.message).not.toContain(content);
    isUntouched();
  });

  it("is read through a byte order mark and through a link", async () => {
    const { path } = place(kind, `\uFEFF${kind.content("acc-1", nowSeconds + day)}`);
    const folder = temporaryFolder();
    symlinkSync(path, join(folder, "auth.json"));
    expect((await sourceOf(kind, folder).find())?.accountId).toBe("acc-1");
  });

  it("is not there when the file, its folder or a part of its path is not", async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, "file"), "");
    for (const where of [folder, join(folder, "none"), join(folder, "file")])
      expect(await sourceOf(kind, where).find()).toBeNull();
    expect((await sourceOf(kind, folder).report()).state).toBe("absent");
  });

  it("is not waited for when a folder, a pipe, a link to itself or a huge file is in its place", async () => {
    const whys: string[] = [];
    const make: ((path: string) => void)[] = [
      (path) => mkdirSync(path),
      (path) => void execFileSync("mkfifo", [path]),
      (path) => symlinkSync("auth.json", path),
      (path) => writeFileSync(path, " ".repeat(1024 * 1024 + 1)),
    ];
    for (const put of make) {
      const folder = temporaryFolder();
      put(join(folder, "auth.json"));
      const error = await limnErrorOf(sourceOf(kind, folder).find());
      expect(error.code).toBe("login_unreadable");
      whys.push(error.message.slice(error.message.indexOf("used: ") + 6));
    }
    expect(whys).toEqual([
      "it is not a file.",
      "it is not a file.",
      "it is a symbolic link to itself.",
      "it has 1048577 bytes, more than any login file.",
    ]);
  });

  it.skipIf(process.getuid?.() !== 0)("says so when it may not be read", async () => {
    const { source, path } = place(kind, kind.content("acc-1", nowSeconds + day));
    chmodSync(path, 0o600);
    chmodSync(join(path, ".."), 0o711);
    process.seteuid?.(12_345);
    try {
      const error = await limnErrorOf(source.find());
      expect([error.code, error.message.includes("permission denied")]).toEqual(["login_unreadable", true]);
    } finally {
      process.seteuid?.(0);
    }
  });

  it("is tried once more after a refusal only when its owner has renewed it", async () => {
    const { source, path } = place(kind, kind.content("acc-1", nowSeconds + day));
    const refused = await source.find();
    if (refused === null) throw new Error("no login");
    expect(await source.recover(refused)).toBeNull();
    // As Hermes and newer Codex write: another file in its place.
    writeFileSync(`${path}.new`, kind.content("acc-1", nowSeconds + 2 * day));
    renameSync(`${path}.new`, path);
    expect((await source.recover(refused))?.revealToken()).toBe(tokenOf("acc-1", nowSeconds + 2 * day));
    writeFileSync(path, kind.content("acc-2", nowSeconds + 2 * day));
    expect((await limnErrorOf(source.recover(refused))).code).toBe("login_account_changed");
  });

  it("shows no secret however it is printed", async () => {
    const { source } = place(kind, kind.content("acc-1", nowSeconds + day));
    const credential = await source.find();
    const { inspect } = await import("node:util");
    const said = [
      inspect(credential, { depth: 9, showHidden: true }),
      JSON.stringify(credential),
      inspect([credential]),
    ];
    for (const secret of [tokenOf("acc-1", nowSeconds + day), "rt_planted_0001", "someone@example.test"])
      expect(said.filter((text) => text.includes(secret))).toEqual([]);
  });
});

// Codex's reader has no such window on it; codex-source.test.ts has a test of its own.
describe.each(kinds.filter(({ name }) => name !== "codex"))("the login of $name, written in place", (kind) => {
  it("is read whole when the file was caught while it was written", async () => {
    const whole = kind.content("acc-1", nowSeconds + day);
    const { path } = place(kind, whole.slice(0, 60));
    const looks: number[] = [];
    const source = sourceOf(kind, join(path, ".."), (content) => {
      looks.push(content.length);
      writeFileSync(path, whole);
    });
    expect((await source.find())?.accountId).toBe("acc-1");
    expect(looks).toEqual([60, whole.length]);
  });
});

describe("opencode's stand-in for its file", () => {
  it("is named as the place of the login, and no file is looked at", async () => {
    const [, , opencode] = kinds;
    if (opencode === undefined) throw new Error("no opencode");
    const store: BorrowedStore = {
      id: "opencode",
      owner: "opencode",
      path: "/nowhere/auth.json",
      content: { text: opencode.content("acc-1", nowSeconds + day), from: "OPENCODE_AUTH_CONTENT" },
      parse: readOpencodeEntry,
      renewCommand: "x",
      signInCommand: "y",
    };
    const source = createBorrowedSource(store, () => nowMs);
    expect(await source.report()).toMatchObject({ state: "usable", place: "OPENCODE_AUTH_CONTENT" });
  });
});
