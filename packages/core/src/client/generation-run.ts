import type { Engine } from "../contracts/engine.ts";
import type { GenerationEvent } from "../contracts/events.ts";
import type { OpenImageTap } from "../contracts/image-tap.ts";
import type { LoadedInputs } from "../contracts/input.ts";
import type { ResolvedRequest } from "../contracts/request.ts";
import type { Account, Asked, Warning } from "../contracts/result.ts";
import type { PreparedDelivery } from "./delivery.ts";
import type { MaskWork } from "./mask-work.ts";

/** One generation, ready to be sent: everything was read, checked and chosen. */
export interface GenerationRun {
  readonly request: ResolvedRequest;
  readonly asked: Asked;
  readonly engine: Engine;
  readonly account: Account;
  readonly accountKey: string | null;
  readonly delivery: PreparedDelivery;
  readonly keepHistory: boolean;
  readonly session: string | null;
  /** Chosen by the host; null = a new one. */
  readonly id: string | null;
  readonly inputs: LoadedInputs;
  readonly mask: MaskWork | null;
  /** Said before anything was sent. */
  readonly warnings: readonly Warning[];
  readonly concurrency: number;
  readonly signal: AbortSignal;
  readonly emit: (event: GenerationEvent) => void;
  readonly tapImage: OpenImageTap | null;
}
