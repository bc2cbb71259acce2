import { once } from "node:events";
import { createServer } from "node:net";
import { join } from "node:path";
import type { Emulator } from "@limn/emulator";
import { describe, expect, it, onTestFinished } from "vitest";
import { proves } from "./requirements.ts";
import { call, connectHttp, connectStdio, idOf, jobFolders, startHttp, workerPids } from "./support/mcp.ts";
import { World, imageCalls, parseObject, smallPicture, until } from "./support/world.ts";

/** Long enough to look at it while it is being made. */
const slow = { ...smallPicture, delayMs: 1500 };

/** The whole body of the n-th image call has arrived. */
async function received(emulator: Emulator, calls = 1): Promise<void> {
  await until(() => {
    const seen = imageCalls(emulator)[calls - 1];
    return seen !== undefined && seen.contentLength !== null;
  });
}

/** An address that takes connections and never answers the TLS greeting: a request stays before its sending for good. */
async function startMuteServer(): Promise<{ readonly baseURL: string; connected(): Promise<void> }> {
  const server = createServer(() => undefined);
  const connection = once(server, "connection");
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(async () => {
    server.close();
  });
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return {
    baseURL: `https://127.0.0.1:${port}/backend-api/codex`,
    connected: async () => connection.then(() => undefined),
  };
}

describe("a generation that takes longer than its call", () => {
  it(`is handed over by its id, and collected from a new server ${proves("mcp-handover")}`, async () => {
    const world = new World();
    const emulator = await world.startService({ scenario: slow });
    const first = await connectStdio(world, { words: ["--handover", "0"] });
    const handed = await call(first, "generate_image", { prompt: "a fox" });
    expect(handed).toMatchObject({
      isError: false,
      types: ["text"],
      answer: { status: "running", next: expect.stringContaining("get_generation") },
    });
    await first.close();

    const second = await connectStdio(world);
    const collected = await call(second, "get_generation", { id: idOf(handed), wait_seconds: 50 });
    expect(collected).toMatchObject({
      isError: false,
      types: ["text", "image", "resource_link"],
      answer: { id: idOf(handed), status: "done" },
    });
    expect(imageCalls(emulator)).toHaveLength(1);
    expect(jobFolders(world)).toEqual([]);
  });

  it(`tells how far it is to whoever does not wait ${proves("mcp-handover")}`, async () => {
    const world = new World();
    const emulator = await world.startService({ scenario: "never" });
    const agent = await connectStdio(world, { words: ["--handover", "0"] });
    const id = idOf(await call(agent, "generate_image", { prompt: "a fox" }));
    await received(emulator);
    await until(() => world.manifest(id).state === "sent");
    expect((await call(agent, "get_generation", { id, wait_seconds: 0 })).answer).toMatchObject({
      id,
      status: "running",
      elapsed_seconds: expect.any(Number),
    });
    expect((await call(agent, "list_generations")).answer).toMatchObject({ generations: [{ id, status: "running" }] });
  });

  it(`is the same one when the same arguments come again in the session, and another one for other arguments ${proves("mcp-handover")}`, async () => {
    const world = new World();
    const emulator = await world.startService({ scenario: slow });
    const agent = await connectStdio(world, { words: ["--handover", "0"] });
    const first = await call(agent, "generate_image", { prompt: "a fox" });
    const again = await call(agent, "generate_image", { prompt: "a fox", return: "path" });
    expect(again.answer).toMatchObject({ id: idOf(first), status: "running", note: expect.any(String) });
    const other = await call(agent, "generate_image", { prompt: "a fox", n: 2 });
    const elsewhere = await connectStdio(world, { words: ["--handover", "0"] });
    const foreign = await call(elsewhere, "generate_image", { prompt: "a fox" });
    expect(new Set([first, other, foreign].map(idOf)).size).toBe(3);
    await received(emulator, 4);
  });

  it(`is not touched by the end of its server ${proves("mcp-handover")}`, async () => {
    const world = new World();
    const emulator = await world.startService({ scenario: slow });
    const agent = await connectStdio(world);
    const lost = call(agent, "generate_image", { prompt: "a fox" }).catch(() => null);
    await received(emulator);
    process.kill(agent.pid ?? 0, "SIGKILL");
    await lost;
    const [id = ""] = world.generations();
    const next = await connectStdio(world);
    expect((await call(next, "get_generation", { id, wait_seconds: 50 })).answer).toMatchObject({ id, status: "done" });
    expect(imageCalls(emulator)).toHaveLength(1);
  });

  it(`whose worker was killed is unknown, may have been paid for, and is not sent again ${proves("mcp-worker-death")}`, async () => {
    const world = new World();
    const emulator = await world.startService({ scenario: "never" });
    const agent = await connectStdio(world);
    const answer = call(agent, "generate_image", { prompt: "a fox" });
    await received(emulator);
    for (const pid of workerPids(world)) process.kill(pid, "SIGKILL");
    expect(await answer).toMatchObject({
      isError: true,
      answer: {
        status: "unknown",
        error: "outcome_unknown",
        quota_spent: "maybe",
        retry: "no",
        command_for_user: expect.stringMatching(/^limn show gen_/),
      },
    });
    expect(imageCalls(emulator)).toHaveLength(1);
  });
});

describe("the end of a server", () => {
  it(`comes with the end of its stdin, at once and with 0; stdout had the protocol only, and the picture is made ${proves("mcp-giving-up")}`, async () => {
    const world = new World();
    const emulator = await world.startService({ scenario: slow });
    // The worker that is left is the next server's affair.
    const next = await connectStdio(world);
    const running = world.start(["mcp"], { keepInputOpen: true });
    const send = (message: object): void =>
      void running.child.stdin.write(`${JSON.stringify({ jsonrpc: "2.0", ...message })}\n`);
    const clientInfo = { name: "raw", version: "1" };
    send({ id: 1, method: "initialize", params: { protocolVersion: "2025-06-18", capabilities: {}, clientInfo } });
    send({ method: "notifications/initialized" });
    const given = { name: "generate_image", arguments: { prompt: "a fox" }, _meta: { progressToken: 7 } };
    send({ id: 2, method: "tools/call", params: given });
    await received(emulator);
    running.child.stdin.end();
    const { status, stdout, stderr } = await running.finished;
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    const lines = stdout
      .trimEnd()
      .split("\n")
      .map((line) => parseObject(line));
    expect(lines[0]).toMatchObject({ jsonrpc: "2.0", id: 1, result: { serverInfo: { name: "limn" } } });
    expect(lines.slice(1).map(({ method }) => method)).toEqual(lines.slice(1).map(() => "notifications/progress"));
    const [id = ""] = world.generations();
    expect((await call(next, "get_generation", { id, wait_seconds: 50 })).answer).toMatchObject({ id, status: "done" });
  });

  it(`loses nothing that was paid for: what still waited for a place reads as cancelled ${proves("mcp-giving-up")}`, async () => {
    const world = new World();
    const emulator = await world.startService({ scenario: "never" });
    const agent = await connectStdio(world, { words: ["--handover", "0"] });
    const ids: string[] = [];
    for (const prompt of ["1", "2", "3", "4", "5"]) ids.push(idOf(await call(agent, "generate_image", { prompt })));
    await received(emulator, 4);
    const last = ids.at(-1);
    const next = await connectStdio(world);
    expect((await call(next, "get_generation", { id: last, wait_seconds: 0 })).answer).toMatchObject({
      status: "running",
      stage: "queued",
    });
    await agent.close();
    await until(() => !isRunning(agent.pid ?? 0));
    expect((await call(next, "get_generation", { id: last })).answer).toMatchObject({
      id: last,
      status: "cancelled",
      quota_spent: "no",
    });
    expect((await call(next, "get_generation", { id: ids[0], wait_seconds: 0 })).answer).toMatchObject({
      status: "running",
      stage: "sent",
    });
  });
});

describe("a client that gives up", () => {
  it(`and asks again gets the same picture, also when it was finished in between; the emulator counts one call ${proves("mcp-giving-up")}`, async () => {
    for (const door of ["stdio", "http"] as const) {
      const world = new World();
      const emulator = await world.startService({ scenario: slow });
      const agent = door === "stdio" ? await connectStdio(world) : await connectHttp(await startHttp(world));
      const givingUp = new AbortController();
      const lost = call(agent, "generate_image", { prompt: "a fox" }, { signal: givingUp.signal }).then(
        () => "answered",
        () => "given up",
      );
      await received(emulator);
      givingUp.abort();
      expect(await lost).toBe("given up");
      const [id = ""] = world.generations();
      await until(() => world.manifest(id).state === "done");
      expect(await call(agent, "generate_image", { prompt: "a fox" })).toMatchObject({
        types: ["text", "image", "resource_link"],
        answer: { id, status: "done", note: expect.stringContaining("nothing more was spent") },
      });
      expect(imageCalls(emulator)).toHaveLength(1);
      // It was collected: the next one is a new wish.
      expect(idOf(await call(agent, "generate_image", { prompt: "a fox" }))).not.toBe(id);
    }
  });

  it(`after the request was sent does not lose the picture that is paid for ${proves("mcp-giving-up")}`, async () => {
    const world = new World();
    const emulator = await world.startService({ scenario: slow });
    const agent = await connectStdio(world);
    const givingUp = new AbortController();
    const lost = call(agent, "generate_image", { prompt: "a fox" }, { signal: givingUp.signal }).catch(() => null);
    await received(emulator);
    givingUp.abort();
    await lost;
    const [id = ""] = world.generations();
    expect((await call(agent, "get_generation", { id, wait_seconds: 50 })).answer).toMatchObject({
      id,
      status: "done",
    });
    expect(imageCalls(emulator)).toMatchObject([{ aborted: false }]);
  });

  it(`before anything was sent stops it, and nothing was spent ${proves("mcp-giving-up")}`, async () => {
    const world = new World();
    const { baseURL, connected } = await startMuteServer();
    const agent = await connectStdio(world, { env: { LIMN_BASE_URL: baseURL, LIMN_ACCESS_TOKEN: "made-up" } });
    const givingUp = new AbortController();
    const lost = call(agent, "generate_image", { prompt: "a fox" }, { signal: givingUp.signal }).catch(() => null);
    await connected();
    givingUp.abort();
    await lost;
    const [id = ""] = world.generations();
    await until(() => world.manifest(id).state === "cancelled");
    expect(world.manifest(id)).toMatchObject({ sentAt: null, calls: [{ attempts: 0 }] });
    expect((await call(agent, "get_generation", { id })).answer).toMatchObject({
      id,
      status: "cancelled",
      quota_spent: "no",
    });
  });

  it(`does not stop what another call waits for ${proves("mcp-giving-up")}`, async () => {
    const world = new World();
    const emulator = await world.startService({ scenario: slow });
    const agent = await connectStdio(world);
    const givingUp = new AbortController();
    const lost = call(agent, "generate_image", { prompt: "a fox" }, { signal: givingUp.signal }).catch(() => null);
    const other = call(agent, "generate_image", { prompt: "a fox" });
    await until(() => jobFolders(world).length === 1);
    givingUp.abort();
    await lost;
    expect((await other).answer).toMatchObject({ status: "done" });
    expect(imageCalls(emulator)).toHaveLength(1);
  });
});

describe("many calls", () => {
  it(`at once stay within four processes and lose nothing ${proves("mcp-many")}`, async () => {
    const world = new World();
    const emulator = await world.startService();
    const agent = await connectStdio(world);
    let most = 0;
    const watching = setInterval(() => {
      most = Math.max(most, workerPids(world).filter((pid) => isRunning(pid)).length);
    }, 20);
    onTestFinished(() => clearInterval(watching));
    const answers = await Promise.all(
      Array.from({ length: 50 }, async (_, index) =>
        call(agent, "generate_image", { prompt: `fox ${index}`, return: "path" }),
      ),
    );
    expect(answers.map(({ answer }) => answer.status)).toEqual(answers.map(() => "done"));
    expect(new Set(answers.map(idOf)).size).toBe(50);
    expect(most).toBeLessThanOrEqual(4);
    expect(imageCalls(emulator)).toHaveLength(50);
    expect(jobFolders(world)).toEqual([]);
  });

  it(`from two servers on one store lose nothing either ${proves("mcp-many")}`, async () => {
    const world = new World();
    const emulator = await world.startService();
    const agents = await Promise.all([connectStdio(world), connectStdio(world, { era: "auto" })]);
    const answers = await Promise.all(
      agents.flatMap((agent) =>
        [1, 2, 3].map(async (index) => call(agent, "generate_image", { prompt: `fox ${index}`, return: "path" })),
      ),
    );
    expect(new Set(answers.map(idOf)).size).toBe(6);
    expect(imageCalls(emulator)).toHaveLength(6);
    expect(world.generations()).toHaveLength(6);
  });
});

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

describe("a job folder", () => {
  it(`is private and holds no token ${proves("mcp-many")}`, async () => {
    const world = new World();
    const emulator = await world.startService({ scenario: "never" });
    const agent = await connectStdio(world, { words: ["--handover", "0"] });
    await call(agent, "generate_image", { prompt: "a fox" });
    await received(emulator);
    const { readFileSync, readdirSync, statSync } = await import("node:fs");
    const [folder = ""] = jobFolders(world);
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    for (const name of readdirSync(folder)) {
      expect([name, statSync(join(folder, name)).mode & 0o777]).toEqual([name, 0o600]);
      expect(readFileSync(join(folder, name), "utf8")).not.toContain(emulator.accessToken);
    }
  });
});
