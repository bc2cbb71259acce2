import { homedir } from "node:os";

/** The process's surroundings, read once, handed on as data. Only `config/` reads `process.env`. */
export interface Environment {
  readonly variables: Readonly<Record<string, string | undefined>>;
  readonly platform: NodeJS.Platform;
  /** Null when the system has no home folder for this user. */
  readonly home: string | null;
  readonly workingFolder: string;
}

/** What the process was started with: its variables, home and working folder. */
export function readEnvironment(): Environment {
  return { variables: process.env, platform: process.platform, home: readHome(), workingFolder: process.cwd() };
}

function readHome(): string | null {
  try {
    const home = homedir();
    return home === "" ? null : home;
  } catch {
    // os.homedir throws when the user has no entry and HOME is unset.
    return null;
  }
}

/** A variable's value; empty counts as unset. */
export function variable(environment: Environment, name: string): string | null {
  const value = environment.variables[name];
  return value === undefined || value === "" ? null : value;
}

/** Whether a variable means yes: it is set, and not to `0`, `false`, `no` or `off`. */
export function isTrue(value: string | null): boolean {
  return value !== null && !["0", "false", "no", "off"].includes(value.toLowerCase());
}
