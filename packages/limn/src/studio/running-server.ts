import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { currentOwner, isAlive } from "@limn/core";

/** A `limn serve` that runs now. */
export interface RunningServer {
  /** Without a path. */
  readonly url: string;
  /** It draws with the emulator. */
  readonly emulated: boolean;
}

/** Where a running server says where it is; of several, the one that was started last. */
function noteOf(configFolder: string): string {
  return join(configFolder, "serve.json");
}

/** A convenience for `limn studio`: a server whose note cannot be written serves all the same. */
export function announceServer(configFolder: string, server: RunningServer): void {
  const part = `${noteOf(configFolder)}.${process.pid}.new`;
  try {
    mkdirSync(configFolder, { recursive: true, mode: 0o700 });
    writeFileSync(part, `${JSON.stringify({ ...server, ...currentOwner() })}\n`, { mode: 0o600 });
    renameSync(part, noteOf(configFolder));
  } catch {
    rmSync(part, { force: true });
  }
}

/** Another server's note stays. */
export function withdrawServer(configFolder: string): void {
  if (readNote(configFolder)?.pid === process.pid) rmSync(noteOf(configFolder), { force: true });
}

/** Null when none runs; what a killed one left is not believed. */
export function findServer(configFolder: string): RunningServer | null {
  const note = readNote(configFolder);
  return note === null || !isAlive(note) ? null : { url: note.url, emulated: note.emulated };
}

type Note = RunningServer & ReturnType<typeof currentOwner>;

function readNote(configFolder: string): Note | null {
  try {
    const note: unknown = JSON.parse(readFileSync(noteOf(configFolder), "utf8"));
    return isNote(note) ? note : null;
  } catch {
    return null;
  }
}

function isNote(value: unknown): value is Note {
  if (typeof value !== "object" || value === null) return false;
  const text = (name: string): boolean => {
    const field: unknown = Reflect.get(value, name);
    return field === null || typeof field === "string";
  };
  return (
    "url" in value &&
    typeof value.url === "string" &&
    /^http:\/\/[\w.:[\]-]+$/.test(value.url) &&
    "emulated" in value &&
    typeof value.emulated === "boolean" &&
    "pid" in value &&
    typeof value.pid === "number" &&
    "startTime" in value &&
    text("startTime") &&
    "bootId" in value &&
    text("bootId")
  );
}
