import { readFileSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { ImageStart } from "@limn/core";
import {
  completedOpening,
  endCompleted,
  endImages,
  eventType,
  imagesOpening,
  writeCompleted,
  writeImages,
} from "./answer.ts";
import type { PictureForm } from "./answer.ts";
import type { GenerationDesk, Outcome, Visit } from "./generation-desk.ts";
import { errorAnswer, invalid } from "../loopback/index.ts";
import { readRequest } from "./image-request.ts";
import type { ApiRequest, RequestDefaults } from "./image-request.ts";
import { LivePicture } from "./live-picture.ts";
import type { Made } from "./made-pictures.ts";
import type { PictureLinks } from "./picture-links.ts";
import { readBody } from "./read-body.ts";

/** How long a client waits in silence. */
export interface Patience {
  /** Between comments in an event stream. */
  readonly keepAliveMs: number;
  /** Until a JSON answer begins with blanks: clients of Node's fetch give up on headers after 300 s. */
  readonly headersAfterMs: number;
}

export const defaultPatience: Patience = { keepAliveMs: 10_000, headersAfterMs: 240_000 };

export interface ImagesRouteParts {
  readonly desk: GenerationDesk;
  readonly links: PictureLinks;
  readonly defaults: RequestDefaults;
  readonly patience: Patience;
}

/** `images/generations` and `images/edits`. @throws while no byte of the answer is out: what is wrong with the request or came of it */
export async function serveImages(
  parts: ImagesRouteParts,
  operation: "generate" | "edit",
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const wire = await readBody(request, operation);
  let isHandedOver = false;
  try {
    const asked = readRequest(operation, wire, parts.defaults);
    const mark = {
      fingerprint: wire.fingerprint,
      idempotencyKey: idempotencyKeyOf(request),
      isRetry: Number(request.headers["x-stainless-retry-count"] ?? 0) >= 1,
    };
    // Without a wait since the body was read, so that of two repeats only the first one starts.
    let visit = parts.desk.join(mark);
    if (visit === null) {
      visit = parts.desk.start(mark, asked.request, () => wire.close());
      isHandedOver = true;
    }
    await attend(parts, asked, visit, request, response);
  } finally {
    if (!isHandedOver) wire.close();
  }
}

function idempotencyKeyOf({ headers }: IncomingMessage): string | null {
  const key = headers["idempotency-key"];
  if (typeof key !== "string" || key === "") return null;
  if (key.length > 255) throw invalid(undefined, "The Idempotency-Key has more than 255 characters.");
  return key;
}

/** Wait for the generation and give its answer, as long as the client is there. */
async function attend(
  parts: ImagesRouteParts,
  asked: ApiRequest,
  visit: Visit,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const gone = Promise.withResolvers<null>();
  response.once("close", () => {
    // Only here is it known that the last byte has left this process.
    visit.leave(response.writableFinished);
    gone.resolve(null);
  });
  if (response.destroyed || response.socket?.destroyed === true) {
    visit.leave(false);
    return;
  }
  const headers = headersOf(asked, visit);
  await (asked.isStream
    ? answerStream(parts, asked, visit, response, headers, gone.promise)
    : answerOnce(parts, asked, visit, request, response, headers, gone.promise));
}

function headersOf(asked: ApiRequest, visit: Visit): Record<string, string> {
  const { ignored } = asked;
  return {
    "x-limn-generation": visit.work.id,
    ...(visit.isRepeat ? { "x-limn-repeat": "true" } : {}),
    ...(ignored.length === 0 ? {} : { "x-limn-ignored": headerText(ignored) }),
    ...(asked.warnings.length === 0 ? {} : { "x-limn-warning": headerText(asked.warnings) }),
  };
}

/** Of a picture that is delivered as it comes. */
function startHeaders({ width, height }: ImageStart): Record<string, string> {
  return { "x-limn-native-size": `${width}x${height}` };
}

/** Several are answered together, when all are there. */
function hasOnePicture({ request }: ApiRequest): boolean {
  return (request.n ?? 1) === 1;
}

function madeHeaders(asked: ApiRequest, made: Made): Record<string, string> {
  const warnings = [...asked.warnings, ...made.warnings];
  return {
    // A repeat may get what another process made.
    "x-limn-generation": made.id,
    ...(made.nativeSize === null ? {} : { "x-limn-native-size": made.nativeSize }),
    ...(warnings.length === 0 ? {} : { "x-limn-warning": headerText(warnings) }),
  };
}

function headerText(words: readonly string[]): string {
  return words
    .join("; ")
    .replaceAll(/[^\u0020-\u007E]/g, "_")
    .slice(0, 1000);
}

async function answerOnce(
  { links, patience }: ImagesRouteParts,
  asked: ApiRequest,
  visit: Visit,
  request: IncomingMessage,
  response: ServerResponse,
  headers: Record<string, string>,
  gone: Promise<null>,
): Promise<void> {
  const { work } = visit;
  let last = performance.now();
  const begin = last;
  // Blanks before JSON are JSON; only where a picture is all but certain, because the status is then spent.
  const timer = setInterval(
    () => {
      const now = performance.now();
      if (!work.isSent || now - begin < patience.headersAfterMs || now - last < patience.keepAliveMs) return;
      last = now;
      if (!response.headersSent) response.writeHead(200, { ...headers, "content-type": "application/json" });
      response.write(" ");
    },
    Math.min(1000, patience.keepAliveMs),
  );
  const live = new LivePicture(response, (start) => {
    clearInterval(timer);
    if (!response.headersSent)
      response.writeHead(200, { ...headers, ...startHeaders(start), "content-type": "application/json" });
    return imagesOpening;
  });
  const isLive = asked.responseFormat === "b64_json" && hasOnePicture(asked);
  const unfollow = isLive ? work.follow((start) => live.begin(start)) : null;
  let outcome: Outcome | null;
  try {
    outcome = await Promise.race([work.finished, gone]);
  } finally {
    clearInterval(timer);
    unfollow?.();
  }
  if (outcome === null) return;
  if ("error" in outcome) {
    if (!response.headersSent) throw outcome.error;
    // The status is out already: the connection ends, and the client's own repeat gets the error with its status.
    response.destroy();
    return;
  }
  const { made } = outcome;
  if (live.hasBegun) {
    // What became known behind the picture; a header before it could not tell.
    if (made.warnings.length > 0) response.addTrailers({ "x-limn-warning": headerText(made.warnings) });
    await endImages(response, made, live);
    return;
  }
  const form: PictureForm =
    asked.responseFormat === "b64_json"
      ? { kind: "b64_json" }
      : {
          kind: "url",
          addressOf: ({ path, mediaType }) =>
            `http://${request.headers.host ?? ""}/files/${links.add(path, mediaType)}`,
        };
  await writeImages(response, made, form, { ...headers, ...madeHeaders(asked, made) });
}

async function answerStream(
  { patience }: ImagesRouteParts,
  asked: ApiRequest,
  visit: Visit,
  response: ServerResponse,
  headers: Record<string, string>,
  gone: Promise<null>,
): Promise<void> {
  const { work } = visit;
  const { operation } = asked.request;
  const begin = (more: Record<string, string> = {}): void => {
    if (response.headersSent) return;
    response.writeHead(200, {
      ...headers,
      ...more,
      "content-type": "text/event-stream; charset=utf-8",
      "cache-control": "no-cache, no-store",
    });
  };
  // Until something was sent, an error can still have its status.
  const timer = setInterval(() => {
    if (!work.isSent || response.writableNeedDrain) return;
    begin();
    response.write(": keep-alive\n\n");
  }, patience.keepAliveMs);
  const type = eventType(operation, "partial_image");
  const unsubscribe = work.subscribe((event) => {
    if (event.type !== "image-partial" || response.writableNeedDrain || response.destroyed) return;
    const preview = readPreview(event.path);
    if (preview === null) return;
    begin();
    response.write(
      `event: ${type}\ndata: ${JSON.stringify({
        type,
        partial_image_index: event.partialIndex,
        b64_json: preview.toString("base64"),
        created_at: Math.floor(Date.now() / 1000),
        ...factsOfPreview(preview),
        background: asked.request.background ?? "auto",
        quality: asked.request.quality ?? "auto",
        size: asked.request.size ?? "auto",
      })}\n\n`,
    );
  });
  const live = new LivePicture(response, (start) => {
    // Nothing may come between the pieces of the picture.
    clearInterval(timer);
    unsubscribe();
    begin(startHeaders(start));
    return completedOpening(operation);
  });
  const unfollow = hasOnePicture(asked) ? work.follow((start) => live.begin(start)) : null;
  let outcome: Outcome | null;
  try {
    outcome = await Promise.race([work.finished, gone]);
  } finally {
    clearInterval(timer);
    unsubscribe();
    unfollow?.();
  }
  if (outcome === null) return;
  if ("error" in outcome) {
    if (!response.headersSent) throw outcome.error;
    if (live.hasBegun) {
      response.destroy();
      return;
    }
    const { body } = errorAnswer(outcome.error);
    response.end(`event: error\ndata: ${JSON.stringify({ type: "error", ...body })}\n\n`);
    return;
  }
  const { made } = outcome;
  if (live.hasBegun) {
    await endCompleted(response, made, live);
    return;
  }
  await writeCompleted(response, made, operation, () => begin(madeHeaders(asked, made)));
}

function factsOfPreview(preview: Buffer): { readonly output_format: string } {
  if (preview[0] === 0xff) return { output_format: "jpeg" };
  return { output_format: preview.toString("latin1", 8, 12) === "WEBP" ? "webp" : "png" };
}

/** Gone when the picture itself came first. */
function readPreview(path: string): Buffer | null {
  try {
    return readFileSync(path);
  } catch {
    return null;
  }
}
