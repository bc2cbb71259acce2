import { createHash } from "node:crypto";
import { LimnError, createGenerationId } from "@limn/core";
import type { GenerationEvent, ImageRequest, Limn, LibraryEntry } from "@limn/core";
import { Refusal } from "./answers.ts";

/** What earlier processes of this server began so long before its start is known by its key: a machine sleeps over night, and then repeats. */
const repeatWindowMs = 24 * 60 * 60_000;
const maxRemembered = 2000;
/** A person composes, one after the other; the service is asked for four pictures of each at once. */
const maxRunning = 16;

export interface DeskParts {
  readonly limn: { readonly images: Pick<Limn["images"], "generate">; readonly store: Pick<Limn["store"], "list"> };
  /** What the page asks for is kept, or not asked for at all. */
  readonly keepHistory: boolean;
  readonly clock: () => number;
  /** A generation ended; what is left of the plan may be less. */
  readonly ended: () => void;
}

/** A generation that was begun, or had been begun before. */
export interface Begun {
  readonly id: string;
  readonly isRepeat: boolean;
}

/** What somebody wants once: the key names it, and `wish` tells it from another that came under the same key. */
export interface Intent {
  readonly key: string;
  /** Equal for equal requests. */
  readonly wish: string;
}

interface Work {
  readonly id: string;
  readonly session: string;
  readonly controller: AbortController;
  /** The record is written down. */
  readonly begun: Promise<void>;
  readonly finished: Promise<void>;
  readonly sent: Set<number>;
  isEnded: boolean;
}

/**
 * Generations that the page asked for. They run in this process and belong to nobody: who closes the page loses nothing. The same key gives
 * the same generation, also after the server was started again.
 */
export class StudioDesk {
  readonly #parts: DeskParts;
  readonly #startedAtMs: number;
  /** By key, oldest first. */
  readonly #works = new Map<string, Work>();
  /** Of earlier processes: ids by session. Read once, since nothing is added to what they began. */
  #earlier: ReadonlyMap<string, string> | null = null;
  #isStopping = false;

  constructor(parts: DeskParts) {
    this.#parts = parts;
    this.#startedAtMs = parts.clock();
  }

  /** Generations that are not finished. */
  get running(): number {
    return this.#open().length;
  }

  /**
   * The generation that this key began; null when it began none. Told at once, so that of two repeats only the first one starts.
   * @throws Refusal 409 when the key began something else
   */
  find(intent: Intent): Promise<Begun> | null {
    const session = sessionOf(intent);
    const work = this.#works.get(intent.key);
    if (work !== undefined) {
      if (work.session !== session) throw otherWish(work.id);
      return work.begun.then(() => ({ id: work.id, isRepeat: true }));
    }
    const earlier = this.#earlierOf(intent.key);
    if (earlier === null) return null;
    if (earlier.session !== session) throw otherWish(earlier.id);
    return Promise.resolve({ id: earlier.id, isRepeat: true });
  }

  /**
   * Resolves when it is written down. `close` is called when it needs its inputs no more.
   * @throws Refusal 409 as {@link find} does, unsupported_option without a history, and whatever kept it from beginning
   */
  async start(intent: Intent, request: ImageRequest, close: () => void): Promise<Begun> {
    const { key } = intent;
    let known: Promise<Begun> | null;
    try {
      known = this.find(intent);
    } catch (error) {
      close();
      throw error;
    }
    if (known !== null) {
      close();
      return known;
    }
    if (this.#isStopping || this.running >= maxRunning || !this.#parts.keepHistory) {
      close();
      throw this.#isStopping ? stopping() : this.#parts.keepHistory ? tooMany() : noHistory();
    }
    const id = createGenerationId(this.#parts.clock());
    const controller = new AbortController();
    const begun = Promise.withResolvers<void>();
    const sent = new Set<number>();
    const session = sessionOf(intent);
    const finished = this.#parts.limn.images
      .generate(request, {
        id,
        session,
        signal: controller.signal,
        onEvent: (event) => {
          if (event.type === "generation-start") begun.resolve();
          track(sent, event);
        },
      })
      .then(
        () => begun.resolve(),
        // After its beginning, what went wrong is in the record.
        (error: unknown) => begun.reject(error),
      )
      .finally(() => {
        work.isEnded = true;
        close();
        this.#parts.ended();
      });
    const work: Work = { id, session, controller, begun: begun.promise, finished, sent, isEnded: false };
    this.#works.set(key, work);
    this.#forget();
    try {
      await begun.promise;
    } catch (error) {
      // Nothing was written down or spent: the same key may be used again.
      this.#works.delete(key);
      throw error;
    }
    return { id, isRepeat: false };
  }

  /** @throws Refusal 409 when it is not this server's, or has ended */
  cancel({ id, status }: Pick<LibraryEntry, "id" | "status">): void {
    const work = this.#open().find((candidate) => candidate.id === id);
    if (work === undefined)
      throw new Refusal(
        409,
        new LimnError("invalid_option", {
          message:
            status === "running"
              ? `Another process makes ${id}; only that one can stop it.`
              : `${id} has ended already.`,
          hint: status === "running" ? "Stop it where it was started." : "Load the page again.",
        }),
      );
    work.controller.abort(new DOMException("stopped in the studio", "AbortError"));
  }

  /** What was not sent ends; what was sent is awaited. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    const open = this.#open();
    for (const { sent, controller } of open) if (sent.size === 0) controller.abort(stopping());
    await Promise.all(open.map(async ({ finished }) => finished));
  }

  #open(): readonly Work[] {
    return [...this.#works.values()].filter(({ isEnded }) => !isEnded);
  }

  #earlierOf(key: string): { readonly id: string; readonly session: string } | null {
    const beginning = sessionBeginning(key);
    const earlier = this.#earlier ?? this.#readEarlier();
    this.#earlier = earlier;
    for (const [session, id] of earlier) if (session.startsWith(beginning)) return { id, session };
    return null;
  }

  #readEarlier(): ReadonlyMap<string, string> {
    const since = this.#startedAtMs - repeatWindowMs;
    const own = new Set([...this.#works.values()].map(({ id }) => id));
    const found = new Map<string, string>();
    for (const { id, manifest } of this.#parts.limn.store.list()) {
      if (Date.parse(manifest.createdAt) < since || found.size >= maxRemembered) break;
      const { session } = manifest;
      if (session?.startsWith(sessionPrefix) === true && !own.has(id)) found.set(session, id);
    }
    return found;
  }

  #forget(): void {
    for (const [key, { isEnded }] of this.#works) {
      if (this.#works.size <= maxRemembered) return;
      if (isEnded) this.#works.delete(key);
    }
  }
}

/** A request of it is out, and may have been paid for. */
function track(sent: Set<number>, event: GenerationEvent): void {
  if (event.type !== "image-progress" || event.stage === "connecting") return;
  // It was turned away, and waits for its next try.
  if (event.stage === "waiting") sent.delete(event.index);
  else sent.add(event.index);
}

const sessionPrefix = "studio-";

/** In the record of a generation, so that the next process knows its repeats. */
function sessionOf({ key, wish }: Intent): string {
  return `${sessionBeginning(key)}${shortHash(wish)}`;
}

function sessionBeginning(key: string): string {
  return `${sessionPrefix}${shortHash(key)}-`;
}

function shortHash(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 32);
}

function otherWish(id: string): Refusal {
  return new Refusal(
    409,
    new LimnError("invalid_option", {
      message: `This Idempotency-Key began another request, ${id}. Nothing was sent.`,
      hint: "Send what is new under a key of its own.",
      details: { generation: id },
    }),
  );
}

function stopping(): Refusal {
  return new Refusal(
    503,
    new LimnError("service_overloaded", { message: "limn serve is being stopped. Nothing was sent.", retryable: true }),
  );
}

function tooMany(): LimnError {
  return new LimnError("rate_limited", {
    message: `${maxRunning} generations of this studio are running, which is the most. Nothing was sent.`,
    hint: "Wait until one of them has ended.",
    retryAfterMs: 10_000,
  });
}

function noHistory(): LimnError {
  return new LimnError("unsupported_option", {
    message: "This limn is set to keep no history, and the studio shows what is kept. Nothing was sent.",
    hint: "To keep pictures again: limn config set history true; then start limn serve again.",
  });
}
