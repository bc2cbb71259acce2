import { isAbsolute, join, resolve } from "node:path";
import { variable } from "./environment.ts";
import type { Environment } from "./environment.ts";

/** Where other programs keep their logins (login-stores); null without a home folder. */
export interface LoginPlaces {
  readonly pi: string | null;
  readonly opencode: string | null;
  /** opencode's own stand-in for its file. */
  readonly opencodeContent: string | null;
  readonly hermes: string | null;
}

export function loginPlaces(environment: Environment): LoginPlaces {
  const below = (...parts: readonly string[]): string | null =>
    environment.home === null ? null : join(environment.home, ...parts);
  const content = variable(environment, "OPENCODE_AUTH_CONTENT");
  return {
    pi: joined(folderOf(environment, "PI_CODING_AGENT_DIR") ?? below(".pi", "agent"), "auth.json"),
    opencode: joined(
      absolute(variable(environment, "XDG_DATA_HOME")) ?? below(".local", "share"),
      join("opencode", "auth.json"),
    ),
    // Not parsable: opencode itself falls back to the file.
    opencodeContent: content !== null && isJson(content) ? content : null,
    hermes: joined(folderOf(environment, "HERMES_HOME") ?? hermesHome(environment), "auth.json"),
  };
}

function hermesHome(environment: Environment): string | null {
  const suffix = variable(environment, "HERMES_DATA_DIR_SUFFIX") ?? "";
  if (environment.platform === "win32") {
    const local = variable(environment, "LOCALAPPDATA") ?? joined(environment.home, join("AppData", "Local"));
    return joined(local, `hermes${suffix}`);
  }
  return joined(environment.home, `.hermes${suffix}`);
}

/** A folder from a variable; `~` is the home, as Pi reads it. */
function folderOf(environment: Environment, name: string): string | null {
  const given = variable(environment, name);
  if (given === null) return null;
  if (given === "~" || given.startsWith("~/")) return joined(environment.home, given.slice(2));
  return resolve(environment.workingFolder, given);
}

function absolute(path: string | null): string | null {
  return path !== null && isAbsolute(path) ? path : null;
}

function joined(folder: string | null, name: string): string | null {
  return folder === null ? null : join(folder, name);
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
