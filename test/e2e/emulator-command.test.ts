import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { proves } from "./requirements.ts";
import type { RunningProgram } from "./support/program.ts";
import { World, onlyLine, parseObject } from "./support/world.ts";

const root = resolve(import.meta.dirname, "../..");

async function startEmulator(
  world: World,
  ...more: readonly string[]
): Promise<{ running: RunningProgram; url: string }> {
  const running = world.start(["emulator", "--port", "0", "--json", ...more]);
  let line = "";
  running.child.stdout.on("data", (piece: Buffer) => (line += piece.toString("utf8")));
  await running.saysOnStdout("\n");
  const { url, baseURL, accessToken } = parseObject(onlyLine(line));
  world.env.LIMN_BASE_URL = String(baseURL);
  world.env.LIMN_ACCESS_TOKEN = String(accessToken);
  return { running, url: String(url) };
}

async function callsOf(url: string): Promise<unknown[]> {
  const answer: unknown = await (await fetch(`${url}/__emulator/calls`)).json();
  const { calls } = Array.isArray(answer) ? { calls: answer } : parseObject(JSON.stringify(answer));
  return Array.isArray(calls) ? calls : [];
}

describe("limn emulator", () => {
  it(`in one process serves limn generate in another, and records the request of the sample ${proves("proof-emulator", "emulator-command")}`, async () => {
    const world = new World();
    const { running, url } = await startEmulator(world);
    const { status, stdout } = await world.run(["generate", "A red fox in a snowy forest, watercolor"]);
    expect(status).toBe(0);
    expect(onlyLine(stdout)).toBe(world.path("a-red-fox-in-a-snowy-forest-watercolor.png"));

    const [call, ...others] = (await callsOf(url)).map((one) => parseObject(JSON.stringify(one)));
    expect(others).toEqual([]);
    const { version } = parseObject(readFileSync(resolve(root, "packages/limn/package.json"), "utf8"));
    // The sample is `images-generations.json` of the recorded Codex traffic (codex-backend contract 3.1).
    const body = {
      prompt: "A red fox in a snowy forest, watercolor",
      background: "opaque",
      model: "gpt-image-2",
      quality: "auto",
      size: "auto",
    };
    expect(call).toMatchObject({
      method: "POST",
      path: "/backend-api/codex/images/generations",
      contentLength: 127,
      body,
      remarks: [],
      answered: { status: 200, scenario: "ok" },
      aborted: false,
    });
    expect(JSON.stringify(call?.body)).toBe(JSON.stringify(body));
    const { host, ...headers } = parseObject(JSON.stringify(call?.headers));
    expect(host).toBe(new URL(url).host);
    expect(headers).toEqual({
      "content-type": "application/json",
      "content-length": "127",
      "x-codex-image-turn-id": expect.stringMatching(
        /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
      ),
      originator: "limn",
      "user-agent": `limn/${String(version)}`,
      accept: "*/*",
      authorization: "Bearer <ACCESS_TOKEN>",
      "chatgpt-account-id": "acc-emulator-0001",
      connection: "close",
    });

    running.kill("SIGINT");
    const ended = await running.finished;
    expect(ended).toMatchObject({ status: 130, signal: null, stderr: "" });
    await expect(fetch(`${url}/__emulator/health`)).rejects.toThrow("fetch failed");
  });

  it(`prints its address and the command for the other terminal ${proves("emulator-command")}`, async () => {
    const world = new World();
    const running = world.start(["emulator", "--port", "0"]);
    await running.saysOnStderr("Stop it with Ctrl-C.");
    running.kill("SIGTERM");
    const { status, stdout, stderr } = await running.finished;
    expect(status).toBe(143);
    expect(onlyLine(stdout)).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    expect(stderr).toMatch(
      /^ {2}LIMN_BASE_URL=http:\/\/127\.0\.0\.1:\d+\/backend-api\/codex LIMN_ACCESS_TOKEN=\S+ limn generate "a red fox"$/m,
    );
  });

  it(`misbehaves as it is told, and lists how it can ${proves("emulator-command")}`, async () => {
    const world = new World();
    const { running } = await startEmulator(world, "--scenario", "moderation");
    expect((await world.run(["a fox"])).status).toBe(6);
    running.kill("SIGINT");
    await running.finished;
    const list = await world.run(["emulator", "--scenarios"]);
    expect(list.stdout).toMatch(/^usage-limit +429/m);
    const wrong = await world.run(["emulator", "--scenario", "usagelimit"]);
    expect(wrong).toMatchObject({ status: 2, stdout: "" });
    expect(wrong.stderr).toContain('Did you mean "usage-limit"?');
    expect(wrong.stderr).toContain("→ All scenarios: limn emulator --scenarios");
  });

  it(`says which port it cannot have, and the next step ${proves("emulator-command")}`, async () => {
    const world = new World();
    const { running, url } = await startEmulator(world);
    const { port } = new URL(url);
    const { status, stderr } = await world.run(["emulator", "--port", port]);
    expect(status).toBe(8);
    expect(stderr).toBe(
      `error: The port ${port} cannot be used. [connection_failed]\n→ Let the system choose one: limn emulator --port 0\n`,
    );
    running.kill("SIGINT");
    expect((await running.finished).status).toBe(130);
  });
});
