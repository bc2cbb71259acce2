import { describe, expect, it } from "vitest";
import { Sessions, linkLifetimeMs } from "./sessions.ts";

const day = 24 * 60 * 60_000;

class Clock {
  nowMs = Date.UTC(2026, 10, 1);
}

function start(options: { key?: () => string; port?: number; clock?: Clock } = {}): {
  sessions: Sessions;
  clock: Clock;
} {
  const { key = () => "k".repeat(43), port = 4310, clock = new Clock() } = options;
  return { sessions: new Sessions({ key, port, clock: () => clock.nowMs }), clock };
}

/** What a browser sends back of a `Set-Cookie`. */
function cookieOf(setCookie: string | null): string {
  return setCookie?.split(";", 1)[0] ?? "";
}

function allows(sessions: Sessions, method: string, headers: Record<string, string>): boolean {
  return sessions.allows({ method, headers: { host: "127.0.0.1:4310", ...headers } });
}

describe("a link", () => {
  it("opens once", () => {
    const { sessions } = start();
    const code = sessions.newCode();
    expect(sessions.open(code)).toMatch(
      /^limn_session_4310=[\w.-]+; Path=\/; HttpOnly; SameSite=Strict; Max-Age=2592000$/,
    );
    expect(sessions.open(code)).toBeNull();
  });

  it("opens nothing after ten minutes, and a wrong one never", () => {
    const { sessions, clock } = start();
    const code = sessions.newCode();
    expect(sessions.open(`${code.slice(0, -1)}${code.endsWith("A") ? "B" : "A"}`)).toBeNull();
    expect(sessions.open("")).toBeNull();
    clock.nowMs += linkLifetimeMs;
    expect(sessions.open(code)).toBeNull();
  });

  it("stays good while a few others are made, and does not fill the memory", () => {
    const { sessions } = start();
    const first = sessions.newCode();
    for (let count = 0; count < 31; count += 1) sessions.newCode();
    const kept = sessions.newCode();
    expect([sessions.open(first), sessions.open(kept) !== null]).toEqual([null, true]);
  });
});

describe("a session", () => {
  it("is known again by a server that was started anew, and by none with another key or port", () => {
    const { sessions, clock } = start();
    const cookie = cookieOf(sessions.open(sessions.newCode()));
    expect(sessions.isKnown({ cookie })).toBe(true);
    expect(start({ clock }).sessions.isKnown({ cookie: `other=1; ${cookie}` })).toBe(true);
    expect(start({ clock, key: () => "x".repeat(43) }).sessions.isKnown({ cookie })).toBe(false);
    expect(start({ clock, key: () => "" }).sessions.isKnown({ cookie })).toBe(false);
    const other = start({ clock, port: 4311 }).sessions;
    expect(other.isKnown({ cookie })).toBe(false);
    expect(other.isKnown({ cookie: cookie.replace("4310", "4311") })).toBe(false);
  });

  it("ends after thirty days, and is made longer while it is used", () => {
    const { sessions, clock } = start();
    const cookie = cookieOf(sessions.open(sessions.newCode()));
    expect(sessions.renewed({ cookie })).toBeNull();
    clock.nowMs += 29 * day;
    const longer = cookieOf(sessions.renewed({ cookie }));
    clock.nowMs += 2 * day;
    expect([sessions.isKnown({ cookie }), sessions.isKnown({ cookie: longer })]).toEqual([false, true]);
    expect(sessions.renewed({ cookie })).toBeNull();
  });

  it("cannot be made up or prolonged by its holder", () => {
    const { sessions } = start();
    const cookie = cookieOf(sessions.open(sessions.newCode()));
    const [name = "", value = ""] = cookie.split("=");
    const [expiry = "", nonce = "", signature = ""] = value.split(".");
    for (const forged of [
      `${Number(expiry) + 1}.${nonce}.${signature}`,
      `${expiry}.${nonce}.${signature.slice(0, -1)}`,
      `${expiry}.${nonce}.`,
      `${expiry}.${nonce}`,
      "",
      "1.2.3",
    ])
      expect(sessions.isKnown({ cookie: `${name}=${forged}` })).toBe(false);
  });
});

describe("a request of a session", () => {
  it("counts when the page itself made it", () => {
    const { sessions } = start();
    const cookie = cookieOf(sessions.open(sessions.newCode()));
    for (const site of [{}, { "sec-fetch-site": "same-origin" }, { "sec-fetch-site": "none" }])
      expect(allows(sessions, "GET", { cookie, ...site })).toBe(true);
    const proof = { "x-limn": "studio", origin: "http://127.0.0.1:4310" };
    for (const method of ["POST", "PATCH", "DELETE", "PUT"])
      expect(allows(sessions, method, { cookie, ...proof })).toBe(true);
  });

  it("counts for nothing when another page made it, be it of another port of this machine", () => {
    const { sessions } = start();
    const cookie = cookieOf(sessions.open(sessions.newCode()));
    const proof = { "x-limn": "studio", origin: "http://127.0.0.1:4310" };
    for (const site of ["cross-site", "same-site", "SAME-ORIGIN", ""])
      expect(allows(sessions, "GET", { cookie, "sec-fetch-site": site })).toBe(false);
    expect(allows(sessions, "POST", { cookie, ...proof, "sec-fetch-site": "same-site" })).toBe(false);
    expect(allows(sessions, "POST", { cookie })).toBe(false);
    expect(allows(sessions, "POST", { cookie, "x-limn": "studio" })).toBe(false);
    expect(allows(sessions, "POST", { cookie, origin: proof.origin })).toBe(false);
    for (const origin of ["null", "http://127.0.0.1:4311", "https://127.0.0.1:4310", "http://localhost:4310"])
      expect(allows(sessions, "POST", { cookie, "x-limn": "studio", origin })).toBe(false);
    expect(allows(sessions, "GET", {})).toBe(false);
  });
});
