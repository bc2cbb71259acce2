import { createHash } from "node:crypto";
import { LimnError, createGenerationId } from "@limn/core";
import type {
  ArtifactStore,
  GenerationEvent,
  ImageClient,
  ImageRequest,
  ImageStart,
  ImageTap,
  OpenImageTap,
} from "@limn/core";
import { HttpError } from "../loopback/index.ts";
import { madeFrom, madeFromRecord } from "./made-pictures.ts";
import type { Made } from "./made-pictures.ts";
import type { OwedAnswers } from "./owed-answers.ts";

/** For so long a repeat gets what the first one made. */
export const rememberMs: number = 15 * 60_000;
/** For so long an equal request gets the failure that a sent one ended in: clients that ask three times by themselves pay once. */
const rememberFailureMs = 60_000;
const maxRemembered = 2000;
const maxRunning = 16;
const maxWaiting = 256;

/** What is used of limn. */
export interface DrawingParts {
  readonly images: Pick<ImageClient, "generate">;
  readonly store: Pick<ArtifactStore, "list" | "imagePath">;
}

/** How a generation ended. */
export type Outcome = { readonly made: Made } | { readonly error: unknown };

/** What makes two requests the same one. */
export interface RequestMark {
  readonly fingerprint: string;
  readonly idempotencyKey: string | null;
  /** The client says that it asked before. */
  readonly isRetry: boolean;
}

/** A place at a generation. */
export interface Visit {
  readonly work: Pick<Work, "id" | "finished" | "isSent" | "subscribe" | "follow">;
  readonly isRepeat: boolean;
  /** Once, when the answer is out or the client is gone. */
  leave(gotAnswer: boolean): void;
}

/** One generation, and who waits for it. */
export class Work {
  readonly id: string;
  readonly mark: RequestMark;
  readonly finished: Promise<Outcome>;
  readonly controller: AbortController = new AbortController();
  readonly #listeners = new Set<(event: GenerationEvent) => void>();
  readonly #followers = new Set<OpenImageTap>();
  readonly #sent = new Set<number>();
  readonly #end: (outcome: Outcome) => void;
  outcome: Outcome | null = null;
  endedAt = 0;
  visitors = 0;
  /** Somebody got its answer whole. */
  isDelivered = false;

  constructor(id: string, mark: RequestMark) {
    this.id = id;
    this.mark = mark;
    const { promise, resolve } = Promise.withResolvers<Outcome>();
    this.finished = promise;
    this.#end = resolve;
  }

  /** A request of it is out, and may have been paid for. */
  get isSent(): boolean {
    return this.#sent.size > 0;
  }

  subscribe(listener: (event: GenerationEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  handle(event: GenerationEvent): void {
    if (event.type === "image-progress") {
      if (event.stage === "connecting") return;
      // It was turned away, and waits for its next try.
      if (event.stage === "waiting") this.#sent.delete(event.index);
      else this.#sent.add(event.index);
      return;
    }
    for (const listener of this.#listeners) listener(event);
  }

  /** Be asked for a tap when a picture begins that is delivered as it comes; who follows later than that is not asked. */
  follow(open: OpenImageTap): () => void {
    this.#followers.add(open);
    return () => void this.#followers.delete(open);
  }

  tapImage(start: ImageStart): ImageTap | null {
    const taps = [...this.#followers].flatMap((open) => open(start) ?? []);
    const [first] = taps;
    if (first === undefined || taps.length === 1) return first ?? null;
    return {
      text: (piece) => {
        for (const tap of taps) tap.text(piece);
      },
      cancel: () => {
        for (const tap of taps) tap.cancel();
      },
    };
  }

  end(outcome: Outcome): void {
    this.outcome = outcome;
    this.endedAt = Date.now();
    this.#listeners.clear();
    this.#followers.clear();
    this.#end(outcome);
  }
}

/**
 * Where requests become generations. A repeat of one joins it or gets what it made; who leaves before anything was sent takes it along;
 * what was sent is finished, and is in the history.
 */
export class GenerationDesk {
  readonly #limn: DrawingParts;
  readonly #keepHistory: boolean;
  readonly #emulated: boolean;
  readonly #owed: OwedAnswers | null;
  /** Oldest first. */
  readonly #works = new Set<Work>();
  readonly #queue: (() => void)[] = [];
  readonly #counted: (name: string, labels?: Readonly<Record<string, string>>) => void;
  #running = 0;
  #isStopping = false;

  constructor(options: {
    readonly limn: DrawingParts;
    readonly keepHistory: boolean;
    /** Pictures are the sandbox's, which are never given for real ones, nor the other way round. @default false */
    readonly emulated?: boolean;
    /** Without it a repeat after a restart is known only when it says that it is one. */
    readonly owed?: OwedAnswers | null;
    readonly count: (name: string, labels?: Readonly<Record<string, string>>) => void;
  }) {
    this.#limn = options.limn;
    this.#keepHistory = options.keepHistory;
    this.#emulated = options.emulated ?? false;
    this.#owed = options.owed ?? null;
    this.#counted = options.count;
  }

  get running(): number {
    return this.#running;
  }

  get waiting(): number {
    return this.#queue.length;
  }

  /** A place at the generation that this request repeats; null when it repeats none. @throws HttpError 422 for a reused key */
  join(mark: RequestMark): Visit | null {
    this.#forget();
    const work = this.#find(mark) ?? this.#findRecorded(mark);
    if (work === null) return null;
    this.#counted("limn_repeats_total");
    return this.#visit(work, true);
  }

  /** A new generation. `close` is called when it needs its inputs no more. @throws HttpError 429 when too many wait, 503 when it ends */
  start(mark: RequestMark, request: ImageRequest, close: () => void): Visit {
    if (this.#isStopping) throw stopping();
    if (this.#queue.length >= maxWaiting)
      throw new HttpError(429, {
        message: `${maxWaiting} requests wait for limn already. Nothing was sent.`,
        type: "rate_limit_error",
        code: "server_busy",
        isRetryable: true,
        retryAfterSeconds: 5,
      });
    const work = new Work(createGenerationId(Date.now()), mark);
    if (mark.idempotencyKey === null) this.#owed?.add(mark.fingerprint, work.id);
    this.#works.add(work);
    void this.#run(work, request).finally(close);
    return this.#visit(work, false);
  }

  /** What was not sent ends; what was sent is awaited. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    const open = [...this.#works].filter(({ outcome }) => outcome === null);
    for (const work of open) if (!work.isSent) work.controller.abort(stopping());
    await Promise.all(open.map(async ({ finished }) => finished));
  }

  async #run(work: Work, request: ImageRequest): Promise<void> {
    const { signal } = work.controller;
    let outcome: Outcome;
    try {
      await this.#slot(signal);
      try {
        const result = await this.#limn.images.generate(request, {
          id: work.id,
          session: sessionOf(work.mark),
          signal,
          keepHistory: this.#keepHistory,
          onEvent: (event) => work.handle(event),
          tapImage: (start) => work.tapImage(start),
        });
        outcome = { made: madeFrom(result) };
      } finally {
        this.#running -= 1;
        if (this.#running < maxRunning) this.#queue.shift()?.();
      }
    } catch (error) {
      outcome = { error };
      // Nothing was spent: the same request may be sent anew.
      if (!work.isSent || isTurnedAway(error)) this.#drop(work);
    }
    this.#counted("limn_generations_total", { outcome: outcomeName(outcome) });
    work.end(outcome);
  }

  /** Until it may run; the place is taken then. */
  async #slot(signal: AbortSignal): Promise<void> {
    if (this.#running >= maxRunning) {
      await new Promise<void>((resolve) => {
        const go = (): void => {
          signal.removeEventListener("abort", leave);
          resolve();
        };
        const leave = (): void => {
          const place = this.#queue.indexOf(go);
          if (place >= 0) this.#queue.splice(place, 1);
          resolve();
        };
        signal.addEventListener("abort", leave, { once: true });
        this.#queue.push(go);
      });
    }
    this.#running += 1;
  }

  #visit(work: Work, isRepeat: boolean): Visit {
    work.visitors += 1;
    let isGone = false;
    return {
      work,
      isRepeat,
      leave: (gotAnswer) => {
        if (isGone) return;
        isGone = true;
        work.visitors -= 1;
        if (gotAnswer) {
          work.isDelivered = true;
          this.#owed?.settle(work.mark.fingerprint, work.id);
        }
        if (work.visitors > 0 || work.outcome !== null || work.isSent) return;
        // Nobody waits and nothing was sent: its place is free for others.
        this.#drop(work);
        work.controller.abort(new DOMException("the client left before anything was sent", "AbortError"));
      },
    };
  }

  #find({ fingerprint, idempotencyKey, isRetry }: RequestMark): Work | null {
    const now = Date.now();
    const same: Work[] = [];
    for (const work of this.#works) {
      if (work.controller.signal.aborted) continue;
      if (idempotencyKey !== null && work.mark.idempotencyKey === idempotencyKey) {
        if (work.mark.fingerprint === fingerprint) return work;
        throw new HttpError(422, {
          message: "This Idempotency-Key was used for another request. Nothing was sent.",
          code: "idempotency_key_reused",
        });
      }
      if (work.mark.fingerprint !== fingerprint) continue;
      if (idempotencyKey === null || work.mark.idempotencyKey === null) same.push(work);
    }
    // A key of its own says that it is meant anew, unless the client says otherwise.
    if (idempotencyKey !== null && !isRetry) return null;
    const vanished = same.find(({ visitors, isDelivered }) => visitors === 0 && !isDelivered);
    if (vanished !== undefined) return vanished;
    if (isRetry) return same.at(-1) ?? null;
    return (
      same.findLast(
        ({ outcome, endedAt }) => outcome !== null && "error" in outcome && now - endedAt < rememberFailureMs,
      ) ?? null
    );
  }

  /** What an earlier process of this server began: its record is on the disk. */
  #findRecorded(mark: RequestMark): Work | null {
    const isSaid = mark.isRetry || mark.idempotencyKey !== null;
    const owed = isSaid ? [] : (this.#owed?.of(mark.fingerprint) ?? []);
    if (!isSaid && owed.length === 0) return null;
    const session = sessionOf(mark);
    const since = Date.now() - rememberMs;
    for (const found of this.#limn.store.list()) {
      if (Date.parse(found.manifest.createdAt) < since) return null;
      if (found.manifest.session !== session || found.status === "running") continue;
      if (found.manifest.emulated !== this.#emulated) continue;
      if (!isSaid && !owed.includes(found.id)) continue;
      const outcome = this.#recorded(found);
      if (outcome === null) continue;
      const work = new Work(found.id, mark);
      work.end(outcome);
      this.#works.add(work);
      return work;
    }
    return null;
  }

  #recorded(found: Parameters<typeof madeFromRecord>[1]): Outcome | null {
    if (found.manifest.images.length > 0) return { made: madeFromRecord(this.#limn.store, found) };
    if (found.status === "unknown")
      return {
        error: new LimnError("outcome_unknown", {
          message: "The server ended while this request was out; a picture may have been made and paid for.",
        }),
      };
    return null;
  }

  #forget(): void {
    const now = Date.now();
    for (const work of this.#works) {
      if (work.outcome === null) continue;
      if (now - work.endedAt < rememberMs && this.#works.size <= maxRemembered) break;
      if (work.visitors === 0) this.#drop(work);
    }
  }

  /** Nobody is given it from here on. */
  #drop(work: Work): void {
    this.#works.delete(work);
    this.#owed?.settle(work.mark.fingerprint, work.id);
  }
}

export function stopping(): HttpError {
  return new HttpError(503, {
    message: "limn serve is being stopped. Nothing was sent.",
    code: "server_stopping",
    isRetryable: true,
    retryAfterSeconds: 5,
  });
}

/** In the record of a generation, so that the next process knows its repeats. */
function sessionOf({ fingerprint, idempotencyKey }: RequestMark): string {
  const key =
    idempotencyKey === null ? "" : `-${createHash("sha256").update(idempotencyKey).digest("hex").slice(0, 16)}`;
  return `serve-${fingerprint.slice(0, 40)}${key}`;
}

/** The service drew nothing for certain, and may do so when the user signed in again or the limit is over. */
function isTurnedAway(error: unknown): boolean {
  return error instanceof LimnError && (error.category === "login" || error.category === "limit");
}

function outcomeName(outcome: Outcome): string {
  if ("made" in outcome) return "done";
  const { error } = outcome;
  if (error instanceof LimnError) return error.code;
  return error instanceof HttpError || error instanceof DOMException ? "cancelled" : "bug";
}
