import type { ImageSink, PreviewSink } from "../../contracts/engine.ts";
import type { DriverUsage, Usage } from "../../contracts/result.ts";
import { isObject, member, numberOf, parseJson, textOf } from "../../json/index.ts";
import { Base64Scanner, scannerBuffer } from "../../media/index.ts";
import type { Base64Consumer } from "../../media/index.ts";
import { EventStreamReader } from "./event-stream.ts";

/** What an item of the stream says about its picture (codex-backend contract 4.2). */
export interface ItemFacts {
  readonly revisedPrompt: string | null;
  readonly quality: string | null;
  readonly background: string | null;
  readonly serviceImageId: string | null;
}

export interface FinishedItem extends ItemFacts {
  readonly sink: ImageSink;
  readonly isValidBase64: boolean;
}

/** How the stream ended, as far as its events tell. */
export type StreamEnd =
  | { readonly kind: "completed" }
  | { readonly kind: "incomplete"; readonly reason: string | null }
  /** `error` is the service's own object, wherever it was found. */
  | { readonly kind: "failed"; readonly error: unknown }
  /** No last event. */
  | { readonly kind: "open" };

export interface AnswerHooks {
  openImage(): ImageSink;
  openPreview(): PreviewSink | null;
  onBytes(bytes: number): void;
  onPreview(): void;
}

interface OpenPicture {
  readonly key: string;
  readonly sink: ImageSink | null;
  readonly preview: PreviewSink | null;
  isValid: boolean;
  isClosed: boolean;
  /** It became a preview or a finished picture; what is left at the event's end is thrown away. */
  isTaken: boolean;
  bytes: number;
}

/** Events in which a finished picture may stand; where the name is not told, the picture is taken and judged at the event's end. */
const resultEvents: ReadonlySet<string | null> = new Set([
  null,
  "response.output_item.done",
  "response.completed",
  "response.incomplete",
]);
const lastEvents: ReadonlySet<string> = new Set(["response.completed", "response.incomplete"]);
const longestWords = 4000;

/**
 * Reads a hosted-tool stream (contract 4.2): previews and pictures go decoded into sinks while they arrive, everything else is looked
 * at when its event is whole. Pure but for the sinks. A finished item is taken whatever its status word; a preview is never a result.
 */
export class ResponsesAnswerReader {
  readonly #hooks: AnswerHooks;
  readonly #buffer: Buffer = scannerBuffer();
  readonly #events: EventStreamReader;
  readonly #finished: FinishedItem[] = [];
  #scanner: Base64Scanner | null = null;
  #pictures: OpenPicture[] = [];
  #previews = 0;
  #words = "";
  #end: StreamEnd = { kind: "open" };
  #usage: Usage = {};
  #sawEvent = false;
  /** Of a finished picture whose end did not come, after it was thrown away. */
  #bytesDiscarded = 0;

  constructor(hooks: AnswerHooks) {
    this.#hooks = hooks;
    this.#events = new EventStreamReader({
      data: (piece, name) => this.#scan(piece, name),
      end: (name) => this.#endEvent(name),
    });
  }

  /** @throws RangeError when an event is endless beside its pictures */
  push(chunk: Uint8Array): void {
    this.#events.push(chunk);
  }

  /** The answer has ended; an event without its blank line counts when it is whole. @throws RangeError as `push` */
  finish(): void {
    this.#events.finish();
  }

  /** Finished pictures in the order in which they came; the last is the result. */
  get finished(): readonly FinishedItem[] {
    return this.#finished;
  }

  get previews(): number {
    return this.#previews;
  }

  /** What the chat model said in words. */
  get words(): string {
    return this.#words;
  }

  get end(): StreamEnd {
    return this.#end;
  }

  get usage(): Usage {
    return this.#usage;
  }

  /** Something of a finished picture arrived, and its end did not. */
  get bytesOfOpenPicture(): number {
    return this.#pictures.find(isOpenResult)?.bytes ?? this.#bytesDiscarded;
  }

  /** False when the answer is no event stream at all. */
  get sawEvent(): boolean {
    return this.#sawEvent;
  }

  /** Undo every picture that is not finished, and with `all` those too. */
  discard(all: boolean): void {
    this.#discardOpen();
    if (all) for (const { sink } of this.#finished.splice(0)) sink.discard();
  }

  #scan(piece: Uint8Array, name: string | null): void {
    this.#scanner ??= new Base64Scanner({
      keys: new Set(["result", "partial_image_b64"]),
      buffer: this.#buffer,
      open: (key) => this.#openPicture(key, name),
    });
    this.#scanner.push(piece);
  }

  #openPicture(key: string, name: string | null): Base64Consumer {
    const isResult = key === "result" && resultEvents.has(name);
    // A picture that came in its own event is only repeated in the last one.
    const isRepeat = name !== null && lastEvents.has(name) && this.#finished.length > 0;
    const picture: OpenPicture = {
      key,
      sink: isResult && !isRepeat ? this.#hooks.openImage() : null,
      preview: key === "partial_image_b64" ? this.#hooks.openPreview() : null,
      isValid: true,
      isClosed: false,
      isTaken: false,
      bytes: 0,
    };
    this.#pictures.push(picture);
    return {
      bytes: (decoded) => {
        picture.bytes += decoded.length;
        picture.preview?.write(decoded);
        if (picture.sink === null) return;
        picture.sink.write(decoded);
        this.#hooks.onBytes(picture.bytes);
      },
      ...(picture.sink?.writeText === undefined ? {} : { text: (piece) => picture.sink?.writeText?.(piece) }),
      end: (valid) => {
        picture.isValid = valid;
        picture.isClosed = true;
      },
    };
  }

  #endEvent(name: string | null): void {
    const text = this.#scanner?.skeleton() ?? "";
    this.#scanner = null;
    const event = parseJson(text);
    if (isObject(event)) {
      this.#sawEvent = true;
      this.#take(textOf(member(event, "type")) ?? name ?? "", event);
    }
    this.#discardOpen();
  }

  #take(type: string, event: Readonly<Record<string, unknown>>): void {
    const response = event["response"];
    switch (type) {
      case "response.image_generation_call.partial_image": {
        const picture = this.#pictureOf(event["partial_image_b64"]);
        if (picture === undefined || picture.bytes === 0) return;
        this.#previews += 1;
        this.#hooks.onPreview();
        if (picture.isValid) picture.preview?.finish(numberOf(event["partial_image_index"]) ?? this.#previews - 1);
        else picture.preview?.discard();
        picture.isTaken = true;
        return;
      }
      case "response.output_item.done":
        this.#takeItem(event["item"]);
        return;
      case "response.output_text.done":
        this.#addWords(event["text"]);
        return;
      case "response.completed":
      case "response.incomplete": {
        const output = member(response, "output");
        if (Array.isArray(output) && this.#finished.length === 0) for (const item of output) this.#takeItem(item);
        this.#usage = usageOf(response);
        this.#end =
          type === "response.completed"
            ? { kind: "completed" }
            : { kind: "incomplete", reason: textOf(member(member(response, "incomplete_details"), "reason")) };
        return;
      }
      case "response.failed":
        this.#end = { kind: "failed", error: member(response, "error") ?? event["error"] };
        return;
      case "error":
        // A top-level error does not always end the stream; a later last event is the better word.
        if (this.#end.kind === "open") this.#end = { kind: "failed", error: event["error"] ?? event };
        return;
      default:
        return;
    }
  }

  #takeItem(item: unknown): void {
    const type = member(item, "type");
    if (type === "message") {
      const content = member(item, "content");
      if (Array.isArray(content)) for (const part of content) this.#addWords(member(part, "text"));
      return;
    }
    if (type !== "image_generation_call") return;
    const picture = this.#pictureOf(member(item, "result"));
    if (picture === undefined || picture.sink === null || picture.bytes === 0) return;
    picture.isTaken = true;
    this.#finished.push({
      sink: picture.sink,
      isValidBase64: picture.isValid,
      revisedPrompt: textOf(member(item, "revised_prompt")),
      quality: word(member(item, "quality")),
      background: word(member(item, "background")),
      serviceImageId: word(member(item, "id")),
    });
  }

  /** In the skeleton a picture's value is its ordinal. */
  #pictureOf(value: unknown): OpenPicture | undefined {
    return typeof value === "string" && /^\d{1,6}$/.test(value) ? this.#pictures[Number(value)] : undefined;
  }

  #addWords(text: unknown): void {
    if (typeof text !== "string" || text === "" || this.#words.includes(text)) return;
    this.#words = `${this.#words} ${text}`.trim().slice(0, longestWords);
  }

  #discardOpen(): void {
    this.#bytesDiscarded = this.#pictures.find(isOpenResult)?.bytes ?? this.#bytesDiscarded;
    for (const { sink, preview, isTaken } of this.#pictures) {
      if (isTaken) continue;
      sink?.discard();
      preview?.discard();
    }
    this.#pictures = [];
  }
}

function isOpenResult({ key, isClosed }: OpenPicture): boolean {
  return key === "result" && !isClosed;
}

function word(value: unknown): string | null {
  return typeof value === "string" && value !== "" && value.length <= 200 ? value : null;
}

/** Of the picture (`tool_usage.image_gen`), and of the chat model that hosted it. */
function usageOf(response: unknown): Usage {
  const image = member(member(response, "tool_usage"), "image_gen");
  const driver = driverUsage(member(response, "usage"));
  const counts = {
    inputTokens: numberOf(member(image, "input_tokens")),
    outputTokens: numberOf(member(image, "output_tokens")),
    totalTokens: numberOf(member(image, "total_tokens")),
    inputImageTokens: numberOf(member(member(image, "input_tokens_details"), "image_tokens")),
  };
  const stated = Object.entries(counts).filter(([, count]) => count !== null);
  return { ...Object.fromEntries(stated), ...(Object.keys(driver).length === 0 ? {} : { driver }) };
}

function driverUsage(usage: unknown): DriverUsage {
  const input = numberOf(member(usage, "input_tokens"));
  const output = numberOf(member(usage, "output_tokens"));
  const cached = numberOf(member(member(usage, "input_tokens_details"), "cached_tokens"));
  return {
    ...(input === null ? {} : { inputTokens: input }),
    ...(output === null ? {} : { outputTokens: output }),
    ...(cached === null ? {} : { cachedInputTokens: cached }),
  };
}
