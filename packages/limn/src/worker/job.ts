import {
  appendFileSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import type { DeliveryOption, ErrorReport, GenerationEvent, GenerationResult, ImageRequest } from "@limn/core";
import { isAlive } from "./process-identity.ts";
import type { ProcessIdentity } from "./process-identity.ts";

/** One generation that a process of its own makes. Written before that process starts; holds no token. */
export interface Job {
  readonly version: 1;
  readonly id: string;
  /** The host's session; `last` and the recognition of a repeated call stay inside it. */
  readonly session: string;
  /** Of the request and its delivery. */
  readonly fingerprint: string;
  /** ISO 8601. */
  readonly createdAt: string;
  /** Who waits to start the worker. */
  readonly server: ProcessIdentity;
  readonly request: ImageRequest;
  readonly delivery: Exclude<DeliveryOption, { readonly kind: "stream" }>;
  readonly sandbox: boolean;
  /** Whether a small picture is wanted beside the result. */
  readonly preview: boolean;
}

/** How a worker ended; the last line of its events. */
export type Outcome =
  | { readonly type: "outcome"; readonly result: GenerationResult }
  | { readonly type: "outcome"; readonly error: ErrorReport }
  | { readonly type: "outcome"; readonly cancelled: true };

export type JobEvent = Exclude<GenerationEvent, { readonly type: "generation-end" }> | Outcome;

/** Where a job stands, as anybody finds it. */
export interface JobState {
  readonly job: Job;
  readonly stage: string;
  readonly previews: number;
  /** Pictures that are saved. */
  readonly finished: number;
  readonly outcome: Outcome | null;
  /** Somebody works on it, or will. */
  readonly isAlive: boolean;
  readonly worker: ProcessIdentity | null;
}

const requestName = "request.json";
const workerName = "worker.json";
const eventsName = "events.jsonl";

export function jobsFolder(dataFolder: string): string {
  return join(dataFolder, "jobs");
}

/** @throws the file system's error; nothing has been started then */
export function writeJob(folder: string, job: Job): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  // Under another name first: who finds the folder finds a whole job in it.
  const draft = join(folder, `${requestName}.part`);
  writeFileSync(draft, JSON.stringify(job), { mode: 0o600, flag: "wx" });
  renameSync(draft, join(folder, requestName));
}

/** For those who keep no history: once nobody needs the words any more, they go. */
export function forgetPrompt(folder: string, job: Job): void {
  const draft = join(folder, `${requestName}.part`);
  writeFileSync(draft, JSON.stringify({ ...job, request: { ...job.request, prompt: "" } }), { mode: 0o600 });
  renameSync(draft, join(folder, requestName));
}

export function writeWorker(folder: string, worker: ProcessIdentity): void {
  writeFileSync(join(folder, workerName), JSON.stringify(worker), { mode: 0o600 });
}

export function appendEvent(folder: string, event: JobEvent): void {
  appendFileSync(join(folder, eventsName), `${JSON.stringify(event)}\n`, { mode: 0o600 });
}

/** Null when there is no such job. */
export function readJob(folder: string): Job | null {
  const job = readJson(join(folder, requestName));
  return isJob(job) ? job : null;
}

/** Null when there is no such job. */
export function readJobState(folder: string): JobState | null {
  const job = readJob(folder);
  if (job === null) return null;
  const given = readJson(join(folder, workerName));
  const worker = isIdentity(given) ? given : null;
  // Before its events are read: what ends in between has then written its outcome.
  const alive = isAlive(worker ?? job.server);
  let stage = worker === null ? "queued" : "starting";
  let previews = 0;
  let finished = 0;
  let outcome: Outcome | null = null;
  for (const event of readEvents(folder)) {
    if (event.type === "generation-start") stage = "connecting";
    if (event.type === "image-progress") stage = event.stage;
    if (event.type === "image-partial") previews += 1;
    if (event.type === "image-end" && event.image !== null) finished += 1;
    if (event.type === "outcome") outcome = event;
  }
  return { job, stage, previews, finished, outcome, isAlive: alive && outcome === null, worker };
}

export function listJobs(dataFolder: string): readonly string[] {
  try {
    return readdirSync(jobsFolder(dataFolder)).map((name) => join(jobsFolder(dataFolder), name));
  } catch {
    return [];
  }
}

/** Jobs that nobody works on and nobody collected for this long. */
const keptMs = 7 * 24 * 3600 * 1000;

export function removeOldJobs(dataFolder: string, nowMs: number): void {
  for (const folder of listJobs(dataFolder)) {
    try {
      if (nowMs - statSync(folder).mtimeMs > keptMs && readJobState(folder)?.isAlive !== true) removeJob(folder);
    } catch {
      // Somebody else removed it.
    }
  }
}

export function removeJob(folder: string): void {
  rmSync(folder, { recursive: true, force: true });
}

function readEvents(folder: string): JobEvent[] {
  let text: string;
  try {
    text = readFileSync(join(folder, eventsName), "utf8");
  } catch {
    return [];
  }
  // What follows the last line end is still being written.
  return text
    .split("\n")
    .slice(0, -1)
    .map((line) => parse(line))
    .filter(isJobEvent);
}

function readJson(path: string): unknown {
  try {
    return parse(readFileSync(path, "utf8"));
  } catch {
    return undefined;
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null;

function isJob(value: unknown): value is Job {
  return (
    isObject(value) &&
    value["version"] === 1 &&
    typeof value["id"] === "string" &&
    typeof value["session"] === "string" &&
    isIdentity(value["server"]) &&
    isObject(value["request"]) &&
    isObject(value["delivery"])
  );
}

function isIdentity(value: unknown): value is ProcessIdentity {
  return isObject(value) && typeof value["pid"] === "number";
}

function isJobEvent(value: unknown): value is JobEvent {
  return isObject(value) && typeof value["type"] === "string";
}
