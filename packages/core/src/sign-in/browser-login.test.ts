import { once } from "node:events";
import { createServer } from "node:http";
import { connect } from "node:net";
import { createEmulator } from "@limn/emulator";
import type { Emulator, EmulatorOptions } from "@limn/emulator";
import { beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { haveCallbackPorts } from "../../../../test/support/callback-ports.ts";
import { serviceAt } from "../../../../test/support/own-login.ts";
import { limnErrorOf, reasonOf } from "../../../../test/support/rejection.ts";
import type { TokenGrant } from "../contracts/sign-in.ts";
import { loginWithBrowser } from "./browser-login.ts";

beforeEach(haveCallbackPorts);

interface Attempt {
  readonly emulator: Emulator;
  /** What the user is to open. */
  readonly address: URL;
  /** Where the service sends the browser at the end, without parameters. */
  readonly callback: string;
  readonly state: string;
  readonly result: Promise<TokenGrant>;
  readonly abort: AbortController;
  paste(text: string): void;
}

async function begin(options: EmulatorOptions = {}): Promise<Attempt> {
  const emulator = createEmulator({ autoApprove: true, ...options });
  onTestFinished(async () => emulator.close());
  const { baseURL } = await emulator.listen();
  const abort = new AbortController();
  onTestFinished(() => abort.abort());
  let paste: (text: string) => void = () => undefined;
  const pastedAddress = new Promise<string | null>((resolve) => {
    paste = resolve;
  });
  return new Promise((resolve, reject) => {
    const result = loginWithBrowser({
      service: serviceAt(new URL(baseURL).origin),
      signal: abort.signal,
      pastedAddress,
      onUrl: (address) => {
        const callback = address.searchParams.get("redirect_uri") ?? "";
        const state = address.searchParams.get("state") ?? "";
        // `result` is there before anybody looks at it.
        queueMicrotask(() => resolve({ emulator, address, callback, state, result, abort, paste }));
      },
    });
    result.catch(reject);
  });
}

/** A page as a browser shows it. */
async function visit(address: string | URL): Promise<{ status: number; title: string }> {
  const answer = await fetch(address);
  const text = await answer.text();
  return { status: answer.status, title: /<h1>(.*)<\/h1>/.exec(text)?.[1] ?? text };
}

/** A program that holds a port, and what it was asked. */
async function holder(port: number): Promise<string[]> {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(request.url ?? "");
    response.end();
  });
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  return asked;
}

/** True when nobody listens there. */
async function isClosed(address: string): Promise<boolean> {
  const { port } = new URL(address);
  const socket = connect(Number(port), "127.0.0.1");
  try {
    await once(socket, "connect");
    return false;
  } catch {
    return true;
  } finally {
    socket.destroy();
  }
}

describe("signing in with a browser", () => {
  it("asks for what images need, with a proof that only this program has, and brings the tokens", async () => {
    const { address, result, callback, emulator } = await begin();
    expect(Object.fromEntries(address.searchParams)).toEqual({
      response_type: "code",
      client_id: "app_EMoamEEZ73f0CkXaXp7hrann",
      redirect_uri: "http://127.0.0.1:1455/auth/callback",
      scope: "openid profile email offline_access",
      code_challenge: expect.stringMatching(/^[\w-]{43}$/) as unknown,
      code_challenge_method: "S256",
      state: expect.stringMatching(/^[\w-]{43}$/) as unknown,
      id_token_add_organizations: "true",
      codex_cli_simplified_flow: "true",
      originator: "limn",
    });
    expect(await visit(address)).toEqual({ status: 200, title: "You are signed in" });
    expect(await result).toEqual({
      accessToken: expect.any(String) as unknown,
      refreshToken: expect.stringMatching(/^rt_/) as unknown,
      idToken: expect.any(String) as unknown,
    });
    expect(emulator.calls.map(({ route, remarks }) => [route, remarks])).toEqual([
      ["oauth.authorize", []],
      ["oauth.token", []],
    ]);
    expect(await isClosed(callback)).toBe(true);
  });

  it("shows a last page that loads nothing, is kept nowhere and tells no address", async () => {
    const { address, result } = await begin();
    const { headers } = await fetch(address);
    await result;
    const names = ["content-security-policy", "cache-control", "referrer-policy", "content-type"];
    expect(names.map((name) => headers.get(name))).toEqual([
      "default-src 'none'; style-src 'unsafe-inline'",
      "no-store",
      "no-referrer",
      "text/html; charset=utf-8",
    ]);
  });

  it("takes the second port when the first is held, and asks its holder nothing", async () => {
    const asked = await holder(1455);
    const { address, callback, result } = await begin();
    expect(callback).toBe("http://127.0.0.1:1457/auth/callback");
    expect(await visit(address)).toEqual({ status: 200, title: "You are signed in" });
    await result;
    expect(asked).toEqual([]);
  });

  it("says so when both ports are held, and asks their holders nothing", async () => {
    const asked = [await holder(1455), await holder(1457)];
    expect(await limnErrorOf(begin())).toMatchObject({
      code: "connection_failed",
      message: expect.stringContaining("1455 and 1457") as unknown,
      hint: expect.stringContaining("limn login --device") as unknown,
      retryable: false,
    });
    expect(asked).toEqual([[], []]);
  });

  it("waits on after an answer with another state, and takes the right one", async () => {
    const { address, callback, result } = await begin();
    for (const query of ["?code=x&state=other", "?code=x", "", "?error=access_denied&state=other"]) {
      expect(await visit(callback + query)).toEqual({ status: 400, title: "That does not belong to this sign-in" });
    }
    expect(await visit(address)).toEqual({ status: 200, title: "You are signed in" });
    expect(await result).toMatchObject({ refreshToken: expect.any(String) as unknown });
  });

  it.each(["/", "/favicon.ico", "//", "/auth/callback/more", "http://[bad"])(
    "does not mind a request for %s",
    async (path) => {
      const { callback, address, result } = await begin();
      const { hostname, port } = new URL(callback);
      const socket = connect(Number(port), hostname);
      socket.end(`GET ${path} HTTP/1.1\r\nhost: ${hostname}\r\nconnection: close\r\n\r\n`);
      let answer = "";
      for await (const piece of socket) answer += String(piece);
      expect(answer).toMatch(/^HTTP\/1\.1 40[04] /);
      await visit(address);
      await result;
    },
  );

  it.each([
    ["a denial", "?error=access_denied&error_description=No+thanks", { kind: "access_denied" }, "No thanks"],
    ["its own trouble", "?error=server_error", { kind: "server_error" }, "server_error"],
    ["an error with a strange name", "?error=%1b%5b31m", { kind: "unknown" }, "unknown"],
    ["no code", "?x=1", { kind: "code_missing" }, "without a code"],
    ["an empty code", "?code=", { kind: "code_missing" }, "without a code"],
  ])("ends with %s that the service comes back with", async (_, query, details, said) => {
    const { callback, state, result, emulator } = await begin();
    expect(await visit(`${callback}${query}&state=${state}`)).toEqual({ status: 200, title: "Not signed in" });
    const error = await limnErrorOf(result);
    expect(error).toMatchObject({
      code: "login_refused",
      hint: expect.stringContaining("limn login") as unknown,
      details,
    });
    expect(error.message).toContain(said);
    expect([emulator.calls, await isClosed(callback)]).toEqual([[], true]);
  });

  it.each([
    ["authorize-error", { kind: "server_error" }],
    ["missing-code", { kind: "code_missing" }],
  ])("ends when the service goes the way of %s", async (name, details) => {
    const { address, result } = await begin({ scenario: { name, on: "authorize" } });
    expect(await visit(address)).toEqual({ status: 200, title: "Not signed in" });
    expect(await limnErrorOf(result)).toMatchObject({ code: "login_refused", details });
  });

  it.each([
    ["invalid-grant", "login_refused"],
    ["server-error", "service_error"],
    ["cloudflare", "network_blocked"],
    ["empty-answer", "unexpected_response"],
    ["reset", "connection_failed"],
  ])("does not say that anybody is signed in when the code is answered with %s", async (name, code) => {
    const { address, result } = await begin({ scenario: { name, on: "token" } });
    expect(await visit(address)).toEqual({ status: 200, title: "Not signed in" });
    expect(await limnErrorOf(result)).toMatchObject({ code });
  });

  it("tells a second tab with the same answer the same", async () => {
    const { callback, address, state, result, emulator } = await begin({ scenario: { name: "never", on: "token" } });
    const first = visit(address);
    while (emulator.count("token") === 0) await new Promise((resolve) => setImmediate(resolve));
    const second = visit(`${callback}?code=again&state=${state}`);
    // Its request has arrived when a later one was answered.
    expect((await visit(new URL("/", callback))).status).toBe(404);
    await emulator.close();
    expect(await Promise.all([first, second])).toEqual([0, 1].map(() => ({ status: 200, title: "Not signed in" })));
    await limnErrorOf(result);
    expect(emulator.count("token")).toBe(1);
  });

  it("leaves nothing listening for a second tab after success", async () => {
    const { address, callback, state, result } = await begin();
    await visit(address);
    await result;
    await expect(fetch(`${callback}?code=again&state=${state}`)).rejects.toThrow("fetch failed");
  });

  it("ends although a browser keeps an empty connection open", async () => {
    const { address, callback, result } = await begin();
    const { hostname, port } = new URL(callback);
    const early = connect(Number(port), hostname);
    await once(early, "connect");
    const closed = once(early, "close");
    await visit(address);
    await result;
    await closed;
  });

  it("ends politely when another program asks for the port", async () => {
    const { callback, result } = await begin();
    expect(await visit(new URL("/cancel", callback))).toEqual({ status: 200, title: "Sign-in ended" });
    expect(await limnErrorOf(result)).toMatchObject({ code: "login_refused", details: { kind: "cancelled" } });
    expect(await isClosed(callback)).toBe(true);
  });

  it("closes its port on an abort and hands on the reason", async () => {
    const { callback, result, abort, emulator } = await begin();
    const reason = new Error("enough");
    abort.abort(reason);
    expect(await reasonOf(result)).toBe(reason);
    expect([await isClosed(callback), emulator.calls]).toEqual([true, []]);
  });

  it("opens nothing when it was aborted before", async () => {
    const service = serviceAt("http://127.0.0.1:1");
    const options = { service, onUrl: () => expect.unreachable(), pastedAddress: Promise.resolve(null) };
    const reason = new Error("enough");
    expect(await reasonOf(loginWithBrowser({ ...options, signal: AbortSignal.abort(reason) }))).toBe(reason);
  });
});

describe("a pasted address, as over SSH", () => {
  /** Where the service sends the browser, which does not get there. */
  async function lastAddress(address: URL): Promise<string> {
    const answer = await fetch(address, { redirect: "manual" });
    return answer.headers.get("location") ?? "";
  }

  it.each<[how: string, change: (address: string) => string]>([
    ["whole", (address) => address],
    ["with blanks around it", (address) => `  ${address}\r\n`],
    ["without its beginning", (address) => address.slice(address.indexOf("/auth"))],
    ["as its parameters alone", (address) => address.slice(address.indexOf("?") + 1)],
  ])("serves as well as the callback when it comes %s", async (_, change) => {
    const { address, paste, result, callback } = await begin();
    paste(change(await lastAddress(address)));
    expect(await result).toMatchObject({ accessToken: expect.any(String) as unknown });
    expect(await isClosed(callback)).toBe(true);
  });

  it.each([
    ["of another sign-in", "http://127.0.0.1:1455/auth/callback?code=x&state=other"],
    ["of something else", "https://example.com/"],
    ["that is none", "what?"],
    ["that is empty", ""],
    ["that is very long", "x".repeat(100_000)],
  ])("%s is refused with what to paste, and not repeated", async (_, text) => {
    const { paste, result, emulator, callback } = await begin();
    paste(text);
    const error = await limnErrorOf(result);
    expect(error).toMatchObject({ code: "login_refused", details: { kind: "state_mismatch" } });
    expect(error.hint).toContain("limn login");
    expect(error.message).toBe("The pasted address does not belong to this sign-in.");
    expect([emulator.calls, await isClosed(callback)]).toEqual([[], true]);
  });

  it("tells what the service said in it", async () => {
    const { paste, result, callback, state } = await begin();
    paste(`${callback}?error=access_denied&state=${state}`);
    expect(await limnErrorOf(result)).toMatchObject({ code: "login_refused", details: { kind: "access_denied" } });
  });
});
