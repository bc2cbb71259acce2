import { createHash } from "node:crypto";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { limnFolders } from "@limn/core";
import type { Environment } from "@limn/core";
import { isObject } from "./config-format.ts";
import type { Json } from "./config-format.ts";
import type { Splice } from "./splice.ts";
import { readTextFile, writeTextFile } from "./text-file.ts";

/** `entry`: limn's tools; `images`: the address and key of `limn serve`; `skill`: the guide for agents. One file may have several. */
export type ChangeKind = "entry" | "images" | "skill";

/**
 * What setup changed in a file, for `--undo`. It holds the changed stretch and a hash of the whole, never the file itself: config files
 * of agents hold keys of other services.
 */
export interface Receipt {
  readonly file: string;
  /** False when setup made the file. */
  readonly existed: boolean;
  /** Of the text that setup wrote. */
  readonly afterSha256: string;
  readonly splice: Splice;
  readonly madeParents: number;
  /** Folders that setup made, the outermost first. */
  readonly madeFolders: readonly string[];
  /** The entry that was there before. */
  readonly previous?: Json;
}

export function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

function receiptFile(environment: Environment, file: string, kind: ChangeKind): string {
  const name = sha256(file).slice(0, 24);
  return join(limnFolders(environment).data, "setup", `${name}${kind === "images" ? "-images" : ""}.json`);
}

/** Null when there is none, or one that cannot be understood. */
export function readReceipt(environment: Environment, file: string, kind: ChangeKind): Receipt | null {
  try {
    const { text } = readTextFile(receiptFile(environment, file, kind));
    const value: unknown = text === null ? null : JSON.parse(text);
    return isReceipt(value) && value.file === file ? value : null;
  } catch {
    return null;
  }
}

/** @throws artifact_write_failed */
export function writeReceipt(environment: Environment, receipt: Receipt, kind: ChangeKind): void {
  const path = receiptFile(environment, receipt.file, kind);
  writeTextFile(readTextFile(path), `${JSON.stringify({ version: 1, ...receipt }, null, 2)}\n`);
}

export function deleteReceipt(environment: Environment, file: string, kind: ChangeKind): void {
  rmSync(receiptFile(environment, file, kind), { force: true });
}

function isReceipt(value: unknown): value is Receipt {
  if (!isObject(value) || value["version"] !== 1) return false;
  const { file, existed, afterSha256, splice, madeParents, madeFolders } = value;
  return (
    typeof file === "string" &&
    typeof existed === "boolean" &&
    typeof afterSha256 === "string" &&
    typeof madeParents === "number" &&
    Array.isArray(madeFolders) &&
    madeFolders.every((folder) => typeof folder === "string") &&
    isObject(splice) &&
    typeof splice["offset"] === "number" &&
    typeof splice["removed"] === "string" &&
    typeof splice["inserted"] === "string"
  );
}
