import { watch } from "node:fs";
import type { FSWatcher } from "node:fs";
import { join } from "node:path";
import { LimnError } from "@limn/core";
import type { Environment } from "@limn/core";
import {
  appendEvent,
  jobsFolder,
  listJobs,
  readJob,
  readJobState,
  removeJob,
  removeOldJobs,
  writeJob,
} from "../worker/job.ts";
import type { Job, JobState } from "../worker/job.ts";
import { readPreview } from "../worker/preview-file.ts";
import { startWorker } from "../worker/start-worker.ts";

/** Workers of one server side by side; more wait for a place. */
const maxWorkers = 4;
/** Where the file system tells no changes, and for a worker that dies without a word. */
const lookEveryMs = 250;
const unsentStages: ReadonlySet<string> = new Set(["queued", "starting", "connecting", "waiting"]);

export interface FollowOptions {
  /** Until it is handed over. */
  readonly waitMs: number;
  readonly signal: AbortSignal;
  readonly onState?: (state: JobState) => void;
}

/** Starts and follows the processes that make generations. What they know is in their job folders, so that any server can follow them. */
export class GenerationRunner {
  readonly #dataFolder: string;
  readonly #environment: Environment;
  readonly #waiting: string[] = [];
  readonly #followers = new Map<string, number>();
  #working = 0;
  #isClean = false;

  constructor(dataFolder: string, environment: Environment) {
    this.#dataFolder = dataFolder;
    this.#environment = environment;
  }

  /**
   * The id under which it is made. A call that is repeated in its session, while the first one works or before anybody got its picture,
   * gets the first one's id: the picture is paid for already.
   */
  submit(job: Job): { readonly id: string; readonly isRepeated: boolean } {
    const earlier = this.#findEarlier(job);
    if (earlier !== null) return { id: earlier, isRepeated: true };
    if (!this.#isClean) removeOldJobs(this.#dataFolder, Date.now());
    this.#isClean = true;
    const folder = this.#folderOf(job.id);
    try {
      writeJob(folder, job);
    } catch (error) {
      const reason = error instanceof Error && "code" in error ? String(error.code) : "unknown";
      throw new LimnError("artifact_write_failed", {
        message: `The job could not be written in ${folder} (${reason}). Nothing was sent.`,
        hint: "Make room or correct the rights, or set another folder: LIMN_HOME",
        details: { folder, reason },
        cause: error,
      });
    }
    this.#waiting.push(job.id);
    this.#startNext();
    return { id: job.id, isRepeated: false };
  }

  state(id: string): JobState | null {
    return readJobState(this.#folderOf(id));
  }

  /** Until it ends, the time is over, or the caller leaves. Returns the newest state; null when there is no such job. */
  async follow(id: string, { waitMs, signal, onState }: FollowOptions): Promise<JobState | null> {
    const until = performance.now() + waitMs;
    this.#followers.set(id, (this.#followers.get(id) ?? 0) + 1);
    const changes = new FolderChanges(this.#folderOf(id));
    try {
      for (;;) {
        const state = this.state(id);
        if (state === null || !state.isAlive) return state;
        onState?.(state);
        const left = until - performance.now();
        if (left <= 0 || signal.aborted) return state;
        await changes.next(Math.min(left, lookEveryMs), signal);
      }
    } finally {
      changes.close();
      const left = (this.#followers.get(id) ?? 1) - 1;
      if (left === 0) this.#followers.delete(id);
      else this.#followers.set(id, left);
    }
  }

  /** Stop it if nothing was sent and nobody else waits for it; the worker knows, and goes on otherwise. */
  cancel(id: string): void {
    if (this.#followers.has(id)) return;
    const place = this.#waiting.indexOf(id);
    if (place >= 0) {
      this.#waiting.splice(place, 1);
      this.#note(id);
      return;
    }
    const state = this.state(id);
    // On Windows a signal ends a process at once, also one that has sent already.
    const worker = state?.isAlive === true && process.platform !== "win32" ? state.worker : null;
    if (worker === null) return;
    try {
      process.kill(worker.pid, "SIGTERM");
    } catch {
      // It has ended by itself.
    }
  }

  /** What its worker made; null when it made none. */
  preview(id: string): Buffer | null {
    return readPreview(this.#folderOf(id));
  }

  /** Its answer went out; the store's record stays. */
  collected(id: string): void {
    removeJob(this.#folderOf(id));
  }

  #startNext(): void {
    while (this.#working < maxWorkers) {
      const id = this.#waiting.shift();
      if (id === undefined) return;
      this.#working += 1;
      const folder = this.#folderOf(id);
      const ended = (started: boolean): void => {
        this.#working -= 1;
        if (!started) this.#note(id, "The process that makes the picture could not be started. Nothing was sent.");
        this.#startNext();
      };
      try {
        startWorker(folder, this.#environment, ended);
      } catch {
        ended(false);
      }
    }
  }

  #findEarlier({ session, fingerprint }: Job): string | null {
    for (const folder of listJobs(this.#dataFolder)) {
      const job = readJob(folder);
      if (job === null || job.session !== session || job.fingerprint !== fingerprint) continue;
      const state = readJobState(folder);
      if (state === null) continue;
      if (state.isAlive) return job.id;
      // What failed may be asked for anew; what may have been paid for is told first.
      if (state.outcome === null ? !unsentStages.has(state.stage) : "result" in state.outcome) return job.id;
    }
    return null;
  }

  #note(id: string, message?: string): void {
    try {
      appendEvent(
        this.#folderOf(id),
        message === undefined
          ? { type: "outcome", cancelled: true }
          : { type: "outcome", error: new LimnError("engine_exited", { message }).toJSON() },
      );
    } catch {
      // Its folder is gone, and so is who would read it.
    }
  }

  #folderOf(id: string): string {
    return join(jobsFolder(this.#dataFolder), id);
  }
}

/** Waits for the next change in a folder, or for some time. */
class FolderChanges {
  readonly #watcher: FSWatcher | null;
  #wake: () => void = () => undefined;
  #hasChanged = false;

  constructor(folder: string) {
    this.#watcher = openWatcher(folder, () => {
      this.#hasChanged = true;
      this.#wake();
    });
  }

  async next(ms: number, signal: AbortSignal): Promise<void> {
    if (!this.#hasChanged && !signal.aborted) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, ms);
        signal.addEventListener("abort", this.#wakeNow, { once: true });
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
      signal.removeEventListener("abort", this.#wakeNow);
      this.#wake = () => undefined;
    }
    this.#hasChanged = false;
  }

  close(): void {
    this.#watcher?.close();
  }

  readonly #wakeNow = (): void => this.#wake();
}

function openWatcher(folder: string, changed: () => void): FSWatcher | null {
  try {
    const watcher = watch(folder, changed);
    watcher.on("error", () => watcher.close());
    return watcher;
  } catch {
    // No such folder, or no watches left: then it is looked at from time to time.
    return null;
  }
}
