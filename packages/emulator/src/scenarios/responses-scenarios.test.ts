import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createEmulator, scenarios, type Emulator, type RunningEmulator, type ScenarioStep } from "../index.ts";
import { clientHeaders, dataURL, listChunks, readObject } from "../testing/requests.ts";
import { decodeBase64, fieldOf, hostedBody, readEvents, responsesRequest, resultsOf } from "../testing/responses.ts";
import { openRequest, type OpenRequest, type SocketAnswer } from "../testing/socket-request.ts";
import { isRecord } from "../values.ts";

type Fields = Readonly<Record<string, unknown>>;
const NOW = 1_795_218_411_000;
const size = "64x48";
let emulator: Emulator;
let running: RunningEmulator;

beforeEach(async () => {
  emulator = createEmulator({ clock: () => NOW });
  running = await emulator.listen();
});
const tried = new Set<string | null>();

afterEach(async () => {
  for (const { answered } of emulator.calls) tried.add(answered.scenario);
  await emulator.close();
});

function send(body: unknown): OpenRequest {
  const text = JSON.stringify(body);
  return openRequest(responsesRequest(emulator, body, { baseURL: running.baseURL }), text);
}

/** What a scenario does to a caller of the hosted tool. */
async function play(
  step: ScenarioStep,
  body: unknown = hostedBody({ tool: { partial_images: 1 } }),
): Promise<SocketAnswer> {
  emulator.setScenario({ ...step, on: "responses", ...(step.name === "ok" ? {} : { times: 1 }), size });
  return send(body).answer;
}

const eventsOf = (answer: SocketAnswer): Fields[] => readEvents(answer.body.toString("utf8"));
const typesOf = (answer: SocketAnswer): unknown[] => eventsOf(answer).map(({ type }) => type);

const CLASSIC: Fields = {
  model: "gpt-5.5",
  stream: true,
  store: false,
  input: [{ type: "message", role: "user", content: [{ type: "input_text", text: "a fox" }] }],
  tools: [{ type: "namespace", name: "image_gen", tools: [{ type: "function", name: "imagegen", parameters: {} }] }],
};
const LITE: Fields = {
  ...CLASSIC,
  model: "gpt-6.1-sol",
  tools: [{ type: "custom", name: "exec", description: "image_gen__imagegen" }],
};

// Statuses, headers and bodies: codex-backend contract 3.6, 4.1 and 10.
test.each<[ScenarioStep, number, unknown, Record<string, string>]>([
  [{ name: "unauthorized" }, 401, { error: expect.objectContaining({ code: "token_expired" }) }, {}],
  [
    { name: "usage-limit" },
    429,
    { error: expect.objectContaining({ type: "usage_limit_reached", resets_at: 1_795_225_611 }) },
    { "x-codex-active-limit": "premium", "x-codex-primary-window-minutes": "300" },
  ],
  [{ name: "usage-not-included" }, 429, { error: expect.objectContaining({ type: "usage_not_included" }) }, {}],
  [{ name: "capacity" }, 429, { error: expect.objectContaining({ code: "TooManyRequests" }) }, { "retry-after": "2" }],
  [{ name: "rate-limit" }, 429, { error: expect.anything() }, { "retry-after": "1" }],
  [{ name: "moderation" }, 400, { error: expect.objectContaining({ code: "moderation_blocked" }) }, {}],
  [{ name: "insufficient-balance" }, 403, { error: expect.objectContaining({ code: "INSUFFICIENT_BALANCE" }) }, {}],
  [{ name: "bad-request" }, 400, { detail: "Bad request" }, {}],
  [{ name: "server-error" }, 500, { error: { message: "boom", type: "server_error" } }, {}],
  [{ name: "server-error-late", delayMs: 1 }, 500, { error: { message: "boom", type: "server_error" } }, {}],
  [{ name: "model-retired" }, 400, { detail: expect.stringContaining("'gpt-6.1-sol' model is not supported") }, {}],
  [{ name: "model-retired", httpStatus: 404 }, 404, { detail: expect.any(String) }, {}],
])("%o is %i", async (step, status, body, headers) => {
  for (const asked of [hostedBody(), LITE]) {
    const answer = await play(step, asked);
    expect(answer).toMatchObject({ status, end: "complete", headers });
    expect(JSON.parse(answer.body.toString())).toEqual(body);
  }
});

test("cloudflare, empty-404 and unavailable are no JSON", async () => {
  expect(await play({ name: "cloudflare" })).toMatchObject({ status: 403, headers: { "cf-mitigated": "challenge" } });
  expect(await play({ name: "empty-404" })).toMatchObject({ status: 404, body: Buffer.alloc(0) });
  expect(await play({ name: "unavailable" })).toMatchObject({
    status: 503,
    body: Buffer.from("upstream connect error"),
  });
});

describe("a broken transport", () => {
  test("reset ends the connection without an answer", async () => {
    expect(await play({ name: "reset" })).toMatchObject({ status: undefined, end: "ECONNRESET" });
  });

  test("never answers until the client leaves", async () => {
    emulator.setScenario({ name: "never", on: "responses" });
    const open = send(hostedBody());
    while (emulator.calls[0]?.answered.scenario !== "never") await new Promise((resolve) => setImmediate(resolve));
    open.leave();
    await emulator.idle();
    expect(emulator.calls[0]).toMatchObject({ aborted: true, answered: { status: null, scenario: "never" } });
  });

  test("cut-body cuts, stalled-body falls silent at a byte", async () => {
    expect(await play({ name: "cut-body", atBytes: 100 })).toMatchObject({ status: 200, end: "cut" });
    emulator.setScenario({ name: "stalled-body", on: "responses", size, atBytes: 100 });
    const open = send(hostedBody());
    await open.received(100);
    open.leave();
    await emulator.idle();
    expect(emulator.calls.at(-1)).toMatchObject({ aborted: true, answered: { scenario: "stalled-body" } });
  });

  test.each([
    ["partials", "response.image_generation_call.partial_image"],
    ["result", "response.image_generation_call.partial_image"],
    ["after-result", "response.output_item.done"],
  ] as const)("cut-stream at %s ends after %s", async (at, last) => {
    const whole = await play({ name: "ok" });
    const cut = await play({ name: "cut-stream", at });
    expect([cut.end, typesOf(cut).at(-1)]).toEqual(["cut", last]);
    expect(cut.body.toString().includes('"result":"iVBOR')).toBe(at !== "partials");
    expect(typesOf(whole).at(-1)).toBe("response.completed");
  });

  test("cut-stream breaks the stream of a Codex program too", async () => {
    for (const at of ["partials", "result", "after-result"] as const)
      expect(typesOf(await play({ name: "cut-stream", at }, CLASSIC))).not.toContain("response.completed");
  });

  test("stalled-stream falls silent after the previews", async () => {
    emulator.setScenario({ name: "stalled-stream", on: "responses", size, at: "partials" });
    const open = send(hostedBody());
    await open.received(1000);
    open.leave();
    await emulator.idle();
    expect(emulator.calls[0]).toMatchObject({ aborted: true, answered: { status: 200, scenario: "stalled-stream" } });
    expect(typesOf(await open.answer)).not.toContain("response.output_item.done");
  });

  test("not-json is a text, broken-json ends within its last event", async () => {
    expect(await play({ name: "not-json" })).toMatchObject({ status: 200, body: Buffer.from("hello") });
    const broken = await play({ name: "broken-json" });
    expect([broken.end, typesOf(broken).at(-1)]).toEqual(["complete", "response.output_item.done"]);
  });
});

describe("a stream that is written differently means the same", () => {
  test.each([
    [{ name: "crlf" }, /\r\n\r\n/],
    [{ name: "no-event-lines" }, /^data: /],
    [{ name: "split-data" }, /data: \{\ndata: {2}"type": "response.created",\n/],
    [{ name: "chunked", chunkBytes: 1 }, /^event: /],
    [{ name: "slow", delayMs: 1 }, /^event: /],
    [{ name: "clock-skew" }, /^event: /],
    [{ name: "plan-free" }, /^event: /],
  ] as const)("%o", async (step, look) => {
    const usual = await play({ name: "ok" });
    emulator.reset();
    const answer = await play(step);
    expect(answer.body.toString()).toMatch(look);
    expect(answer.headers["transfer-encoding"]).toBe("chunked");
    expect(eventsOf(answer)).toEqual(eventsOf(usual));
  });

  test("comments adds what a reader must skip", async () => {
    const answer = await play({ name: "comments" });
    expect(answer.body.toString()).toMatch(/^: a comment\n/);
    expect(resultsOf(eventsOf(answer))).toHaveLength(1);
    expect(typesOf(answer)).toContain("response.something_new");
  });

  test("chunked comes byte by byte, clock-skew has another date, plan-free another plan", async () => {
    const chunked = await play({ name: "chunked", chunkBytes: 1 });
    expect(chunked.pieces).toBe(chunked.body.length);
    expect((await play({ name: "clock-skew" })).headers.date).toBe(new Date(NOW + 3_600_000).toUTCString());
    expect((await play({ name: "plan-free" })).headers["x-codex-plan-type"]).toBe("free");
  });
});

describe("an odd answer", () => {
  const last = (answer: SocketAnswer): Fields => eventsOf(answer).at(-1) ?? {};

  test("text-only and declines-tool say something instead", async () => {
    const answer = await play({ name: "text-only", text: "No." });
    expect(resultsOf(eventsOf(answer))).toEqual([]);
    expect(answer.body.toString()).toContain('"delta":"No."');
    expect(typesOf(answer).at(-1)).toBe("response.completed");
    const chat = await play({ name: "declines-tool" }, CLASSIC);
    expect(chat.body.toString()).not.toContain("function_call");
    expect(typesOf(chat)).toContain("response.output_text.delta");
  });

  test("calls-twice calls the image tool twice in either mode", async () => {
    const classic = eventsOf(await play({ name: "calls-twice" }, CLASSIC));
    const calls = classic.filter(({ type }) => type === "response.output_item.done").map(({ item }) => item);
    expect(new Set(calls.map((call) => fieldOf(call, "call_id"))).size).toBe(2);
    const lite = (await play({ name: "calls-twice" }, LITE)).body.toString();
    expect(lite.match(/await tools\.image_gen__imagegen/g)).toHaveLength(4);
  });

  test("partials-only has previews and no result", async () => {
    const answer = await play({ name: "partials-only" }, hostedBody());
    expect(typesOf(answer)).toContain("response.image_generation_call.partial_image");
    expect(resultsOf(eventsOf(answer))).toEqual([]);
    expect(last(answer)).toMatchObject({ type: "response.completed", response: { output: [] } });
  });

  test("incomplete ends after the previews", async () => {
    const answer = await play({ name: "incomplete" }, hostedBody());
    expect(typesOf(answer).slice(-2)).toEqual(["response.image_generation_call.partial_image", "response.incomplete"]);
  });

  test.each([
    [{}, { code: "server_error", message: expect.any(String) }],
    [
      { code: "moderation_blocked" },
      expect.objectContaining({ moderation_details: { moderation_stage: "output", categories: ["sexual"] } }),
    ],
    [{ code: "usage_limit_reached", resetsInSeconds: 60 }, expect.objectContaining({ resets_at: NOW / 1000 + 60 })],
    [
      { code: "rate_limit_exceeded", message: "Later." },
      { code: "rate_limit_exceeded", message: "Later." },
    ],
  ])("response-failed with %o", async (parameters, error) => {
    for (const body of [hostedBody(), CLASSIC]) {
      const answer = await play({ name: "response-failed", ...parameters }, body);
      expect(last(answer)).toMatchObject({ type: "response.failed" });
      expect(fieldOf(last(answer), "response", "error")).toEqual(error);
    }
  });

  test("error-event is an event of its own, nested-error a text within one", async () => {
    expect(last(await play({ name: "error-event", message: "Oh." }))).toMatchObject({
      type: "error",
      code: "server_error",
      message: "Oh.",
    });
    const nested = fieldOf(last(await play({ name: "nested-error" })), "response", "error", "message");
    expect(typeof nested === "string" ? JSON.parse(nested) : undefined).toMatchObject({
      error: { code: "moderation_blocked" },
    });
  });

  test("result-in-completed has it only there", async () => {
    const answer = await play({ name: "result-in-completed" });
    expect(resultsOf(eventsOf(answer))).toEqual([]);
    expect(await decodeBase64(fieldOf(last(answer), "response", "output", 0, "result"))).toMatchObject({ width: 64 });
  });

  test("two-results: the second is the larger one", async () => {
    const results = resultsOf(eventsOf(await play({ name: "two-results" })));
    const widths = await Promise.all(results.map(async ({ result }) => (await decodeBase64(result)).width));
    expect(widths).toEqual([16, 64]);
    expect(new Set(results.map(({ id }) => id)).size).toBe(2);
  });

  test("finished-status has that status", async () => {
    const [usual] = resultsOf(eventsOf(await play({ name: "finished-status" })));
    const [failed] = resultsOf(eventsOf(await play({ name: "finished-status", status: "failed" })));
    expect([usual?.["status"], failed?.["status"]]).toEqual(["completed", "failed"]);
  });

  test("bad-base64 and not-an-image", async () => {
    const [bad] = resultsOf(eventsOf(await play({ name: "bad-base64" })));
    const [text] = resultsOf(eventsOf(await play({ name: "not-an-image" })));
    expect([bad?.["result"], text?.["result"]]).toEqual(["!!!notbase64", "aGVsbG8gd29ybGQ="]);
  });

  test("references-dropped counts no image tokens and shows no input", async () => {
    const plain = resultsOf(eventsOf(await play({ name: "ok" })))[0];
    const parent = dataURL(Buffer.from(String(plain?.["result"]), "base64"));
    const answer = await play({ name: "references-dropped" }, hostedBody({ images: [parent] }));
    expect(fieldOf(last(answer), "response", "tool_usage", "image_gen", "input_tokens_details")).toMatchObject({
      image_tokens: 0,
    });
    expect(resultsOf(eventsOf(answer))[0]?.["result"]).toBe(plain?.["result"]);
  });

  test("huge-image is one valid picture of that size", async () => {
    const answer = await play({ name: "huge-image", megabytes: 4 });
    const [item] = resultsOf(eventsOf(answer));
    const picture = Buffer.from(String(item?.["result"]), "base64");
    expect(picture.length / 1_000_000).toBeCloseTo(4, 2);
    expect(listChunks(picture).at(-1)).toEqual({ type: "IEND", length: 0 });
    expect(await play({ name: "huge-image" }, CLASSIC)).toMatchObject({ status: 200, end: "complete" });
  });
});

describe("model-retired", () => {
  const listed = async (): Promise<unknown[]> => {
    const { models } = await readObject(await fetch(`${running.baseURL}/models`, { headers: clientHeaders(emulator) }));
    return Array.isArray(models) ? models.flatMap((model) => (isRecord(model) ? [model["slug"]] : [])) : [];
  };
  const status = async (model: string): Promise<number | undefined> =>
    (await send(hostedBody({ change: { model } })).answer).status;

  test("refuses that model alone, and no other call uses the step up", async () => {
    emulator.setScenario([{ name: "model-retired", model: "gpt-5.5" }]);
    expect([await status("gpt-6-sol"), await status("gpt-5.5"), await status("gpt-5.5")]).toEqual([200, 400, 200]);
    expect(emulator.calls.map(({ answered }) => answered.scenario)).toEqual(["ok", "model-retired", "ok"]);
    expect(await listed()).toContain("gpt-5.5");
  });

  test("takes it off the list with listed false, until there is another scenario", async () => {
    emulator.setScenario([{ name: "model-retired", listed: false }]);
    expect(await listed()).toContain("gpt-6.1-sol");
    expect([await status("gpt-6.1-sol"), await status("gpt-6.1-sol")]).toEqual([400, 400]);
    expect(await listed()).not.toContain("gpt-6.1-sol");
    emulator.setScenario("ok");
    expect(await listed()).toContain("gpt-6.1-sol");
  });
});

test("every scenario for responses has answered a call of this file", () => {
  const all = scenarios.filter(({ groups }) => groups.includes("responses")).map(({ name }) => name);
  expect(all.filter((name) => !tried.has(name))).toEqual([]);
});
