import type { GenerationEvent } from "../contracts/events.ts";
import type { GenerateRequest, ResolvedRequest } from "../contracts/request.ts";
import type { Asked, GenerationResult, Sent } from "../contracts/result.ts";
import { LimnError } from "../errors/index.ts";
import type { ClientParts } from "./client-parts.ts";
import { prepareDelivery } from "./delivery.ts";
import type { DeliveryOption } from "./delivery.ts";
import { resolveRequest } from "./resolve-request.ts";
import { runGeneration } from "./run-generation.ts";
import { validateRequest } from "./validate-request.ts";

/** What a call takes beside the request. */
export interface GenerateOptions {
  /** Ends the call wherever it is; its reason is rethrown unchanged. After sending, the record says what is known. */
  readonly signal?: AbortSignal;
  /** Every event, in order. An exception in it ends the call. */
  readonly onEvent?: (event: GenerationEvent) => void;
  /** @default { kind: "store" } */
  readonly delivery?: DeliveryOption;
  /** False: after delivery only a hash record is left. @default true */
  readonly keepHistory?: boolean;
  /** Ask although a plan limit is known to be used up. @default false */
  readonly ignoreLimit?: boolean;
  /** Ask although the plan hides images (Free). @default false */
  readonly ignorePlan?: boolean;
  /** Calls side by side, 1..10. @default 4 */
  readonly concurrency?: number;
}

/** What would be done; nothing is sent, written or spent. */
export interface Plan {
  readonly request: ResolvedRequest;
  readonly asked: Asked;
  readonly engine: string;
  readonly reason: string;
  readonly calls: number;
  readonly sent: {
    readonly method: string;
    readonly url: string;
    readonly headers: Readonly<Record<string, string>>;
    readonly body: Sent;
  };
}

/** What a program holds to make images. */
export interface ImageClient {
  /**
   * Make images from words.
   *
   * Resolves when every picture that came is saved; `status` is `partial` when some did not.
   * @throws LimnError with any code of the table; `invalid_option` names every fault at once
   * @example
   * const { images } = await client.generate({ operation: "generate", prompt: "a red fox" });
   */
  generate(request: GenerateRequest, options?: GenerateOptions): Promise<GenerationResult>;
  /** The same as a stream of events; ends with `generation-end` or throws. Leaving the loop early cancels. */
  stream(request: GenerateRequest, options?: Omit<GenerateOptions, "onEvent">): AsyncIterable<GenerationEvent>;
  /** What `generate` would do. @throws the request codes */
  plan(request: GenerateRequest): Plan;
}

const defaultConcurrency = 4;

export function createClient(parts: ClientParts): ImageClient {
  const generate = async (request: GenerateRequest, options: GenerateOptions = {}): Promise<GenerationResult> => {
    const choice = resolveRequest(validateRequest(request), parts.selectEngine);
    const signal = options.signal ?? new AbortController().signal;
    const keepHistory = options.keepHistory ?? true;
    const option = options.delivery ?? { kind: "store" };
    if (option.kind === "files" && option.embedRecipe && !keepHistory) {
      throw new LimnError("invalid_option", {
        message: "A recipe cannot be embedded without history: it holds the prompt.",
        hint: "Leave out --embed-recipe or --no-history.",
      });
    }
    const delivery = prepareDelivery(option, parts);
    const { accountKey: payerKey, ...account } = await choice.engine.prepare(signal);
    // The sandbox has no plan that could be used up.
    const accountKey = parts.emulated ? null : payerKey;
    if (options.ignorePlan !== true) refuseHiddenPlan(account.plan);
    if (options.ignoreLimit !== true && accountKey !== null) refuseKnownLimit(parts, accountKey);
    return runGeneration(parts, {
      request: choice.request,
      asked: choice.asked,
      engine: choice.engine,
      account,
      accountKey,
      delivery,
      keepHistory,
      concurrency: options.concurrency ?? defaultConcurrency,
      signal,
      emit: options.onEvent ?? (() => undefined),
    });
  };

  return {
    generate,
    stream: (request, options = {}) =>
      streamOf(async (signal, onEvent) => generate(request, { ...options, signal, onEvent }), options.signal),
    plan: (request) => {
      const { request: resolved, engine, reason, asked } = resolveRequest(validateRequest(request), parts.selectEngine);
      return {
        request: resolved,
        asked,
        engine: engine.id,
        reason,
        calls: Math.ceil(resolved.n / engine.capabilities.imagesPerCall),
        sent: engine.describe(resolved),
      };
    },
  };
}

/** Codex hides its image tool from this plan (codex-backend contract 5.2). */
function refuseHiddenPlan(plan: string | null): void {
  if (plan?.toLowerCase() !== "free") return;
  throw new LimnError("plan_not_included", {
    message: "This account is on the Free plan, for which Codex hides image generation. Nothing was sent.",
    hint: "Sign in with an account that has a plan — or try all the same: --ignore-plan",
    details: { plan },
  });
}

function refuseKnownLimit({ limits, clock }: ClientParts, accountKey: string): void {
  const known = limits.known(accountKey, clock());
  if (known === null) return;
  throw new LimnError("usage_limit_reached", {
    message: `The plan's allowance${known.limit === null ? "" : ` (${known.limit})`} was used up and resets at ${known.resetsAt.slice(0, 16).replace("T", " ")} UTC. Nothing was sent.`,
    hint: "Asking before then does not help; to ask all the same: --ignore-limit",
    retryAfterMs: Math.max(0, Date.parse(known.resetsAt) - clock()),
    details: { resetsAt: known.resetsAt, known: true, ...(known.limit === null ? {} : { limit: known.limit }) },
  });
}

/** Turns a call with an event callback into an async iterable; the work stops when the reader leaves. */
async function* streamOf(
  start: (signal: AbortSignal, onEvent: (event: GenerationEvent) => void) => Promise<unknown>,
  outer: AbortSignal | undefined,
): AsyncIterable<GenerationEvent> {
  const left = new AbortController();
  const signal = outer === undefined ? left.signal : AbortSignal.any([outer, left.signal]);
  const waiting: GenerationEvent[] = [];
  let wake = (): void => undefined;
  let outcome: { readonly error: unknown } | "ended" | null = null;
  const work = start(signal, (event) => {
    waiting.push(event);
    wake();
  }).then(
    () => {
      outcome = "ended";
      wake();
    },
    (error: unknown) => {
      outcome = { error };
      wake();
    },
  );
  try {
    for (;;) {
      for (let event = waiting.shift(); event !== undefined; event = waiting.shift()) yield event;
      const ended = outcomeNow();
      if (ended === "ended") return;
      if (ended !== null) throw ended.error;
      await new Promise<void>((resolve) => {
        wake = resolve;
        if (waiting.length > 0 || outcomeNow() !== null) resolve();
      });
    }
  } finally {
    left.abort(new DOMException("the reader left", "AbortError"));
    await work;
  }

  // Read through a function, because the compiler does not see that the callbacks change it.
  function outcomeNow(): { readonly error: unknown } | "ended" | null {
    return outcome;
  }
}
