import { spawnSync } from "node:child_process";
import { onTestFinished } from "vitest";
import { temporaryFolder } from "./temporary-folder.ts";

function mount(folder: string, options: string): boolean {
  return spawnSync("mount", ["-t", "tmpfs", "-o", options, "tmpfs", folder], { stdio: "ignore" }).status === 0;
}

function unmount(folder: string): void {
  spawnSync("umount", [folder], { stdio: "ignore" });
}

/** Whether this machine lets the tests have a disk of their own: root, Linux, and no container that forbids it. */
export function canMount(): boolean {
  if (process.platform !== "linux" || process.getuid?.() !== 0) return false;
  const folder = "/mnt";
  if (!mount(folder, "size=64k")) return false;
  unmount(folder);
  return true;
}

/** A file system of so many mebibytes; gone when the test is over. */
export function smallDisk(mebibytes: number): string {
  const folder = temporaryFolder();
  if (!mount(folder, `size=${mebibytes}m`)) throw new Error(`no disk at ${folder}`);
  onTestFinished(() => unmount(folder));
  return folder;
}

/** From now on nothing can be written there. */
export function makeReadOnly(disk: string): void {
  const { status } = spawnSync("mount", ["-o", "remount,ro", disk], { stdio: "ignore" });
  if (status !== 0) throw new Error(`${disk} could not be made read-only`);
}
