import { effect, signal } from "@preact/signals";
import { online } from "../api/events.ts";

/** A stream that is opened anew is away for a moment; only after so long it is said. */
const patienceMs = 2500;

/** limn does not answer, and not only for a moment. */
export const isAway = signal(false);

let isWatching = false;

/** Starts once; from then on `isAway` follows. */
export function watchAway(): void {
  if (isWatching) return;
  isWatching = true;
  let timer = 0;
  effect(() => {
    clearTimeout(timer);
    if (online.value) isAway.value = false;
    else
      timer = window.setTimeout(() => {
        isAway.value = true;
      }, patienceMs);
  });
}
