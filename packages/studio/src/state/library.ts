import { effect, signal, untracked } from "@preact/signals";
import type { IdsAnswer, LibraryEntry, LibraryFacets, LibraryPage, LibraryQuery, MarksChange } from "@limn/core";
import { generationAddress } from "../api/addresses.ts";
import { listen, status } from "../api/events.ts";
import { errorOf, getJson, sendJson } from "../api/request.ts";
import { formatQuery } from "../app/address.ts";
import { wallQuery } from "../app/route.ts";
import { t } from "../texts/index.ts";
import { shorten } from "../wall/shorten.ts";
import { announce, toast, toastError } from "../widgets/toast.tsx";
import { EntryList } from "./list.ts";
import { matches } from "./match.ts";
import { clearSelection, deselect } from "./selection.ts";

const entries = new Map<string, LibraryEntry>();
/** Grows with every change of any entry; see `useEntry`. */
const entriesVersion = signal(0);

function makeList(query: LibraryQuery): EntryList {
  return new EntryList({
    query,
    entries,
    // As the server understands it: one that draws with the emulator shows what the emulator drew.
    matches: (entry) => {
      const emulated = query.emulated ?? (status.peek()?.emulated === false ? "without" : "with");
      return matches(entry, { ...query, emulated });
    },
    describe: errorOf,
    load: (cursor, limit, abort) => {
      const parameters = formatQuery(query);
      if (cursor !== null) parameters.set("cursor", cursor);
      parameters.set("limit", String(limit));
      return getJson<LibraryPage>(`/api/generations?${parameters.toString()}`, abort);
    },
  });
}

/** What the wall shows; another one for another query. */
export const list = signal<EntryList>(makeList({}));

export const facets = signal<LibraryFacets | null>(null);

/** A picture that ended so lately is told to those who listen; older ones come when the stream resumes. */
const freshMs = 30_000;

/** Starts following the address and the events. */
export function startLibrary(): void {
  effect(() => {
    const query = wallQuery.value;
    untracked(() => {
      list.peek().close();
      // What one no longer sees must not be thrown away with the rest.
      clearSelection();
      const made = makeList(query);
      list.value = made;
      void made.ensure(0);
    });
  });
  listen({
    entry: (entry) => {
      const isNew = ["running", undefined].includes(entries.get(entry.id)?.status);
      putEntry(entry);
      if (isNew && entry.images.length > 0 && Date.now() - Date.parse(entry.endedAt ?? "") < freshMs) {
        announce(t("wall.arrived", { name: shorten(entry.prompt ?? t("wall.untitled"), 80) }));
      }
    },
    gone: forget,
    reset: () => void reload(),
  });
}

/** The list that is read anew while the old one is still shown. */
let coming: EntryList | null = null;

/** Reads everything again; what is shown stays, and stays where it is, until the new is there. */
async function reload(): Promise<void> {
  void loadFacets();
  const old = list.peek();
  const made = makeList(old.query);
  coming?.close();
  coming = made;
  made.isAtTop = old.isAtTop;
  await made.ensure(old.loaded);
  if (coming === made) coming = null;
  if (made.total === null || list.peek() !== old) return made.close();
  old.close();
  list.value = made;
}

/** The newest known state of a generation; a component that calls it follows its changes. */
export function entryOf(id: string): LibraryEntry | null {
  void entriesVersion.value;
  return entries.get(id) ?? null;
}

/** Takes what the server said about a generation; what is older than what is known is passed over. */
export function putEntry(entry: LibraryEntry): void {
  const known = entries.get(entry.id);
  if (known !== undefined && known.revision > entry.revision) return;
  entries.set(entry.id, entry);
  entriesVersion.value += 1;
  list.peek().put(entry);
  coming?.put(entry);
  facetsSoon();
}

/** Changes marks at once; where the server refuses, they are as before. */
export async function mark(id: string, change: MarksChange): Promise<boolean> {
  const before = entries.get(id);
  if (before !== undefined) putEntry({ ...before, ...applied(before, change) });
  try {
    putEntry(await sendJson<LibraryEntry>("PATCH", `${generationAddress(id)}/marks`, change));
    return true;
  } catch (error) {
    const now = entries.get(id);
    if (before !== undefined && now?.revision === before.revision) putEntry(before);
    toastError(error);
    return false;
  }
}

/** Each on its own; answers how many were changed. Errors are shown once. */
export async function markAll(ids: readonly string[], change: MarksChange): Promise<number> {
  let done = 0;
  for (const id of ids) if (await mark(id, change)) done += 1;
  return done;
}

/** Moves to the trash and offers the way back. */
export async function trashEntries(ids: readonly string[]): Promise<boolean> {
  const done = await changeAll("/api/trash", ids, (entry) => ({ ...entry, trashedAt: new Date().toISOString() }));
  if (done.length === 0) return false;
  toast({
    message: t("batch.trashed", { count: done.length }),
    action: { label: t("app.undo"), run: () => void restoreEntries(done) },
  });
  return true;
}

export async function restoreEntries(ids: readonly string[]): Promise<void> {
  const done = await changeAll("/api/restore", ids, (entry) => ({ ...entry, trashedAt: null }));
  if (done.length > 0) toast({ message: t("batch.restored", { count: done.length }) });
}

/** For good. */
export async function deleteEntries(ids: readonly string[]): Promise<void> {
  const done = await changeAll("/api/delete", ids, () => null);
  if (done.length > 0) toast({ message: t("batch.deleted", { count: done.length }) });
}

export async function loadFacets(): Promise<void> {
  const { emulated } = wallQuery.peek();
  try {
    facets.value = await getJson<LibraryFacets>(`/api/facets${emulated === undefined ? "" : `?emulated=${emulated}`}`);
  } catch {
    // The filters keep what they last knew; the wall itself tells when the server cannot be reached.
  }
}

async function changeAll(
  path: string,
  ids: readonly string[],
  changed: (entry: LibraryEntry) => LibraryEntry | null,
): Promise<readonly string[]> {
  const done: string[] = [];
  try {
    for (let from = 0; from < ids.length; from += 1000) {
      const answer = await sendJson<IdsAnswer>("POST", path, { ids: ids.slice(from, from + 1000) });
      done.push(...answer.done);
      const [first] = answer.failed;
      if (first !== undefined) {
        const { message, hint } = first.error;
        toast({ message: t("batch.someFailed", { count: answer.failed.length, message }), hint, isError: true });
      }
    }
  } catch (error) {
    toastError(error);
  }
  deselect(done);
  for (const id of done) {
    const entry = entries.get(id);
    const next = entry === undefined ? null : changed(entry);
    if (next === null) forget(id);
    else putEntry(next);
  }
  return done;
}

/** It is gone for good. */
export function forget(id: string): void {
  entries.delete(id);
  entriesVersion.value += 1;
  list.peek().remove(id);
  coming?.remove(id);
  deselect([id]);
  facetsSoon();
}

let facetsTimer = 0;
function facetsSoon(): void {
  if (facets.peek() === null) return;
  clearTimeout(facetsTimer);
  facetsTimer = window.setTimeout(() => void loadFacets(), 1000);
}

function applied(entry: LibraryEntry, change: MarksChange): Partial<LibraryEntry> {
  const removed = new Set(change.removeTags);
  const tags = [...entry.tags.filter((tag) => !removed.has(tag)), ...(change.addTags ?? [])];
  const altTexts = Object.entries({ ...entry.altTexts, ...change.altTexts }).flatMap(([index, text]) =>
    text === null ? [] : [[index, text] as const],
  );
  return {
    favourite: change.favourite ?? entry.favourite,
    tags: [...new Set(tags)],
    kit: change.kit === undefined ? entry.kit : change.kit,
    altTexts: Object.fromEntries(altTexts),
  };
}
