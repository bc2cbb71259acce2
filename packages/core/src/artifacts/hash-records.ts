import { mkdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { writeFileAtomically } from "../files/index.ts";
import { isObject, parseJson } from "../json/index.ts";

/**
 * One small file per delivered picture, named for its SHA-256: finds the generation of a file wherever it was moved, without any
 * index. Holds no prompt; it is all that `--no-history` leaves.
 */
export interface HashRecord {
  readonly sha256: string;
  readonly id: string;
  readonly index: number;
  readonly createdAt: string;
  readonly engine: string;
  readonly emulated: boolean;
}

export function writeHashRecord(hashesFolder: string, record: HashRecord): void {
  const path = pathOf(hashesFolder, record.sha256);
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  writeFileAtomically(path, `${JSON.stringify(record)}\n`);
}

export function readHashRecord(hashesFolder: string, sha256: string): HashRecord | null {
  let content: string;
  try {
    content = readFileSync(pathOf(hashesFolder, sha256), "utf8");
  } catch {
    return null;
  }
  const record = parseJson(content);
  return isHashRecord(record) ? record : null;
}

function pathOf(hashesFolder: string, sha256: string): string {
  return join(hashesFolder, sha256.slice(0, 2), `${sha256}.json`);
}

function isHashRecord(value: unknown): value is HashRecord {
  return (
    isObject(value) &&
    typeof value.sha256 === "string" &&
    typeof value.id === "string" &&
    typeof value.index === "number" &&
    typeof value.createdAt === "string" &&
    typeof value.engine === "string" &&
    typeof value.emulated === "boolean"
  );
}
