import { batch, signal, type Signal } from "@preact/signals";
import type { LibraryEntry, ProgressNotice, StudioEvent, StudioStatus } from "@limn/core";
import { getJson } from "./request.ts";

/** The newest status; null until the first came. */
export const status = signal<StudioStatus | null>(null);

/** Whether the program that serves this page answers. (`status.online` says whether *it* reaches the service.) */
export const online = signal(true);

export interface EventListeners {
  readonly entry: (entry: LibraryEntry) => void;
  readonly gone: (id: string) => void;
  /** Something was missed: read everything again. */
  readonly reset: () => void;
}

/** For the first word of the stream. */
const longestWaitMs = 1500;

const listeners = new Set<EventListeners>();
const progress = new Map<string, Signal<readonly ProgressNotice[]>>();

/** Returns what ends it. */
export function listen(listener: EventListeners): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** How far each image of a running generation is, newest notice per index; empty when nothing is known. */
export function progressOf(id: string): Signal<readonly ProgressNotice[]> {
  const known = progress.get(id);
  if (known !== undefined) return known;
  const made = signal<readonly ProgressNotice[]>([]);
  progress.set(id, made);
  return made;
}

/** The newest status now, without waiting for the stream. @throws ApiFailure */
export async function refreshStatus(): Promise<StudioStatus> {
  const newest = await getJson<StudioStatus>("/api/status");
  status.value = newest;
  return newest;
}

let place: string | null = null;
let isFollowed = false;
let followed = (): void => undefined;
const following = new Promise<void>((resolve) => {
  followed = () => {
    isFollowed = true;
    resolve();
  };
});
let retryTimer = 0;
let retryDelayMs = 1000;
let source: EventSource | null = null;

/**
 * Starts the stream and keeps it. What was missed comes first when it goes on; the browser resumes by itself, and what it gives up on is
 * opened anew. A page that nobody sees gives its connection back: a browser has only six for all its pages of one address.
 */
export function connect(): void {
  clearTimeout(retryTimer);
  source?.close();
  const since = place === null ? "" : `&since=${encodeURIComponent(place)}`;
  // All of it: which of them the wall shows is decided here, by its filters.
  const stream = new EventSource(`/api/events?emulated=with${since}`);
  source = stream;
  const take = (message: MessageEvent<string>): void => {
    const isFirst = place === null;
    if (message.lastEventId !== "") place = message.lastEventId;
    const event: StudioEvent = JSON.parse(message.data);
    handle(event, isFirst);
  };
  for (const type of ["hello", "entry", "gone", "progress", "status", "reset"] satisfies StudioEvent["type"][]) {
    stream.addEventListener(type, take);
  }
  stream.addEventListener("open", () => {
    online.value = true;
    retryDelayMs = 1000;
  });
  stream.addEventListener("error", () => {
    online.value = false;
    followed();
    // CONNECTING: the browser tries again by itself. CLOSED: it was refused, and never would be tried again.
    if (stream.readyState !== EventSource.CLOSED) return;
    retryTimer = window.setTimeout(connect, retryDelayMs);
    retryDelayMs = Math.min(retryDelayMs * 2, 30_000);
    // Tells a lost session from a stopped program.
    refreshStatus().catch(() => undefined);
  });
}

/**
 * Connects now, and again whenever the page is seen. Resolves when every change from now on is told, or when that cannot be had soon:
 * then what was read meanwhile is read again later (`reset`).
 */
export async function startEvents(): Promise<void> {
  connect();
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "visible") connect();
    else {
      clearTimeout(retryTimer);
      source?.close();
    }
  });
  setTimeout(followed, longestWaitMs);
  await following;
}

function handle(event: StudioEvent, isFirst: boolean): void {
  switch (event.type) {
    case "hello":
      if (isFirst && isFollowed) tell((listener) => listener.reset());
      followed();
      break;
    case "entry":
      if (event.entry.status !== "running") progress.delete(event.entry.id);
      tell((listener) => listener.entry(event.entry));
      break;
    case "gone":
      tell((listener) => listener.gone(event.id));
      break;
    case "progress":
      note(event.progress);
      break;
    case "status":
      status.value = event.status;
      break;
    case "reset":
      tell((listener) => listener.reset());
      break;
  }
}

function note(notice: ProgressNotice): void {
  const known = progressOf(notice.id);
  const before = known.value.find(({ index }) => index === notice.index);
  // A notice of a later stage says nothing of the preview that is there.
  const merged = { ...(before?.partial === undefined ? {} : { partial: before.partial }), ...notice };
  known.value = [...known.value.filter(({ index }) => index !== notice.index), merged].toSorted(
    (one, other) => one.index - other.index,
  );
}

let told: ((listener: EventListeners) => void)[] = [];

/** Once a frame: an import of a thousand pictures is one change of the page, not a thousand. */
function tell(what: (listener: EventListeners) => void): void {
  told.push(what);
  if (told.length > 1) return;
  requestAnimationFrame(() => {
    const all = told;
    told = [];
    batch(() => {
      for (const one of all) for (const listener of listeners) one(listener);
    });
  });
}
