import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import type { Owner } from "../contracts/manifest.ts";
import { errno } from "../files/index.ts";

/** This process, so that others can tell whether it still lives. */
export function currentOwner(): Owner {
  ownStartTime ??= startTimeOf(process.pid);
  return { pid: process.pid, startTime: ownStartTime, bootId: bootId() };
}

/** Whether the process that wrote the record still works. A reused pid and another boot are recognised. */
export function isAlive(owner: Owner): boolean {
  if (owner.bootId !== null && owner.bootId !== bootId()) return false;
  try {
    process.kill(owner.pid, 0);
  } catch (error) {
    // EPERM: it lives and belongs to somebody else.
    if (errno(error) !== "EPERM") return false;
  }
  return owner.startTime === null || owner.startTime === startTimeOf(owner.pid);
}

let ownStartTime: string | null | undefined;
let knownBootId: string | null | undefined;

function bootId(): string | null {
  knownBootId ??= readBootId();
  return knownBootId;
}

function readBootId(): string | null {
  if (process.platform === "linux") return readText("/proc/sys/kernel/random/boot_id");
  if (process.platform === "darwin") return runText("/usr/sbin/sysctl", ["-n", "kern.bootsessionuuid"]);
  return null;
}

function startTimeOf(pid: number): string | null {
  if (process.platform === "linux") {
    // Fields 3 and 22; the second field is the program's name in parentheses and may hold anything.
    const stat = readText(`/proc/${pid}/stat`);
    const fields = stat?.slice(stat.lastIndexOf(")") + 2).split(" ");
    // A zombie has ended; without an init process, as in many containers, nobody ever takes it away.
    return fields === undefined || fields[0] === "Z" || fields[0] === "X" ? null : (fields[19] ?? null);
  }
  if (process.platform === "darwin") return runText("/bin/ps", ["-o", "lstart=", "-p", String(pid)]);
  return null;
}

function readText(path: string): string | null {
  try {
    return readFileSync(path, "utf8").trim();
  } catch {
    return null;
  }
}

function runText(program: string, parameters: readonly string[]): string | null {
  try {
    return execFileSync(program, parameters, { encoding: "utf8", env: {}, stdio: ["ignore", "pipe", "ignore"] }).trim();
  } catch {
    return null;
  }
}
