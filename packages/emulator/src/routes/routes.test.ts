import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createEmulator, type Emulator, type RunningEmulator } from "../index.ts";
import { drawPicture } from "../picture/draw-picture.ts";
import {
  clientHeaders,
  dataURL,
  generationBody,
  imageRequest,
  picturesOf,
  readError,
  readObject,
  readPicture,
} from "../testing/requests.ts";
import { isRecord } from "../values.ts";

const NOW = 1_795_218_411_000;
let emulator: Emulator;
let running: RunningEmulator;

beforeEach(async () => {
  emulator = createEmulator({ clock: () => NOW });
  running = await emulator.listen();
});
afterEach(() => emulator.close());

function get(path: string, headers: Record<string, string> = clientHeaders(emulator)): Promise<Response> {
  return fetch(running.url + path, { headers });
}

describe("images/generations", () => {
  test("answers with the document of codex-backend contract 3.2", async () => {
    const response = await fetch(
      imageRequest(emulator, {
        baseURL: running.baseURL,
        body: generationBody({ prompt: "Aspect ratio: 16:9. A fox" }),
      }),
    );
    const document = await readObject(response);
    expect(response.status).toBe(200);
    expect(document).toEqual({
      created: 1_795_218_411,
      background: "opaque",
      data: [
        {
          b64_json: expect.stringMatching(/^iVBORw0KGgo/),
          generation_id: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f-]{27}$/),
        },
      ],
      output_format: "png",
      quality: expect.stringMatching(/^(low|medium)$/),
      size: "1672x941",
      usage: {
        input_tokens: expect.any(Number),
        input_tokens_details: { image_tokens: 0, text_tokens: expect.any(Number) },
        output_tokens: expect.any(Number),
        output_tokens_details: { image_tokens: expect.any(Number), text_tokens: 0 },
        total_tokens: expect.any(Number),
      },
    });
    const [picture] = picturesOf(document);
    // Width, height, bit depth and colour type as they stand in the file.
    expect([picture?.readUInt32BE(16), picture?.readUInt32BE(20), picture?.[24], picture?.[25]]).toEqual([
      1672, 941, 8, 2,
    ]);
  });

  test("answers with the headers of codex-backend contract 3.2", async () => {
    const response = await fetch(imageRequest(emulator, { baseURL: running.baseURL }));
    const headers = Object.fromEntries(response.headers);
    await response.arrayBuffer();
    expect(headers).toMatchObject({
      "content-type": "application/json",
      server: "cloudflare",
      "cf-ray": expect.stringMatching(/^[0-9a-f]{16}-FRA$/),
      date: new Date(NOW).toUTCString(),
      "x-codex-active-limit": "imagegen_premium",
      "x-codex-plan-type": "plus",
      "x-codex-imagegen-request-id": expect.stringMatching(/^[0-9a-f-]{36}$/),
      "x-codex-primary-used-percent": "2",
      "x-codex-primary-window-minutes": "1440",
      "x-codex-primary-reset-after-seconds": "86400",
      "x-codex-primary-reset-at": "1795304811",
      "x-codex-primary-over-secondary-limit-percent": "0",
      "x-codex-secondary-used-percent": "0",
      "x-codex-secondary-window-minutes": "0",
      "x-codex-secondary-reset-after-seconds": "0",
      "x-codex-credits-has-credits": "False",
      "x-codex-credits-unlimited": "False",
      "x-codex-credits-balance": "0",
    });
    expect(headers["x-oai-request-id"]).toBe(headers["x-codex-imagegen-request-id"]);
  });

  test("ignores model, quality, size, n and output_format, as the live service is reported to", async () => {
    const body = generationBody({
      prompt: "1:1",
      model: "no-such-model",
      quality: "high",
      size: "17x17",
      n: 4,
      output_format: "webp",
    });
    const document = await readObject(await emulator.fetch(imageRequest(emulator, { body })));
    expect(document).toMatchObject({
      size: "1254x1254",
      output_format: "png",
      quality: expect.stringMatching(/low|medium/),
    });
    expect(picturesOf(document)).toHaveLength(1);
  });

  test("honours size, quality and count when told to", async () => {
    const able = createEmulator({ capabilities: { honoursSize: true, honoursQuality: true, honoursCount: true } });
    const document = await readObject(
      await able.fetch(imageRequest(able, { body: generationBody({ size: "1024x640", quality: "high", n: 3 }) })),
    );
    expect(document).toMatchObject({ size: "1024x640", quality: "high" });
    const pictures = picturesOf(document);
    expect(new Set(pictures.map((picture) => picture.toString("base64"))).size).toBe(3);
  });

  test.each([
    ["1000x1000", "multiples of 16"],
    ["3856x1600", "at most 3840"],
    ["3200x1024", "at most 3:1"],
    ["640x640", "at least 655360"],
    ["3840x2176", "at most 8294400"],
    ["large", "WIDTHxHEIGHT"],
  ])("refuses the size %s by its rule when sizes are honoured, and accepts it otherwise", async (size, rule) => {
    const able = createEmulator({ capabilities: { honoursSize: true }, scenario: { name: "ok", size: "64x48" } });
    const ask = async (): Promise<Response> => able.fetch(imageRequest(able, { body: generationBody({ size }) }));
    const refused = await ask();
    expect([refused.status, await readError(refused)]).toEqual([
      400,
      expect.objectContaining({ param: "size", message: expect.stringContaining(rule) }),
    ]);
    able.setCapabilities({ honoursSize: false });
    expect((await ask()).status).toBe(200);
  });

  test("switches capabilities while running; the ones not named stay, and reset brings the options back", async () => {
    const able = createEmulator({ capabilities: { honoursQuality: true }, scenario: { name: "ok", size: "64x48" } });
    const counts = async (): Promise<unknown[]> => {
      const body = generationBody({ n: 2, quality: "high" });
      const document = await readObject(await able.fetch(imageRequest(able, { body })));
      return [picturesOf(document).length, document["quality"]];
    };
    able.setCapabilities({ honoursCount: true });
    expect(await counts()).toEqual([2, "high"]);
    able.reset();
    expect(await counts()).toEqual([1, "high"]);
    expect(() => Reflect.apply(able.setCapabilities, able, [{ honorsSize: true }])).toThrow("honoursSize");
  });

  test("accepts an empty prompt", async () => {
    expect((await emulator.fetch(imageRequest(emulator, { body: generationBody({ prompt: "" }) }))).status).toBe(200);
  });

  test("gives real alpha for a transparent background: 251 to 254 inside, 0 outside", async () => {
    const body = generationBody({ background: "transparent", prompt: "square sticker" });
    const response = await emulator.fetch(imageRequest(emulator, { body }));
    const picture = await readPicture(response);
    const counts = new Map<number, number>();
    for (let offset = 3; offset < picture.pixels.length; offset += 4) {
      const alpha = picture.pixels[offset] ?? 0;
      counts.set(alpha, (counts.get(alpha) ?? 0) + 1);
    }
    const share = (low: number, high: number): number => {
      let sum = 0;
      for (const [alpha, count] of counts) if (alpha >= low && alpha <= high) sum += count;
      return sum / (picture.width * picture.height);
    };
    expect(picture.alpha).toBe(true);
    expect(counts.has(255)).toBe(false);
    expect(share(251, 254)).toBeGreaterThan(0.5);
    expect(share(0, 0)).toBeGreaterThan(0.1);
    // Only the anti-aliased rim lies between.
    expect(share(1, 250)).toBeLessThan(0.01);
    expect(picture.pixels.slice(0, 4)).toEqual(Uint8Array.of(0, 0, 0, 0));
  });

  test("raises the image window by two per cent a picture, and starts another after a day", async () => {
    let now = NOW;
    const moving = createEmulator({
      clock: () => now,
      accessToken: "opaque-token",
      scenario: { name: "ok", size: "32x32" },
    });
    const used = async (): Promise<(string | null)[]> => {
      const { headers } = await moving.fetch(imageRequest(moving));
      return [headers.get("x-codex-primary-used-percent"), headers.get("x-codex-primary-reset-after-seconds")];
    };
    expect(await used()).toEqual(["2", "86400"]);
    now += 3_600_000;
    expect(await used()).toEqual(["4", "82800"]);
    now += 23 * 3_600_000;
    expect(await used()).toEqual(["2", "86400"]);
    const { additional_rate_limits: additional } = await readObject(
      await moving.fetch(new Request("http://127.0.0.1/wham/usage", { headers: clientHeaders(moving) })),
    );
    expect(additional).toEqual([]);
  });
});

describe("images/edits", () => {
  test("shows the parent under the new prompt and keeps its shape", async () => {
    const parent = await drawPicture({
      prompt: "a fox",
      seed: 1,
      width: 1370,
      height: 1148,
      transparent: false,
      mark: false,
    });
    const body = { images: [{ image_url: dataURL(parent) }], ...generationBody({ prompt: "make the sky green" }) };
    const response = await fetch(imageRequest(emulator, { baseURL: running.baseURL, edit: true, body }));
    const document = await readObject(response.clone());
    expect(document).toMatchObject({
      size: "1370x1148",
      usage: { input_tokens_details: { image_tokens: expect.any(Number) } },
    });
    const edited = await readPicture(response);
    const again = await readPicture(
      await emulator.fetch(
        imageRequest(emulator, { edit: true, body: { ...body, images: [{ image_url: dataURL(parent) }] } }),
      ),
    );
    expect(Buffer.from(edited.pixels).equals(again.pixels)).toBe(true);
    // The left upper quarter holds neither caption nor mark: it is the parent's.
    const source = await readPicture(Response.json({ data: [{ b64_json: Buffer.from(parent).toString("base64") }] }));
    const rows = (pixels: Uint8Array): Buffer =>
      Buffer.concat(Array.from({ length: 500 }, (_, y) => pixels.subarray(y * 1370 * 4, y * 1370 * 4 + 600 * 4)));
    expect(rows(edited.pixels).equals(rows(source.pixels))).toBe(true);
  });

  test("counts image tokens for every reference, and accepts five and more", async () => {
    const image_url = dataURL(Buffer.from("not really a picture"), "image/jpeg");
    const tokens = async (count: number): Promise<unknown> => {
      const body = { images: Array.from({ length: count }, () => ({ image_url })), ...generationBody() };
      return (await readObject(await emulator.fetch(imageRequest(emulator, { edit: true, body }))))["usage"];
    };
    emulator.setScenario({ name: "ok", size: "32x32" });
    expect(await tokens(1)).toMatchObject({ input_tokens_details: { image_tokens: 765 } });
    expect(await tokens(5)).toMatchObject({ input_tokens_details: { image_tokens: 3825 } });
    expect(await tokens(6)).toMatchObject({ input_tokens_details: { image_tokens: 4590 } });
    expect(emulator.calls.map((call) => call.remarks)).toEqual([[], [], ["6 images; the Codex CLI sends at most 5"]]);
  });

  test("keeps the transparency of a transparent parent", async () => {
    const parent = await drawPicture({
      prompt: "a sticker",
      seed: 1,
      width: 200,
      height: 200,
      transparent: true,
      mark: true,
    });
    const body = { images: [{ image_url: dataURL(parent) }], ...generationBody({ background: "transparent" }) };
    emulator.setScenario({ name: "ok", size: "200x200" });
    const edited = await readPicture(await emulator.fetch(imageRequest(emulator, { edit: true, body })));
    const source = await readPicture(Response.json({ data: [{ b64_json: Buffer.from(parent).toString("base64") }] }));
    const alpha = (pixels: Uint8Array): Uint8Array => pixels.filter((_, index) => index % 4 === 3);
    expect(Buffer.from(alpha(edited.pixels)).equals(alpha(source.pixels))).toBe(true);
  });
});

describe("wham and models", () => {
  test.each(["/backend-api/wham/usage", "/wham/usage", "/api/codex/usage"])(
    "%s has the shape of codex-backend contract 2.6",
    async (path) => {
      expect(await readObject(await get(path))).toEqual({
        plan_type: "plus",
        rate_limit: {
          allowed: true,
          limit_reached: false,
          primary_window: {
            used_percent: 12,
            limit_window_seconds: 18_000,
            reset_after_seconds: 3600,
            reset_at: 1_795_222_011,
          },
          secondary_window: {
            used_percent: 34,
            limit_window_seconds: 604_800,
            reset_after_seconds: 86_400,
            reset_at: 1_795_304_811,
          },
        },
        credits: { has_credits: false, unlimited: false, balance: "0" },
        additional_rate_limits: [],
      });
    },
  );

  test.each(["/backend-api/wham/accounts/check", "/wham/accounts/check", "/api/codex/accounts/check"])(
    "%s has the shape of codex-backend contract 2.4",
    async (path) => {
      expect(await readObject(await get(path))).toEqual({
        accounts: [
          {
            id: "acc-emulator-0001",
            plan_type: "plus",
            workspace_backend_origin: "https://chatgpt.com",
            account_routing_override: "NO_CONSTRAINT",
            name: null,
            structure: "personal",
          },
        ],
        account_ordering: ["acc-emulator-0001"],
        default_account_id: "acc-emulator-0001",
      });
    },
  );

  test("models lists slugs with an ETag and no image model", async () => {
    const response = await get("/backend-api/codex/models?client_version=0.169.0");
    expect(response.headers.get("etag")).toMatch(/^W\//);
    const { models } = await readObject(response);
    expect(models).toContainEqual(
      expect.objectContaining({
        slug: "gpt-6.1-sol",
        visibility: "list",
        priority: 1,
        use_responses_lite: true,
        tool_mode: "code_mode_only",
        base_instructions: expect.any(String),
      }),
    );
    expect(models).toContainEqual(
      expect.objectContaining({ slug: "gpt-5.5", use_responses_lite: false, input_modalities: ["text", "image"] }),
    );
    expect(JSON.stringify(models)).not.toContain("gpt-image");
    expect(emulator.calls.at(-1)).toMatchObject({
      route: "models",
      path: "/backend-api/codex/models?client_version=0.169.0",
    });
  });
});

describe("the bearer", () => {
  const paths = ["/backend-api/wham/usage", "/backend-api/wham/accounts/check", "/backend-api/codex/models"];

  test.each(paths)("%s needs it", async (path) => {
    const missing = await get(path, {});
    const wrong = await get(path, { authorization: "Bearer something-else" });
    expect([missing.status, wrong.status]).toEqual([401, 401]);
    expect(await readError(missing)).toMatchObject({ code: "invalid_token" });
    expect(await readError(wrong)).toMatchObject({ code: "invalid_token" });
  });

  test("an expired one and a replaced one are 401 token_expired, in the words of codex-backend contract 3.6", async () => {
    const expected = {
      message: "Provided authentication token is expired. Please try signing in again.",
      type: null,
      code: "token_expired",
      param: null,
    };
    const { tokens } = emulator.codexAuthFile({ expired: true });
    const authorization = `Bearer ${isRecord(tokens) ? String(tokens["access_token"]) : ""}`;
    expect(
      await readError(await fetch(imageRequest(emulator, { baseURL: running.baseURL, headers: { authorization } }))),
    ).toEqual(expected);
    const replaced = imageRequest(emulator);
    emulator.renewAccessToken();
    expect(await readError(await emulator.fetch(replaced))).toEqual(expected);
    expect((await emulator.fetch(imageRequest(emulator))).status).toBe(200);
  });
});

describe("other routes", () => {
  test("POST /backend-api/codex/responses/compact is 501 and named", async () => {
    const response = await fetch(`${running.baseURL}/responses/compact`, { method: "POST", body: "{}" });
    expect(response.status).toBe(501);
    expect(await readError(response)).toMatchObject({
      message: "The emulator does not have POST /backend-api/codex/responses/compact.",
      code: "not_emulated",
    });
  });

  test("an unknown path is 404 JSON, a wrong method 405 with the right one", async () => {
    const unknown = await get("/nothing/here?a=b");
    expect([unknown.status, (await readError(unknown))["message"]]).toEqual([
      404,
      "There is no route GET /nothing/here.",
    ]);
    const wrong = await get("/backend-api/codex/images/generations");
    expect([wrong.status, wrong.headers.get("allow")]).toEqual([405, "POST"]);
  });
});

test("the same seed and the same calls give the same bytes, another seed other ones", async () => {
  const play = async (seed: number): Promise<unknown[]> => {
    const played = createEmulator({ seed, clock: () => NOW, scenario: { name: "ok", size: "64x48" } });
    const answers: unknown[] = [];
    for (const prompt of ["one", "two", "one"]) {
      const response = await played.fetch(imageRequest(played, { body: generationBody({ prompt }) }));
      answers.push(Object.fromEntries(response.headers), await response.json());
    }
    return answers;
  };
  const first = await play(5);
  expect(await play(5)).toEqual(first);
  expect(await play(6)).not.toEqual(first);
});
