import type { ArtifactStore } from "../artifacts/index.ts";
import type { SelectEngine } from "./resolve-request.ts";

/** What is remembered of used-up plan limits; `account/limit-memory.ts` in the program. */
export interface LimitMemory {
  known(accountKey: string, nowMs: number): { readonly limit: string | null; readonly resetsAt: string } | null;
  remember(
    accountKey: string,
    limit: { readonly limit: string | null; readonly resetsAt: string; readonly seenAt: string },
  ): void;
  forget(accountKey: string): void;
}

/** The real parts that a client works with; put together in `defaults.ts` only. */
export interface ClientParts {
  readonly selectEngine: SelectEngine;
  readonly store: ArtifactStore;
  readonly limits: LimitMemory;
  readonly clock: () => number;
  /** Of limn, for the record. */
  readonly version: string;
  /** Relative output paths start here. */
  readonly workingFolder: string;
  /** Last resort for a paid picture. */
  readonly temporaryFolder: string;
  /** True in the sandbox. */
  readonly emulated: boolean;
}
