import { computed, signal } from "@preact/signals";
import type { ApiError, StudioEngine } from "@limn/core";
import { status } from "../api/events.ts";
import { getJson } from "../api/request.ts";
import { isAway } from "../status/away.ts";
import { limitNow } from "../status/limit-notice.tsx";
import type { Draft } from "./draft.ts";
import type { Intent } from "./intent.ts";
import { storeDrafts, storedDrafts } from "./keep-draft.ts";
import {
  blankOf,
  changeShown,
  emptySlots,
  shownSlot,
  startDraft,
  switchTo,
  withSlot,
  type TwoDrafts,
} from "./two-drafts.ts";

export const isComposerOpen = signal(false);
export const drafts = signal<TwoDrafts>({ shown: "generate", slots: emptySlots });
/** The one in view. */
export const draft = computed<Draft>(() => shownSlot(drafts.value).draft);
/** Its wish that was sent and not clearly answered. */
export const pendingIntent = computed<Intent | null>(() => shownSlot(drafts.value).intent);
export const isSending = signal(false);
export const sendError = signal<ApiError | null>(null);
/** Once a press on send found something wrong, all of it is shown. */
export const areFaultsShown = signal(false);
/** The mask editor is open on the source. */
export const isMaskOpen = signal(false);
/** Pictures of the library are being chosen. */
export const isPicking = signal(false);
/** Grows when the prompt is to have the focus. */
export const focusWish = signal(0);

/** Something that was sent from this page. */
export interface SentItem {
  readonly id: string;
  readonly draft: Draft;
}

export const sentItems = signal<readonly SentItem[]>([]);
export const engines = signal<readonly StudioEngine[]>([]);

let isRestored = false;
let keepTimer = 0;

/** What this tab had before it was loaded again. */
export function restoreDraft(): void {
  if (isRestored) return;
  isRestored = true;
  drafts.value = { ...drafts.peek(), slots: storedDrafts() };
  // What was typed last is kept too when the page is left at once.
  addEventListener("pagehide", keepDraft);
}

export function change(next: Draft): void {
  const before = drafts.peek();
  // What is on its way stays in its place until its answer came.
  if (isSending.peek() && next.operation !== before.shown) return;
  put(changeShown(before, next), before);
}

/** Instead of what is composed of its kind. */
export function startWith(next: Draft): void {
  const before = drafts.peek();
  put(startDraft(before, next), before);
}

export function showDraft(operation: Draft["operation"]): void {
  const before = drafts.peek();
  put({ ...before, shown: operation }, before);
}

/** What the switch in the head of the composer does. */
export function switchDraft(operation: Draft["operation"]): void {
  const before = drafts.peek();
  put(isSending.peek() ? { ...before, shown: operation } : switchTo(before, operation), before);
}

function put(next: TwoDrafts, before: TwoDrafts): void {
  drafts.value = next;
  sendError.value = null;
  if (next.shown !== before.shown) areFaultsShown.value = false;
  keepSoon();
}

/** The wish of one of the two, whichever is in view. */
export function setIntent(operation: Draft["operation"], intent: Intent | null): void {
  drafts.value = withSlot(drafts.peek(), operation, { intent });
}

/** After it was sent; one that was begun meanwhile stays. */
export function clearSent(sent: Draft): void {
  const { draft: now } = drafts.peek().slots[sent.operation];
  // Typing keeps the list of its pictures, another beginning makes its own.
  if (now.references === sent.references)
    drafts.value = withSlot(drafts.peek(), sent.operation, { draft: blankOf(sent) });
}

function keepSoon(): void {
  clearTimeout(keepTimer);
  keepTimer = window.setTimeout(keepDraft, 300);
}

export function changeOptions(options: Partial<Draft["options"]>): void {
  change({ ...draft.peek(), options: { ...draft.peek().options, ...options } });
}

/** At once; before anything is sent, so that a reload knows its key. */
export function keepDraft(): void {
  clearTimeout(keepTimer);
  storeDrafts(drafts.peek().slots);
}

export type Block =
  | "compose.blockedOffline"
  | "compose.blockedReadOnly"
  | "compose.blockedSignIn"
  | "compose.blockedLimit";

/** Why nothing can be sent now, whatever is asked; null = it can. */
export function blockAt(nowMs: number): Block | null {
  const now = status.value;
  if (isAway.value) return "compose.blockedOffline";
  if (now === null) return null;
  if (now.isReadOnly) return "compose.blockedReadOnly";
  if (now.login.state !== "signed-in") return "compose.blockedSignIn";
  return limitNow(now, nowMs) === null ? null : "compose.blockedLimit";
}

let enginesWork: Promise<void> | null = null;

/** Asked for once; a failure is asked again the next time. */
export async function loadEngines(): Promise<void> {
  enginesWork ??= getJson<readonly StudioEngine[]>("/api/engines").then((list) => {
    engines.value = list;
  });
  try {
    await enginesWork;
  } catch {
    // Without the table the composer shows no honours and no engine's own limit; the server still checks all of it.
    enginesWork = null;
  }
}

/** The one that is named, or the first usable one that `auto` would take. */
export const likelyEngine = computed<StudioEngine | null>(() => {
  const { options, references } = draft.value;
  if (options.engine !== "auto") return engines.value.find(({ id }) => id === options.engine) ?? null;
  const usable = engines.value.filter(({ id, isUsable }) => isUsable && id !== "codex");
  const fitting = usable.find(
    ({ maxImages, maxPartials }) => references.length <= maxImages && options.partials <= maxPartials,
  );
  return fitting ?? usable[0] ?? null;
});
