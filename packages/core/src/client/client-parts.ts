import type { ArtifactStore } from "../artifacts/index.ts";
import type { EngineCapabilities } from "../contracts/capabilities.ts";
import type { LoadImageTools } from "../contracts/image-tools.ts";
import type { LoadedInputs } from "../contracts/input.ts";
import type { ImageInput } from "../contracts/request.ts";
import type { Warning } from "../contracts/result.ts";
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

/** What really came back for one property that was asked of an engine. */
export interface Observation {
  readonly property: string;
  readonly wasHonoured: boolean;
  /** What was asked and what came, without the prompt. */
  readonly evidence: string;
  /** One observation is proof: the service was asked in a field that says exactly what it wants. */
  readonly isProof: boolean;
}

/** What results taught about an account; `account/capability-memory.ts` in the program. */
export interface CapabilityMemory {
  /** The table with what this account's results corrected. Null = the account that was seen last. */
  corrected(capabilities: EngineCapabilities, accountKey: string | null): EngineCapabilities;
  observe(accountKey: string, engine: string, observations: readonly Observation[], nowMs: number): void;
}

/** Reads and checks inputs; `inputs/` in the program. */
export type LoadInputs = (
  options: {
    readonly images: readonly ImageInput[];
    readonly mask: ImageInput | null;
    readonly maxImages: number;
    readonly engine: string;
    readonly shrink: boolean;
    readonly signal: AbortSignal;
  },
  resolveArtifact: (reference: string) => { readonly path: string; readonly id: string; readonly index: number },
) => Promise<LoadedInputs & { readonly warnings: readonly Warning[] }>;

/** The real parts that a client works with; put together in `defaults.ts` only. */
export interface ClientParts {
  readonly selectEngine: SelectEngine;
  readonly store: ArtifactStore;
  readonly limits: LimitMemory;
  readonly capabilities: CapabilityMemory;
  readonly loadInputs: LoadInputs;
  /** Null: nothing that needs pixels can be done here. */
  readonly tools: LoadImageTools | null;
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
