import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { describe, expect, onTestFinished, test } from "vitest";
import { manifest, manifestImage } from "../../../../test/support/manifest.ts";
import type { Manifest, Owner } from "../contracts/manifest.ts";
import { currentOwner, isAlive } from "./owner.ts";
import { statusOf } from "./read-manifest.ts";

const me = currentOwner();

async function deadPid(): Promise<number> {
  const child = spawn(process.execPath, ["-e", "0"]);
  await once(child, "exit");
  if (child.pid === undefined) throw new Error("no child");
  return child.pid;
}

describe("the owner of a record", () => {
  test("lives while it is this process", () => {
    expect(me).toEqual({ pid: process.pid, startTime: expect.anything(), bootId: expect.anything() });
    expect(isAlive(me)).toBe(true);
  });

  test("is dead when nobody has its number", async () => {
    expect(isAlive({ ...me, pid: await deadPid() })).toBe(false);
  });

  test("is dead when its number belongs to a process that began at another time", () => {
    expect(isAlive({ ...me, startTime: "1" })).toBe(false);
    expect(isAlive({ pid: 1, startTime: me.startTime, bootId: me.bootId })).toBe(false);
  });

  test("is dead after another start of the machine", () => {
    expect(isAlive({ ...me, bootId: "00000000-0000-0000-0000-000000000000" })).toBe(false);
  });

  test("is taken for alive by its number alone where the system tells no more", () => {
    expect(isAlive({ pid: process.pid, startTime: null, bootId: null })).toBe(true);
  });

  test.skipIf(process.platform !== "linux")(
    "is dead when it has ended and only its parent has not noticed",
    async () => {
      // The shell becomes `sleep`, which never asks for the end of its child; only then the child is let go.
      const script = "exec 3<&0; cat <&3 >/dev/null & echo $!; exec 3<&-; exec sleep 600 </dev/null";
      const parent = spawn("sh", ["-c", script], { stdio: ["pipe", "pipe", "ignore"] });
      onTestFinished(() => void parent.kill("SIGKILL"));
      const [line]: unknown[] = await once(parent.stdout, "data");
      const pid = Number(String(line));
      const isSleep = (): boolean => readFileSync(`/proc/${parent.pid}/cmdline`, "latin1").startsWith("sleep");
      while (!isSleep()) await new Promise((resolve) => setImmediate(resolve));
      parent.stdin.end();
      const stat = (): string => readFileSync(`/proc/${pid}/stat`, "latin1");
      while (!/\) Z /.test(stat())) await new Promise((resolve) => setImmediate(resolve));
      const startTime =
        stat()
          .slice(stat().lastIndexOf(")") + 2)
          .split(" ")[19] ?? null;
      expect(isAlive({ pid, startTime, bootId: me.bootId })).toBe(false);
    },
  );
});

describe("what a record means to a reader", () => {
  const gone: Owner = { ...me, startTime: "1" };
  const picture = manifestImage();
  const pictures = [picture, { ...picture, index: 1 }];
  type Facts = Pick<Manifest, "state" | "owner" | "images" | "n">;
  test.each<[string, Facts]>([
    ["running", { state: "planned", owner: me, images: [], n: 1 }],
    ["running", { state: "sent", owner: me, images: [], n: 1 }],
    ["running", { state: "sent", owner: me, images: [picture], n: 1 }],
    ["cancelled", { state: "planned", owner: gone, images: [], n: 1 }],
    ["cancelled", { state: "planned", owner: null, images: [], n: 1 }],
    ["unknown", { state: "sent", owner: gone, images: [], n: 1 }],
    ["unknown", { state: "sent", owner: null, images: [], n: 1 }],
    ["partial", { state: "sent", owner: gone, images: [picture], n: 2 }],
    ["done", { state: "sent", owner: gone, images: pictures, n: 2 }],
    ["done", { state: "done", owner: null, images: pictures, n: 2 }],
    ["done", { state: "done", owner: me, images: [], n: 1 }],
    ["partial", { state: "partial", owner: null, images: [picture], n: 2 }],
    ["failed", { state: "failed", owner: null, images: [], n: 1 }],
    ["cancelled", { state: "cancelled", owner: null, images: [], n: 1 }],
  ])("is %s", (status, facts) => {
    expect(statusOf(manifest(facts))).toBe(status);
  });
});
