import { execFileSync } from "node:child_process";
import { readFileSync, readdirSync, readlinkSync, realpathSync } from "node:fs";
import { basename, join, resolve } from "node:path";

/**
 * Process ids of Codex programs that may be using `codexHome` now. On Linux their environment tells which home they use; elsewhere every
 * running Codex counts, which errs on the safe side.
 */
export function runningCodex(codexHome: string): number[] {
  if (process.platform === "linux") return linuxProcesses(codexHome);
  if (process.platform === "win32") return [];
  try {
    const lines = execFileSync("/bin/ps", ["-axo", "pid=,comm="], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    }).split("\n");
    return lines.flatMap((line) => {
      const [, pid, command] = /^\s*(\d+)\s+(.+)$/.exec(line) ?? [];
      return pid !== undefined && command !== undefined && basename(command.trim()) === "codex" ? [Number(pid)] : [];
    });
  } catch {
    return [];
  }
}

function linuxProcesses(codexHome: string): number[] {
  const wanted = realFolder(codexHome);
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .filter((pid) => {
      try {
        if (basename(readlinkSync(join("/proc", pid, "exe"))) !== "codex") return false;
        const variables = new Map(
          readFileSync(join("/proc", pid, "environ"), "latin1")
            .split("\0")
            .map((entry) => [entry.slice(0, entry.indexOf("=")), entry.slice(entry.indexOf("=") + 1)] as const),
        );
        const home = variables.get("CODEX_HOME") ?? join(variables.get("HOME") ?? "", ".codex");
        return realFolder(resolve(readlinkSync(join("/proc", pid, "cwd")), home)) === wanted;
      } catch {
        // Ended meanwhile, or somebody else's: neither uses this home.
        return false;
      }
    })
    .map(Number);
}

/** One folder has several names: with a slash at its end, or through a link. */
function realFolder(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return resolve(path);
  }
}
