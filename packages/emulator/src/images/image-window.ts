/** The daily image allowance as the answers' headers show it (codex-backend contract 3.2). */
export interface ImageWindow {
  readonly usedPercent: number;
  /** Seconds since the epoch. */
  readonly resetAt: number;
  readonly resetAfterSeconds: number;
}

export const WINDOW_MINUTES = 1440;
const PERCENT_PER_IMAGE = 2;
// It never looks used up by itself: a long test run would start to fail. The scenario `usage-limit` uses it up.
const HIGHEST_PERCENT = 98;

/** Counts images in windows of a day. */
export interface ImageWindowCounter {
  /** Two per cent a picture. The first one starts the window; when it has passed, the next starts another. */
  add(images: number): void;
  read(): ImageWindow;
  reset(): void;
}

/** Creates the counter on a clock in milliseconds. */
export function createImageWindow(clock: () => number): ImageWindowCounter {
  let usedPercent = 0;
  let resetAt: number | undefined;
  const now = (): number => Math.floor(clock() / 1000);
  const expire = (): void => {
    if (resetAt !== undefined && resetAt <= now()) [usedPercent, resetAt] = [0, undefined];
  };
  return {
    add: (images) => {
      expire();
      resetAt ??= now() + WINDOW_MINUTES * 60;
      usedPercent = Math.min(HIGHEST_PERCENT, usedPercent + PERCENT_PER_IMAGE * images);
    },
    read: () => {
      expire();
      const end = resetAt ?? now() + WINDOW_MINUTES * 60;
      return { usedPercent, resetAt: end, resetAfterSeconds: end - now() };
    },
    reset: () => {
      [usedPercent, resetAt] = [0, undefined];
    },
  };
}
