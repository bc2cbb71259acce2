import { describe, expect, test } from "vitest";
import { createEmulator } from "../index.ts";
import { dataURL, generationBody, imageRequest, readError } from "../testing/requests.ts";

const emulator = createEmulator({ scenario: { name: "ok", size: "32x32" } });
const PIXEL = dataURL(Buffer.from("a picture"));

function edit(images: unknown, change: Record<string, unknown> = {}): { edit: true; body: Record<string, unknown> } {
  return { edit: true, body: { images, ...generationBody(change) } };
}

describe("a refused request", () => {
  test.each([
    ["an unknown field", { body: generationBody({ mask: "x" }) }, "mask", "Unknown parameter: 'mask'."],
    [
      "another one",
      { body: generationBody({ partial_images: 2 }) },
      "partial_images",
      "Unknown parameter: 'partial_images'.",
    ],
    ["images on generations", { body: generationBody({ images: [] }) }, "images", "Unknown parameter: 'images'."],
    [
      "a name from the object prototype",
      { body: '{"prompt":"a","model":"m","constructor":1}' },
      "constructor",
      "Unknown parameter: 'constructor'.",
    ],
    ["no prompt", { body: { model: "gpt-image-2" } }, "prompt", "Missing required parameter: 'prompt'."],
    ["no model on generations", { body: { prompt: "a" } }, "model", "Missing required parameter: 'model'."],
    [
      "a prompt that is no text",
      { body: generationBody({ prompt: 7 }) },
      "prompt",
      "Invalid value for 'prompt': expected a string.",
    ],
    ["null", { body: generationBody({ prompt: null }) }, "prompt", "Invalid value for 'prompt': expected a string."],
    [
      "a background of its own",
      { body: generationBody({ background: "blue" }) },
      "background",
      "Invalid value for 'background': expected one of transparent, opaque, auto.",
    ],
    [
      "n as text",
      { body: generationBody({ n: "2" }) },
      "n",
      "Invalid value for 'n': expected an integer from 1 to 10.",
    ],
    ["n of zero", { body: generationBody({ n: 0 }) }, "n", "Invalid value for 'n': expected an integer from 1 to 10."],
    [
      "seventeen frames",
      { body: generationBody({ frame_count: 17 }) },
      "frame_count",
      "Invalid value for 'frame_count': expected an integer from 2 to 16.",
    ],
    ["a list as the body", { body: [] }, "body", "The body must be a JSON object."],
    [
      "no content type",
      { headers: { "content-type": "" } },
      "content-type",
      "Missing header 'content-type': expected application/json.",
    ],
    [
      "an edit without images",
      { edit: true, body: generationBody() },
      "images",
      "Missing required parameter: 'images'.",
    ],
    [
      "an edit with an empty list",
      edit([]),
      "images",
      "Invalid value for 'images': expected a list of at least one image.",
    ],
    [
      "seventeen images",
      edit(Array.from({ length: 17 }, () => ({ image_url: PIXEL }))),
      "images",
      "Invalid value for 'images': 17 images, at most 16.",
    ],
    ["an image as text", edit([PIXEL]), "images[0]", "Invalid value for 'images[0]': expected an object."],
    [
      "an unknown field of an image",
      edit([{ image_url: PIXEL, detail: "high" }]),
      "images[0].detail",
      "Unknown parameter: 'images[0].detail'.",
    ],
    [
      "a second image without an address",
      edit([{ image_url: PIXEL }, {}]),
      "images[1].image_url",
      "Invalid value for 'images[1].image_url': expected a string.",
    ],
    [
      "a data URL that is not base64",
      edit([{ image_url: "data:image/png;base64,***" }]),
      "images[0].image_url",
      "Invalid value for 'images[0].image_url': expected a base64 data URL of an image.",
    ],
    [
      "a data URL of a text",
      edit([{ image_url: "data:text/plain;base64,aGVsbG8=" }]),
      "images[0].image_url",
      "Invalid value for 'images[0].image_url': expected a base64 data URL of an image.",
    ],
    [
      "an http address",
      edit([{ image_url: "https://example.test/a.png" }]),
      "images[0].image_url",
      "Error while downloading file.",
    ],
    ["a file id", edit([{ file_id: "file_1" }]), "images[0].file_id", "File not found."],
  ])("names the field: %s", async (_, options, param, message) => {
    const response = await emulator.fetch(imageRequest(emulator, options));
    expect(response.status).toBe(400);
    expect(await readError(response)).toEqual({
      message,
      type: "invalid_request_error",
      code: expect.any(String),
      param,
    });
  });

  test("can be multipart, which the service turns away", async () => {
    const form = new FormData();
    form.set("prompt", "a fox");
    const { authorization = "" } = Object.fromEntries(imageRequest(emulator).headers);
    const response = await emulator.fetch(
      new Request("http://127.0.0.1/backend-api/codex/images/edits", {
        method: "POST",
        body: form,
        headers: { authorization },
      }),
    );
    expect([response.status, (await readError(response))["param"]]).toEqual([400, "content-type"]);
  });

  test("can be broken JSON", async () => {
    const response = await emulator.fetch(imageRequest(emulator, { body: '{"prompt":' }));
    expect([response.status, (await readError(response))["code"]]).toEqual([400, "invalid_json"]);
  });

  test("uses up no step of the scenario", async () => {
    const scripted = createEmulator({ scenario: ["server-error"] });
    expect((await scripted.fetch(imageRequest(scripted, { body: generationBody({ nonsense: 1 }) }))).status).toBe(400);
    expect((await scripted.fetch(imageRequest(scripted))).status).toBe(500);
    expect(scripted.calls.map((call) => call.answered)).toEqual([
      { status: 400, scenario: null },
      { status: 500, scenario: "server-error" },
    ]);
  });
});

test("every field of codex-backend contract 3.1 is accepted", async () => {
  const body = generationBody({
    background: "auto",
    n: 2,
    output_format: "gif",
    frame_count: 6,
    frame_duration_ms: 100,
    output_compression: 80,
    response_format: "b64_json",
  });
  expect((await emulator.fetch(imageRequest(emulator, { body }))).status).toBe(200);
});

test("missing headers that identify the client are remarked on, not refused", async () => {
  const careless = createEmulator({ scenario: { name: "ok", size: "32x32" } });
  const headers = {
    originator: undefined,
    "user-agent": undefined,
    "x-codex-image-turn-id": undefined,
    "chatgpt-account-id": "acc-other",
  };
  const response = await careless.fetch(
    imageRequest(careless, { headers, body: generationBody({ size: "huge", quality: "best", background: undefined }) }),
  );
  expect(response.status).toBe(200);
  expect(careless.calls[0]?.remarks).toEqual([
    "header originator is missing",
    "header user-agent is missing",
    "header chatgpt-account-id names another account",
    "header x-codex-image-turn-id is missing",
    "background is missing; the Codex CLI always sends it",
    "size is neither auto nor WxH; the live service ignores it",
    "quality is not low, medium, high or auto; the live service ignores it",
  ]);
});

test.each([
  [79_000_000, 200, 765],
  [81_000_000, 400, undefined],
  [101_000_000, 200, 0],
])(
  "an edit of %i bytes behaves as codex-backend contract 3.5 reports",
  { timeout: 60_000 },
  async (bytes, status, imageTokens) => {
    const image_url = `data:image/png;base64,${"A".repeat(bytes - (bytes % 4))}`;
    const response = await emulator.fetch(imageRequest(emulator, edit([{ image_url }])));
    expect(response.status).toBe(status);
    const answer = await response.json();
    if (imageTokens === undefined) expect(answer).toMatchObject({ error: { code: "moderation_blocked" } });
    else expect(answer).toMatchObject({ usage: { input_tokens_details: { image_tokens: imageTokens } } });
  },
);
