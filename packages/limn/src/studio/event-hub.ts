import type { IncomingMessage, ServerResponse } from "node:http";
import { LimnError } from "@limn/core";
import type {
  Library,
  LibraryChanges,
  LibraryEntry,
  LibraryPlace,
  LibraryQuery,
  ProgressNotice,
  StudioEvent,
} from "@limn/core";

const keepAliveMs = 12_000;
/** Entries that one reader is told again after it was away; more of them are read anew in pages. */
const maxMissed = 500;
/** The same, of their text: prompts can be long, and whoever is let go for being told too much would come back for ever. */
const maxMissedCharacters = 256 * 1024;
const batchSize = 200;
/** A reader that is so far behind is let go: it comes back, and is told what it missed. */
const maxBehindBytes = 1024 * 1024;
/** Progress is worth something only now. */
const maxBehindForProgressBytes = 64 * 1024;
const maxReaders = 64;

interface Reader {
  readonly response: ServerResponse;
  readonly emulated: LibraryQuery["emulated"];
  /** The key that it came in with, by itself or by a session that the key signed. */
  readonly key: string;
}

/** One watcher of the library for everybody who looks at the studio. */
export class EventHub {
  readonly #library: Pick<Library, "changesSince" | "watch">;
  readonly #key: () => string;
  readonly #readers = new Set<Reader>();
  #place: LibraryPlace | null = null;
  #unwatch: (() => void) | null = null;
  #timer: NodeJS.Timeout | null = null;
  #isClosed = false;

  constructor(
    library: Pick<Library, "changesSince" | "watch">,
    /** The server's key as it is now: who came in with another one is told nothing more. */
    key: () => string,
  ) {
    this.#library = library;
    this.#key = key;
  }

  get readers(): number {
    return this.#readers.size;
  }

  /** Begins the stream; it ends when the reader leaves, falls behind, or the hub is closed. */
  attach(
    request: IncomingMessage,
    response: ServerResponse,
    wanted: { readonly emulated: LibraryQuery["emulated"]; readonly since: string | null },
  ): void {
    if (this.#readers.size >= maxReaders || this.#isClosed)
      throw new LimnError("rate_limited", {
        message: `${maxReaders} windows look at this studio, which is the most.`,
        hint: "Close some of them.",
        retryAfterMs: 10_000,
      });
    // It left while the library was opened, and will not say so again.
    if (response.destroyed) return;
    // What is new for the others goes to them first, so that this one begins where they are.
    this.#step();
    // The header is the browser's own, and newer than the address that it asks again.
    const last = readPlace(request.headers["last-event-id"] ?? wanted.since);
    const missed = last === null ? null : this.#missedSince(last);
    response.writeHead(200, {
      "content-type": "text/event-stream; charset=utf-8",
      "cache-control": "no-store, no-transform",
      "x-accel-buffering": "no",
    });
    const reader: Reader = { response, emulated: wanted.emulated, key: this.#key() };
    const place = this.#place;
    if (place !== null) {
      response.write("retry: 2000\n\n");
      send(reader, { type: "hello", ...place }, last === null ? place : null);
      if (last !== null && missed === null) send(reader, { type: "reset" }, place);
      for (const changes of missed ?? []) tell(reader, changes);
    }
    this.#readers.add(reader);
    response.once("close", () => this.#detach(reader));
    if (request.method === "HEAD") response.end();
    else this.#begin();
  }

  /** Tell everybody what changed since they were told last. */
  advance(): void {
    try {
      this.#step();
    } catch {
      // The library could not be read just now. The place stays, so that the next change tells all of it.
    }
  }

  #step(): void {
    if (this.#isClosed) return;
    this.#showOut();
    for (;;) {
      const changes = this.#library.changesSince(this.#place, batchSize);
      const isFirst = this.#place === null;
      this.#place = { epoch: changes.epoch, revision: changes.revision };
      if (changes.isReset) {
        if (!isFirst) this.broadcast({ type: "reset" }, this.#place);
        return;
      }
      for (const reader of this.#readers) tell(reader, changes);
      if (changes.entries.length + changes.gone.length < batchSize) return;
    }
  }

  broadcast(event: StudioEvent, place: LibraryPlace | null = null): void {
    this.#showOut();
    for (const reader of this.#readers) send(reader, event, place);
  }

  close(): void {
    this.#isClosed = true;
    for (const { response } of this.#readers) response.end();
    this.#end();
  }

  /** Null when it is too much, or too long ago to be known. */
  #missedSince(place: LibraryPlace): readonly LibraryChanges[] | null {
    const missed: LibraryChanges[] = [];
    let count = 0;
    let characters = 0;
    for (let from = place; ;) {
      const changes = this.#library.changesSince(from, batchSize);
      const length = changes.entries.length + changes.gone.length;
      count += length;
      characters += JSON.stringify(changes.entries).length;
      if (changes.isReset || count > maxMissed || characters > maxMissedCharacters) return null;
      if (length > 0) missed.push(changes);
      if (length < batchSize) return missed;
      from = { epoch: changes.epoch, revision: changes.revision };
    }
  }

  #begin(): void {
    this.#timer ??= setInterval(() => {
      this.#showOut();
      for (const { response } of this.#readers) if (!response.writableEnded) response.write(":\n\n");
    }, keepAliveMs).unref();
    this.#unwatch ??= this.#library.watch({
      changed: () => this.advance(),
      progress: (notice) => this.#progress(notice),
    });
  }

  /** A stream outlives the request that began it, but not what let that in. */
  #showOut(): void {
    const now = this.#key();
    for (const { response, key } of this.#readers) if (key !== now) response.end();
  }

  #progress(progress: ProgressNotice): void {
    for (const reader of this.#readers)
      if (reader.response.writableLength <= maxBehindForProgressBytes)
        send(reader, { type: "progress", progress }, null);
  }

  #detach(reader: Reader): void {
    this.#readers.delete(reader);
    if (this.#readers.size > 0) return;
    this.#end();
    // Nobody is told in between: whoever comes next begins where the library is then.
    this.#place = null;
  }

  #end(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#unwatch?.();
    this.#timer = null;
    this.#unwatch = null;
  }
}

/** The place stands at the last one, so that whoever loses the connection in between is told all of them again. */
function tell(reader: Reader, { epoch, revision, entries, gone }: LibraryChanges): void {
  const events: StudioEvent[] = [
    ...entries.filter((entry) => isShown(entry, reader.emulated)).map((entry) => ({ type: "entry", entry }) as const),
    ...gone.map((id) => ({ type: "gone", id }) as const),
  ];
  for (const [index, event] of events.entries())
    send(reader, event, index === events.length - 1 ? { epoch, revision } : null);
}

function isShown({ emulated }: LibraryEntry, wanted: LibraryQuery["emulated"]): boolean {
  return wanted === "with" || emulated === (wanted === "only");
}

function send({ response }: Reader, event: StudioEvent, place: LibraryPlace | null): void {
  if (response.destroyed || response.writableEnded) return;
  if (response.writableLength > maxBehindBytes) {
    response.destroy();
    return;
  }
  const id = place === null ? "" : `id: ${place.epoch}.${place.revision}\n`;
  response.write(`${id}event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`);
}

function readPlace(header: string | readonly string[] | null): LibraryPlace | null {
  const [, epoch, revision] = /^([\w-]{1,64})\.(\d{1,15})$/.exec(typeof header === "string" ? header : "") ?? [];
  return epoch === undefined ? null : { epoch, revision: Number(revision) };
}
