import { spawn } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Environment } from "@limn/core";
import { isSecretVariable } from "@limn/core";

const name = "preview.jpg";
/** What a preview has at most, and a little more. */
const maxBytes = 400_000;

/** Beside the events of a job. */
export function writePreview(folder: string, data: Uint8Array): void {
  writeFileSync(join(folder, name), data, { mode: 0o600 });
}

/** What the worker of a job made; null when it made none. */
export function readPreview(folder: string): Buffer | null {
  try {
    return readFileSync(join(folder, name));
  } catch {
    return null;
  }
}

/**
 * A preview of files, made in a process that ends then: a server that decodes pictures itself keeps 60 MB for good (129 MB instead of 76
 * after three of them). Null when nothing can be decoded.
 */
export async function previewInProcess(paths: readonly string[], environment: Environment): Promise<Buffer | null> {
  const program = process.argv[1];
  if (program === undefined) throw new TypeError("the program does not know its own file");
  const env = Object.fromEntries(Object.entries(environment.variables).filter(([key]) => !isSecretVariable(key)));
  const child = spawn(process.execPath, [program, "internal-worker", "--preview", ...paths], {
    env,
    stdio: ["ignore", "pipe", "ignore"],
    windowsHide: true,
  });
  const pieces: Buffer[] = [];
  child.stdout.on("data", (piece: Buffer) => pieces.push(piece));
  const status = await new Promise<number | null>((resolve) => {
    child.once("error", () => resolve(null));
    child.once("close", resolve);
  });
  const data = Buffer.concat(pieces);
  return status === 0 && data.length > 0 && data.length <= maxBytes ? data : null;
}
