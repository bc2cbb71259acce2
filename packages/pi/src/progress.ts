import { readFileSync, statSync } from "node:fs";
import type { GenerationEvent } from "@limn/core";
import type { OnUpdate } from "./pi-api.ts";
import { blockOf } from "./preview.ts";

const maxPreviewBytes = 8 * 1024 * 1024;

/** Tells Pi what happens, one line a change of stage. Previews go to the terminal only: other modes would print their base64 (P17). */
export function reportTo(onUpdate: OnUpdate, showPreviews: boolean): (event: GenerationEvent) => void {
  const last = new Map<number, string>();
  return (event) => {
    if (event.type === "image-progress") {
      const stage = event.delayMs === undefined ? event.stage : `${event.stage} ${Math.ceil(event.delayMs / 1000)} s`;
      if (last.get(event.index) === stage) return;
      last.set(event.index, stage);
      onUpdate({ content: [{ type: "text", text: `Codex image stage: ${stage}.` }], details: { stage: event.stage } });
    } else if (event.type === "image-partial" && showPreviews) {
      showPreview(onUpdate, event.path, event.partialIndex);
    }
  };
}

function showPreview(onUpdate: OnUpdate, path: string, partialIndex: number): void {
  try {
    if (statSync(path).size > maxPreviewBytes) return;
    onUpdate({
      content: [
        { type: "text", text: `Codex image stage: preview ${partialIndex + 1}.` },
        blockOf(readFileSync(path), "image/png"),
      ],
      details: { stage: "preview", partialIndex },
    });
  } catch {
    // For looking at only.
  }
}
