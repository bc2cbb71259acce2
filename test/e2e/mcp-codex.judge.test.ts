import { existsSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { join, resolve } from "node:path";
import sharp from "sharp";
import { describe, expect, it, onTestFinished } from "vitest";
import { proves } from "./requirements.ts";
import { binFile } from "./support/program.ts";
import { World, imageCalls, parseObject } from "./support/world.ts";

/** The real Codex program of test/judges. */
const codex = resolve(import.meta.dirname, "../judges/node_modules/.bin/codex");
const absent = existsSync(codex) ? null : "the real Codex program is not installed (npm ci --prefix test/judges)";

/** A chat model that calls the tool, and is content with what it gets. */
async function startModel(
  item: Readonly<Record<string, unknown>>,
): Promise<{ readonly port: number; readonly requests: readonly Record<string, unknown>[] }> {
  const requests: Record<string, unknown>[] = [];
  const server = createServer((request, response) => {
    const pieces: Buffer[] = [];
    request.on("data", (piece: Buffer) => pieces.push(piece));
    request.on("end", () => {
      if (request.method !== "POST") {
        response.writeHead(404).end("{}");
        return;
      }
      requests.push(parseObject(Buffer.concat(pieces).toString("utf8")));
      const said = { type: "message", role: "assistant", id: "m_1", content: [{ type: "output_text", text: "done" }] };
      const events = [
        { type: "response.output_item.done", item: requests.length === 1 ? item : said },
        { type: "response.completed", response: { id: `resp_${requests.length}` } },
      ];
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.end(events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join(""));
    });
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  onTestFinished(() => void server.close());
  const address = server.address();
  return { port: typeof address === "object" && address !== null ? address.port : 0, requests };
}

describe.skipIf(absent !== null)(`the real Codex program as judge${absent === null ? "" : `: ${absent}`}`, () => {
  it(`uses limn as an MCP server without asking, and its model sees the preview ${proves("mcp-codex")}`, async () => {
    const world = new World();
    const emulator = await world.startService();
    const model = await startModel({
      type: "function_call",
      id: "fc_1",
      call_id: "call_1",
      namespace: "mcp__limn",
      name: "generate_image",
      arguments: JSON.stringify({ prompt: "a red fox", transparent_background: false, referenced_image_paths: [] }),
    });
    const text = (value: string): string => JSON.stringify(value);
    writeFileSync(
      join(world.codexHome, "config.toml"),
      [
        'model = "gpt-5.5"',
        'model_provider = "pretend"',
        "check_for_update_on_startup = false",
        "[model_providers.pretend]",
        'name = "pretend"',
        `base_url = "http://127.0.0.1:${model.port}/v1"`,
        'wire_api = "responses"',
        "[mcp_servers.limn]",
        `command = ${text(process.execPath)}`,
        `args = [${text(binFile)}, "mcp"]`,
        "tool_timeout_sec = 600",
        "[mcp_servers.limn.env]",
        ...["LIMN_HOME", "LIMN_BASE_URL", "LIMN_ACCESS_TOKEN"].map(
          (name) => `${name} = ${text(world.env[name] ?? "")}`,
        ),
        "",
      ].join("\n"),
    );
    const { status, stdout } = await world.startOther(codex, [
      "exec",
      "--json",
      "--ephemeral",
      "--skip-git-repo-check",
      "-s",
      "read-only",
      "draw a fox",
    ]).finished;
    expect(status).toBe(0);
    expect(stdout).toContain('"tool":"generate_image"');
    const [, second] = model.requests;
    const input: unknown = second?.input;
    const output = Array.isArray(input)
      ? input.findLast((item: { type?: string }) => item.type === "function_call_output")
      : null;
    const parts: readonly { type: string; text?: string; image_url?: string }[] = output?.output ?? [];
    const answer = parts.find((part) => part.text?.startsWith('{"id"') === true)?.text ?? "{}";
    expect(parseObject(answer)).toMatchObject({ status: "done", images: [{ width: 64, height: 48 }] });
    const seen = parts.find(({ type }) => type === "input_image")?.image_url ?? "";
    expect(await sharp(Buffer.from(seen.replace(/^data:image\/jpeg;base64,/, ""), "base64")).metadata()).toMatchObject({
      format: "jpeg",
      width: 64,
      height: 48,
    });
    expect(imageCalls(emulator)).toHaveLength(1);
  });
});
