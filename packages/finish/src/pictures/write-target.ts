import { LimnError } from "@limn/core";
import { createHash } from "node:crypto";
import { rm, writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { unwritable } from "./failures.ts";

/** Do a job that writes `target`; when it fails, the target is gone. */
export async function withTarget<Result>(
  job: { readonly target: string; readonly sources: readonly string[] },
  run: () => Promise<Result>,
): Promise<Result> {
  if (job.sources.some((source) => resolve(source) === resolve(job.target))) {
    throw new LimnError("bug", { message: "A picture was to be written over its own source." });
  }
  try {
    return await run();
  } catch (error) {
    await rm(job.target, { force: true }).catch(() => {});
    throw error;
  }
}

/** Pictures are private until they are delivered: mode 0600, as everything in the store. */
export async function writeTarget(target: string, content: Uint8Array): Promise<{ bytes: number; sha256: string }> {
  try {
    await writeFile(target, content, { mode: 0o600 });
  } catch (error) {
    throw unwritable(target, error);
  }
  return { bytes: content.length, sha256: createHash("sha256").update(content).digest("hex") };
}
