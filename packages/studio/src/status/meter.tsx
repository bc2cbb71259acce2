import type { JSX } from "preact";

/** How much of something is used, as a bar; it turns to the colour of warning near its end. */
export function Meter({
  label,
  percent,
  words,
}: {
  readonly label: string;
  readonly percent: number;
  readonly words: string;
}): JSX.Element {
  const value = Math.min(100, Math.max(0, percent));
  const level = value >= 100 ? "full" : value >= 80 ? "high" : "calm";
  return (
    <span
      class={`meter meter-${level}`}
      role="meter"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={Math.round(value)}
      aria-valuetext={words}
    >
      <span class="meter-fill" style={{ width: `${value}%` }} />
    </span>
  );
}
