import { isMet } from "./measure/row.ts";
import type { Row } from "./measure/row.ts";

const heading = ["", "measured", "floor", "ratio", "target", ""];

/** One section's lines for the terminal. */
export function formatRows(section: string, rows: readonly Row[]): string {
  const cells = rows.map((row) => [
    row.name,
    `${row.measured.toFixed(1)} ${row.unit}`,
    `${row.floor.toFixed(1)} ${row.unit}`,
    `${row.ratio.toFixed(2)}x`,
    row.target === null ? "" : `${row.target}x`,
    row.target === null ? "" : isMet(row) ? "ok" : "over",
  ]);
  const lines = [[section, ...heading.slice(1)], ...cells];
  const widths = heading.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)));
  return lines
    .map((line) =>
      line
        .map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0)))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}
