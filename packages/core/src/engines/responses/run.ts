import type { EngineAnswer, EngineCall, StoredImage } from "../../contracts/engine.ts";
import { LimnError, isLimnError } from "../../errors/index.ts";
import { clockSkewOf, readLimits, requestIdOf } from "../../transport/index.ts";
import type { Transport, TransportAnswer } from "../../transport/index.ts";
import { ResponsesAnswerReader } from "./answer.ts";
import type { FinishedItem } from "./answer.ts";
import { reasonWithoutImage } from "./failure.ts";
import { hostModels } from "./host-model.ts";
import type { HostModel } from "./host-model.ts";
import { responsesBody, responsesPath } from "./request.ts";

/** The version of the protocol that limn speaks; the service lists models by it (codex-backend contract 2.5). */
const clientVersion = "0.169.0";
/** Models that are tried when the account has lost one that its list still had. */
const maxHosts = 3;

/** The engine's calls; they share the account's list of models. */
export function createResponsesRun(
  transport: Transport,
  clock: () => number,
): (call: EngineCall) => Promise<EngineAnswer> {
  let hosts: Promise<readonly HostModel[]> | null = null;
  /** Asked once; a failure is not kept. */
  const listed = async (signal: AbortSignal): Promise<readonly HostModel[]> => {
    for (;;) {
      const known = hosts;
      const asked = known ?? readHosts(transport, signal);
      hosts = asked;
      try {
        return await asked;
      } catch (error) {
        if (hosts === asked) hosts = null;
        // Another generation asked, and was stopped or failed by itself; this one asks anew.
        if (known === null || signal.aborted) throw error;
      }
    }
  };
  return async (call) => {
    const wanted = call.request.model;
    const candidates = await candidatesFor(wanted, listed, call.signal);
    let attempts = 0;
    for (const [tried, host] of candidates.entries()) {
      // What was sent to a model that was refused counts, too.
      const before = attempts;
      const counted: EngineCall = {
        ...call,
        beforeSend: async (attempt) => {
          attempts = before + attempt;
          await call.beforeSend(attempts);
        },
        progress: (stage, facts) => call.progress(stage, { ...facts, attempt: before + facts.attempt }),
      };
      let answer: TransportAnswer;
      try {
        answer = await send(transport, counted, host);
      } catch (error) {
        const isLast = tried === candidates.length - 1 || tried === maxHosts - 1;
        if (isLast || wanted !== null || !wasModelRefused(error, host)) throw error;
        hosts = null;
        continue;
      }
      // Accepted: whatever comes now, nothing is sent again.
      return receive(answer, clock, call, host, attempts);
    }
    throw noHost(null, []);
  };
}

async function candidatesFor(
  wanted: string | null,
  listed: (signal: AbortSignal) => Promise<readonly HostModel[]>,
  signal: AbortSignal,
): Promise<readonly HostModel[]> {
  const hosts = await listed(signal);
  const candidates = wanted === null ? hosts : hosts.filter(({ slug }) => slug === wanted);
  if (candidates.length > 0) return candidates;
  throw noHost(
    wanted,
    hosts.map(({ slug }) => slug),
  );
}

function noHost(wanted: string | null, models: readonly string[]): LimnError {
  if (wanted === null)
    return new LimnError("engine_unavailable", {
      message: "The account's list has no chat model that could host the image tool. Nothing was sent.",
      hint: "Use the native routes, which need none: --engine images",
    });
  return new LimnError("unsupported_option", {
    message: `The account's list has no chat model "${wanted}" that could host the image tool${models.length === 0 ? "" : `; it has ${models.join(", ")}`}. Nothing was sent.`,
    hint: "Leave out --model, or name one of the list.",
    details: { option: "model", engine: "responses", models },
  });
}

async function readHosts(transport: Transport, signal: AbortSignal): Promise<readonly HostModel[]> {
  const answer = await transport.send({
    method: "GET",
    base: "codex",
    path: `/models?client_version=${clientVersion}`,
    signal,
    costsQuota: false,
  });
  const pieces: Buffer[] = [];
  let size = 0;
  await answer.read((chunk) => {
    size += chunk.length;
    if (size > 8 * 1024 * 1024)
      throw new LimnError("unexpected_response", { message: "The list of models is endless." });
    pieces.push(Buffer.from(chunk));
  });
  return hostModels(Buffer.concat(pieces).toString("utf8"));
}

/**
 * A model that the account lost is refused with 400 or 404 before anything is drawn (contract 4.1). The service has no code for it; that
 * its message names our model is the sign.
 */
function wasModelRefused(error: unknown, { slug }: HostModel): boolean {
  if (!isLimnError(error) || error.code !== "service_error") return false;
  const { status, serviceMessage, serviceCode } = error.details;
  if (status !== 400 && status !== 404) return false;
  return serviceCode === "model_not_found" || (typeof serviceMessage === "string" && serviceMessage.includes(slug));
}

async function send(transport: Transport, call: EngineCall, host: HostModel): Promise<TransportAnswer> {
  const { request } = call;
  return transport.send({
    method: "POST",
    base: "codex",
    path: responsesPath,
    headers: { "content-type": "application/json", accept: "text/event-stream" },
    body: responsesBody(request, host),
    signal: call.signal,
    costsQuota: true,
    privateTexts: [request.prompt],
    beforeSend: async (attempt) => call.beforeSend(attempt),
    onStage: (stage, facts) => call.progress(stage, facts),
  });
}

async function receive(
  answer: TransportAnswer,
  clock: () => number,
  call: EngineCall,
  host: HostModel,
  attempt: number,
): Promise<EngineAnswer> {
  const { request } = call;
  call.progress("receiving", { attempt });
  const reader = new ResponsesAnswerReader({
    openImage: call.openImage,
    openPreview: call.openPreview,
    onBytes: (bytes) => call.progress("receiving", { attempt, bytes }),
    onPreview: () => call.progress("receiving", { attempt }),
  });
  const cut = await readAll(answer, reader);
  try {
    if (reader.finished.length === 0) throw reasonWithoutImage(reader, answer, clock(), [request.prompt], cut);
    reader.discard(false);
    call.progress("saving", { attempt });
    const stored = await finishLast(reader.finished);
    return {
      images: [{ stored: stored.image, ...factsOf(stored.item) }],
      model: host.slug,
      usage: reader.usage,
      limits: readLimits(answer.headers, answer.receivedAtMs),
      requestId: requestIdOf(answer.headers),
      account: {
        plan: answer.headers.get("x-codex-plan-type") ?? answer.credential.plan,
        source: answer.credential.source,
      },
      firstByteMs: answer.firstByteMs,
      truncatedAfterImage: reader.end.kind !== "completed",
      clockSkewMs: clockSkewOf(answer),
    };
  } catch (error) {
    reader.discard(true);
    throw error;
  }
}

/** Null when the stream was read to its end; its error when it broke off. What was paid for is kept. */
async function readAll(answer: TransportAnswer, reader: ResponsesAnswerReader): Promise<LimnError | null> {
  try {
    await answer.read((chunk) => reader.push(chunk));
    reader.finish();
    return null;
  } catch (error) {
    if (isLimnError(error) && error.code === "stream_truncated") return error;
    reader.discard(true);
    if (!(error instanceof RangeError)) throw error;
    throw new LimnError("unexpected_response", {
      message: `The answer is not an image answer: ${error.message}.`,
      cause: error,
    });
  }
}

/** The last item is the result; an earlier one stands in when the last is no picture. */
async function finishLast(
  items: readonly FinishedItem[],
): Promise<{ readonly item: FinishedItem; readonly image: StoredImage }> {
  let failure: unknown = null;
  for (const item of [...items].reverse()) {
    if (failure === null || item.isValidBase64) {
      try {
        if (!item.isValidBase64) throw badBase64();
        const image = await item.sink.finish();
        for (const other of items) if (other !== item) other.sink.discard();
        return { item, image };
      } catch (error) {
        if (!isLimnError(error) || error.code !== "image_corrupt") throw error;
        failure ??= error;
      }
    }
  }
  throw failure ?? badBase64();
}

function badBase64(): LimnError {
  return new LimnError("image_corrupt", {
    message: "The picture in the answer is not valid base64.",
    hint: "The plan was probably charged. To ask once more, and pay once more, repeat the command.",
  });
}

function factsOf(item: FinishedItem): {
  revisedPrompt?: string;
  quality?: string;
  background?: string;
  serviceImageId?: string;
} {
  return {
    ...(item.revisedPrompt === null ? {} : { revisedPrompt: item.revisedPrompt }),
    ...(item.quality === null ? {} : { quality: item.quality }),
    ...(item.background === null ? {} : { background: item.background }),
    ...(item.serviceImageId === null ? {} : { serviceImageId: item.serviceImageId }),
  };
}
