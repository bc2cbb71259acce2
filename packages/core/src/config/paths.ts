import { isAbsolute, join, resolve } from "node:path";
import { LimnError } from "../errors/index.ts";
import { variable } from "./environment.ts";
import type { Environment } from "./environment.ts";

/** Where limn keeps things; absolute. */
export interface LimnFolders {
  /** User config file's folder. */
  readonly config: string;
  /** Generations and the hash records. */
  readonly data: string;
}

/**
 * `LIMN_HOME` holds everything; else the XDG folders (also on macOS), on Windows `%APPDATA%` and `%LOCALAPPDATA%`.
 * @throws config_invalid when there is no home folder to put them in
 */
export function limnFolders(environment: Environment): LimnFolders {
  const home = variable(environment, "LIMN_HOME");
  if (home !== null) {
    const base = resolve(environment.workingFolder, home);
    return { config: base, data: base };
  }
  if (environment.platform === "win32") {
    const roaming = variable(environment, "APPDATA");
    const local = variable(environment, "LOCALAPPDATA") ?? roaming;
    if (roaming !== null && local !== null) return { config: join(roaming, "limn"), data: join(local, "limn") };
  }
  return {
    config: join(xdgFolder(environment, "XDG_CONFIG_HOME", ".config"), "limn"),
    data: join(xdgFolder(environment, "XDG_DATA_HOME", ".local/share"), "limn"),
  };
}

function xdgFolder(environment: Environment, name: string, fallback: string): string {
  const given = variable(environment, name);
  // The XDG specification says that relative paths are to be ignored.
  if (given !== null && isAbsolute(given)) return given;
  if (environment.home === null) {
    throw new LimnError("config_invalid", {
      message: "This user has no home folder, so limn has no place for its pictures and settings.",
      hint: "Name a folder: LIMN_HOME=/some/folder limn …",
    });
  }
  return join(environment.home, fallback);
}

/** Codex's folder: `CODEX_HOME`, else `~/.codex` (codex-backend contract 6.1). Null without a home. */
export function codexHome(environment: Environment): string | null {
  const given = variable(environment, "CODEX_HOME");
  if (given !== null) return resolve(environment.workingFolder, given);
  return environment.home === null ? null : join(environment.home, ".codex");
}
