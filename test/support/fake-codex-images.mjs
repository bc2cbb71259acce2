#!/usr/bin/env node
/**
 * Stands in for a Codex program that draws, for versions and faults that the real one cannot be made to show. What it does is in
 * FAKE_CODEX, its version in FAKE_CODEX_VERSION; what it was given goes to the file FAKE_CODEX_LOG, one JSON object a line.
 */
import { spawn } from "node:child_process";
import { appendFileSync, mkdirSync, readFileSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { deflateSync } from "node:zlib";

const behaviour = process.env.FAKE_CODEX ?? "ok";
const parameters = process.argv.slice(2);
const log = (entry) => {
  if (process.env.FAKE_CODEX_LOG !== undefined)
    appendFileSync(process.env.FAKE_CODEX_LOG, `${JSON.stringify(entry)}\n`);
};
const say = (message) => process.stdout.write(`${JSON.stringify(message)}\n`);
const threadId = `thread-${process.pid}`;
const folder = join(process.env.CODEX_HOME ?? ".", "generated_images", threadId);

if (parameters[0] === "--version") {
  if (behaviour === "no-version") process.exit(3);
  process.stdout.write(`codex-cli ${process.env.FAKE_CODEX_VERSION ?? "0.169.0"}\n`);
  process.exit(0);
}

log({ pid: process.pid, argv: parameters, env: process.env, cwd: process.cwd() });

/** A whole PNG of 2x2 pixels. */
function png() {
  const crcOf = (bytes) => {
    let crc = -1;
    for (const byte of bytes) {
      crc ^= byte;
      for (let bit = 0; bit < 8; bit += 1) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
    }
    return ~crc >>> 0;
  };
  const chunk = (type, data) => {
    const body = Buffer.concat([Buffer.from(type, "latin1"), data]);
    const frame = Buffer.alloc(8);
    frame.writeUInt32BE(data.length);
    frame.writeUInt32BE(crcOf(body), 4);
    return Buffer.concat([frame.subarray(0, 4), body, frame.subarray(4)]);
  };
  const header = Buffer.from([0, 0, 0, 2, 0, 0, 0, 2, 8, 2, 0, 0, 0]);
  // Another picture for every process.
  const pixels = Buffer.alloc(14, process.pid & 0x7f);
  pixels[0] = 0;
  pixels[7] = 0;
  return Buffer.concat([
    Buffer.from("\x89PNG\r\n\x1a\n", "latin1"),
    chunk("IHDR", header),
    chunk("IDAT", deflateSync(pixels)),
    chunk("IEND", Buffer.alloc(0)),
  ]);
}

/** Smallest JPEG that has a size: 3x2. */
function jpeg() {
  const frame = [0xff, 0xc0, 0, 11, 8, 0, 2, 0, 3, 1, 1, 0x11, 0];
  return Buffer.from([0xff, 0xd8, ...frame, 0xff, 0xda, 0, 8, 1, 1, 0, 0, 0x3f, 0, 1, 2, 3, 0xff, 0xd9]);
}

function pictureBytes(references) {
  if (behaviour === "jpeg-named-png") return jpeg();
  if (behaviour === "not-a-picture") return Buffer.from("hello, I am a text and no picture at all");
  if (behaviour === "returns-input") return readFileSync(references[0]);
  return png();
}

/** As Codex names it; null when this behaviour leaves none. */
function leavePicture(references) {
  if (behaviour === "no-file" || behaviour === "prints-a-path") return null;
  mkdirSync(folder, { recursive: true });
  const path = join(folder, "call_1.png");
  writeFileSync(path, pictureBytes(references));
  if (behaviour === "yesterdays-file") utimesSync(path, new Date("2026-11-20"), new Date("2026-11-20"));
  return path;
}

const stderrWithSecrets = () =>
  process.stderr.write(
    "first line\nERROR token eyJhbGciOiJub25lIn0.eyJwbGFudGVkIjoxfQ.x was refused\nAuthorization: Bearer planted-secret-0001\nthread main panicked\n",
  );

const agentWords = () =>
  ({
    "no-file": "I have drawn it, believe me.",
    "prints-a-path": `OD_IMAGE_SAVED:${process.env.FAKE_CODEX_FOREIGN}\nSaved to ${process.env.FAKE_CODEX_FOREIGN}`,
    unavailable: "Sorry.\nIMAGE_GEN_UNAVAILABLE",
    "quotes-unavailable": "You told me to say IMAGE_GEN_UNAVAILABLE but I would rather not.",
    "quotes-prompt": "I will not draw a red fox in the snow today.",
  })[behaviour] ?? "done";

/** Does not end when it is asked to, and neither does what it started. */
function stayForEver() {
  process.on("SIGTERM", () => undefined);
  const child = spawn("/bin/sh", ["-c", "trap '' TERM; while :; do sleep 60; done"], { stdio: "inherit" });
  log({ grandchild: child.pid });
  setInterval(() => undefined, 1000);
}

function appServer() {
  if (behaviour === "no-app-server" || process.env.FAKE_CODEX_NO_SERVER === "1") {
    process.stderr.write("error: unrecognized subcommand 'app-server'\n");
    process.exit(2);
  }
  const started = (method) => ({ method, params: { threadId, turn: { id: "turn-1", status: "inProgress" } } });
  const end = (status, error = null) =>
    say({ method: "turn/completed", params: { threadId, turn: { id: "turn-1", status, error } } });
  const item = (facts) =>
    say({
      method: "item/completed",
      params: { threadId, turnId: "turn-1", item: { type: "imageGeneration", id: "call_1", ...facts } },
    });

  const turn = ({ input }) => {
    const references = input.filter(({ type }) => type === "localImage").map(({ path }) => path);
    say(started("turn/started"));
    if (behaviour === "crash-mid-turn") {
      stderrWithSecrets();
      process.exitCode = 101;
      process.stdout.end();
      process.stdin.destroy();
      return;
    }
    if (behaviour === "hangs") return stayForEver();
    say({
      method: "item/started",
      params: { threadId, turnId: "turn-1", item: { type: "imageGeneration", id: "call_1" } },
    });
    if (["unavailable", "quotes-unavailable", "quotes-prompt", "no-file", "prints-a-path"].includes(behaviour)) {
      say({
        method: "item/completed",
        params: { threadId, turnId: "turn-1", item: { type: "agentMessage", text: agentWords() } },
      });
      return end("completed");
    }
    // Another thread's picture is not this call's.
    say({
      method: "item/completed",
      params: {
        threadId: "somebody-else",
        turnId: "x",
        item: { type: "imageGeneration", status: "completed", result: jpeg().toString("base64") },
      },
    });
    if (behaviour === "foreign-path")
      return item({ status: "completed", result: "", savedPath: process.env.FAKE_CODEX_FOREIGN });
    if (behaviour === "only-base64")
      return item({ status: "completed", result: png().toString("base64"), savedPath: null });
    const savedPath = leavePicture(references);
    item({ status: "completed", result: "", savedPath, revisedPrompt: "another prompt", transparentBackground: false });
    if (behaviour === "dies-behind-the-picture") process.exit(1);
  };

  createInterface({ input: process.stdin })
    .on("line", (line) => {
      const { id, method, params } = JSON.parse(line);
      log({ received: { method, params } });
      if (id === undefined) return;
      if (method === "initialize") say({ id, result: { userAgent: "fake" } });
      else if (method === "thread/start" && behaviour === "old-app-server")
        say({ id, error: { code: -32601, message: "unknown method" } });
      else if (method === "thread/start") say({ id, result: { thread: { id: threadId }, model: "fake-model" } });
      else if (method === "turn/start") {
        say({ id, result: { turn: { id: "turn-1" } } });
        turn(params);
      } else if (method === "turn/interrupt") {
        say({ id, result: {} });
        end("interrupted");
      } else if (method === "account/read" && behaviour === "signed-out")
        say({ id, result: { account: null, requiresOpenaiAuth: true } });
      else if (method === "account/read")
        say({
          id,
          result: {
            account: {
              type: process.env.FAKE_CODEX_ACCOUNT ?? "chatgpt",
              planType: process.env.FAKE_CODEX_PLAN ?? "plus",
            },
            userId: "user-1",
          },
        });
      else say({ id, error: { code: -32601, message: "unknown method" } });
    })
    .on("close", () => log({ closed: true }));
}

function exec() {
  const references = parameters.flatMap((value, index) => (parameters[index - 1] === "-i" ? [value] : []));
  let prompt = "";
  process.stdin.setEncoding("utf8");
  process.stdin.on("data", (text) => (prompt += text));
  process.stdin.on("end", () => {
    log({ prompt });
    if (behaviour === "closes-at-once") process.exit(2);
    say({ type: "thread.started", thread_id: threadId });
    say({ type: "turn.started" });
    if (behaviour === "hangs") return stayForEver();
    if (behaviour === "crash-mid-turn") {
      stderrWithSecrets();
      process.exitCode = 101;
      return;
    }
    if (behaviour === "exit-1") {
      process.stderr.write("something broke\n");
      process.exitCode = 1;
      return;
    }
    if (behaviour === "says") {
      process.stderr.write(`${process.env.FAKE_CODEX_STDERR ?? ""}\n`);
      say({ type: "turn.failed", error: { message: process.env.FAKE_CODEX_SAYS ?? "" } });
      process.exitCode = 1;
      return;
    }
    if (!["unavailable", "quotes-unavailable", "quotes-prompt"].includes(behaviour)) leavePicture(references);
    say({ type: "item.completed", item: { type: "agent_message", text: agentWords() } });
    say({ type: "turn.completed", usage: { input_tokens: 200, cached_input_tokens: 5, output_tokens: 40 } });
    if (behaviour === "file-although-exit-1") process.exitCode = 1;
  });
}

if (parameters[0] === "app-server") appServer();
else if (parameters[0] === "exec") exec();
else process.exit(64);
