import { computed, signal } from "@preact/signals";
import type { ApiError, StudioEngine } from "@limn/core";
import { status } from "../api/events.ts";
import { getJson } from "../api/request.ts";
import { isAway } from "../status/away.ts";
import { limitNow } from "../status/limit-notice.tsx";
import { emptyDraft, type Draft } from "./draft.ts";
import type { Intent } from "./intent.ts";
import { storeDraft, storedDraft } from "./keep-draft.ts";

export const isComposerOpen = signal(false);
export const draft = signal<Draft>(emptyDraft);
/** The wish that was sent and not clearly answered. */
export const pendingIntent = signal<Intent | null>(null);
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
  const kept = storedDraft();
  draft.value = kept.draft;
  pendingIntent.value = kept.intent;
}

export function change(next: Draft): void {
  draft.value = next;
  sendError.value = null;
  clearTimeout(keepTimer);
  keepTimer = window.setTimeout(keepDraft, 300);
}

export function changeOptions(options: Partial<Draft["options"]>): void {
  change({ ...draft.peek(), options: { ...draft.peek().options, ...options } });
}

/** At once; before anything is sent, so that a reload knows its key. */
export function keepDraft(): void {
  clearTimeout(keepTimer);
  storeDraft({ draft: draft.peek(), intent: pendingIntent.peek() });
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
