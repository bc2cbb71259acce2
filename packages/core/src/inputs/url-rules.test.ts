import { describe, expect, test } from "vitest";
import { isLimnError } from "../errors/index.ts";
import { isPublicAddress } from "./public-address.ts";
import { addressWithoutSecrets, checkAddress, hostOf } from "./url-rules.ts";

function refusal(address: string, from: string | null = null): string {
  try {
    checkAddress(address, from === null ? null : new URL(from));
  } catch (error) {
    if (!isLimnError(error)) throw error;
    expect([error.code, error.hint]).toEqual(["input_url_refused", expect.stringMatching(/./)]);
    return error.message;
  }
  return "not refused";
}

test.each([
  ["http://[", "is not a valid address"],
  ["http://256.1.1.1/", "is not a valid address"],
  ["file:///etc/passwd", "file address"],
  ["ftp://example.com/a.png", "the scheme ftp:"],
  ["s3://bucket/a.png", "the scheme s3:"],
  ["https://user:planted-password@example.com/a.png", "user or password"],
  ["https://user@example.com/a.png", "user or password"],
  ["http://localhost/a.png", "this machine or a private network"],
  ["http://LOCALHOST:8080/a.png", "this machine or a private network"],
  ["http://a.b.localhost/a.png", "this machine or a private network"],
  ["http://localhost./a.png", "ends in a dot"],
  ["http://example.com./a.png", "ends in a dot"],
])("%s is refused: %s", (address, why) => {
  const message = refusal(address);
  expect(message).toContain(why);
  expect(message).toContain("Nothing was sent.");
  expect(message).not.toContain("planted-password");
});

test("a redirect may not give up encryption, and may do anything else that an address may", () => {
  expect(refusal("http://example.com/a.png", "https://example.com/")).toContain("gives up encryption");
  expect(refusal("https://example.com/a.png", "http://example.com/")).toBe("not refused");
  expect(checkAddress("/b.png?size=2", new URL("https://example.com/a/")).href).toBe(
    "https://example.com/b.png?size=2",
  );
  expect(refusal("//user:planted@example.com/b", "https://example.com/a?key=planted")).toMatch(
    /^https:\/\/example.com\/a leads to https:\/\/example.com\/b, which/,
  );
});

describe("spellings of addresses of this machine", () => {
  test.each([
    "http://127.1/",
    "http://127.0.1/",
    "http://2130706433/",
    "http://0x7f000001/",
    "http://0x7f.0.0.1/",
    "http://0177.0.0.1/",
    "http://017700000001/",
    "http://127.0.0.1./",
    "http://0/",
    "http://①②⑦.⓪.⓪.①/",
    "http://127。0。0。1/",
    "http://%31%32%37.0.0.1/",
    "http://[::1]/",
    "http://[::ffff:127.0.0.1]/",
    "http://[0:0::0:ffff:7f00:1]/",
    "http://[::]/",
  ])("%s", (address) => {
    const host = hostOf(checkAddress(address, null));
    expect([host, isPublicAddress(host)]).toEqual([host, false]);
    expect(host).toMatch(/^[\d.]+$|^[\da-f:]+$/);
  });
});

test("what messages and records say of an address has no secrets in it", () => {
  expect(addressWithoutSecrets("https://user:pass@example.com:8443/a/b.png?token=1#top")).toBe(
    "https://example.com:8443/a/b.png",
  );
  expect(addressWithoutSecrets("https://user:pass@exa mple/a.png?token=1")).toBe("https://exa mple/a.png");
  expect(addressWithoutSecrets("http://[?token=1")).toBe("http://[");
});
