import { describe, expect, it } from "vitest";
import { shortHashes } from "./short-hashes.ts";

describe("a sentence with fingerprints", () => {
  it("shows them by their first characters and leaves the rest as it is", () => {
    const hash = "0123456789abcdef".repeat(4);
    expect(shortHashes(`kept (sha256 ${hash}, checked) of 1024x1024`)).toBe(
      "kept (sha256 01234567…, checked) of 1024x1024",
    );
    expect(shortHashes("gen_20261121 and deadbeef stay")).toBe("gen_20261121 and deadbeef stay");
  });
});
