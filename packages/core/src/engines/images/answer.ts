import type { ImageSink } from "../../contracts/engine.ts";
import type { Usage } from "../../contracts/result.ts";
import { LimnError } from "../../errors/index.ts";
import { isObject, member, numberOf, parseJson } from "../../json/index.ts";
import { Base64Scanner } from "../../media/index.ts";

/** What the answer says beside its picture (codex-backend contract 3.2). Everything is optional: lenient towards the service. */
export interface AnswerFacts {
  readonly quality: string | null;
  readonly background: string | null;
  readonly serviceImageId: string | null;
  readonly usage: Usage;
  /** The picture is whole and the document around it is not. */
  readonly isBroken: boolean;
}

/**
 * Reads an images answer as it arrives: `data[].b64_json` goes decoded into a sink, the rest is looked at when the document is whole.
 * Pure but for the sink. The route yields one picture; only the first is taken, as Codex does.
 */
export class ImagesAnswerReader {
  readonly #scanner: Base64Scanner;
  #sink: ImageSink | null = null;
  #valid = true;
  #ended = false;

  constructor(openImage: () => ImageSink, onBytes: (bytes: number) => void) {
    this.#scanner = new Base64Scanner({
      keys: new Set(["b64_json"]),
      open: (_key, ordinal) => {
        const sink = ordinal === 0 ? openImage() : null;
        if (sink !== null) this.#sink = sink;
        return {
          bytes: (decoded) => {
            sink?.write(decoded);
            if (sink !== null) onBytes(sink.bytesWritten);
          },
          ...(sink?.writeText === undefined ? {} : { text: (piece) => sink.writeText?.(piece) }),
          end: (valid) => {
            if (ordinal > 0) return;
            this.#valid = valid;
            this.#ended = true;
          },
        };
      },
    });
  }

  push(chunk: Uint8Array): void {
    try {
      this.#scanner.push(chunk);
    } catch (error) {
      if (error instanceof RangeError)
        throw new LimnError("unexpected_response", {
          message: `The answer is not an image answer: ${error.message}.`,
          cause: error,
        });
      throw error;
    }
  }

  /** The sink, once a picture's text has ended; null before. */
  get finishedSink(): ImageSink | null {
    return this.#ended ? this.#sink : null;
  }

  /** Undo a picture that did not become whole. */
  discard(): void {
    this.#sink?.discard();
  }

  /** @throws no_image_returned, unexpected_response, image_corrupt; stream_truncated when a picture has begun and the answer has ended */
  facts(isCut: boolean): AnswerFacts {
    const document = isCut ? undefined : parseJson(this.#scanner.skeleton());
    if (this.#sink === null) throw isCut ? noImage("an answer that broke off") : describeMissing(document);
    if (!this.#valid)
      throw new LimnError("image_corrupt", {
        message: "The picture in the answer is not valid base64.",
        hint: paidHint,
      });
    // Without a length an answer that was cut on its way ends like a whole one.
    if (!isCut && !this.#ended)
      throw new LimnError("stream_truncated", {
        message: "The answer stopped within the picture, before it was whole. The plan was probably charged.",
        hint: "limn does not send it again by itself. To ask once more, and pay once more, repeat the command.",
        details: { received: this.#sink.bytesWritten, reason: "unfinished" },
      });
    const first = firstOf(member(document, "data"));
    return {
      quality: word(member(document, "quality")),
      background: word(member(document, "background")),
      serviceImageId: word(member(first, "generation_id")),
      usage: readUsage(member(document, "usage")),
      isBroken: !isObject(document),
    };
  }
}

const paidHint = "The plan was probably charged. To ask once more, and pay once more, repeat the command.";

function noImage(what: string): LimnError {
  return new LimnError("no_image_returned", {
    message: `The service sent ${what}, without a picture.`,
    hint: paidHint,
  });
}

function describeMissing(document: unknown): LimnError {
  if (!isObject(document)) {
    return new LimnError("unexpected_response", {
      message: "The answer is not JSON, as an image answer is.",
      hint: "If it persists: limn doctor",
    });
  }
  const data = member(document, "data");
  if (Array.isArray(data)) return noImage(data.length === 0 ? "an empty list of pictures" : "a list of pictures");
  return new LimnError("unexpected_response", {
    message: 'The answer has no "data" field, as an image answer has.',
    hint: paidHint,
  });
}

function firstOf(value: unknown): unknown {
  return Array.isArray(value) ? value[0] : undefined;
}

function word(value: unknown): string | null {
  return typeof value === "string" && value !== "" && value.length <= 200 ? value : null;
}

function readUsage(usage: unknown): Usage {
  const input = numberOf(member(usage, "input_tokens"));
  const output = numberOf(member(usage, "output_tokens"));
  const total = numberOf(member(usage, "total_tokens"));
  const images = numberOf(member(member(usage, "input_tokens_details"), "image_tokens"));
  return {
    ...(input === null ? {} : { inputTokens: input }),
    ...(output === null ? {} : { outputTokens: output }),
    ...(total === null ? {} : { totalTokens: total }),
    ...(images === null ? {} : { inputImageTokens: images }),
  };
}
