import { runProcess } from "./run-process.ts";
import type { Command, Cost } from "./run-process.ts";

/** A program, and what has to be done around each of its runs; only the program is measured. */
export interface Contestant {
  /** Makes the command of the next run, with fresh folders. */
  readonly command: () => Command;
  /** Looks at what the run printed and left behind, and removes it. @throws when the work was not done */
  readonly check?: (output: string) => void;
}

/** Costs of all runs, in order; those with the same place ran directly one after the other. */
export type Costs = readonly Cost[];

/** Runs all contestants in turn, again and again, so that a slow moment of the machine meets them all. The first turn warms up. */
export async function compare(
  contestants: readonly Contestant[],
  runs: number,
  reportUsage: string,
): Promise<readonly Costs[]> {
  const costs = contestants.map((): Cost[] => []);
  for (let turn = 0; turn <= runs; turn += 1) {
    for (const [index, { command, check }] of contestants.entries()) {
      const { cost, output } = await runProcess(command(), reportUsage);
      check?.(output);
      if (turn > 0) costs[index]?.push(cost);
    }
  }
  return costs;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((left, right) => left - right);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? Number.NaN)) / 2;
}

/** The median of the ratios of runs that stood beside each other, which a drifting machine disturbs least. */
export function medianRatio(measured: Costs, floor: Costs, field: keyof Cost): number {
  return median(measured.map((cost, index) => cost[field] / (floor[index]?.[field] ?? Number.NaN)));
}
