import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createEmulator, type Emulator } from "../index.ts";
import { clientHeaders, dataURL, imageRequest, readObject } from "../testing/requests.ts";
import { decodeBase64, fieldOf, hostedBody, readEvents, responsesRequest, resultsOf } from "../testing/responses.ts";

const NOW = 1_795_218_411_000;
const SMALL = { name: "ok", on: "responses", size: "64x48" } as const;
let emulator: Emulator;

beforeEach(() => {
  emulator = createEmulator({ clock: () => NOW, scenario: SMALL });
});
afterEach(() => emulator.close());

async function ask(body: unknown, headers: Record<string, string> = {}): Promise<Response> {
  return emulator.fetch(responsesRequest(emulator, body, { headers }));
}

async function events(body: unknown): Promise<Readonly<Record<string, unknown>>[]> {
  return readEvents(await (await ask(body)).text());
}

async function picture(): Promise<string> {
  const [item] = resultsOf(await events(hostedBody({ prompt: "the parent" })));
  return dataURL(Buffer.from(String(item?.["result"]), "base64"));
}

describe("a picture of the hosted tool", () => {
  test("comes in the sequence of codex-backend contract 4.2, numbered", async () => {
    const seen = await events(hostedBody({ tool: { partial_images: 2, size: "1024x1024", quality: "high" } }));
    expect(seen.map(({ type }) => type)).toEqual([
      "response.created",
      "response.in_progress",
      "response.output_item.added",
      "response.image_generation_call.in_progress",
      "response.image_generation_call.generating",
      "keepalive",
      "response.image_generation_call.partial_image",
      "response.image_generation_call.partial_image",
      "response.output_item.done",
      "response.completed",
    ]);
    expect(seen.map(({ sequence_number }) => sequence_number)).toEqual(seen.map((_, index) => index));
    expect(fieldOf(seen[0], "response", "tools", 0)).toMatchObject({
      type: "image_generation",
      model: "gpt-image-2-codex",
      size: "auto",
      quality: "auto",
    });
  });

  test("arrives with the status generating, a revised prompt and what is true of it", async () => {
    const seen = await events(hostedBody());
    const [item] = resultsOf(seen);
    expect(item).toMatchObject({
      type: "image_generation_call",
      status: "generating",
      action: "generate",
      background: "opaque",
      output_format: "png",
      quality: expect.stringMatching(/low|medium/),
      size: "64x48",
      revised_prompt: expect.stringMatching(/^A red fox in a snowy forest\. .+/),
    });
    expect(await decodeBase64(item?.["result"])).toMatchObject({ width: 64, height: 48, alpha: false });
    const response = seen.at(-1)?.["response"];
    expect(response).toMatchObject({ status: "completed", output: [] });
    expect(fieldOf(response, "tool_usage", "image_gen")).toMatchObject({
      input_tokens_details: { image_tokens: 0 },
      output_tokens: expect.any(Number),
    });
  });

  test("has previews that are smaller pictures", async () => {
    emulator.setScenario("ok");
    const seen = await events(hostedBody({ prompt: "1:1", tool: { partial_images: 3 } }));
    const partials = seen.filter(({ type }) => String(type).endsWith("partial_image"));
    const widths = await Promise.all(
      partials.map(async (partial) => (await decodeBase64(partial["partial_image_b64"])).width),
    );
    expect(widths).toEqual([157, 314, 627]);
    expect(partials.map((partial) => [partial["partial_image_index"], partial["size"]])).toEqual([
      [0, "1254x1254"],
      [1, "1254x1254"],
      [2, "1254x1254"],
    ]);
  });

  test("takes its shape from the prompt, not from the tool", async () => {
    emulator.setScenario("ok");
    const [item] = resultsOf(
      await events(hostedBody({ prompt: "Aspect ratio: 16:9", tool: { size: "1024x1024", output_format: "webp" } })),
    );
    expect(item).toMatchObject({ size: "1672x941", output_format: "png" });
    expect(emulator.calls[0]?.remarks).toContain("output_format webp: the emulator answers with PNG");
  });

  test("is transparent when the prompt asks for it and the tool does not forbid it", async () => {
    const prompt = "a sticker of a fox on a transparent background";
    const [free] = resultsOf(await events(hostedBody({ prompt, tool: { background: "auto" } })));
    expect(free).toMatchObject({ background: "transparent" });
    const { pixels, alpha } = await decodeBase64(free?.["result"]);
    expect([alpha, pixels[3]]).toEqual([true, 0]);
    const [opaque] = resultsOf(await events(hostedBody({ prompt, tool: { background: "opaque" } })));
    expect(opaque).toMatchObject({ background: "opaque" });
  });

  test("of an edit shows its first input and counts its tokens", async () => {
    const parent = await picture();
    const seen = await events(hostedBody({ prompt: "make it green", images: [parent, parent] }));
    const [item] = resultsOf(seen);
    expect(item).toMatchObject({ action: "edit" });
    expect(fieldOf(seen.at(-1), "response", "tool_usage", "image_gen", "input_tokens_details", "image_tokens")).toBe(
      2 * 765,
    );
    const before = await decodeBase64(parent.split(",")[1]);
    const after = await decodeBase64(item?.["result"]);
    // The left upper corner is neither marked nor captioned.
    expect(after.pixels.subarray(0, 40)).toEqual(before.pixels.subarray(0, 40));
  });

  test("spends more of the week than a native one", async () => {
    const week = async (): Promise<unknown> => {
      const request = new Request("http://127.0.0.1/backend-api/wham/usage", { headers: clientHeaders(emulator) });
      return fieldOf(await readObject(await emulator.fetch(request)), "rate_limit", "secondary_window", "used_percent");
    };
    const response = await ask(hostedBody());
    expect(Object.fromEntries(response.headers)).toMatchObject({
      "content-type": "text/event-stream; charset=utf-8",
      "x-codex-active-limit": "premium",
      "x-codex-plan-type": "plus",
      "x-codex-primary-window-minutes": "10080",
      "x-codex-primary-used-percent": "36",
      "x-request-id": expect.any(String),
    });
    await response.text();
    expect(await week()).toBe(36);
    emulator.setScenario({ name: "ok", size: "64x48" });
    await (await emulator.fetch(imageRequest(emulator))).text();
    expect(await week()).toBe(36);
  });

  test("is the same for the same seed and calls", async () => {
    const play = async (): Promise<string> => {
      const played = createEmulator({ clock: () => NOW, scenario: SMALL });
      return (await played.fetch(responsesRequest(played, hostedBody()))).text();
    };
    expect(await play()).toBe(await play());
  });

  test("is refused to the plan free, and to nobody with the option", async () => {
    const free = createEmulator({ plan: "free", scenario: SMALL });
    expect((await free.fetch(responsesRequest(free, hostedBody()))).status).toBe(429);
    const allowed = createEmulator({ plan: "free", scenario: SMALL, allowFreePlanImages: true });
    const response = await allowed.fetch(responsesRequest(allowed, hostedBody()));
    await response.text();
    expect(response.status).toBe(200);
  });
});

const detail = (text: string): unknown => ({ detail: text });
const error = (fields: Record<string, unknown>): unknown => ({ error: expect.objectContaining(fields) });
const tool = (fields: Record<string, unknown>): unknown => hostedBody({ tool: fields });
const change = (fields: Record<string, unknown>): unknown => hostedBody({ change: fields });

// codex-backend contract 4.1; what is stricter than the live service names the field.
test.each([
  ["stream false", change({ stream: false }), detail("Stream must be set to true")],
  ["store missing", change({ store: undefined }), detail("Store must be set to false")],
  ["a text as input", change({ input: "a fox" }), detail("Input must be a list")],
  ["an earlier response", change({ previous_response_id: "r" }), detail("Unsupported parameter: previous_response_id")],
  ["an unknown field", change({ temperature: 1 }), error({ param: "temperature", code: "unknown_parameter" })],
  ["no model", change({ model: undefined }), error({ param: "model", code: "missing_required_parameter" })],
  ["input_fidelity", tool({ input_fidelity: "high" }), error({ code: "invalid_input_fidelity_model" })],
  ["n", tool({ n: 2 }), error({ message: "Unknown parameter: 'tools[0].n'.", param: "tools[0].n" })],
  ["four partials", tool({ partial_images: 4 }), error({ param: "tools[0].partial_images" })],
  [
    "a transparent tool",
    tool({ background: "transparent" }),
    error({
      type: "image_generation_user_error",
      message: "Transparent background is not supported for this model.",
    }),
  ],
  [
    "a forced tool",
    change({ tool_choice: { type: "image_generation" } }),
    error({ message: "Tool choice 'image_generation' not found in 'tools' parameter." }),
  ],
  ["minimal reasoning", change({ reasoning: { effort: "minimal" } }), error({ param: "tools" })],
  [
    "an http image",
    hostedBody({ images: ["https://example.test/a.png"] }),
    error({ message: "Error while downloading file.", param: "input[0].content[0].image_url" }),
  ],
  [
    "seventeen images",
    hostedBody({ images: Array.from({ length: 17 }, () => dataURL(Buffer.from("x"))) }),
    error({ param: "input" }),
  ],
  [
    "an unknown part",
    change({ input: [{ role: "user", content: [{ type: "input_video" }] }] }),
    error({ param: "input[0].content[0].type" }),
  ],
  [
    "a model that the account does not have",
    change({ model: "gpt-4o" }),
    detail("The 'gpt-4o' model is not supported when using Codex with a ChatGPT account."),
  ],
  [
    "a spark model",
    change({ model: "gpt-5.3-codex-spark" }),
    error({ message: "Tool 'image_generation' is not supported with gpt-5.3-codex-spark." }),
  ],
])("%s is 400", async (_, body, expected) => {
  const response = await ask(body);
  expect(response.status).toBe(400);
  expect(await response.json()).toEqual(expected);
  expect(emulator.calls[0]?.answered.scenario).toBeNull();
});

test("a model without image input has no hosted tool", async () => {
  const models = [{ slug: "words-only", inputModalities: ["text"] as const }, { slug: "all" }];
  const able = createEmulator({ models, scenario: SMALL });
  const status = async (model: string): Promise<number> => {
    const response = await able.fetch(responsesRequest(able, hostedBody({ change: { model } })));
    await response.text();
    return response.status;
  };
  expect([await status("words-only"), await status("all")]).toEqual([400, 200]);
});

test("the record cuts pictures wherever they stand and keeps no credential", async () => {
  const parent = dataURL(Buffer.alloc(600, 7));
  await (await ask(hostedBody({ prompt: `a fox ${emulator.accessToken}`, images: [parent] }))).text();
  const [call] = emulator.calls;
  expect(call).toMatchObject({ route: "responses.hosted", group: "responses", account: emulator.accountId });
  expect(fieldOf(call?.body, "input", 0, "content", 0)).toEqual({
    type: "input_image",
    image_url: "data:image/png;base64,BwcHBwcHBw…",
    sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
    bytes: 600,
  });
  expect(JSON.stringify(emulator.calls)).not.toContain(emulator.accessToken);
  expect([emulator.count("responses"), emulator.count("responses.hosted", 200)]).toEqual([1, 1]);
});

test("a revised prompt repeats no credential", async () => {
  const text = await (await ask(hostedBody({ prompt: `a fox ${emulator.accessToken}` }))).text();
  expect(text).toContain("a fox <ACCESS_TOKEN>");
  expect(text).not.toContain(emulator.accessToken);
});
