import { rmSync } from "node:fs";
import type { GenerationRecord } from "../artifacts/index.ts";
import type { EngineAnswer, StoredImage } from "../contracts/engine.ts";
import type { GenerationEvent } from "../contracts/events.ts";
import type { ImageTools } from "../contracts/image-tools.ts";
import type { Warning } from "../contracts/result.ts";
import { isLimnError } from "../errors/index.ts";
import type { ClientParts } from "./client-parts.ts";
import { drawOnKeyColor, keyColorPrompt } from "./extra-image.ts";
import { blendMasked, ensureAlpha, finishPixels, needsTools, untouched, whereOriginal } from "./finishing.ts";
import type { FinishingPlace, WorkedImage } from "./finishing.ts";
import type { GenerationRun } from "./generation-run.ts";

export interface FinisherOptions {
  readonly parts: ClientParts;
  readonly run: GenerationRun;
  readonly record: GenerationRecord;
  readonly emit: (event: GenerationEvent) => void;
}

/** What limn itself does to the pictures of one generation, after each is safe on disk. */
export class ImageFinisher {
  readonly #options: FinisherOptions;
  #extrasLeft: number;
  readonly #extraAnswers: EngineAnswer[] = [];
  #wasStopped = false;

  constructor(options: FinisherOptions) {
    this.#options = options;
    this.#extrasLeft = options.run.request.allowExtraImages;
  }

  /** Images of the plan that were spent beyond those asked for. */
  get extraAnswers(): readonly EngineAnswer[] {
    return this.#extraAnswers;
  }

  /** An extra image was under way when the user stopped. */
  get wasStopped(): boolean {
    return this.#wasStopped;
  }

  /** @throws image_corrupt, artifact_write_failed; the original stays */
  async finish(stored: StoredImage): Promise<WorkedImage> {
    const { parts, run, record } = this.#options;
    const { request, mask } = run;
    if (parts.tools === null || !needsTools(request, mask !== null, stored.mediaType)) return untouched(stored);
    const tools = await parts.tools();
    const place: FinishingPlace = {
      folder: record.folder,
      index: stored.index,
      keepsOriginal: this.#options.run.keepHistory,
    };
    this.#options.emit({
      type: "image-progress",
      id: record.id,
      index: stored.index,
      stage: "finishing",
      attempt: 1,
    });
    const done: string[] = [];
    try {
      let image = mask === null ? untouched(stored) : await blendMasked(tools, mask, stored, place);
      done.push(...image.temporary);
      if (request.background === "transparent") {
        image = await ensureAlpha(tools, image, place, null);
        done.push(...image.temporary);
        if (image.alpha === "missing") image = await this.#tryKeyColor(tools, stored, image, place);
      }
      done.push(...image.temporary);
      const finished = await finishPixels(tools, image, request, place, stored.c2pa);
      done.push(...finished.temporary);
      for (const path of new Set(done)) if (path !== finished.path) rmSync(path, { force: true });
      return withLoss(finished, stored, place);
    } catch (error) {
      for (const path of done) rmSync(path, { force: true });
      throw error;
    }
  }

  /** Spend one more image, if the user allowed it: the picture again before a flat colour, which is then taken away. */
  async #tryKeyColor(
    tools: ImageTools,
    stored: StoredImage,
    image: WorkedImage,
    place: FinishingPlace,
  ): Promise<WorkedImage> {
    if (this.#extrasLeft <= 0) return image;
    this.#extrasLeft -= 1;
    const { parts, run, record, emit } = this.#options;
    const { index } = stored;
    const color = await tools.chooseKeyColor(stored.path);
    const reason = `transparency did not come; the picture is drawn once more before ${color.name}, which is then taken away`;
    emit({ type: "extra-image", id: record.id, index, reason });
    const inputs = await parts.loadInputs(
      {
        images: [stored.path],
        mask: null,
        maxImages: 1,
        engine: run.engine.id,
        shrink: true,
        signal: run.signal,
      },
      neverCalled,
    );
    try {
      const [picture] = inputs.images;
      if (picture === undefined) return image;
      const attempts = record.manifest.calls.find((call) => call.index === index)?.attempts ?? 1;
      const answer = await drawOnKeyColor(run.engine, run.request, picture, color, {
        index,
        signal: run.signal,
        openImage: () => record.openExtraImage(index),
        beforeSend: async (attempt) => record.markSent(index, attempts + attempt, parts.clock()),
        progress: (stage, facts) => emit({ type: "image-progress", id: record.id, index, stage, ...facts }),
      });
      this.#extraAnswers.push(answer);
      const extra = answer.images[0]?.stored;
      if (extra === undefined) return image;
      record.addExtra(index, extra, { reason, prompt: run.keepHistory ? keyColorPrompt(color) : null });
      const keyed = await ensureAlpha(tools, { ...untouched(extra) }, place, color.hex);
      if (keyed.alpha === "missing")
        return warned(image, index, `Not even before ${color.name} could the ground be taken away cleanly.`);
      return { ...keyed, steps: [`draw once more on ${color.name}`, ...keyed.steps] };
    } catch (error) {
      if (!run.signal.aborted && !isLimnError(error)) throw error;
      // The first picture is paid for and is delivered, whoever stops the second one; that one stays outstanding in the record.
      if (run.signal.aborted) {
        this.#wasStopped = true;
        return warned(image, index, `The extra image on ${color.name} was stopped; it may have been paid for.`);
      }
      if (!isLimnError(error)) throw error;
      record.markDone(index);
      return warned(image, index, `The extra image on ${color.name} failed: ${error.message}`);
    } finally {
      inputs.close();
    }
  }
}

/** A file that was made here has no signed provenance, however it was made. */
function withLoss(image: WorkedImage, stored: StoredImage, place: FinishingPlace): WorkedImage {
  const isSaid = image.warnings.some(({ code }) => code === "metadata_lost");
  if (image.path === stored.path || !stored.c2pa || isSaid) return image;
  const warning: Warning = {
    code: "metadata_lost",
    index: stored.index,
    message: `Finishing made a new file without the original's C2PA provenance. ${whereOriginal(place)}`,
  };
  return { ...image, warnings: [...image.warnings, warning] };
}

function warned(image: WorkedImage, index: number, message: string): WorkedImage {
  const warning: Warning = { code: "extra_spending", index, message };
  return { ...image, warnings: [...image.warnings, warning] };
}

const neverCalled = (): never => {
  throw new TypeError("a path of the store is no reference");
};
