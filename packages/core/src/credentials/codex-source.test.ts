import { execFileSync } from "node:child_process";
import { lstatSync, mkdirSync, readFileSync, readdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { chatGptClaims, madeUpToken } from "../../../../test/support/made-up-token.ts";
import { limnErrorOf } from "../../../../test/support/rejection.ts";
import { temporaryFolder } from "../../../../test/support/temporary-folder.ts";
import type { Credential } from "../contracts/credential.ts";
import { createCodexSource } from "./codex-source.ts";

const nowMs = Date.parse("2026-11-21T02:00:00.000Z");
const exp = nowMs / 1000 + 864_000;
const account = "acc-00000000-fake";
const accessToken = madeUpToken(chatGptClaims(account, exp, "free"));
const idToken = madeUpToken(chatGptClaims(account, exp - 1, "plus"));

const tokens = {
  id_token: idToken,
  access_token: accessToken,
  refresh_token: "rt_fake_refresh_0001",
  account_id: account,
};
const usable = {
  source: "codex",
  token: accessToken,
  accountId: account,
  plan: "plus",
  email: "someone@example.test",
  expiresAtMs: exp * 1000,
};

function facts(credential: Credential | null): unknown {
  if (credential === null) return null;
  const { source, accountId, plan, email, expiresAtMs } = credential;
  return { source, token: credential.revealToken(), accountId, plan, email, expiresAtMs };
}

/** Folders of this test, with everything in them as it was written. */
const watched: { folder: string; before: unknown }[] = [];

function look(folder: string): unknown {
  return readdirSync(folder).map((name) => {
    const path = join(folder, name);
    const { mtimeMs, ctimeMs, mode, size, ino } = lstatSync(path);
    const bytes = lstatSync(path).isFile() ? readFileSync(path).toString("hex") : null;
    return { name, mtimeMs, ctimeMs, mode, size, ino, bytes };
  });
}

function codexHome(login: unknown, config?: string): string {
  const folder = temporaryFolder();
  if (login !== undefined)
    writeFileSync(join(folder, "auth.json"), typeof login === "string" ? login : JSON.stringify(login, null, 2));
  if (config !== undefined) writeFileSync(join(folder, "config.toml"), config);
  watched.push({ folder, before: look(folder) });
  return folder;
}

afterEach(() => {
  for (const { folder, before } of watched.splice(0)) expect(look(folder)).toEqual(before);
});

const source = (folder: string | null): ReturnType<typeof createCodexSource> =>
  createCodexSource({ codexHome: folder, clock: () => nowMs, askForToken: async () => null, renew: null });

// Shapes: codex-backend contract 6.1, as in the wire fixtures auth-json.samples.json.
describe("a login file that can be used", () => {
  const withoutAccount = { ...tokens, access_token: "opaque-token", id_token: undefined, account_id: null };
  test.each<[string, unknown, unknown]>([
    [
      "of a ChatGPT login",
      { auth_mode: "chatgpt", OPENAI_API_KEY: null, tokens, last_refresh: "2026-11-20T23:44:44.816Z" },
      usable,
    ],
    [
      "after a device login, with fields of newer versions",
      {
        auth_mode: "chatgpt",
        OPENAI_API_KEY: null,
        tokens: {
          ...tokens,
          oauth_provenance: { issuer: "http://127.0.0.1:1", client_id: "app_fake" },
          login_owner_id: "It_B",
        },
      },
      usable,
    ],
    [
      "with an exchanged API key beside a ChatGPT login",
      { auth_mode: "chatgpt", OPENAI_API_KEY: "sk-x", tokens },
      usable,
    ],
    ["of a host that hands tokens in", { auth_mode: "chatgptAuthTokens", OPENAI_API_KEY: null, tokens }, usable],
    ["without a mode and without a key", { OPENAI_API_KEY: null, tokens }, usable],
    [
      "without an account, which its token names",
      { auth_mode: "chatgpt", tokens: { ...tokens, account_id: null } },
      usable,
    ],
    [
      "with an opaque token, of which nothing is known",
      { auth_mode: "chatgpt", tokens: withoutAccount },
      { source: "codex", token: "opaque-token", accountId: null, plan: null, email: null, expiresAtMs: null },
    ],
    [
      "with an opaque token and an id token",
      { auth_mode: "chatgpt", tokens: { ...tokens, access_token: "opaque-token" } },
      { ...usable, token: "opaque-token", expiresAtMs: null },
    ],
    [
      "without an id token, so the plan is the access token's",
      { auth_mode: "chatgpt", tokens: { ...tokens, id_token: undefined } },
      { ...usable, plan: "free" },
    ],
    ["that begins with a byte order mark", `\uFEFF${JSON.stringify({ auth_mode: "chatgpt", tokens })}`, usable],
    [
      "whose token has an end beyond every calendar",
      { auth_mode: "chatgpt", tokens: { ...tokens, access_token: madeUpToken(chatGptClaims(account, 1e300)) } },
      { ...usable, token: madeUpToken(chatGptClaims(account, 1e300)), expiresAtMs: null },
    ],
  ])("%s", async (_, login, expected) => {
    const codex = source(codexHome(login));
    expect(facts(await codex.find())).toEqual(expected);
    expect((await codex.report()).state).toBe("usable");
  });
});

describe("a login that is none of ours", () => {
  const apiKey = {
    code: "login_refused",
    message: "Codex is signed in with an API key. limn never spends one: it uses the ChatGPT plan.",
    hint: expect.stringContaining("codex login"),
  };
  const mode = (name: string): unknown => ({
    code: "login_refused",
    message: `Codex is signed in in the mode "${name}", which has no ChatGPT plan to use.`,
    hint: expect.stringContaining("codex login"),
  });
  const missing = { code: "login_missing", message: expect.any(String), hint: expect.stringContaining("codex login") };
  test.each<[string, unknown, unknown]>([
    ["an API key", { auth_mode: "apikey", OPENAI_API_KEY: "sk-x" }, apiKey],
    ["an API key beside tokens", { auth_mode: "apikey", OPENAI_API_KEY: "sk-x", tokens }, apiKey],
    ["a key without a mode, which wins over tokens", { OPENAI_API_KEY: "sk-x", tokens }, apiKey],
    ...["agentIdentity", "personalAccessToken", "bedrockApiKey", "bedrockAccessKeys", "headers", "inventedLater"].map(
      (name): [string, unknown, unknown] => [name, { auth_mode: name, tokens }, mode(name)],
    ),
    ["no tokens", { auth_mode: "chatgpt", OPENAI_API_KEY: null, tokens: null }, missing],
    ["tokens without an access token", { auth_mode: "chatgpt", tokens: { ...tokens, access_token: "" } }, missing],
    ["an empty object", {}, missing],
    [
      "an account that is not its token's",
      { auth_mode: "chatgpt", tokens: { ...tokens, account_id: "acc-other" } },
      {
        code: "login_refused",
        message: expect.stringMatching(/^The login file .*auth\.json names one account and its token another/),
        hint: "Sign in again: codex logout && codex login",
      },
    ],
    [
      "a login that has ended",
      {
        auth_mode: "chatgpt",
        tokens: { ...tokens, access_token: madeUpToken(chatGptClaims(account, nowMs / 1000 - 60)) },
      },
      {
        code: "login_expired",
        message:
          "The ChatGPT login of Codex ended at 2026-11-21 01:59 UTC; this machine's clock says 2026-11-21 02:00 UTC.",
        hint: expect.stringContaining("codex exec"),
      },
    ],
  ])("%s is told with the next step", async (_, login, expected) => {
    const codex = source(codexHome(login));
    const { code, message, hint } = await limnErrorOf(codex.find());
    expect({ code, message, hint }).toEqual(expected);
    expect((await codex.report()).problem).toEqual({ code, message, hint });
  });

  test.each([
    [60, "login_expired"],
    [61, null],
  ])("with %i seconds left is %s", async (seconds, code) => {
    const access_token = madeUpToken(chatGptClaims(account, nowMs / 1000 + seconds));
    const found = source(codexHome({ auth_mode: "chatgpt", tokens: { ...tokens, access_token } })).find();
    expect(code === null ? facts(await found) : (await limnErrorOf(found)).code).toEqual(
      code ?? { ...usable, token: access_token, expiresAtMs: nowMs + seconds * 1000 },
    );
  });
});

describe("a file that is no login", () => {
  test.each<[string, unknown, string]>([
    ["nothing", "", "it is empty"],
    ["white space", " \n", "it is empty"],
    ["a beginning", JSON.stringify({ auth_mode: "chatgpt", tokens }).slice(0, 100), "it is not valid JSON"],
    ["a list", "[]", "it is not a JSON object"],
    [
      "a token with a line break",
      { auth_mode: "chatgpt", tokens: { ...tokens, access_token: "a\nb" } },
      "its access token holds characters that no token has",
    ],
    ["two megabytes", `"${"x".repeat(2_000_000)}"`, "it has 2000002 bytes, more than any login file"],
  ])("%s", async (_, content, why) => {
    const folder = codexHome(content);
    const path = join(folder, "auth.json");
    const { code, message, details } = await limnErrorOf(source(folder).find());
    expect({ code, message, details }).toEqual({
      code: "login_unreadable",
      message: `The login file ${path} cannot be used: ${why}.`,
      details: { path },
    });
  });

  test("is no login either when it is a folder, a named pipe, or a link to itself", async () => {
    const makers: readonly ((path: string) => unknown)[] = [
      (path) => mkdirSync(path),
      (path) => execFileSync("mkfifo", [path]),
      (path) => symlinkSync(path, path),
    ];
    const codes: unknown[] = [];
    for (const make of makers) {
      const folder = temporaryFolder();
      make(join(folder, "auth.json"));
      codes.push((await limnErrorOf(source(folder).find())).code);
    }
    expect(codes).toEqual(["login_unreadable", "login_unreadable", "login_unreadable"]);
  });

  // As root, which tests usually run as here, every file can be read.
  test.skipIf(process.getuid?.() === 0)("is told as such when its rights forbid it", async () => {
    const folder = codexHome({});
    execFileSync("chmod", ["000", join(folder, "auth.json")]);
    watched.length = 0;
    const { code, message } = await limnErrorOf(source(folder).find());
    expect([code, message.includes("permission denied")]).toEqual(["login_unreadable", true]);
  });
});

test("a file that was caught half written is read again", async () => {
  const whole = JSON.stringify({ auth_mode: "chatgpt", tokens });
  const folder = codexHome(whole.slice(0, 80));
  watched.length = 0;
  const found = source(folder).find();
  // Between the first look and the last one, which is 350 ms later.
  setTimeout(() => writeFileSync(join(folder, "auth.json"), whole), 60);
  expect(facts(await found)).toEqual(usable);
});

test("no file, no folder, no home: no login", async () => {
  const found = [
    await source(codexHome(undefined)).find(),
    await source(join(temporaryFolder(), "missing")).find(),
    await source(null).find(),
  ];
  expect(found).toEqual([null, null, null]);
  expect(await source(null).report()).toMatchObject({ source: "codex", state: "absent", problem: null });
});

describe("another model provider in config.toml", () => {
  const login = { auth_mode: "chatgpt", tokens };
  test.each([
    ["at the top", 'model = "x"\nmodel_provider = "azure"\n'],
    ["in another way of writing", "\"model_provider\" = 'azure' # the company's\n"],
  ])("%s is told before anything is sent", async (_, config) => {
    const folder = codexHome(login, config);
    const { code, message, details } = await limnErrorOf(source(folder).find());
    expect({ code, message, details }).toEqual({
      code: "login_refused",
      message: `Codex is set to the model provider "azure" (model_provider in ${join(folder, "config.toml")}), which has no ChatGPT plan to use.`,
      details: { kind: "third_party_provider", provider: "azure" },
    });
  });

  test.each([
    ["in a table", '[profiles.work]\nmodel_provider = "azure"\n'],
    ["in a comment", '# model_provider = "azure"\n'],
    ["in a text", 'notes = """\nmodel_provider = "azure"\n"""\n'],
    ["as a table of providers", '[model_providers.azure]\nname = "Azure"\n'],
    ["and is OpenAI's", 'model_provider = "OpenAI"\n'],
    ["and is no text", "model_provider = 7\n"],
    ["in a file that is no TOML", 'model_provider = "azure\n'],
    ["in an empty file", ""],
  ])("that stands %s does not matter", async (_, config) => {
    expect(facts(await source(codexHome(login, config)).find())).toEqual(usable);
  });

  test("cannot hang the program when the file is a named pipe", async () => {
    const folder = codexHome(login);
    watched.length = 0;
    execFileSync("mkfifo", [join(folder, "config.toml")]);
    expect(facts(await source(folder).find())).toEqual(usable);
  });
});

describe("after the service turned a login away", () => {
  const renewed = madeUpToken({ ...chatGptClaims(account, exp), jti: "renewed" });
  const write = (folder: string, changed: Readonly<Record<string, unknown>>): void => {
    writeFileSync(
      join(folder, "auth.json"),
      JSON.stringify({ auth_mode: "chatgpt", tokens: { ...tokens, ...changed } }),
    );
  };
  async function refused(): Promise<{ folder: string; codex: ReturnType<typeof source>; old: Credential }> {
    const folder = temporaryFolder();
    write(folder, {});
    const codex = source(folder);
    const old = await codex.find();
    if (old === null) throw new Error("no login");
    return { folder, codex, old };
  }

  test("a newer token of the same account is taken", async () => {
    const { folder, codex, old } = await refused();
    write(folder, { access_token: renewed });
    expect(facts(await codex.recover(old))).toEqual({ ...usable, token: renewed });
  });

  test("the same token is not tried again, nor one that is gone", async () => {
    const { folder, codex, old } = await refused();
    expect(await codex.recover(old)).toBe(null);
    execFileSync("rm", [join(folder, "auth.json")]);
    expect(await codex.recover(old)).toBe(null);
  });

  test("the token of another account ends the work", async () => {
    const { folder, codex, old } = await refused();
    write(folder, { access_token: madeUpToken(chatGptClaims("acc-2", exp)), account_id: "acc-2" });
    expect((await limnErrorOf(codex.recover(old))).code).toBe("login_account_changed");
  });
});

test("a report shows whose login it is by its last characters only", async () => {
  const folder = codexHome({ auth_mode: "chatgpt", tokens });
  expect(await source(folder).report()).toEqual({
    source: "codex",
    place: join(folder, "auth.json"),
    state: "usable",
    plan: "plus",
    accountSuffix: "…fake",
    email: "someone@example.test",
    expiresAt: "2026-12-01T02:00:00.000Z",
    problem: null,
  });
});
