/** The day after the last one that is meant: `until` is exclusive. Local days, as the person sees them. */
export function dayEnd(day: string): string | undefined {
  const start = dayStart(day);
  if (start === undefined) return undefined;
  const end = new Date(start);
  end.setDate(end.getDate() + 1);
  return end.toISOString();
}

/** The beginning of a local day `YYYY-MM-DD`, as ISO 8601; undefined for no day. */
export function dayStart(day: string): string | undefined {
  const date = new Date(`${day}T00:00:00`);
  return day === "" || Number.isNaN(date.getTime()) ? undefined : date.toISOString();
}

/** The local day of a moment, as a date field takes it. */
export function dayOf(moment: string | undefined): string {
  const date = new Date(moment ?? "");
  if (Number.isNaN(date.getTime())) return "";
  const two = (value: number): string => String(value).padStart(2, "0");
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}

/** The last moment that an exclusive end still means. */
export function dayBefore(moment: string): string {
  const date = new Date(moment);
  return Number.isNaN(date.getTime()) ? moment : new Date(date.getTime() - 1).toISOString();
}
