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
  /** A share of the allowance, or two per cent a picture where there is none. The first one starts the window; when it has passed, the next starts another. */
  add(images: number): void;
  read(): ImageWindow;
  /** No picture is left in this window. */
  usedUp(): boolean;
}

/** Creates the counter on a clock in milliseconds; `allowance` is in pictures a day. */
export function createImageWindow(clock: () => number, allowance: number | undefined): ImageWindowCounter {
  let count = 0;
  let resetAt: number | undefined;
  const now = (): number => Math.floor(clock() / 1000);
  const expire = (): void => {
    if (resetAt !== undefined && resetAt <= now()) [count, resetAt] = [0, undefined];
  };
  const percent = (): number => {
    if (allowance === undefined) return Math.min(HIGHEST_PERCENT, count * PERCENT_PER_IMAGE);
    return allowance === 0 ? 100 : Math.min(100, Math.floor((100 * count) / allowance));
  };
  return {
    add: (images) => {
      expire();
      resetAt ??= now() + WINDOW_MINUTES * 60;
      count += images;
    },
    read: () => {
      expire();
      const end = resetAt ?? now() + WINDOW_MINUTES * 60;
      return { usedPercent: percent(), resetAt: end, resetAfterSeconds: end - now() };
    },
    usedUp: () => {
      expire();
      return allowance !== undefined && count >= allowance;
    },
  };
}
