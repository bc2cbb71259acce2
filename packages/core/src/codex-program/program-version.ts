import { ProgramProcess } from "./program-process.ts";
import type { ProcessOptions } from "./program-process.ts";

/** Also the first start of a program that a virus scanner looks at. */
const timeLimitMs = 15_000;

export type VersionAnswer =
  | { readonly kind: "version"; readonly version: string }
  /** It ran and named no version. */
  | { readonly kind: "unknown"; readonly how: string; readonly lastErrors: string };

/** What `codex --version` says: `codex-cli 0.169.0`. The caller's abort ends the program and is thrown. */
export async function readProgramVersion(
  options: Pick<ProcessOptions, "program" | "environment">,
  signal: AbortSignal,
): Promise<VersionAnswer> {
  signal.throwIfAborted();
  let version: string | null = null;
  const program = new ProgramProcess({
    ...options,
    parameters: ["--version"],
    onLine: (line) => {
      version ??= /\b(\d+\.\d+\.\d+\S*)/.exec(line)?.[1] ?? null;
    },
  });
  program.closeInput();
  const stop = AbortSignal.any([signal, AbortSignal.timeout(timeLimitMs)]);
  const onAbort = (): void => program.kill();
  stop.addEventListener("abort", onAbort, { once: true });
  const { how } = await program.ended;
  stop.removeEventListener("abort", onAbort);
  signal.throwIfAborted();
  return version === null ? { kind: "unknown", how, lastErrors: program.lastErrors } : { kind: "version", version };
}

/** Whether `version` is at least `least`; pre-releases count as their release. */
export function isAtLeast(version: string, least: string): boolean {
  const parts = (text: string): number[] => text.split(/[.+-]/, 3).map(Number);
  const wanted = parts(least);
  for (const [place, part] of parts(version).entries()) {
    const other = wanted[place] ?? 0;
    if (part !== other) return part > other;
  }
  return true;
}
