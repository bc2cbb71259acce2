import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { expandHome } from "./host.ts";
import type { Host } from "./host.ts";
import type { PiContext } from "./pi-api.ts";
import { Refusal } from "./refusal.ts";
import { isRecord } from "./values.ts";

export const saveModes = ["none", "project", "global", "custom"] as const;
export type SaveMode = (typeof saveModes)[number];

/** From the config files; each key may be absent. */
export interface Settings {
  readonly save?: string;
  readonly saveDir?: string;
  /** A chat model; selects the engine `responses`. */
  readonly model?: string;
  /** What is odd in the files and does no harm. */
  readonly warnings: readonly string[];
}

const keys = ["save", "saveDir", "model"] as const;
/** The second is limn's own; it goes before the first, which is the one of pi-codex-image-gen. */
const fileNames = ["codex-image-gen.json", "limn.json"] as const;

/**
 * The user's files, then the project's, each key by itself. The project's count only where the project is trusted.
 * @throws Refusal for a file that is there and cannot be used: a picture must not go where its user did not want it
 */
export function readSettings(host: Host, context: Pick<PiContext, "cwd" | "isProjectTrusted">): Settings {
  const folders = [join(host.agentFolder, "extensions")];
  if (context.isProjectTrusted?.() === true) folders.push(join(context.cwd, host.projectFolderName, "extensions"));
  const merged: Record<string, string> = {};
  const warnings: string[] = [];
  for (const folder of folders) {
    for (const fileName of fileNames) Object.assign(merged, readFile(join(folder, fileName), warnings));
  }
  return { ...merged, warnings };
}

function readFile(path: string, warnings: string[]): Readonly<Record<string, string>> {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && (error.code === "ENOENT" || error.code === "ENOTDIR")) return {};
    throw broken(path, `it cannot be read (${error instanceof Error && "code" in error ? String(error.code) : "?"})`);
  }
  let content: unknown;
  try {
    content = JSON.parse(text.replace(/^\uFEFF/, ""));
  } catch {
    throw broken(path, "it is not valid JSON");
  }
  if (!isRecord(content)) throw broken(path, "it must hold an object");
  const values: Record<string, string> = {};
  const faults: string[] = [];
  for (const [key, value] of Object.entries(content)) {
    if (!isKey(key)) warnings.push(`${path} has the unknown key "${key.slice(0, 40)}"; known are ${keys.join(", ")}.`);
    else if (typeof value !== "string") faults.push(`"${key}" must be a text`);
    else values[key] = value;
  }
  if (faults.length > 0) throw broken(path, faults.join(" and "));
  if (values["save"] !== undefined) checkMode(values["save"], ` in ${path}`);
  return values;
}

function isKey(key: string): boolean {
  return keys.some((known) => known === key);
}

function broken(path: string, why: string): Refusal {
  return new Refusal(`The settings file ${path} cannot be used: ${why}. Correct or remove it. Nothing was sent.`);
}

function checkMode(mode: string, where = ""): SaveMode {
  const known = saveModes.find((candidate) => candidate === mode);
  if (known !== undefined) return known;
  throw new Refusal(`Invalid save mode: ${mode.slice(0, 40)}${where}. Expected one of ${saveModes.join(", ")}.`);
}

/** Where pictures go; `folder` is null for `none`. */
export interface SavePlace {
  readonly mode: SaveMode;
  readonly folder: string | null;
}

export interface SaveArguments {
  readonly save?: string | undefined;
  readonly saveDir?: string | undefined;
}

/** Argument, then variable, then project file, then global file, then `global`. @throws Refusal */
export function savePlace(
  given: SaveArguments,
  settings: Settings,
  surroundings: {
    readonly host: Host;
    readonly variables: Readonly<Record<string, string | undefined>>;
    readonly cwd: string;
    readonly sessionId: string;
  },
): SavePlace {
  const { host, variables, cwd, sessionId } = surroundings;
  const mode = checkMode(
    given.save ?? presence(variables["PI_CODEX_IMAGE_SAVE_MODE"])?.toLowerCase() ?? settings.save ?? "global",
  );
  if (mode === "none") return { mode, folder: null };
  const session = safeName(sessionId, "session");
  if (mode === "project") return { mode, folder: join(cwd, host.projectFolderName, "generated-images", session) };
  if (mode === "global") return { mode, folder: join(host.agentFolder, "generated-images", session) };
  const folder =
    presence(given.saveDir) ?? presence(variables["PI_CODEX_IMAGE_SAVE_DIR"]) ?? presence(settings.saveDir);
  if (folder === undefined) throw new Refusal("save=custom requires saveDir or PI_CODEX_IMAGE_SAVE_DIR.");
  return { mode, folder: join(expandHome(folder) ?? resolve(cwd, folder), session) };
}

function presence(text: string | undefined): string | undefined {
  return text === undefined || text.trim() === "" ? undefined : text.trim();
}

/** Fit for any file system: letters, digits, `_` and `-`, at most 128. */
export function safeName(text: string, fallback: string): string {
  const name = text
    .replace(/[^A-Za-z0-9_-]/g, "_")
    .slice(0, 128)
    .replace(/_+$/, "");
  return name === "" ? fallback : name;
}
