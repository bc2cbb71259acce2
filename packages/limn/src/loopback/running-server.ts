import { mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { currentOwner, isAlive } from "@limn/core";

/** A `limn serve` that runs now. */
export interface RunningServer {
  /** Without a path. */
  readonly url: string;
  /** It draws with the emulator. */
  readonly emulated: boolean;
}

/** Where running servers say where they are, each in a note of its own. */
function notesOf(configFolder: string): string {
  return join(configFolder, "servers");
}

function noteOf(configFolder: string, pid: number): string {
  return join(notesOf(configFolder), `${pid}.json`);
}

/** A convenience for `limn studio`: a server whose note cannot be written serves all the same. */
export function announceServer(configFolder: string, server: RunningServer, nowMs: number): void {
  const note = noteOf(configFolder, process.pid);
  const part = `${note}.new`;
  try {
    mkdirSync(notesOf(configFolder), { recursive: true, mode: 0o700 });
    for (const stale of readNotes(configFolder).filter((other) => !isAlive(other)))
      rmSync(noteOf(configFolder, stale.pid), { force: true });
    writeFileSync(part, `${JSON.stringify({ ...server, startedAtMs: nowMs, ...currentOwner() })}\n`, { mode: 0o600 });
    renameSync(part, note);
  } catch {
    rmSync(part, { force: true });
  }
}

/** Other servers' notes stay. */
export function withdrawServer(configFolder: string): void {
  rmSync(noteOf(configFolder, process.pid), { force: true });
}

/** All that run, the newest first; what a killed one left is not believed. */
export function findServers(configFolder: string): readonly RunningServer[] {
  return readNotes(configFolder)
    .filter(isAlive)
    .sort((left, right) => right.startedAtMs - left.startedAtMs)
    .map(({ url, emulated }) => ({ url, emulated }));
}

/** As a number of the address, also where it is http's own. */
export function portOfServer({ url }: RunningServer): number {
  return Number(new URL(url).port || 80);
}

type Note = RunningServer & ReturnType<typeof currentOwner> & { readonly startedAtMs: number };

function readNotes(configFolder: string): readonly Note[] {
  let names: readonly string[];
  try {
    names = readdirSync(notesOf(configFolder));
  } catch {
    return [];
  }
  return names.flatMap((name) => {
    const [, pid] = /^(\d{1,10})\.json$/.exec(name) ?? [];
    const note = pid === undefined ? null : readNote(noteOf(configFolder, Number(pid)));
    return note === null || String(note.pid) !== pid ? [] : [note];
  });
}

function readNote(path: string): Note | null {
  try {
    const note: unknown = JSON.parse(readFileSync(path, "utf8"));
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
    URL.canParse(value.url) &&
    "emulated" in value &&
    typeof value.emulated === "boolean" &&
    "startedAtMs" in value &&
    typeof value.startedAtMs === "number" &&
    "pid" in value &&
    typeof value.pid === "number" &&
    "startTime" in value &&
    text("startTime") &&
    "bootId" in value &&
    text("bootId")
  );
}
