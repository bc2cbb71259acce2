import { accessSync, constants, statSync } from "node:fs";
import { delimiter, join } from "node:path";

export interface ProgramSearch {
  /** Names the program outright; nothing else is tried then. */
  readonly given: string | null;
  readonly path: string | null;
  readonly platform: NodeJS.Platform;
}

/** The Codex program: the one that was named, else the first on PATH. Null when there is none that can be run. */
export function findCodexProgram({ given, path, platform }: ProgramSearch): string | null {
  if (given !== null) return isProgram(given) ? given : null;
  const names = platform === "win32" ? ["codex.exe", "codex.cmd"] : ["codex"];
  for (const folder of (path ?? "").split(delimiter)) {
    if (folder === "") continue;
    for (const name of names) {
      const candidate = join(folder, name);
      if (isProgram(candidate)) return candidate;
    }
  }
  return null;
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
