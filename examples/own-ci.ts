/** A test of a program of your own, without a login and without a network: node --test examples/own-ci.ts */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { createImageClient, isLimnError, readEnvironment } from "@limn/core";
import { createEmulator } from "@limn/emulator";

/** The program that is tested: it draws covers, and says when to come back where the plan is used up. */
async function cover(title: string, client: ReturnType<typeof createImageClient>): Promise<string> {
  try {
    const { images } = await client.generate({
      operation: "generate",
      prompt: `a cover for "${title}"`,
      aspect: "2:3",
    });
    return images[0]?.path ?? "";
  } catch (error) {
    if (isLimnError(error) && error.code === "usage_limit_reached") return "later";
    throw error;
  }
}

describe("covers", () => {
  const folder = mkdtempSync(join(tmpdir(), "own-ci-"));
  after(() => rmSync(folder, { recursive: true, force: true }));

  /** Nothing of this machine counts: no login, no settings, no history. */
  const clientFor = (baseURL: string, accessToken: string): ReturnType<typeof createImageClient> => {
    const environment = { ...readEnvironment(), variables: { LIMN_HOME: folder }, home: folder, workingFolder: folder };
    return createImageClient({ environment, sandbox: { baseURL, accessToken } });
  };

  it("are drawn in the right shape", async () => {
    const emulator = createEmulator();
    const { baseURL, close } = await emulator.listen();
    assert.match(await cover("Moby-Dick", clientFor(baseURL, emulator.accessToken)), /\.png$/);
    assert.match(JSON.stringify(emulator.calls[0]?.body), /Aspect ratio: 2:3/);
    await close();
  });

  it("are promised for later where the plan is used up, which is asked once", async () => {
    const emulator = createEmulator({ scenario: "usage-limit" });
    const { baseURL, close } = await emulator.listen();
    assert.equal(await cover("Moby-Dick", clientFor(baseURL, emulator.accessToken)), "later");
    assert.equal(emulator.calls.length, 1);
    await close();
  });
});
