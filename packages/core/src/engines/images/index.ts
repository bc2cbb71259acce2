import type { Engine, EngineAnswer, EngineCall } from "../../contracts/engine.ts";
import { isLimnError } from "../../errors/index.ts";
import { accountKeyOf, clockSkewOf, readLimits, requestIdOf } from "../../transport/index.ts";
import type { Transport, TransportAnswer } from "../../transport/index.ts";
import { ImagesAnswerReader } from "./answer.ts";
import { imagesCapabilities } from "./capabilities.ts";
import { imageModel, imagesBody, imagesFields, imagesPath } from "./request.ts";
import { createTurnId } from "./turn-id.ts";

export interface ImagesEngineOptions {
  readonly transport: Transport;
  readonly clock: () => number;
}

/** The native image routes: JSON in, one JSON document out, no chat model between (codex-backend contract 3). */
export function createImagesEngine({ transport, clock }: ImagesEngineOptions): Engine {
  return {
    id: "images",
    capabilities: imagesCapabilities,
    describe: (request) => ({
      method: "POST",
      url: transport.baseURL + imagesPath(request),
      headers: { ...transport.commonHeaders(), "content-type": "application/json" },
      body: imagesFields(request),
    }),
    prepare: async () => {
      const { plan, source, accountId } = await transport.credential();
      return { plan, source, accountKey: accountKeyOf(accountId, transport.baseURL) };
    },
    run: async (call) => runImagesCall(transport, clock, call),
  };
}

async function runImagesCall(transport: Transport, clock: () => number, call: EngineCall): Promise<EngineAnswer> {
  const { request } = call;
  let attempt = 1;
  const answer = await transport.send({
    method: "POST",
    base: "codex",
    path: imagesPath(request),
    headers: { "content-type": "application/json", "x-codex-image-turn-id": createTurnId(clock()) },
    body: imagesBody(request),
    signal: call.signal,
    costsQuota: true,
    privateTexts: [request.prompt],
    beforeSend: async (number) => {
      attempt = number;
      await call.beforeSend(number);
    },
    onStage: (stage, facts) => call.progress(stage, facts),
  });
  call.progress("receiving", { attempt });
  const reader = new ImagesAnswerReader(call.openImage, (bytes) => call.progress("receiving", { attempt, bytes }));
  const cutShort = await readAll(answer, reader);
  try {
    const facts = reader.facts(cutShort !== null);
    call.progress("saving", { attempt });
    const sink = reader.finishedSink;
    if (sink === null) throw cutShort ?? new TypeError("a picture without an end in a whole document");
    const stored = await sink.finish();
    return {
      images: [
        {
          stored,
          ...(facts.quality === null ? {} : { quality: facts.quality }),
          ...(facts.background === null ? {} : { background: facts.background }),
          ...(facts.serviceImageId === null ? {} : { serviceImageId: facts.serviceImageId }),
        },
      ],
      model: imageModel,
      usage: facts.usage,
      limits: readLimits(answer.headers, answer.receivedAtMs),
      requestId: requestIdOf(answer.headers),
      account: {
        plan: answer.headers.get("x-codex-plan-type") ?? answer.credential.plan,
        source: answer.credential.source,
      },
      firstByteMs: answer.firstByteMs,
      truncatedAfterImage: facts.isBroken,
      clockSkewMs: clockSkewOf(answer),
    };
  } catch (error) {
    reader.discard();
    throw error;
  }
}

/** Null when the answer was whole; its error when it broke off behind a picture that is whole. What was paid for is kept. */
async function readAll(answer: TransportAnswer, reader: ImagesAnswerReader): Promise<unknown> {
  try {
    await answer.read((chunk) => reader.push(chunk));
    return null;
  } catch (error) {
    if (reader.finishedSink !== null && isLimnError(error) && error.code === "stream_truncated") return error;
    reader.discard();
    throw error;
  }
}
