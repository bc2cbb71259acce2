import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { withProcessLock } from "../../packages/core/src/credentials/process-lock.ts";

/** The sign-in service answers on two ports of a machine only, so tests that use them, in whatever process, take turns. */
export async function haveCallbackPorts(): Promise<void> {
  let release = (): void => undefined;
  const finished = new Promise<void>((resolve) => {
    release = resolve;
  });
  await new Promise<void>((resolve, reject) => {
    const lock = join(tmpdir(), "limn-test-callback-ports.lock");
    const turn = withProcessLock(lock, new AbortController().signal, async () => {
      resolve();
      await finished;
    });
    turn.catch(reject);
    onTestFinished(async () => {
      release();
      await turn;
    });
  });
}
