/** Lengths, shares and times as a language writes them. Nothing here reads the clock. */

const minutesPer = { week: 10_080, day: 1440, hour: 60, minute: 1 } as const;

/** `5 hours`, `1 week`: in the largest unit that comes out whole. */
export function formatLength(minutes: number, language: string): string {
  const units = ["week", "day", "hour"] as const;
  const unit = units.find((one) => minutes >= minutesPer[one] && minutes % minutesPer[one] === 0) ?? "minute";
  return new Intl.NumberFormat(language, { style: "unit", unit, unitDisplay: "long" }).format(
    Math.round(minutes / minutesPer[unit]),
  );
}

export function formatPercent(percent: number, language: string): string {
  return new Intl.NumberFormat(language, { style: "percent", maximumFractionDigits: 0 }).format(percent / 100);
}

/** The time alone for today, with the weekday within a week, else with the date; null for what is no time. */
export function formatMoment(iso: string, nowMs: number, language: string, timeZone?: string): string | null {
  const ms = Date.parse(iso);
  if (Number.isNaN(ms)) return null;
  const zone = timeZone === undefined ? {} : { timeZone };
  const day = (at: number): string => new Intl.DateTimeFormat("en-CA", { dateStyle: "short", ...zone }).format(at);
  const time = { hour: "numeric", minute: "2-digit", ...zone } as const;
  if (day(ms) === day(nowMs)) return new Intl.DateTimeFormat(language, time).format(ms);
  const isNear = Math.abs(ms - nowMs) < 6 * 86_400_000;
  const date = isNear ? ({ weekday: "short" } as const) : ({ day: "numeric", month: "short" } as const);
  return new Intl.DateTimeFormat(language, { ...date, ...time }).format(ms);
}

/** `in 3 hours`, `2 minutes ago`. */
export function formatDistance(iso: string, nowMs: number, language: string): string | null {
  const seconds = (Date.parse(iso) - nowMs) / 1000;
  if (Number.isNaN(seconds)) return null;
  const words = new Intl.RelativeTimeFormat(language, { numeric: "auto" });
  const size = Math.abs(seconds);
  if (size < 60) return words.format(Math.trunc(seconds), "second");
  if (size < 90 * 60) return words.format(Math.round(seconds / 60), "minute");
  return size < 36 * 3600
    ? words.format(Math.round(seconds / 3600), "hour")
    : words.format(Math.round(seconds / 86_400), "day");
}

/** `14:05`: what is left of a few minutes; never below zero. */
export function formatCountdown(untilMs: number, nowMs: number): string {
  const seconds = Math.max(0, Math.ceil((untilMs - nowMs) / 1000));
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}
