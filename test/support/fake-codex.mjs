#!/usr/bin/env node
/**
 * Stands in for the Codex program. What it does is in FAKE_CODEX, what it was given goes to the file FAKE_CODEX_LOG: one JSON object a line.
 * Speaks `codex app-server` as codex-backend contract 7.3 has it.
 */
import { appendFileSync, readFileSync, writeFileSync } from "node:fs";
import { createInterface } from "node:readline";

const behaviour = process.env.FAKE_CODEX ?? "ok";
const log = (entry) => {
  if (process.env.FAKE_CODEX_LOG !== undefined)
    appendFileSync(process.env.FAKE_CODEX_LOG, `${JSON.stringify(entry)}\n`);
};
const say = (message) => process.stdout.write(`${JSON.stringify(message)}\n`);

log({ pid: process.pid, argv: process.argv.slice(2), env: process.env });
if (behaviour === "crash") {
  process.stderr.write("thread main panicked: token eyJhbGciOiJub25lIn0.eyJwbGFudGVkIjoxfQ.x is bad\n");
  process.exit(101);
}
if (behaviour === "deaf") process.on("SIGTERM", () => undefined);

createInterface({ input: process.stdin })
  .on("line", (line) => {
    const message = JSON.parse(line);
    log({ received: message });
    if (behaviour === "silent" || behaviour === "deaf") return;
    if (behaviour === "crash-late" && message.method !== "initialize") process.exit(3);
    if (message.id === undefined) return;
    // What a real server sends in between.
    say({ method: "codex/event", params: {} });
    process.stdout.write("no JSON at all\n");
    if (message.method === "initialize") say({ id: message.id, result: { userAgent: "fake" } });
    else if (behaviour === "error")
      say({ id: message.id, error: { code: -32603, message: "no keyring here, rt_planted_secret_0001" } });
    else if (message.method === "getAuthStatus")
      say({
        id: message.id,
        result:
          behaviour === "signed-out"
            ? { authMethod: null, authToken: null }
            : behaviour === "api-key"
              ? { authMethod: "apikey", authToken: "sk-planted-0001" }
              : { authMethod: "chatgpt", authToken: process.env.FAKE_CODEX_TOKEN ?? "token" },
      });
    else if (message.method === "account/read") {
      const { CODEX_HOME, FAKE_CODEX_RENEWED } = process.env;
      if (FAKE_CODEX_RENEWED !== undefined) writeFileSync(`${CODEX_HOME}/auth.json`, readFileSync(FAKE_CODEX_RENEWED));
      say({ id: message.id, result: { account: {} } });
    } else say({ id: message.id, error: { code: -32601, message: "unknown method" } });
  })
  .on("close", () => {
    log({ closed: true });
    if (behaviour === "deaf" || behaviour === "lingers") setInterval(() => undefined, 1000);
  });
