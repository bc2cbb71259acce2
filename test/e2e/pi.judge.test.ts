import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer, request as forward } from "node:http";
import { connect } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import {
  PackedExtension,
  PiWorld,
  installedPis,
  isRecord,
  linesOf,
  recordsOf,
  toolResults,
} from "../judges-pi/pi-world.ts";
import type { InstalledPi } from "../judges-pi/pi-world.ts";
import { noTerminal } from "./support/terminal.ts";

/** The real Pi, headless, with a pretended chat model and the emulator behind its own openai-codex login (pi-extension contract). */
const pis = installedPis();
const absent = pis.length > 0 ? null : "no real Pi is installed (npm ci --prefix test/judges-pi)";

const alias = "codex_generate_image";
/** Somebody else's extension with the alias's name, registered while Pi loads. */
const rival = `export default (pi) => pi.registerTool({
  name: "${alias}", label: "Rival", description: "a rival", parameters: { type: "object", properties: { prompt: { type: "string" } } },
  execute: async () => ({ content: [{ type: "text", text: "the rival answers" }], details: {} }),
});`;

let packed: PackedExtension;
let withoutFinish: PackedExtension;
beforeAll(() => {
  if (absent !== null) return;
  packed = new PackedExtension({ withFinish: true });
  withoutFinish = new PackedExtension({ withFinish: false });
});
afterAll(() => {
  packed?.remove();
  withoutFinish?.remove();
});

async function installedIn(pi: InstalledPi, options: Parameters<typeof PiWorld.create>[1] = {}): Promise<PiWorld> {
  const world = await PiWorld.create(pi, options);
  const installed = await world.run(["install", packed.folder]);
  expect({ status: installed.status, stderr: installed.stderr }).toMatchObject({ status: 0 });
  return world;
}

function pathIn(result: Readonly<Record<string, unknown>>): string {
  return isRecord(result["details"]) ? String(result["details"]["savedPath"]) : "";
}

function limnDetails(result: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const limn = isRecord(result["details"]) ? result["details"]["limn"] : null;
  return isRecord(limn) ? limn : {};
}

describe.skipIf(absent !== null)(`the real Pi as judge${absent === null ? "" : `: ${absent}`}`, () => {
  describe.each(absent === null ? pis : [{ version: "no version", cli: "" }])("$version", (pi) => {
    it("installs the packed tarball, makes a picture with its own login, and leaves its login file alone", async () => {
      const world = await installedIn(pi);
      const hash = (): string => createHash("sha256").update(readFileSync(world.authFile)).digest("hex");
      const before = hash();
      const run = await world.prompt([{ tool: "limn_image", arguments: { prompt: "a red fox" } }, "there it is"]);
      expect(run).toMatchObject({ status: 0, stderr: "" });
      const [made] = toolResults(run.stdout);
      expect(made).toMatchObject({
        toolName: "limn_image",
        isError: false,
        result: {
          content: [{ type: "text", text: expect.stringContaining("Saved image to: ") }, { type: "image" }],
          details: { transport: "codex-images", saveMode: "global", limn: { login: { source: "pi" } } },
        },
      });
      const path = pathIn(made?.result ?? {});
      expect(path.startsWith(join(world.agent, "generated-images"))).toBe(true);
      expect(readFileSync(path).subarray(1, 4).toString("latin1")).toBe("PNG");
      expect(hash()).toBe(before);
      expect(world.emulator.calls.every(({ headers }) => headers["originator"] === "limn")).toBe(true);
      const tools = world.chats[0]?.["tools"];
      expect(JSON.stringify(tools)).toContain('"limn_image"');
      expect(JSON.stringify(tools)).toContain(`"${alias}"`);
      // The model sees the picture.
      expect(JSON.stringify(world.chats[1])).toContain("data:image/");
    });

    it("edits in a later process from the file that was saved, with the alias too", async () => {
      const world = await installedIn(pi, { scenario: { name: "ok", size: "2400x1600" } });
      const first = await world.prompt([{ tool: "limn_image", arguments: { prompt: "a red fox" } }, "ok"]);
      const original = readFileSync(pathIn(toolResults(first.stdout)[0]?.result ?? {}));
      const again = await world.prompt(
        [
          { tool: "limn_image", arguments: { prompt: "at night", operation: "edit", numLastImagesToInclude: 1 } },
          { tool: alias, arguments: { prompt: "in snow", numLastImagesToInclude: 2 } },
          "ok",
        ],
        ["--continue"],
      );
      expect(toolResults(again.stdout).map(({ toolName, isError }) => [toolName, isError])).toEqual([
        ["limn_image", false],
        [alias, false],
      ]);
      const edits = world.emulator.calls.filter(({ route }) => route === "images.edits");
      expect(edits.map(({ body }) => (isRecord(body) ? body["images"] : null))).toMatchObject([
        [{ sha256: createHash("sha256").update(original).digest("hex") }],
        [{ sha256: createHash("sha256").update(original).digest("hex") }, { sha256: expect.any(String) }],
      ]);
    });

    it("saves where it is told", async () => {
      const world = await installedIn(pi);
      const calls = ["project", "global", "custom", "none"].map((save) => ({
        tool: alias,
        arguments: { prompt: `a fox ${save}`, save, saveDir: "pictures" },
      }));
      const run = await world.prompt([calls, "ok"]);
      const details = toolResults(run.stdout).map(({ result }) =>
        isRecord(result["details"]) ? result["details"] : {},
      );
      const byMode = new Map(details.map((one) => [one["saveMode"], String(one["savedPath"])]));
      expect(byMode.get("project")).toContain(join(world.project, ".pi/generated-images/"));
      expect(byMode.get("global")).toContain(join(world.agent, "generated-images/"));
      expect(byMode.get("custom")).toContain(join(world.project, "pictures/"));
      expect(byMode.get("none")).toBe("undefined");
      expect(["project", "global", "custom"].every((mode) => existsSync(byMode.get(mode) ?? ""))).toBe(true);
      const variable = await world.prompt([{ tool: alias, arguments: { prompt: "x" } }, "ok"], [], {
        PI_CODEX_IMAGE_SAVE_MODE: "CUSTOM",
        PI_CODEX_IMAGE_SAVE_DIR: join(world.project, "by-variable"),
      });
      expect(pathIn(toolResults(variable.stdout)[0]?.result ?? {})).toContain("/by-variable/");
      mkdirSync(join(world.agent, "extensions"), { recursive: true });
      writeFileSync(join(world.agent, "extensions", "codex-image-gen.json"), '{"save": "project"}');
      const file = await world.prompt([{ tool: alias, arguments: { prompt: "x" } }, "ok"]);
      expect(pathIn(toolResults(file.stdout)[0]?.result ?? {})).toContain("/project/.pi/generated-images/");
    });

    it("starts beside an extension that has the alias's name, and leaves it that", async () => {
      const world = await installedIn(pi);
      world.addExtension("rival.ts", rival);
      const run = await world.prompt([
        [
          { tool: alias, arguments: { prompt: "x" } },
          { tool: "limn_image", arguments: { prompt: "x" } },
        ],
        "ok",
      ]);
      expect(run.status).toBe(0);
      const answers = toolResults(run.stdout);
      expect(JSON.stringify(answers.find(({ toolName }) => toolName === alias))).toContain("the rival answers");
      expect(answers.find(({ toolName }) => toolName === "limn_image")).toMatchObject({ isError: false });
    });

    it("stops within a second when the run is aborted, and the service sees the connection close", async () => {
      const world = await installedIn(pi, { scenario: "never" });
      world.willDo({ tool: "limn_image", arguments: { prompt: "a red fox" } }, "ok");
      const program = world.startRpc();
      let abortedAt = 0;
      const ended = new Promise<{ readonly record: Readonly<Record<string, unknown>>; readonly afterMs: number }>(
        (resolve) =>
          linesOf(program, (record) => {
            if (record["type"] === "tool_execution_end") resolve({ record, afterMs: performance.now() - abortedAt });
          }),
      );
      program.child.stdin.write(`${JSON.stringify({ id: "1", type: "prompt", message: "go" })}\n`);
      for (let tries = 0; tries < 2000 && !isAsked(world); tries += 1)
        await new Promise((resolve) => setTimeout(resolve, 10));
      abortedAt = performance.now();
      program.child.stdin.write(`${JSON.stringify({ id: "2", type: "abort" })}\n`);
      const { record, afterMs } = await ended;
      expect(record).toMatchObject({ isError: true });
      expect(JSON.stringify(record["result"])).toContain("aborted");
      expect(afterMs).toBeLessThan(1000);
      for (let tries = 0; tries < 200 && !world.emulator.calls.some((call) => call.aborted); tries += 1)
        await new Promise((resolve) => setTimeout(resolve, 10));
      expect(world.emulator.calls.filter((call) => call.aborted)).toHaveLength(1);
      program.child.stdin.end();
    });

    it("tells a used-up allowance with its reset time, a broken config and a missing login as errors", async () => {
      const world = await installedIn(pi, { scenario: { name: "usage-limit", resetsInSeconds: 7200 } });
      const limit = await world.prompt([{ tool: "limn_image", arguments: { prompt: "x" } }, "ok"]);
      expect(toolResults(limit.stdout)).toMatchObject([{ isError: true }]);
      expect(JSON.stringify(toolResults(limit.stdout))).toMatch(/It resets at \d{4}-\d\d-\d\d \d\d:\d\d UTC/);
      mkdirSync(join(world.agent, "extensions"), { recursive: true });
      writeFileSync(join(world.agent, "extensions", "codex-image-gen.json"), '{"save": 7}');
      const broken = await world.prompt([{ tool: alias, arguments: { prompt: "x" } }, "ok"]);
      expect(JSON.stringify(toolResults(broken.stdout))).toContain("cannot be used");
      writeFileSync(join(world.agent, "extensions", "codex-image-gen.json"), "{}");
      writeFileSync(world.authFile, "{}");
      const nobody = await world.prompt([{ tool: alias, arguments: { prompt: "x" } }, "ok"]);
      expect(JSON.stringify(toolResults(nobody.stdout))).toContain("Missing openai-codex credentials. Run /login");
    });

    it("lets its own check refuse arguments that limn_image does not have", async () => {
      const world = await installedIn(pi);
      const run = await world.prompt([{ tool: "limn_image", arguments: { prompt: "x", sice: "1x1" } }, "ok"]);
      expect(toolResults(run.stdout)).toMatchObject([{ isError: true }]);
      expect(world.emulator.calls).toEqual([]);
    });

    it("makes a picture with /image, which the next turn can change", async () => {
      const world = await installedIn(pi);
      world.willDo(
        { tool: "limn_image", arguments: { prompt: "at night", operation: "edit", numLastImagesToInclude: 1 } },
        "ok",
      );
      const json = ["--mode", "json", "--model", "pretend/pretend-1", "-p"];
      const run = await world.run([...json, "/image --aspect=16:9 a red fox", "make it night"]);
      expect({ status: run.status, stderr: run.stderr }).toEqual({ status: 0, stderr: "" });
      expect(JSON.stringify(recordsOf(run.stdout))).toContain("limn-image");
      const [edit] = toolResults(run.stdout);
      expect(edit).toMatchObject({ isError: false, result: { details: { inputImageCount: 1 } } });
      // From the original, not from the conversation's copy.
      const { generation } = limnDetails(edit?.result ?? {});
      const record = readFileSync(join(world.limnHome, "generations", String(generation), "manifest.json"), "utf8");
      expect(JSON.parse(record)).toMatchObject({ inputs: [{ origin: { kind: "generation" } }] });
    });

    it.skipIf(noTerminal !== null)(
      "draws the picture and previews in its terminal, and stops /image with Escape",
      async () => {
        const world = await installedIn(pi, {
          scenario: [
            { name: "ok", on: "responses", size: "64x48" },
            { name: "never", on: "images" },
          ],
        });
        world.willDo({ tool: "limn_image", arguments: { prompt: "a red fox", model: "gpt-5.5" } }, "there it is");
        const program = world.startTerminal();
        await program.saysOnStdout("pretend-1");
        const type = async (text: string): Promise<void> => {
          // Pi takes text that comes with its Return for something pasted.
          program.child.stdin.write(text);
          await new Promise((resolve) => setTimeout(resolve, 300));
          program.child.stdin.write("\r");
        };
        await type("go");
        await program.saysOnStdout("there it is");
        const pictures = program.stdoutSoFar().split("\u001B_G").length - 1;
        expect(pictures).toBeGreaterThan(1);
        const before = program.stdoutSoFar().length;
        await type("/image a red fox in the snow");
        for (let tries = 0; tries < 1000 && !isAsked(world); tries += 1)
          await new Promise((resolve) => setTimeout(resolve, 10));
        program.child.stdin.write("\u001B");
        await program.saysOnStdout("Image generation was aborted.");
        expect(program.stdoutSoFar().slice(before)).toContain("Escape stops");
        program.kill("SIGKILL");
      },
    );

    it("goes through the proxy that Pi is told", async () => {
      const world = await installedIn(pi);
      const proxy = await recordingProxy();
      const run = await world.prompt([{ tool: "limn_image", arguments: { prompt: "a red fox" } }, "ok"], [], {
        HTTP_PROXY: proxy.url,
        http_proxy: proxy.url,
        NO_PROXY: "",
        no_proxy: "",
      });
      expect(toolResults(run.stdout)).toMatchObject([{ isError: false }]);
      expect(proxy.seen).toContain("/backend-api/codex/images/generations");
    });

    it("works without @limn/finish, and refuses what needs pixels", async () => {
      const world = await PiWorld.create(pi);
      const run = await world.prompt(
        [
          [
            { tool: "limn_image", arguments: { prompt: "a red fox" } },
            { tool: "limn_image", arguments: { prompt: "a red fox", size: "32x32" } },
          ],
          "ok",
        ],
        ["-e", withoutFinish.folder],
      );
      const answers = toolResults(run.stdout);
      expect(new Set(answers.map(({ isError }) => isError))).toEqual(new Set([false, true]));
      expect(JSON.stringify(answers)).toContain("need @limn/finish");
      expect(world.emulator.calls.filter(({ route }) => route.startsWith("images."))).toHaveLength(1);
    });
  });
});

/** A proxy for plain http that notes the paths it is asked for; Node's undici asks by CONNECT. */
async function recordingProxy(): Promise<{ readonly url: string; readonly seen: string[] }> {
  const seen: string[] = [];
  const server = createServer((request, response) => {
    const target = new URL(request.url ?? "");
    seen.push(target.pathname);
    const onward = forward(target, { method: request.method, headers: request.headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    request.pipe(onward);
  });
  server.on("connect", (request, socket, head: Buffer) => {
    const [host = "", port = "80"] = (request.url ?? "").split(":");
    const onward = connect(Number(port), host, () => {
      socket.write("HTTP/1.1 200 Connection Established\r\n\r\n");
      onward.write(head);
      socket.on("data", (piece: Buffer) => {
        const [, path] = /^(?:GET|POST) (\S+) HTTP/.exec(piece.toString("latin1")) ?? [];
        if (path !== undefined) seen.push(path);
      });
      socket.pipe(onward);
      onward.pipe(socket);
    });
    for (const end of [socket, onward]) end.on("error", () => undefined);
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  onTestFinished(() => server.closeAllConnections());
  onTestFinished(() => void server.close());
  const address = server.address();
  return { url: `http://127.0.0.1:${typeof address === "object" ? address?.port : ""}`, seen };
}

function isAsked(world: PiWorld): boolean {
  return world.emulator.calls.some(({ route }) => route.startsWith("images."));
}
