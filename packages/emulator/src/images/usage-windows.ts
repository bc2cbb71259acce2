/** A window as `wham/usage` writes it (codex-backend contract 2.6). */
export interface UsageWindow {
  readonly used_percent: number;
  readonly limit_window_seconds: number;
  readonly reset_after_seconds: number;
  readonly reset_at: number;
}

/** The two windows of an account, in per cent at the start and per picture. */
export interface UsageRules {
  readonly primaryPercent: number;
  readonly secondaryPercent: number;
  readonly percentPerImage: number;
}

/** Counts pictures in the windows of five hours and of a week. */
export interface UsageWindows {
  /** A picture of the hosted tool takes ten times the share of the week: it spends the general limit (contract 4). */
  add(images: number, route?: "native" | "hosted"): void;
  read(): { readonly primary: UsageWindow; readonly secondary: UsageWindow };
}

// It never looks used up by itself, as the image window: the scenario `usage-limit` uses it up.
const HIGHEST_PERCENT = 98;
const PRIMARY = { seconds: 18_000, firstResetSeconds: 3600, share: 1 };
const SECONDARY = { seconds: 604_800, firstResetSeconds: 86_400, share: 0.2 };
const HOSTED_WEEKLY = 10;

/** Creates the windows as they stand at `startMs`: the first ends after an hour, the second after a day. */
export function createUsageWindows(clock: () => number, startMs: number, rules: UsageRules): UsageWindows {
  const start = Math.floor(startMs / 1000);
  const now = (): number => Math.floor(clock() / 1000);
  const create = (shape: typeof PRIMARY, startPercent: number) => {
    let used = startPercent;
    let resetAt: number | undefined = start + shape.firstResetSeconds;
    const expire = (): void => {
      if (resetAt !== undefined && resetAt <= now()) [used, resetAt] = [0, undefined];
    };
    return {
      add: (images: number): void => {
        expire();
        resetAt ??= now() + shape.seconds;
        used = Math.max(used, Math.min(HIGHEST_PERCENT, used + images * rules.percentPerImage * shape.share));
      },
      read: (): UsageWindow => {
        expire();
        const end = resetAt ?? now() + shape.seconds;
        // Fifths of a per cent add up with rounding errors; a thousandth more makes 35 of 34.999….
        const used_percent = Math.floor(used + 0.001);
        return { used_percent, limit_window_seconds: shape.seconds, reset_after_seconds: end - now(), reset_at: end };
      },
    };
  };
  const primary = create(PRIMARY, rules.primaryPercent);
  const secondary = create(SECONDARY, rules.secondaryPercent);
  return {
    add: (images, route = "native") => {
      primary.add(images);
      secondary.add(route === "hosted" ? images * HOSTED_WEEKLY : images);
    },
    read: () => ({ primary: primary.read(), secondary: secondary.read() }),
  };
}
