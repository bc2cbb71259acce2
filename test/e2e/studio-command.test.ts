import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { Gate, startServe } from "./support/serve.ts";
import { ended, openStudio, useStudio } from "./support/studio.ts";
import { World, errorOf, onlyLine, parseObject, until } from "./support/world.ts";

/** Where running servers say where they are. */
const notesOf = (world: World): string[] => {
  const folder = join(world.limnHome, "servers");
  return readdirSync(folder).map((name) => join(folder, name));
};

it("limn studio --print gives a link to the server that runs, and a new one each time", async () => {
  const world = new World();
  await world.startService();
  const served = await startServe(world);
  const links = await Promise.all([1, 2].map(async () => onlyLine((await world.run(["studio", "--print"])).stdout)));
  expect(new Set(links).size).toBe(2);
  for (const link of links) {
    expect(link).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/open\?code=[\w-]{22}$/);
    const opened = await fetch(link, { redirect: "manual" });
    expect([opened.status, opened.headers.get("location")]).toEqual([303, "/"]);
    const cookie = (opened.headers.get("set-cookie") ?? "").split(";", 1)[0] ?? "";
    expect((await useStudio(served, cookie).json("/api/generations")).total).toBe(0);
  }
});

it("limn serve says how to get into the studio, and with --json its address and key file only", async () => {
  const world = new World();
  const running = world.start(["serve", "--port", "0", "--sandbox"]);
  await running.saysOnStderr("Studio, once within ten minutes: http://127.0.0.1:");
  const link = /(http\S+\/open\?code=\S+)/.exec(running.stderrSoFar())?.[1] ?? "";
  expect((await fetch(link, { redirect: "manual" })).status).toBe(303);
  const other = await startServe(world, ["--sandbox"]);
  expect(Object.keys(parseObject(onlyLine(other.running.stdoutSoFar())))).toEqual(["url", "keyFile"]);
});

it("limn studio finds no server that has ended, was killed, or is somebody else's", async () => {
  const world = new World();
  await world.startService();
  const none = await world.run(["studio", "--print"]);
  expect([none.status, none.stderr]).toEqual([8, expect.stringContaining("limn serve")]);
  const ending = await startServe(world);
  const [first = ""] = notesOf(world);
  expect(parseObject(readFileSync(first, "utf8"))).toMatchObject({ url: ending.url, emulated: false });
  ending.running.kill("SIGINT");
  await ending.running.finished;
  expect(notesOf(world)).toEqual([]);
  const killed = await startServe(world);
  killed.running.kill("SIGKILL");
  await killed.running.finished;
  const [left = ""] = notesOf(world);
  const note = parseObject(readFileSync(left, "utf8"));
  expect((await world.run(["studio", "--print"])).status).toBe(8);

  // Another program took the port of one that is alive: it does not get the key's answer for a link.
  const asked: string[] = [];
  const stranger = createServer((request, response) => {
    asked.push(request.url ?? "");
    response.end(JSON.stringify({ url: "http://evil.example/" }));
  });
  await new Promise<void>((resolve) => stranger.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void stranger.close());
  const address = stranger.address();
  const url = `http://127.0.0.1:${typeof address === "object" ? address?.port : 0}`;
  const strange = [
    { ...note, url },
    { ...note, url: "http://evil.example/x", pid: process.pid },
  ];
  for (const text of ["{", "[]", ...strange.map((value) => JSON.stringify(value))]) {
    writeFileSync(left, text);
    expect((await world.run(["studio", "--print"])).status).toBe(8);
  }
  expect(asked).toEqual([]);
});

it("limn studio finds a server that runs beside others, also after the newest has ended", async () => {
  const world = new World();
  await world.startService();
  const first = await startServe(world);
  const second = await startServe(world, ["--sandbox"]);
  const print = async (...words: string[]): Promise<string> =>
    new URL(onlyLine((await world.run(["studio", "--print", ...words])).stdout)).origin;
  const firstPort = new URL(first.url).port;
  expect(await print()).toBe(second.url);
  expect(await print("--port", firstPort)).toBe(first.url);
  expect(await print("--sandbox")).toBe(second.url);

  second.running.kill("SIGINT");
  await second.running.finished;
  expect(await print()).toBe(first.url);
  const elsewhere = await world.run(["studio", "--print", "--sandbox"]);
  expect([elsewhere.status, elsewhere.stderr]).toEqual([8, expect.stringContaining(`limn studio --port ${firstPort}`)]);

  // A second one on its port is told who is there, and what to do.
  for (const command of ["serve", "studio"] as const) {
    const refused = await world.run(
      [command, "--sandbox", "--port", firstPort, "--json"].slice(0, command === "serve" ? 5 : 4),
    );
    expect([refused.status, refused.stdout + refused.stderr]).toEqual([
      8,
      expect.stringMatching(
        new RegExp(
          `limn serve runs already: ${first.url}[^]*limn studio --port ${firstPort}[^]*limn ${command} --sandbox --port 0`,
        ),
      ),
    ]);
  }
});

it("limn studio starts a server where none runs, and stops with it", async () => {
  const world = new World();
  // No browser is opened by a test: the program that would be is not there.
  const running = world.start(["studio", "--sandbox", "--port", "0"], { env: { PATH: "/nonexistent" } });
  await running.saysOnStderr("Opening the studio in your browser");
  const link = /(http\S+\/open\?code=\S+)/.exec(running.stderrSoFar())?.[1] ?? "";
  expect((await fetch(link, { redirect: "manual" })).status).toBe(303);
  const wrong = await world.run(["studio", "--print", "--port", "1"]);
  expect([wrong.status, wrong.stderr]).toEqual([8, expect.stringContaining("on port 1")]);
  running.kill("SIGINT");
  expect((await running.finished).status).toBe(130);
});

it("two servers of one machine have sessions of their own in one browser", async () => {
  const world = new World();
  await world.startService();
  const [first, second] = [await openStudio(world), await openStudio(world)];
  const jar = `${first.cookie}; ${second.cookie}`;
  for (const { served } of [first, second])
    expect((await useStudio(served, jar).ask("/api/generations")).status).toBe(200);
  expect((await useStudio(first.served, second.cookie).ask("/api/generations")).status).toBe(401);
  // Both show what either of them makes.
  const events = await second.events();
  await events.until(({ type }) => type === "hello");
  const { id } = await ended(first, await first.begin({ operation: "generate", prompt: "x" }));
  expect(await events.until(({ entry }) => Object(entry).status === "done")).toMatchObject({ entry: { id } });
});

it("a server that is stopped finishes what was sent, tells it to every window, and ends their streams", async () => {
  const world = new World();
  await world.startService();
  const gate = await Gate.before(world);
  const studio = await openStudio(world);
  const events = await studio.events();
  await events.until(({ type }) => type === "hello");
  const { id } = parseObject(await (await studio.begin({ operation: "generate", prompt: "paid" })).text());
  await until(() => gate.held === 1);
  studio.served.running.kill("SIGTERM");
  await studio.served.running.saysOnStderr("1 picture is being made and awaited");
  expect((await studio.ask("/api/status").catch(() => null))?.status ?? 503).toBe(503);
  gate.open();
  expect(await events.until(({ entry }) => Object(entry).status === "done")).toMatchObject({ entry: { id } });
  await expect(events.next()).rejects.toThrow();
  await studio.served.running.finished;
  expect(world.manifest(String(id))).toMatchObject({ state: "done", owner: null });
});

it("an option that is wrong is told before anything is started", async () => {
  const world = new World();
  const finished = await world.run(["studio", "--port", "99999"]);
  expect([finished.status, finished.stderr]).toEqual([2, expect.stringContaining("0 to 65535")]);
  expect(errorOf(await world.run(["serve", "--port", "x", "--json"]))).toMatchObject({ code: "invalid_option" });
});
