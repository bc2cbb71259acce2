import { mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { temporaryFolder } from "../../../../test/support/temporary-folder.ts";
import { deliver } from "./deliver.ts";

// FAT and some network file systems refuse hard links; no such file system can be mounted without a block device.
vi.mock("node:fs", async (importOriginal) => ({
  ...(await importOriginal<typeof import("node:fs")>()),
  linkSync: () => {
    throw Object.assign(new Error("EPERM: operation not permitted, link"), { code: "EPERM" });
  },
}));

test("without hard links a picture is delivered whole, and nothing is overwritten either", () => {
  const folder = temporaryFolder();
  const out = join(folder, "out");
  mkdirSync(out);
  writeFileSync(join(folder, "store.png"), "bytes");
  writeFileSync(join(out, "fox.png"), "mine");
  const destination = { folder: out, name: "fox", extension: null, force: false };
  const { path, renamed } = deliver(join(folder, "store.png"), destination, "", { index: 0, n: 1 }, "png");
  expect([path, renamed]).toEqual([join(out, "fox-2.png"), true]);
  expect([readdirSync(out).sort(), readFileSync(path, "utf8"), readFileSync(join(out, "fox.png"), "utf8")]).toEqual([
    ["fox-2.png", "fox.png"],
    "bytes",
    "mine",
  ]);
});
