import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createEmulator } from "@limn/emulator";
import type { Emulator, EmulatorOptions } from "@limn/emulator";
import { describe, expect, it, onTestFinished } from "vitest";
import { limnErrorOf } from "../../../test/support/rejection.ts";
import { temporaryFolder } from "../../../test/support/temporary-folder.ts";
import { OwnLoginFile, newOwnLogin } from "./credentials/index.ts";
import { createLimn } from "./defaults.ts";
import type { Limn } from "./defaults.ts";

const intoFiles = { delivery: { kind: "files", output: null, force: false, embedRecipe: false } } as const;
const request = { operation: "generate", prompt: "a red fox" } as const;
const small = { name: "ok", size: "64x48" } as const;

interface Setting {
  readonly limn: Limn;
  readonly emulator: Emulator;
  /** Every request: address and headers. */
  readonly asked: { readonly url: string; readonly headers: Headers }[];
}

/** limn as it is with nothing configured: the default address, reached through a host's own `fetch`, which is the emulator. */
function atDefaultAddress(options: EmulatorOptions = {}, accessToken?: (emulator: Emulator) => string): Setting {
  const emulator = createEmulator({ scenario: small, ...options });
  onTestFinished(async () => emulator.close());
  const folder = temporaryFolder();
  const asked: Setting["asked"] = [];
  const limn = createLimn({
    environment: {
      variables: { LIMN_HOME: folder, LIMN_ACCESS_TOKEN: accessToken?.(emulator) ?? emulator.accessToken },
      platform: process.platform,
      home: folder,
      workingFolder: folder,
    },
    fetch: async (input, init) => {
      const sent = new Request(input, init);
      asked.push({ url: sent.url, headers: sent.headers });
      return emulator.fetch(sent);
    },
  });
  return { limn, emulator, asked };
}

const check = "https://chatgpt.com/backend-api/wham/accounts/check";
const images = "https://chatgpt.com/backend-api/codex/images/generations";

describe("the workspace of an account, with the default address", () => {
  it("is asked for once, with bearer and account only", async () => {
    const { limn, asked, emulator } = atDefaultAddress();
    await limn.images.generate(request, intoFiles);
    await limn.images.generate(request, intoFiles);
    expect(asked.map(({ url }) => url)).toEqual([check, images, images]);
    expect([...(asked[0]?.headers.keys() ?? [])].sort()).toEqual([
      "accept",
      "authorization",
      "chatgpt-account-id",
      "originator",
      "user-agent",
    ]);
    expect(emulator.calls.flatMap(({ remarks }) => remarks)).toEqual([]);
  });

  it("moves the next request to the region that the service names, with its header", async () => {
    const { limn, asked } = atDefaultAddress({ scenario: [{ name: "regional", on: "accounts" }, small, small] });
    await limn.images.generate(request, intoFiles);
    await limn.planUsage(new AbortController().signal);
    expect(asked.map(({ url, headers }) => [url, headers.get("x-openai-account-routing-override")])).toEqual([
      [check, null],
      ["https://us.chatgpt.com/backend-api/codex/images/generations", "us"],
      ["https://us.chatgpt.com/backend-api/wham/usage", "us"],
    ]);
  });

  it.each([
    "unconstrained-origin",
    "no-routing",
    "map-of-envelopes",
    "unauthorized",
    "server-error",
    "unavailable",
    "cut-body",
    "not-json",
    "cloudflare",
  ])("makes no difference when the answer is %s", async (name) => {
    const { limn, asked } = atDefaultAddress({ scenario: [{ name, on: "accounts" }, small] });
    expect((await limn.images.generate(request, intoFiles)).status).toBe("done");
    expect(asked.map(({ url }) => url)).toEqual([check, images]);
  });

  it.each([
    "http://us.chatgpt.com",
    "https://user@us.chatgpt.com",
    "https://us.chatgpt.com/path",
    "https://us.chatgpt.com?x",
    "nonsense",
  ])("is not followed to %s, which is no https origin", async (workspaceOrigin) => {
    const account = { accountId: "acc-1", email: "a@example.test", plan: "plus", workspaceOrigin };
    const { limn, asked } = atDefaultAddress({ accounts: [account] });
    await limn.images.generate(request, intoFiles);
    expect(asked.map(({ url }) => url)).toEqual([check, images]);
  });

  it("is an error before anything is spent when the account is not among those listed", async () => {
    const { limn, emulator } = atDefaultAddress({ scenario: [{ name: "missing-entry", on: "accounts" }, small] });
    const result = limn.images.generate(request, intoFiles);
    expect(await limnErrorOf(result)).toMatchObject({
      code: "login_account_changed",
      hint: expect.stringContaining("limn login") as unknown,
    });
    expect(emulator.count("images")).toBe(0);
  });
});

describe("an account that is bound", () => {
  it.each([
    ["FedRAMP", { fedramp: true }, { "x-openai-fedramp": "true" }],
    ["a data residency", { dataResidency: "eu" }, { "x-openai-internal-codex-residency": "eu" }],
    [
      "a compute residency, which goes first",
      { dataResidency: "eu", computeResidency: "us" },
      { "x-openai-internal-codex-residency": "us" },
    ],
  ])("to %s says so with every picture, as its token claims", async (_, claims, headers) => {
    const account = { accountId: "acc-1", email: "a@example.test", plan: "team", ...claims };
    const { limn, asked } = atDefaultAddress({ accounts: [account] });
    expect((await limn.images.generate(request, intoFiles)).status).toBe("done");
    const sent = asked.find(({ url }) => url === images)?.headers;
    expect(Object.fromEntries(Object.keys(headers).map((name) => [name, sent?.get(name)]))).toEqual(headers);
  });

  it("to nothing sends no such header", async () => {
    const { limn, asked } = atDefaultAddress();
    await limn.images.generate(request, intoFiles);
    expect([...(asked.at(-1)?.headers.keys() ?? [])].filter((name) => name.startsWith("x-openai"))).toEqual([]);
  });
});

/** Nobody is signed in at first; backend and sign-in service are one emulator behind the default addresses. */
function ownLoginAt(options: EmulatorOptions = {}): {
  limn: () => Limn;
  emulator: Emulator;
  file: OwnLoginFile;
  folder: string;
} {
  const emulator = createEmulator({ scenario: small, ...options });
  onTestFinished(async () => emulator.close());
  const folder = temporaryFolder();
  const environment = {
    variables: { LIMN_HOME: folder },
    platform: process.platform,
    home: folder,
    workingFolder: folder,
  };
  return {
    emulator,
    folder,
    file: new OwnLoginFile(join(folder, "auth"), "default"),
    limn: () => createLimn({ environment, fetch: async (input, init) => emulator.fetch(new Request(input, init)) }),
  };
}

const clientId = "app_EMoamEEZ73f0CkXaXp7hrann";
const issuer = "https://auth.openai.com";

describe("signing in and out", () => {
  it("is not begun where the login could not be kept", async () => {
    const { limn, emulator, folder } = ownLoginAt();
    writeFileSync(join(folder, "auth"), "a file where the folder should be");
    const options = { signal: new AbortController().signal, onCode: () => expect.unreachable() };
    expect(await limnErrorOf(limn().ownLogin.withDeviceCode(options))).toMatchObject({
      code: "artifact_write_failed",
      hint: expect.stringContaining("LIMN_HOME=") as unknown,
    });
    expect(emulator.calls).toEqual([]);
  });

  it("replaces a login while the one before is being renewed, and the new one stays", async () => {
    const { limn, emulator, file } = ownLoginAt({ scenario: [{ name: "slow", on: "refresh", delayMs: 300 }, small] });
    const old = emulator.signIn({ clientId, accessTokenLifeMs: 0 });
    file.write(newOwnLogin(old, { profile: "default", issuer, clientId, nowMs: Date.now() }));
    const renewal = limn().images.generate(request, intoFiles);
    while (emulator.count("refresh") === 0) await new Promise((resolve) => setImmediate(resolve));
    await limn().ownLogin.withDeviceCode({
      signal: new AbortController().signal,
      onCode: ({ userCode }) => emulator.approveDevice(userCode),
    });
    await renewal;
    const kept = file.read();
    const answers = emulator.calls.filter(({ route }) => route === "oauth.token");
    expect(answers).toHaveLength(2);
    expect(kept?.createdAt).toBe(kept?.refreshedAt);
    expect(kept?.refreshToken).not.toBe(old.refreshToken);
  });

  it("out on a machine where nobody is signed in makes nothing and asks nobody", async () => {
    const { limn, emulator, folder } = ownLoginAt();
    const signal = new AbortController().signal;
    expect(await limn().ownLogin.signOut({ keepSession: false, signal })).toEqual({
      wasSignedIn: false,
      revoked: null,
    });
    expect([readdirSync(folder), emulator.calls]).toEqual([[], []]);
  });

  it.each(["server-error", "reset", "cloudflare"])("out works although the service answers %s", async (name) => {
    const { limn, emulator, file } = ownLoginAt({ scenario: { name, on: "revoke" } });
    file.write(newOwnLogin(emulator.signIn({ clientId }), { profile: "default", issuer, clientId, nowMs: Date.now() }));
    const signal = new AbortController().signal;
    expect(await limn().ownLogin.signOut({ keepSession: false, signal })).toEqual({
      wasSignedIn: true,
      revoked: false,
    });
    expect(file.read()).toBeNull();
  });

  it("out sends a refresh token only to the service that gave it", async () => {
    const { limn, emulator, file } = ownLoginAt();
    const login = newOwnLogin(emulator.signIn({ clientId }), {
      profile: "default",
      issuer: "https://elsewhere.example.test",
      clientId,
      nowMs: Date.now(),
    });
    file.write(login);
    const signal = new AbortController().signal;
    expect(await limn().ownLogin.signOut({ keepSession: false, signal })).toEqual({ wasSignedIn: true, revoked: null });
    expect(emulator.calls).toEqual([]);
  });

  it("out deletes a damaged login too", async () => {
    const { limn, emulator, file } = ownLoginAt();
    file.write(newOwnLogin(emulator.signIn({ clientId }), { profile: "default", issuer, clientId, nowMs: Date.now() }));
    writeFileSync(file.path, readFileSync(file.path, "utf8").slice(0, 100));
    const signal = new AbortController().signal;
    expect(await limn().ownLogin.signOut({ keepSession: false, signal })).toEqual({ wasSignedIn: true, revoked: null });
    expect(file.exists).toBe(false);
  });
});

describe("a login that is ended in the middle of a batch", () => {
  it("keeps what was delivered and says login_expired for the rest, having asked for one renewal", async () => {
    const { limn, emulator, file } = ownLoginAt();
    file.write(newOwnLogin(emulator.signIn({ clientId }), { profile: "default", issuer, clientId, nowMs: Date.now() }));
    let pictures = 0;
    const result = await limn().images.generate(
      { ...request, n: 4 },
      {
        ...intoFiles,
        concurrency: 1,
        onEvent: ({ type }) => {
          if (type === "image-end" && (pictures += 1) === 2) emulator.revokeLogins();
        },
      },
    );
    expect([result.status, result.images.length]).toEqual(["partial", 2]);
    expect(new Set(result.failures.map(({ code }) => code))).toEqual(new Set(["login_expired"]));
    expect(emulator.count("refresh")).toBe(1);
    expect(file.read()).toMatchObject({ rejected: { reason: "revoked" } });
  });
});
