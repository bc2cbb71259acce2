import type { ComponentType, JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { t } from "../texts/index.ts";
import { toastError } from "../widgets/index.ts";
import { addReferences, emptyDraft } from "./draft.ts";
import { DropZone } from "./drop-zone.tsx";
import { areFaultsShown, change, draft, focusWish, isComposerOpen, isMaskOpen, restoreDraft } from "./store.ts";
import { libraryReference, type LibraryPicture } from "./take-in.ts";
import "./compose.css";

export { isComposerOpen } from "./store.ts";
export type { LibraryPicture } from "./take-in.ts";

/** What the composer begins with; fields that are left out keep what is there. */
export interface ComposerSeed {
  readonly operation: "generate" | "edit";
  readonly prompt?: string;
  /** Instead of those that are there. In an edit the first is the one that is changed. */
  readonly images?: readonly LibraryPicture[];
  /** Go on to choosing the region that may change. */
  readonly withMask?: boolean;
}

/** Opens the composer with the focus in its prompt. */
export function openComposer(seed: ComposerSeed): void {
  restoreDraft();
  const before = draft.peek();
  const images = seed.images?.map(libraryReference);
  const references = images ?? before.references;
  // Opened for nothing in particular, it goes on with what is in it.
  const isResumed = images === undefined && seed.prompt === undefined;
  change({
    ...addReferences({ ...emptyDraft, mask: images === undefined ? before.mask : null }, references),
    options: before.options,
    operation: references.length === 0 ? "generate" : isResumed ? before.operation : seed.operation,
    prompt: seed.prompt ?? before.prompt,
  });
  areFaultsShown.value = false;
  isComposerOpen.value = true;
  isMaskOpen.value = seed.withMask === true && seed.operation === "edit" && references.length > 0;
  focusWish.value += 1;
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
