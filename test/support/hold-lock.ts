/**
 * Run as `node --conditions=source hold-lock.ts LOCK LOG`: takes the lock, says so, works until its stdin ends and writes both ends of its
 * turn into the log.
 */
import { appendFileSync } from "node:fs";
import { withProcessLock } from "../../packages/core/src/credentials/process-lock.ts";

const [lock = "", log = ""] = process.argv.slice(2);
await withProcessLock(lock, new AbortController().signal, async () => {
  appendFileSync(log, `begin ${process.pid}\n`);
  process.stdout.write("held\n");
  for await (const _ of process.stdin);
  appendFileSync(log, `end ${process.pid}\n`);
});
