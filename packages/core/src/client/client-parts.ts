import type { ArtifactStore } from "../artifacts/index.ts";
import type { SelectEngine } from "./resolve-request.ts";

/** The real parts that a client works with; put together in `defaults.ts` only. */
export interface ClientParts {
  readonly selectEngine: SelectEngine;
  readonly store: ArtifactStore;
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
