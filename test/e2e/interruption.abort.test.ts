import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer } from "node:net";
import type { Emulator } from "@limn/emulator";
import { describe, expect, it, onTestFinished } from "vitest";
import { proves } from "./requirements.ts";
import { World, imageCalls, onlyLine, parseObject, smallPicture, until } from "./support/world.ts";

/** The whole body of the n-th image call has arrived. */
async function received(emulator: Emulator, calls = 1): Promise<void> {
  await until(() => {
    const call = imageCalls(emulator)[calls - 1];
    return call !== undefined && call.contentLength !== null;
  });
}

/** An address that takes connections and never answers the TLS greeting: a request stays before its sending for good. */
async function startMuteServer(): Promise<{ readonly baseURL: string; connected(): Promise<void> }> {
  const server = createServer(() => undefined);
  const connection = once(server, "connection");
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(async () => {
    const [socket] = await connection;
    socket.destroy();
    server.close();
  });
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return {
    baseURL: `https://127.0.0.1:${port}/backend-api/codex`,
    connected: async () => connection.then(() => undefined),
  };
}

describe("Ctrl-C", () => {
  it(`while waiting for the answer ends with 130, closes the connection and says that a request was sent ${proves("interruption")}`, async () => {
    const world = new World();
    const emulator = await world.startService({ scenario: "never" });
    const running = world.start(["generate", "a fox"]);
    await received(emulator);
    running.kill("SIGINT");
    const { status, signal, stdout, stderr } = await running.finished;
    const [id = ""] = world.generations();
    expect({ status, signal, stdout }).toEqual({ status: 130, signal: null, stdout: "" });
    expect(stderr).toBe(
      [
        "sent; pictures take 15 to 60 seconds",
        `interrupted; generation ${id} is cancelled`,
        "1 request had already been sent and may have been paid for; limn status tells what is left",
        `→ See: limn show ${id}`,
        "",
      ].join("\n"),
    );
    await emulator.idle();
    expect(imageCalls(emulator)).toMatchObject([{ aborted: true }]);
    expect(world.manifest(id)).toMatchObject({
      state: "cancelled",
      owner: null,
      calls: [{ attempts: 1, state: "sent" }],
    });
    expect((await world.run(["history"])).stdout).toMatch(new RegExp(`^${id}  .*  cancelled  -  a fox$`, "m"));
    expect((await world.run(["show", id])).stdout).toMatch(/^status +cancelled: 1 request had been sent$/m);
    expect(world.files()).toEqual([]);
  });

  it(`before anything was sent says so ${proves("interruption")}`, async () => {
    const world = new World();
    const { baseURL, connected } = await startMuteServer();
    const running = world.start(["generate", "a fox"], {
      env: { LIMN_BASE_URL: baseURL, LIMN_ACCESS_TOKEN: "made-up" },
    });
    await connected();
    running.kill("SIGINT");
    const { status, stderr } = await running.finished;
    const [id = ""] = world.generations();
    expect(status).toBe(130);
    expect(stderr).toBe(`interrupted; generation ${id} is cancelled\nnothing was sent\n→ See: limn show ${id}\n`);
    expect(world.manifest(id)).toMatchObject({
      state: "cancelled",
      sentAt: null,
      calls: [{ attempts: 0, state: "planned" }],
    });
    expect((await world.run(["show", id])).stdout).toMatch(/^status +cancelled: nothing was sent$/m);
  });

  it(`keeps the pictures that are finished and names the rest ${proves("interruption", "partial")}`, async () => {
    const world = new World();
    const emulator = await world.startService({ scenario: [smallPicture, "never"] });
    const running = world.start(["generate", "moods", "-n", "3", "--concurrency", "1"]);
    await received(emulator, 2);
    running.kill("SIGINT");
    const { status, stderr } = await running.finished;
    expect(status).toBe(130);
    expect(stderr).toContain(
      "1 of 3 images finished and kept\n1 request had already been sent and may have been paid for",
    );
    expect(world.files()).toEqual(["moods-1.png"]);
    await emulator.idle();
    expect(imageCalls(emulator)).toHaveLength(2);
  });

  it(`in the sandbox spends nothing and says so ${proves("interruption")}`, async () => {
    const world = new World();
    // Many big pictures, one after the other: whenever the signal comes, some of them are still to be made.
    const running = world.start(["generate", "x", "-n", "10", "--concurrency", "1", "--sandbox", "-v"]);
    await running.saysOnStderr("image 2: sent");
    running.kill("SIGINT");
    const { status, stderr } = await running.finished;
    expect(status).toBe(130);
    expect(stderr).toMatch(/interrupted; generation gen_\w+ is cancelled\n/);
    expect(stderr).not.toContain("paid for");
  });

  it.skipIf(process.platform !== "linux")(
    `a second time ends at once, even when the output is stuck (Linux: /proc) ${proves("interruption")}`,
    async () => {
      const world = new World();
      await world.startService({ scenario: "ok" });
      const running = world.start(["generate", "a fox", "-o", "-"], { holdOutput: true });
      // The picture is saved; writing it into a pipe that nobody reads takes for ever.
      await until(() =>
        world.generations().some((id) => world.keptFiles().some(({ path }) => path.endsWith(`${id}/image-1.png`))),
      );
      await until(() => JSON.stringify(world.manifest(world.generations()[0] ?? "").images) !== "[]");
      running.kill("SIGINT");
      await until(() => !isPending(running.pid, 2));
      running.kill("SIGINT");
      const { status, signal } = await running.finished;
      expect({ status, signal }).toEqual({ status: 130, signal: null });
      expect((await world.run(["history"])).stdout).toMatch(/ {2}done {2}/);
    },
  );

  it(`has relatives: SIGTERM ends with 143 and SIGHUP with 129 ${proves("interruption")}`, async () => {
    for (const [name, expected] of [
      ["SIGTERM", 143],
      ["SIGHUP", 129],
    ] as const) {
      const world = new World();
      const emulator = await world.startService({ scenario: "never" });
      const running = world.start(["generate", "a fox"]);
      await received(emulator);
      running.kill(name);
      const { status, stderr } = await running.finished;
      expect({ name, status }).toEqual({ name, status: expected });
      expect(stderr).toContain("1 request had already been sent");
      expect(world.generations().map((id) => world.manifest(id).state)).toEqual(["cancelled"]);
    }
  });
});

describe("SIGKILL", () => {
  it(`while waiting leaves a record that readers call running before and unknown after ${proves("killed-waiting")}`, async () => {
    const world = new World();
    const emulator = await world.startService({ scenario: "never" });
    const running = world.start(["generate", "a fox"]);
    await received(emulator);
    const statusOf = async (): Promise<unknown> => {
      const { generations } = parseObject(onlyLine((await world.run(["history", "--json"])).stdout));
      return Array.isArray(generations)
        ? generations.map((found: unknown) => parseObject(JSON.stringify(found)).status)
        : null;
    };
    expect(await statusOf()).toEqual(["running"]);
    running.kill("SIGKILL");
    expect((await running.finished).signal).toBe("SIGKILL");
    expect(await statusOf()).toEqual(["unknown"]);
    const [id = ""] = world.generations();
    expect((await world.run(["show", id])).stdout).toMatch(
      /^status +unknown: 1 request was sent and no answer was saved; a picture may have been paid for\. limn does not send it again by itself\.$/m,
    );
    await emulator.idle();
    expect(imageCalls(emulator)).toHaveLength(1);
  });
});

/** Whether a signal was sent to a process and not yet taken by it. */
function isPending(pid: number, signal: number): boolean {
  const mask = /^ShdPnd:\s*([0-9a-f]+)$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? "0";
  return (BigInt(`0x${mask}`) & (1n << BigInt(signal - 1))) !== 0n;
}
