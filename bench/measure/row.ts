import { median, medianRatio } from "./compare.ts";
import type { Costs } from "./compare.ts";
import type { Cost } from "./run-process.ts";

/** One line of the table. */
export interface Row {
  readonly name: string;
  readonly unit: "ms" | "MiB" | "ms/MB" | "kB" | "cards";
  readonly measured: number;
  readonly floor: number;
  readonly ratio: number;
  /** The largest ratio that is accepted; null = only for information. */
  readonly target: number | null;
}

const quantities: Readonly<Record<keyof Cost, { readonly name: string; readonly unit: Row["unit"] }>> = {
  wallMs: { name: "wall time", unit: "ms" },
  cpuMs: { name: "CPU", unit: "ms" },
  peakMiB: { name: "peak memory", unit: "MiB" },
};

/** The lines of one comparison: those quantities that have a target, or null for "without one". */
export function rowsOf(
  name: string,
  measured: Costs,
  floor: Costs,
  targets: Readonly<Partial<Record<keyof Cost, number | null>>>,
): readonly Row[] {
  return (["wallMs", "cpuMs", "peakMiB"] as const).flatMap((field): readonly Row[] => {
    const target = targets[field];
    if (target === undefined) return [];
    return [
      {
        name: `${name}, ${quantities[field].name}`,
        unit: quantities[field].unit,
        measured: median(measured.map((cost) => cost[field])),
        floor: median(floor.map((cost) => cost[field])),
        ratio: medianRatio(measured, floor, field),
        target,
      },
    ];
  });
}

/** A line made of two numbers. */
export function rowOf(line: Omit<Row, "ratio">): Row {
  return { ...line, ratio: line.measured / line.floor };
}

export function isMet({ ratio, target }: Row): boolean {
  return target === null || ratio <= target;
}
