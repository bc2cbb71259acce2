import { rmSync } from "node:fs";
import { join } from "node:path";
import { createGenerationId, currentOwner } from "../artifacts/index.ts";
import type { GenerationRecord } from "../artifacts/index.ts";
import type { EngineAnswer, EngineImage, ImageSink } from "../contracts/engine.ts";
import type { GenerationEvent } from "../contracts/events.ts";
import type { Manifest } from "../contracts/manifest.ts";
import type {
  GenerationResult,
  Got,
  ImageFailure,
  PropertyTruth,
  ResultImage,
  Sent,
  Warning,
} from "../contracts/result.ts";
import { schemaVersion } from "../contracts/result.ts";
import { LimnError, isLimnError, toLimnError } from "../errors/index.ts";
import type { ClientParts } from "./client-parts.ts";
import type { GenerationRun } from "./generation-run.ts";
import { deliverImage, keepFinished } from "./delivery.ts";
import { needsTools } from "./finishing.ts";
import { ImageFinisher } from "./image-finisher.ts";
import { observationsOf } from "./observe.ts";
import { PreviewFolder } from "./previews.ts";
import { progressNoticeOf } from "./progress-notice.ts";
import { runSideBySide } from "./run-side-by-side.ts";
import { TappedSink } from "./tapped-sink.ts";
import { referencesDropped, sameAsInput } from "./input-checks.ts";
import { answerWarnings, gotOf, judge, latestLimits, mergeTruth, strictCodes, sumUsage } from "./truth.ts";

/** After these the remaining images of a generation are not even tried: they would end the same way. */
const hopeless: ReadonlySet<string> = new Set([
  "usage_limit_reached",
  "plan_not_included",
  "content_refused",
  "network_blocked",
]);

/**
 * One generation from its record to its result. The record is written first, every picture is saved before anything else happens with
 * it, and the last event or the error comes when all is written.
 */
export async function runGeneration(parts: ClientParts, run: GenerationRun): Promise<GenerationResult> {
  return new Generation(parts, run).run();
}

class Generation {
  readonly #parts: ClientParts;
  readonly #run: GenerationRun;
  readonly #startedAt: number = performance.now();
  readonly #images: ResultImage[] = [];
  readonly #answers: EngineAnswer[] = [];
  readonly #failures: { readonly index: number; readonly error: LimnError }[] = [];
  readonly #warnings: Warning[] = [];
  readonly #steps: string[] = [];
  readonly #truth: (readonly PropertyTruth[])[] = [];
  readonly #tapped = new Map<number, TappedSink>();
  #extraAnswers: readonly EngineAnswer[] = [];
  #got: Got = {};
  #gotIndex = Number.POSITIVE_INFINITY;
  #stop: LimnError | null = null;

  constructor(parts: ClientParts, run: GenerationRun) {
    this.#parts = parts;
    this.#run = run;
  }

  async run(): Promise<GenerationResult> {
    const { request, engine, signal } = this.#run;
    signal.throwIfAborted();
    const record = await this.#begin();
    this.#emit({
      type: "generation-start",
      schemaVersion,
      id: record.id,
      operation: request.operation,
      engine: engine.id,
      n: request.n,
      emulated: this.#parts.emulated,
    });
    this.#warn(record, ...this.#run.warnings);
    const previews = new PreviewFolder(record.folder, (index, partialIndex, path) =>
      this.#emit({ type: "image-partial", id: record.id, index, partialIndex, path }),
    );
    const finisher = new ImageFinisher({
      parts: this.#parts,
      run: this.#run,
      record,
      emit: (event) => this.#emit(event),
    });
    const outcomes = await runSideBySide(request.n, this.#run.concurrency, async (index) =>
      this.#runOne(record, index, previews, finisher),
    );
    previews.removeAll();
    this.#extraAnswers = finisher.extraAnswers;
    for (const [index, outcome] of outcomes.entries()) {
      if (outcome.status === "rejected" && !signal.aborted) this.#fail(record, index, toLimnError(outcome.reason));
    }
    this.#images.sort((left, right) => left.index - right.index);
    this.#failures.sort((left, right) => left.index - right.index);
    if (signal.aborted && this.#images.length < request.n) {
      this.#finish(record, "cancelled");
      throw signal.reason;
    }
    if (finisher.wasStopped) {
      this.#finish(record, "done");
      throw signal.reason;
    }
    return this.#conclude(record);
  }

  async #begin(): Promise<GenerationRecord> {
    const { request, engine, delivery, keepHistory } = this.#run;
    const now = this.#parts.clock();
    const id = this.#run.id ?? createGenerationId(now);
    const { createHash } = process.getBuiltinModule("node:crypto");
    const manifest: Manifest = {
      schemaVersion,
      id,
      operation: request.operation,
      state: "planned",
      owner: currentOwner(),
      limn: this.#parts.version,
      createdAt: new Date(now).toISOString(),
      sentAt: null,
      endedAt: null,
      engine: engine.id,
      model: request.model ?? engine.capabilities.models[0] ?? "unknown",
      emulated: this.#parts.emulated,
      prompt: keepHistory ? request.prompt : null,
      promptSha256: createHash("sha256").update(request.prompt).digest("hex"),
      n: request.n,
      folder: this.#parts.workingFolder,
      keepHistory,
      asked: this.#run.asked,
      sent: keepHistory ? engine.describe(request).body : {},
      got: {},
      steps: [],
      calls: Array.from({ length: request.n }, (_, index) => ({ index, attempts: 0, state: "planned" as const })),
      images: [],
      warnings: [],
      failures: [],
      account: this.#run.account,
      usage: {},
      limits: {},
      requestId: null,
      timingsMs: { total: 0 },
      truth: [],
      inputs: keepHistory ? this.#run.inputs.records : [],
      parents: this.#run.inputs.parents,
      session: this.#run.session,
    };
    const rescue = join(this.#parts.temporaryFolder, `limn-rescued-${id}`);
    const outputFolder = delivery.destination?.folder ?? null;
    const record = await this.#parts.store.begin({
      manifest,
      rescueFolders: outputFolder === null ? [rescue] : [outputFolder, rescue],
    });
    if (keepHistory) this.#keepInputs(record);
    return record;
  }

  #keepInputs(record: GenerationRecord): void {
    const { images, mask, records } = this.#run.inputs;
    const files = [...images.map(({ file }) => file), ...(mask === null ? [] : [mask.file])];
    for (const [place, { origin, sha256 }] of records.entries()) {
      const file = files[place];
      if (file !== undefined && origin.kind !== "file" && origin.kind !== "generation") record.keepInput(sha256, file);
    }
  }

  async #runOne(
    record: GenerationRecord,
    index: number,
    previews: PreviewFolder,
    finisher: ImageFinisher,
  ): Promise<void> {
    if (this.#stop !== null) throw untried(this.#stop);
    const { request, engine, signal } = this.#run;
    signal.throwIfAborted();
    let answer: EngineAnswer;
    try {
      answer = await engine.run({
        request,
        index,
        signal,
        openImage: () => this.#openImage(record, index),
        openPreview: () => (request.partials > 0 ? previews.open(index) : null),
        beforeSend: async (attempt) => record.markSent(index, attempt, this.#parts.clock()),
        progress: (stage, facts) => {
          if (stage === "waiting") record.markTurnedAway(index);
          this.#emit({ type: "image-progress", id: record.id, index, stage, ...facts });
        },
      });
    } catch (error) {
      this.#rememberLimit(error);
      if (isLimnError(error) && (hopeless.has(error.code) || error.category === "login")) this.#stop = error;
      throw error;
    }
    this.#answers.push(answer);
    if (this.#run.accountKey !== null) this.#parts.limits.forget(this.#run.accountKey);
    this.#warn(record, ...answerWarnings(answer, index));
    for (const image of answer.images) await this.#keep(record, image, answer, finisher);
  }

  /** With its text handed on where that is wanted and is what will be delivered. Of a second version only the saving goes on. */
  #openImage(record: GenerationRecord, index: number): ImageSink {
    const sink = record.openImage(index);
    const { tapImage, request, mask, delivery } = this.#run;
    const { option } = delivery;
    const isChanged = needsTools(request, mask !== null) || (option.kind === "files" && option.embedRecipe);
    if (tapImage === null || isChanged) return sink;
    const earlier = this.#tapped.get(index);
    if (earlier !== undefined) {
      earlier.cancel();
      return sink;
    }
    const tapped = new TappedSink(sink, index, tapImage);
    this.#tapped.set(index, tapped);
    return tapped;
  }

  #rememberLimit(error: unknown): void {
    const { accountKey } = this.#run;
    if (accountKey === null || !isLimnError(error) || error.code !== "usage_limit_reached") return;
    const { resetsAt, limit } = error.details;
    if (typeof resetsAt !== "string") return;
    const seenAt = new Date(this.#parts.clock()).toISOString();
    this.#parts.limits.remember(accountKey, { limit: typeof limit === "string" ? limit : null, resetsAt, seenAt });
  }

  /** Save first, say so in the record, then deliver. */
  async #keep(
    record: GenerationRecord,
    image: EngineImage,
    answer: EngineAnswer,
    finisher: ImageFinisher,
  ): Promise<void> {
    const { stored } = image;
    const { index } = stored;
    const { request, asked, inputs, mask, delivery } = this.#run;
    const isChanged = needsTools(request, mask !== null, stored.mediaType);
    record.addImage(
      stored,
      {
        ...(image.revisedPrompt === undefined ? {} : { revisedPrompt: image.revisedPrompt }),
        ...(image.serviceImageId === undefined ? {} : { serviceImageId: image.serviceImageId }),
      },
      // Nothing is done any more that could take time or fail.
      request.n === 1 && request.images.length === 0 && delivery.option.kind === "store" && !isChanged,
    );
    if (index < this.#gotIndex) {
      this.#gotIndex = index;
      this.#got = gotOf(image);
    }
    if (this.#run.accountKey !== null)
      this.#parts.capabilities.observe(
        this.#run.accountKey,
        request.engine,
        observationsOf(request, image),
        this.#parts.clock(),
      );
    const dropped = referencesDropped(request, answer, stored, record.id);
    if (dropped !== null) throw dropped;
    this.#warn(record, ...(await sameAsInput(request.images, inputs, stored, this.#parts.tools)));
    const extra = image.revisedPrompt === undefined ? {} : { revisedPrompt: image.revisedPrompt };
    let result: ResultImage;
    try {
      const worked = keepFinished(await finisher.finish(stored), stored, record);
      const judged = judge({ request, asked, image, worked, usage: answer.usage, model: answer.model });
      this.#truth.push(judged.truth);
      this.#warn(record, ...worked.warnings, ...judged.warnings);
      for (const step of worked.steps) if (!this.#steps.includes(step)) this.#steps.push(step);
      const { mediaType, width, height, hasAlpha } = worked;
      const delivered = await deliverImage(this.#run.delivery, stored, worked, record, request.prompt, {
        got: gotOf(image),
        truth: judged.truth,
      });
      result = {
        path: delivered.path,
        index,
        mediaType,
        width,
        height,
        hasAlpha,
        ...extra,
        bytes: delivered.bytes,
        sha256: delivered.sha256,
      };
      this.#warn(record, ...delivered.warnings);
      for (const step of delivered.steps) if (!this.#steps.includes(step)) this.#steps.push(step);
      if (delivered.path !== null) record.addDelivery(index, delivered.path, delivered.sha256);
      // A rescued picture that was delivered as it is needs no second copy; the record must not name one that is gone.
      if (stored.savedElsewhere && delivered.path !== null && delivered.sha256 === stored.sha256) {
        record.moveImage(index, delivered.path);
        if (delivered.path !== stored.path) rmSync(stored.path, { force: true });
      }
      this.#remember(record, index, stored.sha256);
      if (delivered.sha256 !== stored.sha256) this.#remember(record, index, delivered.sha256);
    } catch (error) {
      const failure = toLimnError(error);
      const { path, mediaType, width, height, hasAlpha, bytes, sha256 } = stored;
      result = { path, index, mediaType, width, height, hasAlpha, ...extra, bytes, sha256 };
      this.#failures.push({ index, error: failure });
    }
    this.#images.push(result);
    this.#emit({ type: "image-end", id: record.id, index, image: result, failure: null });
  }

  #remember(record: GenerationRecord, index: number, sha256: string): void {
    const { id, createdAt, engine, emulated } = record.manifest;
    try {
      this.#parts.store.recordHash({ sha256, id, index, createdAt, engine, emulated });
    } catch {
      this.#warn(record, {
        code: "history_incomplete",
        index,
        message: "The hash record of the picture could not be written; limn recipe may not find it later.",
      });
    }
  }

  #fail(record: GenerationRecord, index: number, error: LimnError): void {
    this.#failures.push({ index, error });
    record.addFailure(index, error.toJSON(), error.code === "outcome_unknown");
    this.#emit({ type: "image-end", id: record.id, index, image: null, failure: error.toJSON() });
  }

  #conclude(record: GenerationRecord): GenerationResult {
    const { request } = this.#run;
    const made = this.#images.length;
    const isUnknown = this.#failures.some(({ error }) => error.code === "outcome_unknown");
    const state = made === request.n ? "done" : made > 0 ? "partial" : isUnknown ? "sent" : "failed";
    const first = this.#failures[0]?.error;
    const result = this.#finish(record, state);
    if (made === 0 && first !== undefined) throw first.withDetails({ generation: record.id });
    if (made === request.n && first !== undefined)
      throw first.withDetails({ generation: record.id, images: this.#images });
    const missing = request.alpha === "strict" ? this.#warnings.filter(({ code }) => code === "alpha_missing") : [];
    const disregarded = request.strict ? this.#warnings.filter(({ code }) => strictCodes.has(code)) : [];
    if (missing.length > 0 || disregarded.length > 0) {
      const warnings = disregarded.length > 0 ? disregarded : missing;
      throw new LimnError(disregarded.length > 0 ? "not_honoured" : "alpha_missing", {
        message: `${warnings.map(({ message }) => message).join(" ")} The picture${made === 1 ? " is" : "s are"} kept: ${this.#images.map(({ path }) => path).join(", ")}`,
        hint:
          disregarded.length > 0
            ? "Without --strict this is a warning. See: limn capabilities"
            : this.#extraAnswers.length > 0
              ? "The extra image did not help either; say what the subject stands on, such as: on a plain white background"
              : "A flat ground can be taken away here; one more image of the plan, drawn on such a ground: --allow-extra-images 1",
        details: { generation: record.id, images: this.#images, warnings, failures: result.failures },
      });
    }
    this.#emit({ type: "usage", id: record.id, usage: result.usage, limits: result.limits });
    this.#emit({ type: "generation-end", id: record.id, result });
    return result;
  }

  /** Write the last word and make the result from the same facts. */
  #finish(record: GenerationRecord, state: Manifest["state"]): GenerationResult {
    const { request, engine } = this.#run;
    const firstAnswer = this.#answers[0];
    const status = state === "sent" ? "unknown" : state === "planned" ? "cancelled" : state;
    const sent = this.#run.keepHistory ? { sent: this.#sent() } : {};
    const facts = {
      model: firstAnswer?.model ?? record.manifest.model,
      got: this.#got,
      steps: this.#steps,
      truth: mergeTruth(this.#truth),
      failures: this.#failures.map(({ index, error }): ImageFailure => ({ index, ...error.toJSON() })),
      account: firstAnswer?.account ?? this.#run.account,
      usage: sumUsage([...this.#answers, ...this.#extraAnswers].map(({ usage }) => usage)),
      limits: latestLimits([...this.#answers, ...this.#extraAnswers].map(({ limits }) => limits)),
      requestId: firstAnswer?.requestId ?? null,
      timingsMs: {
        total: Math.round(performance.now() - this.#startedAt),
        ...(firstAnswer === undefined ? {} : { firstByte: Math.round(firstAnswer.firstByteMs) }),
      },
    };
    const isKept = record.finish({
      ...facts,
      ...sent,
      state,
      endedAt: new Date(this.#parts.clock()).toISOString(),
      warnings: this.#warnings,
    });
    if (!isKept)
      this.#warn(record, {
        code: "history_incomplete",
        message: `The record in ${record.folder} could not be completed.`,
      });
    const isDelivered =
      this.#run.delivery.option.kind !== "store" && this.#failures.length === 0 && this.#images.length > 0;
    if (!this.#run.keepHistory && isDelivered) record.remove();
    return {
      schemaVersion,
      id: record.id,
      operation: request.operation,
      status,
      engine: engine.id,
      emulated: this.#parts.emulated,
      images: this.#images,
      asked: this.#run.asked,
      sent: this.#sent(),
      warnings: this.#warnings,
      inputs: this.#run.inputs.records,
      parents: this.#run.inputs.parents,
      imagesSpent: this.#answers.length + this.#extraAnswers.length,
      ...facts,
    };
  }

  /** What went over the wire; the host model is known only when it was asked. */
  #sent(): Sent {
    const { engine, request } = this.#run;
    const { body } = engine.describe(request);
    const model = this.#answers[0]?.model;
    return model !== undefined && engine.id === "responses" ? { ...body, model } : body;
  }

  #warn(record: GenerationRecord, ...warnings: readonly Warning[]): void {
    for (const warning of warnings) {
      // The same remark about the whole generation is made once.
      const isKnown = this.#warnings.some(
        ({ code, message }) =>
          code === warning.code && (message === warning.message || !warning.code.startsWith("input_")),
      );
      if (warning.index === undefined && isKnown) continue;
      this.#warnings.push(warning);
      this.#emit({ type: "warning", id: record.id, warning });
    }
  }

  #emit(event: GenerationEvent): void {
    const notice = progressNoticeOf(event);
    if (notice !== null) this.#parts.store.tellProgress(notice);
    this.#run.emit(event);
  }
}

/** An image that was not asked for, because another one showed that it would end the same way. */
function untried({ code, message, hint, retryAfterMs, details }: LimnError): LimnError {
  const { requestId: _ofAnother, ...shared } = details;
  return new LimnError(code, {
    message: `Not asked for, because another image of this generation failed: ${message}`,
    details: { ...shared, untried: true },
    ...(hint === null ? {} : { hint }),
    ...(retryAfterMs === null ? {} : { retryAfterMs }),
  });
}
