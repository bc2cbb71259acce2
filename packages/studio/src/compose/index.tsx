import type { ComponentType, JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { t } from "../texts/index.ts";
import { toastError } from "../widgets/index.ts";
import { beginDraft } from "./begin-draft.ts";
import { emptyDraft, type Draft } from "./draft.ts";
import { DropZone } from "./drop-zone.tsx";
import { areFaultsShown, drafts, focusWish, isComposerOpen, isMaskOpen, restoreDraft, showDraft } from "./store.ts";
import { libraryReference, type LibraryPicture } from "./take-in.ts";
import "./compose.css";

export { isComposerOpen } from "./store.ts";
export type { LibraryPicture } from "./take-in.ts";

/** What the composer begins with. With neither prompt nor pictures it goes on with what was begun of its kind. */
export interface ComposerSeed {
  readonly operation: "generate" | "edit";
  readonly prompt?: string;
  /** In an edit the first is the one that is changed; a change of the same picture that was begun goes on. */
  readonly images?: readonly LibraryPicture[];
  /** Go on to choosing the region that may change. */
  readonly withMask?: boolean;
}

/** Opens the composer with the focus in its prompt. */
export function openComposer(seed: ComposerSeed): void {
  restoreDraft();
  const before = drafts.peek().slots[seed.operation].draft;
  if (isGoingOn(before, seed)) showDraft(seed.operation);
  else
    beginDraft({
      ...emptyDraft,
      options: before.options,
      operation: seed.operation,
      prompt: seed.prompt ?? "",
      references: (seed.images ?? []).map(libraryReference),
    });
  areFaultsShown.value = false;
  isComposerOpen.value = true;
  isMaskOpen.value = seed.withMask === true && seed.operation === "edit" && (seed.images ?? []).length > 0;
  focusWish.value += 1;
}

function isGoingOn(before: Draft, { prompt, images }: ComposerSeed): boolean {
  if (prompt !== undefined) return false;
  const [source] = before.references;
  const [wanted] = images ?? [];
  if (wanted === undefined) return true;
  return source?.kind === "library" && source.id === wanted.id && source.index === wanted.index;
}

export function closeComposer(): void {
  isComposerOpen.value = false;
}

/** The composer, when it is open; the page takes dropped and pasted pictures either way. */
export function Composer(): JSX.Element {
  const [Panel, setPanel] = useState<{ readonly component: ComponentType } | null>(null);
  const isOpen = isComposerOpen.value;
  useEffect(() => {
    if (!isOpen || Panel !== null) return;
    restoreDraft();
    import("./composer-panel.tsx").then(({ ComposerPanel }) => setPanel({ component: ComposerPanel }), toastError);
  }, [isOpen]);
  return (
    <>
      <DropZone />
      {isOpen && (Panel === null ? <p class="composer-loading">{t("app.loading")}…</p> : <Panel.component />)}
    </>
  );
}
