import type { GenerationEvent } from "../contracts/events.ts";
import type { ProgressNotice } from "../contracts/library.ts";

/** What an event says about how far a picture is, for readers in other processes; null when it says nothing of that. */
export function progressNoticeOf(event: GenerationEvent): ProgressNotice | null {
  if (event.type === "image-progress") {
    const { id, index, stage, bytes } = event;
    return { id, index, stage, ...(bytes === undefined ? {} : { bytes }) };
  }
  if (event.type === "image-partial") {
    const { id, index, partialIndex } = event;
    return { id, index, stage: "receiving", partial: partialIndex };
  }
  return null;
}
