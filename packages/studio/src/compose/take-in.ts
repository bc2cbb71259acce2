import { entryOf } from "../state/library.ts";
import { t } from "../texts/index.ts";
import { announce, toast } from "../widgets/index.ts";
import { addReferences, type LibraryReference, type Reference } from "./draft.ts";
import { change, draft, isComposerOpen, restoreDraft, showDraft } from "./store.ts";
import { isPicture, readUpload } from "./uploads.ts";

/** Pictures of this computer, however they came. What is no picture is said. */
export async function takeInFiles(files: readonly File[]): Promise<void> {
  const checked = await Promise.all(files.map(async (file) => ({ file, isTaken: await isPicture(file) })));
  const pictures = checked.filter(({ isTaken }) => isTaken).map(({ file }) => file);
  const others = checked.filter(({ isTaken }) => !isTaken).map(({ file }) => file.name);
  if (others.length > 0) toast({ message: t("compose.notPictures", { names: others.join(", ") }), isError: true });
  if (pictures.length === 0) return;
  const references = await Promise.all(pictures.map(readUpload));
  addToDraft(references);
  announce(t("compose.added", { count: references.length }));
}

/** The system's own dialog for files. */
export function pickFiles(): void {
  const input = document.createElement("input");
  input.type = "file";
  input.multiple = true;
  input.accept = "image/png,image/jpeg,image/webp,image/gif,image/avif,image/tiff,image/svg+xml";
  input.hidden = true;
  const end = (): void => input.remove();
  input.addEventListener("change", () => {
    void takeInFiles([...(input.files ?? [])]);
    end();
  });
  input.addEventListener("cancel", end);
  // In the page: one that nothing holds may be swept away while its dialog is open.
  document.body.append(input);
  input.click();
}

/** A picture of the history, as it is dragged from the wall or seeds an edit. */
export interface LibraryPicture {
  readonly id: string;
  readonly index: number;
  readonly sha256: string;
  readonly width: number;
  readonly height: number;
}

/** Named by its prompt, where the page knows it. */
export function libraryReference(picture: LibraryPicture): LibraryReference {
  const { id, index, sha256, width, height } = picture;
  const prompt = entryOf(id)?.prompt?.trim() ?? "";
  const name = prompt === "" ? `@${id}:${index + 1}` : prompt.slice(0, 80);
  return { kind: "library", key: crypto.randomUUID(), name, id, index, sha256, width, height };
}

export function takeInLibrary(pictures: readonly LibraryPicture[]): void {
  addToDraft(pictures.map(libraryReference));
  announce(t("compose.added", { count: pictures.length }));
}

/** To what is in view; while nothing is, to the new picture, so that a change that was put aside is left as it is. */
function addToDraft(references: readonly Reference[]): void {
  restoreDraft();
  if (!isComposerOpen.peek()) showDraft("generate");
  change(addReferences(draft.peek(), references));
  isComposerOpen.value = true;
}

/** What a dragged card carries; null when it is no picture of ours. */
export function readDragged(text: string): LibraryPicture | null {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== "object" || value === null) return null;
    if (!("id" in value && "index" in value && "sha256" in value && "width" in value && "height" in value)) return null;
    const { id, index, sha256, width, height } = value;
    return typeof id === "string" &&
      typeof sha256 === "string" &&
      typeof index === "number" &&
      typeof width === "number" &&
      typeof height === "number"
      ? { id, index, sha256, width, height }
      : null;
  } catch {
    return null;
  }
}
