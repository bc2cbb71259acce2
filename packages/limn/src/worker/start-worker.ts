import { spawn } from "node:child_process";
import type { Environment } from "@limn/core";
import { isSecretVariable } from "@limn/core";
import { writeWorker } from "./job.ts";
import { identityOf } from "./process-identity.ts";

/**
 * Start the process that makes one generation. It belongs to nobody: it goes on when this process ends. A token that was handed in for
 * this run goes on by environment; no key does. `ended` is called once, also when it could not be started.
 */
export function startWorker(folder: string, environment: Environment, ended: (started: boolean) => void): void {
  const program = process.argv[1];
  if (program === undefined) throw new TypeError("the program does not know its own file");
  const env = Object.fromEntries(
    Object.entries(environment.variables).filter(([name]) => name === "LIMN_ACCESS_TOKEN" || !isSecretVariable(name)),
  );
  const child = spawn(process.execPath, [program, "internal-worker", folder], {
    cwd: environment.workingFolder,
    env,
    detached: true,
    stdio: "ignore",
    windowsHide: true,
  });
  child.once("error", () => ended(false));
  child.once("exit", () => ended(true));
  if (child.pid !== undefined) writeWorker(folder, identityOf(child.pid));
  child.unref();
}
