import { afterEach, beforeEach, describe, expect, test } from "vitest";
import {
  createEmulator,
  scenarios,
  type Emulator,
  type RunningEmulator,
  type Scenario,
  type ScenarioStep,
} from "../index.ts";
import { decodePng } from "../picture/png-decode.ts";
import {
  clientHeaders,
  dataURL,
  generationBody,
  imageRequest,
  listChunks,
  picturesOf,
  readObject,
} from "../testing/requests.ts";
import { openRequest, type SocketAnswer } from "../testing/socket-request.ts";
import { isRecord } from "../values.ts";

const NOW = 1_795_218_411_000;
const SIZE = "64x48";
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

async function call(change: Record<string, unknown> = {}): Promise<SocketAnswer> {
  const body = JSON.stringify(generationBody(change));
  return openRequest(imageRequest(emulator, { baseURL: running.baseURL, body }), body).answer;
}

function parse(answer: SocketAnswer): Readonly<Record<string, unknown>> {
  const value: unknown = JSON.parse(answer.body.toString("utf8"));
  if (!isRecord(value)) throw new Error("not an object");
  return value;
}

// Statuses, headers and bodies: codex-backend contract 3.6 and 10.
const REFUSALS: [step: ScenarioStep, status: number, body: unknown, headers: Record<string, string>][] = [
  [
    { name: "unauthorized" },
    401,
    {
      error: {
        message: "Provided authentication token is expired. Please try signing in again.",
        type: null,
        code: "token_expired",
        param: null,
      },
    },
    {},
  ],
  [
    { name: "usage-limit" },
    429,
    {
      error: {
        type: "usage_limit_reached",
        message: "The usage limit has been reached",
        plan_type: "plus",
        resets_at: 1_795_225_611,
        eligible_promo: null,
        resets_in_seconds: 7200,
      },
    },
    {
      "x-codex-active-limit": "imagegen_premium",
      "x-codex-primary-used-percent": "100",
      "x-codex-primary-window-minutes": "1440",
      "x-codex-primary-reset-at": "1795225611",
      "x-codex-imagegen-request-id": expect.any(String),
      "x-oai-request-id": expect.any(String),
    },
  ],
  [
    { name: "usage-limit", activeLimit: "image_gen", resetsInSeconds: 60 },
    429,
    { error: expect.objectContaining({ resets_at: 1_795_218_471, resets_in_seconds: 60 }) },
    {
      "x-codex-active-limit": "image_gen",
      "x-image-gen-primary-used-percent": "100",
      "x-image-gen-primary-window-minutes": "1440",
      "x-image-gen-primary-reset-at": "1795218471",
    },
  ],
  [
    { name: "usage-limit", activeLimit: "premium" },
    429,
    expect.anything(),
    { "x-codex-active-limit": "premium", "x-codex-primary-window-minutes": "300" },
  ],
  [
    { name: "usage-not-included" },
    429,
    { error: { type: "usage_not_included", message: "not included", plan_type: "plus" } },
    {},
  ],
  [{ name: "capacity" }, 429, { error: expect.objectContaining({ code: "TooManyRequests" }) }, { "retry-after": "2" }],
  [{ name: "capacity", retryAfterSeconds: 0 }, 429, expect.anything(), { "retry-after": "0" }],
  [
    { name: "rate-limit" },
    429,
    {
      error: {
        type: "rate_limit_exceeded",
        code: "rate_limit_exceeded",
        message: "Rate limit reached for gpt-image-2-codex",
      },
    },
    { "retry-after": "1" },
  ],
  [{ name: "moderation" }, 400, { error: blocked("input") }, { "x-codex-imagegen-request-id": expect.any(String) }],
  [{ name: "moderation-output" }, 400, { error: blocked("output") }, {}],
  [
    { name: "insufficient-balance" },
    403,
    { error: { code: "INSUFFICIENT_BALANCE", message: "Insufficient balance" } },
    {},
  ],
  [{ name: "bad-request" }, 400, { detail: expect.any(String) }, {}],
  [{ name: "too-large" }, 413, { detail: expect.any(String) }, {}],
  [{ name: "server-error" }, 500, { error: { message: "boom", type: "server_error" } }, {}],
  [{ name: "server-error-late", delayMs: 1 }, 500, { error: { message: "boom", type: "server_error" } }, {}],
  [
    { name: "server-error-with-request-id" },
    500,
    expect.anything(),
    { "x-codex-imagegen-request-id": expect.any(String) },
  ],
];

function blocked(stage: string): Record<string, unknown> {
  return {
    message: expect.stringMatching(
      /^Your request was rejected by the safety system\. .*request ID [0-9a-f-]{36}\. safety_violations=\[sexual\]\.$/,
    ),
    type: "image_generation_user_error",
    param: null,
    code: "moderation_blocked",
    moderation_details: { moderation_stage: stage, categories: ["sexual"] },
  };
}

describe("a refusal", () => {
  test.each(REFUSALS)("%o is %i", async (step, status, body, headers) => {
    emulator.setScenario(step);
    const answer = await call();
    expect(answer).toMatchObject({
      status,
      end: "complete",
      headers: { "content-type": "application/json", ...headers },
    });
    expect(parse(answer)).toEqual(body);
    expect(emulator.calls[0]?.answered).toEqual({ status, scenario: step.name });
  });

  test("does not raise the image window", async () => {
    emulator.setScenario(["server-error", "moderation", { name: "ok", size: SIZE }]);
    await call();
    await call();
    expect((await call()).headers["x-codex-primary-used-percent"]).toBe("2");
  });

  test("retry-after is left out when it is null", async () => {
    emulator.setScenario({ name: "capacity", retryAfterSeconds: null });
    expect((await call()).headers["retry-after"]).toBeUndefined();
  });

  test("cloudflare is the HTML challenge of codex-backend contract 2.3", async () => {
    emulator.setScenario("cloudflare");
    const answer = await call();
    expect(answer).toMatchObject({
      status: 403,
      headers: {
        "content-type": "text/html; charset=UTF-8",
        "cf-mitigated": "challenge",
        server: "cloudflare",
        "cf-ray": expect.stringMatching(/^[0-9a-f]{16}-FRA$/),
      },
    });
    expect(answer.body.toString()).toBe(
      "<!DOCTYPE html><html><head><title>Just a moment...</title></head><body>cloudflare Enable JavaScript and cookies to continue</body></html>",
    );
  });

  test("empty-404 has no body and unavailable is plain text", async () => {
    emulator.setScenario(["empty-404", "unavailable"]);
    const [empty, unavailable] = [await call(), await call()];
    expect([empty.status, empty.body.length, empty.headers["content-type"]]).toEqual([404, 0, undefined]);
    expect([unavailable.status, unavailable.body.toString(), unavailable.headers["content-type"]]).toEqual([
      503,
      "upstream connect error",
      "text/plain",
    ]);
  });

  test("redirect points elsewhere", async () => {
    emulator.setScenario(["redirect", { name: "redirect", location: "http://127.0.0.1:9/x" }]);
    const answers = [await call(), await call()];
    expect(answers.map((answer) => [answer.status, answer.headers.location])).toEqual([
      [307, "https://elsewhere.example.test/images"],
      [307, "http://127.0.0.1:9/x"],
    ]);
  });

  test("refresh-needed lasts on every route until the token is renewed", async () => {
    emulator.setScenario(["refresh-needed", { name: "ok", size: SIZE }, "server-error"]);
    const usage = (): Promise<Response> =>
      fetch(`${running.url}/backend-api/wham/usage`, { headers: clientHeaders(emulator) });
    expect([(await call()).status, (await usage()).status, (await call()).status]).toEqual([401, 401, 401]);
    emulator.renewAccessToken();
    expect([(await usage()).status, (await call()).status, (await call()).status]).toEqual([200, 200, 500]);
  });
});

describe("a broken transport", () => {
  test("reset ends the connection without an answer", async () => {
    emulator.setScenario("reset");
    expect(await call()).toMatchObject({ status: undefined, end: "ECONNRESET" });
    await emulator.idle();
    expect(emulator.calls[0]).toMatchObject({ answered: { status: null, scenario: "reset" }, aborted: false });
  });

  test.each([
    [{ name: "cut-body", size: SIZE, atBytes: 100 }, 100],
    [{ name: "cut-body", size: SIZE, atBytes: 0 }, 0],
  ])("%o cuts the body there", async (step, bytes) => {
    emulator.setScenario(step);
    const answer = await call();
    expect([answer.status, answer.end, answer.body.length]).toEqual([200, "cut", bytes]);
    expect(Number(answer.headers["content-length"])).toBeGreaterThan(bytes);
  });

  test("cut-body cuts half by default, and never nothing", async () => {
    emulator.setScenario([{ name: "cut-body" }, { name: "cut-body", size: SIZE, fraction: 1 }]);
    const [half, almost] = [await call(), await call()];
    expect(half.body.length).toBe(Math.floor(Number(half.headers["content-length"]) / 2));
    expect(almost.body.length).toBe(Number(almost.headers["content-length"]) - 1);
  });

  test("stalled-body sends a part and then nothing until the client leaves", async () => {
    emulator.setScenario({ name: "stalled-body", size: SIZE, atBytes: 50 });
    const body = JSON.stringify(generationBody());
    const open = openRequest(imageRequest(emulator, { baseURL: running.baseURL, body }), body);
    await open.received(50);
    expect(emulator.calls[0]?.aborted).toBe(false);
    open.leave();
    await emulator.idle();
    expect(emulator.calls[0]).toMatchObject({ aborted: true, answered: { status: 200, scenario: "stalled-body" } });
  });
});

describe("an odd answer", () => {
  test.each([
    ["no-data", { created: 1 }],
    ["empty-data", { created: 1, data: [] }],
    ["bad-base64", { created: 1, data: [{ b64_json: "!!!notbase64" }] }],
    ["not-an-image", { created: 1, data: [{ b64_json: "aGVsbG8gd29ybGQ=" }] }],
  ])("%s", async (name, document) => {
    emulator.setScenario(name);
    const answer = await call();
    expect([answer.status, parse(answer)]).toEqual([200, document]);
  });

  test("not-json is a text", async () => {
    emulator.setScenario("not-json");
    expect(await call()).toMatchObject({
      status: 200,
      headers: { "content-type": "text/plain" },
      body: Buffer.from("hello"),
    });
  });

  test("broken-json is complete for HTTP and incomplete for JSON", async () => {
    emulator.setScenario({ name: "broken-json", size: SIZE });
    const answer = await call();
    expect(answer.end).toBe("complete");
    expect(() => parse(answer)).toThrow(SyntaxError);
    expect(JSON.parse(`${answer.body.toString()}8}}`)).toMatchObject({ data: [expect.anything()] });
  });

  test("truncated-image is a PNG without its end", async () => {
    emulator.setScenario({ name: "truncated-image", size: SIZE });
    const [picture = Buffer.alloc(0)] = picturesOf(parse(await call()));
    expect(picture.toString("latin1", 1, 4)).toBe("PNG");
    expect(picture.includes("IEND")).toBe(false);
    expect(await decodePng(picture)).toBeUndefined();
  });

  test("huge-image is a valid PNG of that size", async () => {
    emulator.setScenario([
      { name: "huge-image", size: SIZE },
      { name: "huge-image", size: SIZE, megabytes: 4 },
    ]);
    for (const megabytes of [25, 4]) {
      const answer = await call();
      const [picture = Buffer.alloc(0)] = picturesOf(parse(answer));
      expect(Number(answer.headers["content-length"])).toBe(answer.body.length);
      expect(picture.length / 1_000_000).toBeCloseTo(megabytes, 2);
      expect(listChunks(picture).at(-1)).toEqual({ type: "IEND", length: 0 });
      expect(await decodePng(picture)).toMatchObject({ width: 64, height: 48 });
    }
  });

  test("wrong-size has the other orientation, and says so", async () => {
    emulator.setScenario("wrong-size");
    expect(parse(await call({ prompt: "Aspect ratio: 16:9." }))).toMatchObject({ size: "1024x1536" });
    expect(parse(await call({ prompt: "tall" }))).toMatchObject({ size: "1536x1024" });
  });

  test("no-alpha is RGB although transparent was asked", async () => {
    emulator.setScenario([
      { name: "no-alpha", size: SIZE },
      { name: "no-alpha", size: SIZE, background: "transparent" },
    ]);
    for (const background of ["opaque", "transparent"]) {
      const document = parse(await call({ background: "transparent" }));
      expect(document).toMatchObject({ background });
      expect(await decodePng(picturesOf(document)[0] ?? Buffer.alloc(0))).toMatchObject({ alpha: false });
    }
  });

  const edit = async (
    step: ScenarioStep,
    parent: Uint8Array,
    prompt = "edit",
  ): Promise<Readonly<Record<string, unknown>>> => {
    emulator.setScenario({ ...step, times: 1 });
    const body = generationBody({ prompt, background: "transparent", images: [{ image_url: dataURL(parent) }] });
    return readObject(await fetch(imageRequest(emulator, { baseURL: running.baseURL, edit: true, body })));
  };
  const drawParent = async (): Promise<Buffer> => {
    emulator.setScenario({ name: "ok", size: SIZE });
    return picturesOf(parse(await call()))[0] ?? Buffer.alloc(0);
  };
  const colorsOfCorners = async (document: Readonly<Record<string, unknown>>): Promise<string[]> => {
    const { pixels = new Uint8Array(0), alpha } = (await decodePng(picturesOf(document)[0] ?? Buffer.alloc(0))) ?? {};
    expect(alpha).toBe(false);
    return [0, 63, 47 * 64, 48 * 64 - 1].map((cell) =>
      Buffer.from(pixels.subarray(cell * 4, cell * 4 + 3)).toString("hex"),
    );
  };

  test("checkerboard is painted and claims to be transparent", async () => {
    emulator.setScenario({ name: "checkerboard", size: SIZE });
    const document = parse(await call({ background: "transparent" }));
    expect(document).toMatchObject({ background: "transparent" });
    expect([...new Set(await colorsOfCorners(document))].sort()).toEqual(["cccccc", "ffffff"]);
  });

  test("plain-background is flat around the subject, gradient-background is not", async () => {
    emulator.setScenario([
      { name: "plain-background", size: SIZE },
      { name: "plain-background", size: SIZE, color: "#12ab34" },
      { name: "gradient-background", size: SIZE },
    ]);
    expect(new Set(await colorsOfCorners(parse(await call())))).toEqual(new Set(["ffffff"]));
    expect(new Set(await colorsOfCorners(parse(await call())))).toEqual(new Set(["12ab34"]));
    expect(new Set(await colorsOfCorners(parse(await call()))).size).toBe(4);
  });

  test("a prompt that asks for a flat key colour gets exactly that, on an edit too", async () => {
    const parent = await drawParent();
    emulator.setScenario({ name: "ok", size: SIZE });
    const prompt = "The same fox on a flat, solid magenta (#FF00FF) background.";
    const body = generationBody({ prompt, images: [{ image_url: dataURL(parent) }] });
    const response = await fetch(imageRequest(emulator, { baseURL: running.baseURL, edit: true, body }));
    expect(new Set(await colorsOfCorners(await readObject(response)))).toEqual(new Set(["ff00ff"]));
    const green = parse(await call({ prompt: "a fox on a uniform green background" }));
    expect(new Set(await colorsOfCorners(green))).toEqual(new Set(["00ff00"]));
  });

  test("echo-input answers the same bytes, near-echo the same picture in others", async () => {
    const parent = await drawParent();
    const echoed = await edit({ name: "echo-input" }, parent);
    expect(picturesOf(echoed)[0]?.equals(parent)).toBe(true);
    expect(echoed).toMatchObject({ size: SIZE });
    const near = picturesOf(await edit({ name: "near-echo" }, parent))[0] ?? Buffer.alloc(0);
    const [before, after] = [await decodePng(parent), await decodePng(near)];
    const distances = [...(before?.pixels ?? [])].map((value, index) => Math.abs(value - (after?.pixels[index] ?? 0)));
    expect(Math.max(...distances)).toBe(1);
  });

  test("references-dropped counts no image tokens and shows no input", async () => {
    const document = await edit({ name: "references-dropped", size: SIZE }, await drawParent());
    expect(document).toMatchObject({ usage: { input_tokens_details: { image_tokens: 0 } } });
    emulator.setScenario({ name: "ok", size: SIZE });
    const alone = parse(await call({ prompt: "edit", background: "transparent" }));
    expect(picturesOf(document)).toEqual(picturesOf(alone));
  });

  test("escaped-slashes means the same", async () => {
    emulator.setScenario({ name: "escaped-slashes", size: SIZE });
    const answer = await call();
    expect(answer.body.toString()).toContain("\\/");
    expect(answer.body.toString()).not.toMatch(/[^\\]\//);
    expect(await decodePng(picturesOf(parse(answer))[0] ?? Buffer.alloc(0))).toMatchObject({ width: 64 });
  });

  test("key-order puts data first and b64_json last in it", async () => {
    emulator.setScenario({ name: "key-order", size: SIZE });
    const text = (await call()).body.toString();
    expect(text).toMatch(/^\{"data":\[\{"generation_id":"[^"]+","b64_json":"[^"]+"\}\],.*"created":\d+\}$/);
  });

  test("chunked has no length, and comes in pieces down to one byte", async () => {
    emulator.setScenario([
      { name: "chunked", size: SIZE },
      { name: "chunked", size: SIZE, chunkBytes: 1 },
    ]);
    const [whole, single] = [await call(), await call()];
    for (const answer of [whole, single]) {
      expect(answer).toMatchObject({ end: "complete", headers: { "transfer-encoding": "chunked" } });
      expect(answer.headers["content-length"]).toBeUndefined();
      expect(picturesOf(parse(answer))).toHaveLength(1);
    }
    expect(single.pieces).toBe(single.body.length);
  });

  test("plan-free names the plan in headers, usage and account", async () => {
    emulator.setScenario({ name: "plan-free", size: SIZE });
    expect((await call()).headers["x-codex-plan-type"]).toBe("free");
    const read = async (path: string): Promise<unknown> =>
      readObject(await fetch(running.url + path, { headers: clientHeaders(emulator) }));
    expect(await read("/wham/usage")).toMatchObject({ plan_type: "free" });
    expect(await read("/wham/accounts/check")).toMatchObject({ accounts: [{ plan_type: "free" }] });
  });

  test("clock-skew moves the date header only", async () => {
    emulator.setScenario([
      { name: "clock-skew", size: SIZE },
      { name: "clock-skew", size: SIZE, skewMs: -60_000 },
    ]);
    const answers = [await call(), await call()];
    expect(answers.map((answer) => answer.headers.date)).toEqual([
      new Date(NOW + 3_600_000).toUTCString(),
      new Date(NOW - 60_000).toUTCString(),
    ]);
    expect(answers.map((answer) => parse(answer)["created"])).toEqual([NOW / 1000, NOW / 1000]);
  });

  test("ok and slow are pictures", async () => {
    emulator.setScenario([
      { name: "ok", size: SIZE },
      { name: "slow", size: SIZE, delayMs: 1 },
    ]);
    for (const answer of [await call(), await call()]) expect(picturesOf(parse(answer))).toHaveLength(1);
  });
});

describe("steps", () => {
  const statuses = async (scenario: Scenario, count: number): Promise<(number | undefined)[]> => {
    emulator.setScenario(scenario);
    const seen: (number | undefined)[] = [];
    for (let index = 0; index < count; index += 1) seen.push((await call({ prompt: "1:1" })).status);
    return seen;
  };

  test("a bare name lasts, a step with times ends, a list is used up in order", async () => {
    const ok = { name: "ok", size: SIZE };
    expect(await statuses("server-error", 3)).toEqual([500, 500, 500]);
    expect(await statuses([{ name: "server-error", times: 2 }, ok], 3)).toEqual([500, 500, 200]);
    expect(await statuses({ name: "unavailable", times: 1 }, 2)).toEqual([503, 200]);
    expect(await statuses(["empty-404", ok, "unavailable", { name: "server-error", times: "always" }], 5)).toEqual([
      404, 200, 503, 500, 500,
    ]);
    expect(await statuses([], 1)).toEqual([200]);
  });

  test.each([
    ["sever-error", 'There is no scenario "sever-error". Did you mean "server-error"?'],
    [
      { name: "capacity", retryAfter: 1 },
      'The scenario "capacity" has no parameter "retryAfter". Did you mean "retryAfterSeconds"?',
    ],
    [{ name: "ok", megabytes: 5 }, 'The scenario "ok" has no parameter "megabytes". Did you mean "delayMs"?'],
    [
      { name: "ok", times: 0 },
      'The parameter "times" of the scenario "ok" must be an integer of at least 1, or "always".',
    ],
    [
      { name: "chunked", chunkBytes: 0 },
      'The parameter "chunkBytes" of the scenario "chunked" must be an integer number of bytes, 1 or more.',
    ],
    [["ok", 7], 'A scenario is a name, a step with a "name", or a list of these.'],
  ])("%o is refused by name", (scenario, message) => {
    const passed: unknown = scenario;
    expect(() => Reflect.apply(emulator.setScenario, emulator, [passed])).toThrow(new TypeError(message));
  });
});

test("every scenario for images has answered a call of this file", () => {
  const forImages = scenarios.filter(({ groups }) => groups.includes("images")).map(({ name }) => name);
  // `never` is tried in closing.abort.test.ts.
  expect(forImages.filter((name) => name !== "never" && !tried.has(name))).toEqual([]);
});
