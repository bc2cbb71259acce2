import type { CapabilityRow } from "../contracts/capabilities.ts";
import type { GenerationEvent } from "../contracts/events.ts";
import type { OpenImageTap } from "../contracts/image-tap.ts";
import type { ImageRequest, LoadedImage, ResolvedRequest } from "../contracts/request.ts";
import type { Asked, GenerationResult, Sent } from "../contracts/result.ts";
import type { FoundGeneration, LastScope } from "../artifacts/index.ts";
import { LimnError } from "../errors/index.ts";
import { repeatRequest } from "./again.ts";
import type { ClientParts } from "./client-parts.ts";
import { outputFormatOf, prepareDelivery } from "./delivery.ts";
import type { DeliveryOption } from "./delivery.ts";
import { prepareEngine, refuseHiddenPlan, refuseKnownLimit, spendingWarnings } from "./prepare-engine.ts";
import { prepareInputs } from "./prepare-inputs.ts";
import { probeRequest } from "./probe.ts";
import { chooseEngine, resolveRequest } from "./resolve-request.ts";
import { runGeneration } from "./run-generation.ts";
import { refuseTooManyInputs, validateRequest } from "./validate-request.ts";

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
  /** Id of the generation, from {@link createGenerationId}; for hosts that must name it before it begins. @default a new one */
  readonly id?: string;
  /** The host's session: `@last` then means its own pictures, wherever they were made. @default the working folder counts */
  readonly session?: string;
  /** Ask although a plan limit is known to be used up. @default false */
  readonly ignoreLimit?: boolean;
  /** Ask although the plan hides images (Free). @default false */
  readonly ignorePlan?: boolean;
  /**
   * Hands on a picture's base64 while it arrives. Only pictures that limn does not change are offered: with an exact size, another type,
   * a mask, transparency or an embedded recipe the delivered file is another one, and this is not called.
   * @example
   * tapImage: ({ width, height }) => ({ text: (piece) => response.write(piece), cancel: () => response.destroy() }),
   */
  readonly tapImage?: OpenImageTap;
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

/** What a measurement on the user's own account showed. */
export interface ProbeOutcome {
  readonly result: GenerationResult;
  /** Of the engine's table, after the measurement. */
  readonly rows: readonly CapabilityRow[];
}

/** What a program holds to make images. */
export interface ImageClient {
  /**
   * Make images from words, with or without references (`images`).
   *
   * Resolves when every picture that came is saved; `status` is `partial` when some did not.
   * @throws LimnError with any code of the table; `invalid_option` names every fault at once
   * @example
   * const { images } = await client.generate({ operation: "generate", prompt: "a red fox", size: "1200x630" });
   */
  generate(request: ImageRequest, options?: GenerateOptions): Promise<GenerationResult>;
  /**
   * Change images: the same as `generate` with the operation `edit`.
   * @example
   * await client.edit({ prompt: "make it night", images: ["@last"] });
   */
  edit(
    request: Omit<Extract<ImageRequest, { operation: "edit" }>, "operation">,
    options?: GenerateOptions,
  ): Promise<GenerationResult>;
  /** The same as a stream of events; ends with `generation-end` or throws. Leaving the loop early cancels. */
  stream(request: ImageRequest, options?: Omit<GenerateOptions, "onEvent">): AsyncIterable<GenerationEvent>;
  /** What `generate` would do. Reads no input. @throws the request codes */
  plan(request: ImageRequest, options?: Pick<GenerateOptions, "delivery">): Plan;
  /**
   * The request of a generation once more, or with `vary` a request for a variation of what came of it.
   * @throws artifact_not_found when the prompt was not kept; input_not_found when an input is gone or has changed
   */
  repeat(
    generation: FoundGeneration,
    options?: { readonly vary?: boolean; readonly prompt?: string },
  ): Promise<ImageRequest>;
  /**
   * Spend one image to measure what the engine honours on this account; the table is corrected by what comes.
   * @throws LimnError with any code of the table
   */
  probe(engine: "images", options?: GenerateOptions): Promise<ProbeOutcome>;
}

const defaultConcurrency = 4;

/** Stands for an input in a plan, which reads none: that there is one decides the route. */
const unreadImage: LoadedImage = {
  mediaType: "image/png",
  length: 0,
  width: 0,
  height: 0,
  sha256: "",
  file: "",
  slices: () => [],
};

export function createClient(parts: ClientParts): ImageClient {
  const generate = async (
    given: ImageRequest,
    options: GenerateOptions = {},
    change: (request: ResolvedRequest) => ResolvedRequest = (request) => request,
  ): Promise<GenerationResult> => {
    const wanted = validateRequest(given);
    refuseTooManyInputs(wanted.images?.length ?? 0);
    const { engine, reason } = chooseEngine(wanted, parts.selectEngine);
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
    // What is wrong with the words of the request is told before a login is looked for.
    resolveRequest(wanted, { capabilities: engine.capabilities, outputFormat: outputFormatOf(delivery) });
    const { accountKey: payerKey, ...account } = await prepareEngine(parts, engine, wanted, signal);
    // The sandbox has no plan that could be used up, and teaches nothing about the service.
    const accountKey = parts.emulated ? null : payerKey;
    if (options.ignorePlan !== true) refuseHiddenPlan(account.plan);
    if (options.ignoreLimit !== true && accountKey !== null) refuseKnownLimit(parts, accountKey);
    const capabilities =
      accountKey === null ? engine.capabilities : parts.capabilities.corrected(engine.capabilities, accountKey);
    const { request, asked } = resolveRequest(wanted, { capabilities, outputFormat: outputFormatOf(delivery) });
    const session = options.session ?? null;
    const scope: LastScope = { folder: parts.workingFolder, session, emulated: parts.emulated };
    const prepared = await prepareInputs(
      parts,
      wanted,
      { engine, request: change(request), asked },
      capabilities,
      scope,
      signal,
    );
    try {
      return await runGeneration(parts, {
        request: prepared.request,
        asked,
        engine,
        account,
        accountKey,
        delivery,
        keepHistory,
        session,
        id: options.id ?? null,
        inputs: prepared.inputs,
        mask: prepared.mask,
        warnings: [...spendingWarnings(wanted, engine, reason), ...prepared.inputs.warnings],
        concurrency: options.concurrency ?? defaultConcurrency,
        signal,
        emit: options.onEvent ?? (() => undefined),
        tapImage: options.tapImage ?? null,
      });
    } finally {
      prepared.close();
    }
  };

  return {
    generate: async (request, options) => generate(request, options),
    edit: async (request, options) => generate({ ...request, operation: "edit" }, options),
    stream: (request, options = {}) =>
      streamOf(async (signal, onEvent) => generate(request, { ...options, signal, onEvent }), options.signal),
    plan: (given, options = {}) => {
      const wanted = validateRequest(given);
      refuseTooManyInputs(wanted.images?.length ?? 0);
      const { engine, reason } = chooseEngine(wanted, parts.selectEngine);
      const capabilities = parts.emulated
        ? engine.capabilities
        : parts.capabilities.corrected(engine.capabilities, null);
      const delivery = prepareDelivery(options.delivery ?? { kind: "store" }, parts);
      const { request, asked } = resolveRequest(wanted, { capabilities, outputFormat: outputFormatOf(delivery) });
      return {
        request,
        asked,
        engine: engine.id,
        reason,
        calls: Math.ceil(request.n / engine.capabilities.imagesPerCall),
        sent: engine.describe({ ...request, images: (wanted.images ?? []).map(() => unreadImage) }),
      };
    },
    repeat: async (generation, options = {}) => repeatRequest(parts.store, generation, options),
    probe: async (id, options = {}) => {
      const { request, native } = probeRequest(id);
      const result = await generate(request, options, (resolved) => ({ ...resolved, native }));
      const { engine } = chooseEngine(request, parts.selectEngine);
      const { accountKey } = await engine.prepare(options.signal ?? new AbortController().signal);
      return { result, rows: parts.capabilities.corrected(engine.capabilities, accountKey).rows };
    },
  };
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
