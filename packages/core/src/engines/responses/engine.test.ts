import { describe, expect, test, vi } from "vitest";
import { limnErrorOf, reasonOf } from "../../../../../test/support/rejection.ts";
import { resolvedRequest } from "../../../../../test/support/resolved-request.ts";
import type { EngineCall, ImageSink, StoredImage } from "../../contracts/engine.ts";
import type { ResolvedRequest } from "../../contracts/request.ts";
import { LimnError } from "../../errors/index.ts";
import type { Transport, TransportAnswer } from "../../transport/index.ts";
import { createResponsesEngine } from "./index.ts";

const credential = {
  source: "test",
  accountId: "acc-1",
  plan: "plus",
  email: null,
  expiresAtMs: null,
  accountHeaders: {},
  revealToken: () => "token",
};

/** What the service does: gives a text, breaks off behind it, or refuses. */
type Step = string | { readonly text: string; readonly cut: LimnError } | (() => Promise<string>) | Error;
type Call = Parameters<Transport["send"]>[0];

interface FakeTransport {
  readonly transport: Transport;
  /** Paths in order; for a POST the host model. */
  readonly asked: string[];
}

function fakeTransport(lists: readonly Step[], answers: readonly Step[]): FakeTransport {
  const asked: string[] = [];
  const left = { lists: [...lists], answers: [...answers] };
  const send = async (call: Call): Promise<TransportAnswer> => {
    const isList = call.method === "GET";
    const step = isList ? left.lists.shift() : left.answers.shift();
    if (isList) asked.push(call.path);
    else {
      const body = Buffer.concat(Array.from(call.body?.slices() ?? [], (slice) => Buffer.from(slice)));
      asked.push(String(JSON.parse(body.toString()).model));
      await call.beforeSend?.(1);
      call.onStage?.("sent", { attempt: 1 });
    }
    if (step === undefined) throw new Error(`nothing was foreseen for ${call.path}`);
    if (step instanceof Error) throw step;
    const text = typeof step === "function" ? await step() : typeof step === "string" ? step : step.text;
    return {
      status: 200,
      headers: new Map([["x-oai-request-id", "req-1"]]),
      credential,
      firstByteMs: 5,
      receivedAtMs: 0,
      read: async (onChunk) => {
        onChunk(Buffer.from(text));
        if (typeof step === "object") throw step.cut;
        return Promise.resolve();
      },
    };
  };
  return {
    asked,
    transport: {
      baseURL: "https://service.test/backend-api/codex",
      credential: async () => Promise.resolve(credential),
      commonHeaders: () => ({ originator: "limn" }),
      send,
    },
  };
}

interface FakeCall {
  readonly call: EngineCall;
  /** What became of each picture, in the order in which they were opened. */
  readonly fates: string[];
  readonly sent: number[];
  readonly stages: string[];
}

/** Pictures of which those with a text in `corrupt` are none. */
function fakeCall(
  change: Partial<ResolvedRequest> = {},
  corrupt: readonly string[] = [],
  signal = new AbortController().signal,
): FakeCall {
  const fates: string[] = [];
  const sent: number[] = [];
  const stages: string[] = [];
  const openImage = (): ImageSink => {
    const place = fates.push("open") - 1;
    let text = "";
    return {
      get bytesWritten(): number {
        return text.length;
      },
      write: (bytes) => {
        text += Buffer.from(bytes).toString();
      },
      finish: async (): Promise<StoredImage> => {
        if (corrupt.includes(text)) throw new LimnError("image_corrupt", { message: `${text} is no image` });
        fates[place] = `saved ${text}`;
        const facts = { mediaType: "image/png", width: 1, height: 1, hasAlpha: false, c2pa: false };
        return Promise.resolve({
          ...facts,
          index: 0,
          path: text,
          bytes: text.length,
          sha256: text,
          savedElsewhere: false,
        });
      },
      discard: () => {
        if (fates[place] === "open") fates[place] = "discarded";
      },
    };
  };
  return {
    fates,
    sent,
    stages,
    call: {
      request: resolvedRequest({ engine: "responses", ...change }),
      index: 0,
      signal,
      openImage,
      openPreview: () => null,
      beforeSend: async (attempt) => {
        sent.push(attempt);
        return Promise.resolve();
      },
      progress: (stage, { attempt }) => {
        const told = `${stage} ${attempt}`;
        if (stages.at(-1) !== told) stages.push(told);
      },
    },
  };
}

const engineOf = ({ transport }: FakeTransport): ReturnType<typeof createResponsesEngine> =>
  createResponsesEngine({ transport, clock: () => 0 });

const list = JSON.stringify({ models: ["one", "two", "three", "four"].map((slug) => ({ slug })) });
const item = (text: string, change: object = {}): string =>
  `data: ${JSON.stringify({
    type: "response.output_item.done",
    item: {
      type: "image_generation_call",
      id: `ig_${text}`,
      result: Buffer.from(text).toString("base64"),
      ...change,
    },
  })}\n\n`;
const completed = 'data: {"type":"response.completed","response":{}}\n\n';
const good = item("fox", { revised_prompt: "A fox.", quality: "low", background: "opaque" }) + completed;
const gone = (slug: string, status = 400): LimnError =>
  new LimnError("service_error", {
    message: "refused",
    details: { status, serviceMessage: `The model '${slug}' does not exist.` },
  });

describe("the responses engine", () => {
  test("asks the first model of the account's own list, and asks for the list once", async () => {
    const service = fakeTransport([list], [good, good]);
    const engine = engineOf(service);
    const { call, sent, stages } = fakeCall();
    const answer = await engine.run(call);
    expect(answer).toEqual({
      images: [
        {
          stored: expect.objectContaining({ path: "fox" }),
          revisedPrompt: "A fox.",
          quality: "low",
          background: "opaque",
          serviceImageId: "ig_fox",
        },
      ],
      model: "one",
      usage: {},
      limits: {},
      requestId: "req-1",
      account: { plan: "plus", source: "test" },
      firstByteMs: 5,
      truncatedAfterImage: false,
      clockSkewMs: null,
    });
    await engine.run(fakeCall().call);
    expect([service.asked, sent, stages]).toEqual([
      ["/models?client_version=0.169.0", "one", "one"],
      [1],
      ["sent 1", "receiving 1", "saving 1"],
    ]);
  });

  test("takes the model that was named, if the list has it", async () => {
    const service = fakeTransport([list], [good]);
    const engine = engineOf(service);
    expect((await engine.run(fakeCall({ model: "three" }).call)).model).toBe("three");
    const { call, sent } = fakeCall({ model: "five" });
    const error = await limnErrorOf(engine.run(call));
    expect([error.code, error.details, sent]).toEqual([
      "unsupported_option",
      { option: "model", engine: "responses", models: ["one", "two", "three", "four"] },
      [],
    ]);
  });

  test("sends nothing when the account has no model that could host", async () => {
    for (const models of ["{}", '{"models":[{"slug":"x-spark"}]}', "<html>"]) {
      const service = fakeTransport([models], []);
      const error = await limnErrorOf(engineOf(service).run(fakeCall().call));
      expect([error.code, service.asked.length]).toEqual(["engine_unavailable", 1]);
    }
  });

  test("says what would be sent without asking for the list", () => {
    const service = fakeTransport([], []);
    const { method, url, headers, body } = engineOf(service).describe(resolvedRequest({ engine: "responses" }));
    expect([method, url, headers, body["model"]]).toEqual([
      "POST",
      "https://service.test/backend-api/codex/responses",
      { originator: "limn", "content-type": "application/json", accept: "text/event-stream" },
      expect.stringContaining("the account's list"),
    ]);
    expect(engineOf(service).describe(resolvedRequest({ model: "gpt-5.5" })).body["model"]).toBe("gpt-5.5");
  });

  test("refuses an endless list", async () => {
    const service = fakeTransport(["x".repeat(8 * 1024 * 1024 + 1), list], [good]);
    const engine = engineOf(service);
    expect((await limnErrorOf(engine.run(fakeCall().call))).code).toBe("unexpected_response");
    // A failure is not kept.
    expect((await engine.run(fakeCall().call)).model).toBe("one");
  });
});

describe("a host model that the account has lost", () => {
  test.each([400, 404])(
    "is replaced by the next one when its name is refused with %i, and every sending counts",
    async (status) => {
      const service = fakeTransport([list, list], [gone("one", status), gone("two", status), good, good]);
      const engine = engineOf(service);
      const { call, sent, stages } = fakeCall();
      expect((await engine.run(call)).model).toBe("three");
      expect([sent, stages]).toEqual([
        [1, 2, 3],
        ["sent 1", "sent 2", "sent 3", "receiving 3", "saving 3"],
      ]);
      // The list is out of date: it is asked for again.
      await engine.run(fakeCall().call);
      expect(service.asked).toEqual([
        "/models?client_version=0.169.0",
        "one",
        "two",
        "three",
        "/models?client_version=0.169.0",
        "one",
      ]);
    },
  );

  test("is known by the service's code, too", async () => {
    const error = new LimnError("service_error", {
      message: "x",
      details: { status: 404, serviceCode: "model_not_found" },
    });
    expect((await engineOf(fakeTransport([list], [error, good])).run(fakeCall().call)).model).toBe("two");
  });

  test("is replaced three times at most", async () => {
    const service = fakeTransport([list], [gone("one"), gone("two"), gone("three"), good]);
    expect(await reasonOf(engineOf(service).run(fakeCall().call))).toEqual(gone("three"));
    expect(service.asked.slice(1)).toEqual(["one", "two", "three"]);
  });

  test("is not replaced when the user named it", async () => {
    const service = fakeTransport([list], [gone("two"), good]);
    await reasonOf(engineOf(service).run(fakeCall({ model: "two" }).call));
    expect(service.asked.slice(1)).toEqual(["two"]);
  });

  test.each<[string, LimnError]>([
    [
      "another 400",
      new LimnError("service_error", { message: "x", details: { status: 400, serviceMessage: "Bad size." } }),
    ],
    ["another status", gone("one", 500)],
    ["a refusal", new LimnError("content_refused", { message: "x", details: { status: 400, serviceMessage: "one" } })],
    ["a limit", new LimnError("usage_limit_reached", { message: "x", details: { status: 429 } })],
    [
      "an unknown outcome",
      new LimnError("outcome_unknown", { message: "x", details: { status: 400, serviceMessage: "one" } }),
    ],
  ])("is not what %s means: nothing else is asked", async (_, error) => {
    const service = fakeTransport([list], [error, good]);
    expect(await reasonOf(engineOf(service).run(fakeCall().call))).toBe(error);
    expect(service.asked.slice(1)).toEqual(["one"]);
  });

  test("is not what an error within the stream means: the request was accepted", async () => {
    const text = `data: ${JSON.stringify({
      type: "response.failed",
      response: { error: { code: "model_not_found", message: "one", status: 404 } },
    })}\n\n`;
    const service = fakeTransport([list], [text, good]);
    const error = await limnErrorOf(engineOf(service).run(fakeCall().call));
    expect([error.code, service.asked.slice(1)]).toEqual(["service_error", ["one"]]);
  });
});

describe("several pictures in one answer", () => {
  test.each<[string, string, readonly string[], readonly string[], string]>([
    ["the last is the result", item("a") + item("b") + completed, [], ["discarded", "saved b"], "ig_b"],
    [
      "an earlier one stands in for a last that is no picture",
      item("a") + item("b") + completed,
      ["b"],
      ["saved a", "discarded"],
      "ig_a",
    ],
    [
      "an earlier one stands in for a last that is no base64",
      `${item("a")}${item("b", { result: "AAAA*AAA" })}${completed}`,
      [],
      ["saved a", "discarded"],
      "ig_a",
    ],
    [
      "the newest good one stands in",
      item("a") + item("b") + item("c") + completed,
      ["c"],
      ["discarded", "saved b", "discarded"],
      "ig_b",
    ],
  ])("%s", async (_, text, corrupt, fates, id) => {
    const fake = fakeCall({}, corrupt);
    const { images } = await engineOf(fakeTransport([list], [text])).run(fake.call);
    expect([images.map(({ serviceImageId }) => serviceImageId), fake.fates]).toEqual([[id], fates]);
  });

  test("that are all none are an error, and nothing is left", async () => {
    const fake = fakeCall({}, ["a", "b"]);
    const error = await limnErrorOf(
      engineOf(fakeTransport([list], [item("a") + item("b") + completed])).run(fake.call),
    );
    // The last one's own error tells what was wrong.
    expect([error.code, error.message, fake.fates]).toEqual([
      "image_corrupt",
      "b is no image",
      ["discarded", "discarded"],
    ]);
    const bad = fakeCall();
    const text = item("a", { result: "AAAA*AAA" }) + completed;
    expect((await limnErrorOf(engineOf(fakeTransport([list], [text])).run(bad.call))).code).toBe("image_corrupt");
    expect(bad.fates).toEqual(["discarded"]);
  });
});

describe("an answer that breaks off", () => {
  const cut = new LimnError("stream_truncated", { message: "cut" });

  test("behind the picture gives the picture, and says so", async () => {
    const fake = fakeCall();
    const { truncatedAfterImage, images } = await engineOf(fakeTransport([list], [{ text: item("a"), cut }])).run(
      fake.call,
    );
    expect([truncatedAfterImage, images.length, fake.fates]).toEqual([true, 1, ["saved a"]]);
    // Without a length a cut answer ends like a whole one.
    expect((await engineOf(fakeTransport([list], [item("a")])).run(fakeCall().call)).truncatedAfterImage).toBe(true);
  });

  test.each(["response.failed", "response.incomplete", "error"])(
    "with %s behind the picture gives the picture",
    async (type) => {
      const text = `${item("a")}data: ${JSON.stringify({ type })}\n\n`;
      const { truncatedAfterImage } = await engineOf(fakeTransport([list], [text])).run(fakeCall().call);
      expect(truncatedAfterImage).toBe(true);
    },
  );

  test("within the second picture gives the first", async () => {
    const second = item("b".repeat(300));
    const text = item("a") + second.slice(0, second.indexOf("YmJi") + 100);
    const fake = fakeCall();
    const { truncatedAfterImage } = await engineOf(fakeTransport([list], [{ text, cut }])).run(fake.call);
    expect([truncatedAfterImage, fake.fates]).toEqual([true, ["saved a", "discarded"]]);
  });

  test("within the picture gives none, and tells how much had come", async () => {
    const whole = item("a".repeat(300));
    const fake = fakeCall();
    const text = `data: {"type":"response.created"}\n\n${whole.slice(0, whole.indexOf("YWFh") + 100)}`;
    const service = fakeTransport([list], [{ text, cut }, good]);
    const error = await limnErrorOf(engineOf(service).run(fake.call));
    expect([error.code, error.details, error.cause, fake.fates, service.asked.slice(1)]).toEqual([
      "stream_truncated",
      { previews: 0, received: 75 },
      cut,
      ["discarded"],
      ["one"],
    ]);
  });

  test("because its reader wants no more passes that on unchanged, and keeps nothing", async () => {
    const stop = new Error("the caller's own reason");
    const fake = fakeCall();
    const call: EngineCall = {
      ...fake.call,
      progress: (_stage, { bytes }) => {
        if (bytes !== undefined) throw stop;
      },
    };
    expect(await reasonOf(engineOf(fakeTransport([list], [good])).run(call))).toBe(stop);
    expect(fake.fates).toEqual(["discarded"]);
  });

  test("is given up when it is endless beside its pictures", async () => {
    const text = `${item("a")}data: {"x":"${"y".repeat(2_000_000)}"}\n\n`;
    const fake = fakeCall();
    const error = await limnErrorOf(engineOf(fakeTransport([list], [text])).run(fake.call));
    expect([error.code, fake.fates]).toEqual(["unexpected_response", ["discarded"]]);
  });
});

describe("the list of models, asked for by two generations at once,", () => {
  test("is asked for once", async () => {
    const service = fakeTransport([async () => Promise.resolve(list)], [good, good]);
    const engine = engineOf(service);
    await Promise.all([engine.run(fakeCall().call), engine.run(fakeCall().call)]);
    expect(service.asked.filter((path) => path.startsWith("/models"))).toHaveLength(1);
  });

  test("is asked for anew when the first one was stopped; the other goes on", async () => {
    const stopped = new AbortController();
    const first = vi.fn(
      async () =>
        new Promise<string>((_, reject) => {
          stopped.signal.addEventListener("abort", () => reject(stopped.signal.reason));
        }),
    );
    const service = fakeTransport([first, list], [good]);
    const engine = engineOf(service);
    const one = reasonOf(engine.run(fakeCall({}, [], stopped.signal).call));
    const two = engine.run(fakeCall().call);
    await vi.waitFor(() => expect(first).toHaveBeenCalled());
    const why = new Error("interrupted");
    stopped.abort(why);
    expect(await one).toBe(why);
    expect((await two).model).toBe("one");
  });
});
