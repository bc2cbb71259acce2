import { render, type JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { t } from "../texts/index.ts";
import { Icon } from "../widgets/index.ts";
import { readDragged, takeInFiles, takeInLibrary } from "./take-in.ts";

/** Type of a picture of the wall while it is dragged; its data is a `LibraryPicture` as JSON. */
const draggedType = "application/x-limn-image";

/** The whole page takes pictures that are dropped on it or pasted into it. */
export function DropZone(): null {
  const [isOver, setOver] = useState(false);
  useEffect(() => {
    const carries = (event: DragEvent): boolean => {
      const types = event.dataTransfer?.types ?? [];
      return types.includes("Files") || types.includes(draggedType);
    };
    const over = (event: DragEvent): void => {
      if (!carries(event)) return;
      event.preventDefault();
      if (event.dataTransfer !== null) event.dataTransfer.dropEffect = "copy";
      setOver(true);
    };
    const leave = (event: DragEvent): void => {
      if (event.relatedTarget === null) setOver(false);
    };
    const drop = (event: DragEvent): void => {
      setOver(false);
      if (!carries(event) || event.dataTransfer === null) return;
      event.preventDefault();
      const dragged = readDragged(event.dataTransfer.getData(draggedType));
      if (dragged === null) void takeInFiles([...event.dataTransfer.files]);
      else takeInLibrary([dragged]);
    };
    const end = (): void => setOver(false);
    const paste = (event: ClipboardEvent): void => {
      const data = event.clipboardData;
      // Text from an office program comes with a picture of itself; in a field the text is what is meant.
      if (data === null || data.files.length === 0) return;
      if (isField(event.target) && data.types.includes("text/plain")) return;
      event.preventDefault();
      void takeInFiles([...data.files]);
    };
    document.addEventListener("dragover", over);
    document.addEventListener("dragleave", leave);
    document.addEventListener("drop", drop);
    document.addEventListener("dragend", end);
    document.addEventListener("paste", paste);
    return () => {
      document.removeEventListener("dragover", over);
      document.removeEventListener("dragleave", leave);
      document.removeEventListener("drop", drop);
      document.removeEventListener("dragend", end);
      document.removeEventListener("paste", paste);
    };
  }, []);
  useEffect(() => {
    if (!isOver) return;
    // Over everything, wherever the composer is, and also while that is hidden.
    const place = document.body.appendChild(document.createElement("div"));
    render(<DropHere />, place);
    return () => {
      render(null, place);
      place.remove();
    };
  }, [isOver]);
  return null;
}

function DropHere(): JSX.Element {
  return (
    <div class="drop-zone">
      <div>
        <Icon name="upload" />
        <p>{t("compose.drop")}</p>
        <p class="drop-zone-hint">{t("compose.dropHint")}</p>
      </div>
    </div>
  );
}

function isField(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.matches("input, textarea, [contenteditable]");
}
