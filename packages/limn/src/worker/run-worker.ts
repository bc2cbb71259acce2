import { toLimnError } from "@limn/core";
import type { Config, GenerationEvent, GenerationResult, Limn } from "@limn/core";
import type { HostContext } from "../host-context.ts";
import { startSandbox } from "../sandbox.ts";
import { appendEvent, forgetPrompt, readJob } from "./job.ts";
import type { Job } from "./job.ts";
import { writePreview } from "./preview-file.ts";
import { makePreview } from "./preview.ts";

/** Make the generation of one job folder and write down how it goes. Returns the exit status; says nothing to anybody. */
export async function runWorker(context: HostContext, folder: string): Promise<number> {
  const job = readJob(folder);
  if (job === null) return 2;
  const stop = new AbortController();
  let limn: Limn | null = null;
  let keepsHistory = true;
  const onSignal = (): void => {
    // What was sent is paid for, and is awaited.
    if (limn === null || !wasSent(limn, job.id)) stop.abort(new DOMException("stopped before sending", "AbortError"));
  };
  for (const name of ["SIGTERM", "SIGINT", "SIGHUP"] as const) process.on(name, onSignal);
  const sandbox = job.sandbox ? await startSandbox() : null;
  try {
    const config = context.config();
    keepsHistory = config.get("history")?.value !== false;
    limn = context.limn({
      limits: { totalMs: number(config, "timeout", 330) * 1000 },
      retries: number(config, "retries", 2),
      ...sandbox?.options,
    });
    const result = await limn.images.generate(job.request, {
      id: job.id,
      session: job.session,
      signal: stop.signal,
      delivery: job.delivery,
      keepHistory: keepsHistory,
      concurrency: number(config, "concurrency", 4),
      onEvent: createWriter(folder, job),
    });
    if (job.preview) await keepPreview(folder, result);
    // What was sent is in the record, and nowhere else.
    appendEvent(folder, { type: "outcome", result: { ...result, sent: {} } });
    return 0;
  } catch (error) {
    appendEvent(folder, {
      type: "outcome",
      ...(stop.signal.aborted && error === stop.signal.reason
        ? { cancelled: true }
        : { error: toLimnError(error).toJSON() }),
    });
    return 0;
  } finally {
    await sandbox?.close();
    if (!keepsHistory) forgetPrompt(folder, job);
  }
}

/** A stage is told when it changes, not with every piece that arrives. A note that cannot be written must not lose the picture. */
function createWriter(folder: string, { id }: Job): (event: GenerationEvent) => void {
  const stages = new Map<number, string>();
  return (event) => {
    if (event.id !== id) return;
    if (event.type === "image-progress") {
      if (stages.get(event.index) === event.stage && event.stage !== "waiting") return;
      stages.set(event.index, event.stage);
    }
    if (event.type === "generation-end") return;
    try {
      appendEvent(folder, event);
    } catch {
      // The store's record tells it, too.
    }
  };
}

/** A picture that cannot be shown small is a picture all the same. */
async function keepPreview(folder: string, { images }: GenerationResult): Promise<void> {
  try {
    const preview = await makePreview(images.flatMap(({ path }) => path ?? []));
    if (preview !== null) writePreview(folder, preview);
  } catch {
    // Whoever asks for it tries again.
  }
}

/** By the record on the disk, which is written before the first byte goes out. */
function wasSent({ store }: Limn, id: string): boolean {
  try {
    return store.find(id, { folder: "", session: null, emulated: true }).manifest.state !== "planned";
  } catch {
    return false;
  }
}

function number(config: Config, name: string, fallback: number): number {
  const value = config.get(name)?.value;
  return typeof value === "number" ? value : fallback;
}
