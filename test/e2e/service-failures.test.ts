import { readFileSync } from "node:fs";
import type { Scenario } from "@limn/emulator";
import sharp from "sharp";
import { describe, expect, it } from "vitest";
import { proves } from "./requirements.ts";
import { World, errorOf, imageCalls, parseObject, smallPicture } from "./support/world.ts";

interface Failure {
  readonly scenario: Scenario;
  readonly status: number;
  readonly code: string;
  readonly message: RegExp;
  readonly hint: RegExp;
  /** How often the service was asked. */
  readonly calls?: number;
  /** How the record stands afterwards. */
  readonly record?: "failed" | "unknown";
}

const prompt = "a walrus of unmistakable private detail";

const table: readonly Failure[] = [
  {
    scenario: { name: "usage-limit", resetsInSeconds: 7200 },
    status: 5,
    code: "usage_limit_reached",
    message: /^The plan's allowance \(imagegen_premium\) is used up until \d{4}-\d\d-\d\d \d\d:\d\d UTC\.$/,
    hint: /limn status/,
  },
  {
    scenario: "usage-not-included",
    status: 5,
    code: "plan_not_included",
    message: /do not include image generation/,
    hint: /limn status/,
  },
  {
    scenario: { name: "capacity", retryAfterSeconds: 0 },
    status: 5,
    code: "service_overloaded",
    message: /^The service has no capacity for images at the moment \(429\)\.$/,
    hint: /Try again/,
    calls: 2,
  },
  {
    scenario: { name: "rate-limit", retryAfterSeconds: 0 },
    status: 5,
    code: "rate_limited",
    message: /^Too many image requests in a short time \(429\)\.$/,
    hint: /Try again/,
    calls: 2,
  },
  {
    scenario: "moderation",
    status: 6,
    code: "content_refused",
    message: /^The content policy refused the prompt \(.+\), request .+\.$/,
    hint: /other words/,
  },
  {
    scenario: "cloudflare",
    status: 8,
    code: "network_blocked",
    message:
      /^The network edge \(Cloudflare\) turned the request away with status 403, cf-ray \S+\. Your login is not the reason\.$/,
    hint: /limn doctor/,
  },
  {
    scenario: "unauthorized",
    status: 4,
    code: "login_expired",
    message: /login has expired/,
    hint: /LIMN_ACCESS_TOKEN=/,
  },
  { scenario: "bad-request", status: 7, code: "service_error", message: /status 400/, hint: /limn doctor/ },
  { scenario: "too-large", status: 3, code: "input_too_large", message: /too large \(413\)/, hint: /shorter prompt/ },
  { scenario: "empty-404", status: 7, code: "service_error", message: /status 404/, hint: /limn doctor/, calls: 2 },
  {
    scenario: "server-error",
    status: 7,
    code: "service_error",
    message: /status 500/,
    hint: /Try again later/,
    calls: 2,
  },
  {
    scenario: "server-error-with-request-id",
    status: 8,
    code: "outcome_unknown",
    message: /status 500 after it had begun: a picture may have been made and paid for/,
    hint: /limn status/,
    record: "unknown",
  },
  {
    scenario: "reset",
    status: 8,
    code: "outcome_unknown",
    message: /^The request was sent, then the connection to 127\.0\.0\.1:\d+ broke/,
    hint: /limn status/,
    record: "unknown",
  },
  {
    scenario: "cut-body",
    status: 7,
    code: "stream_truncated",
    message: /^The answer stopped after \d+ bytes, before it was whole: the connection was closed\./,
    hint: /repeat the command/,
  },
  { scenario: "not-json", status: 7, code: "unexpected_response", message: /not JSON/, hint: /limn doctor/ },
  { scenario: "no-data", status: 7, code: "unexpected_response", message: /no "data" field/, hint: /repeat/ },
  { scenario: "empty-data", status: 7, code: "no_image_returned", message: /empty list of pictures/, hint: /repeat/ },
  { scenario: "not-an-image", status: 7, code: "image_corrupt", message: /is not an image/, hint: /repeat/ },
  { scenario: "truncated-image", status: 7, code: "image_corrupt", message: /is cut/, hint: /repeat/ },
  { scenario: "bad-base64", status: 7, code: "image_corrupt", message: /not valid base64/, hint: /repeat/ },
  {
    scenario: "redirect",
    status: 7,
    code: "unexpected_response",
    message: /redirect \(307\)/,
    hint: /limn config get baseUrl/,
  },
];

describe("a failure of the service", () => {
  for (const { scenario, status, code, message, hint, calls = 1, record = "failed" } of table) {
    const name = typeof scenario === "string" ? scenario : "name" in scenario ? scenario.name : "list";
    it(`${name}: ${code}, status ${status}, without prompt or token ${proves("exit-codes", "errors-json", "privacy")}`, async () => {
      const world = new World();
      const emulator = await world.startService({ scenario });
      const told = await world.run([prompt, "--retries", "1"]);
      expect(told.status).toBe(status);
      expect(told.stdout).toBe("");
      const line = told.stderr.split("\n").find((text) => text.startsWith("error: ")) ?? "";
      expect(line).toMatch(new RegExp(` \\[${code}\\]$`));
      expect(line.slice("error: ".length, -` [${code}]`.length)).toMatch(message);
      expect(told.stderr.split("\n").find((text) => text.startsWith("→ "))).toMatch(hint);
      expect(imageCalls(emulator)).toHaveLength(calls);
      const [id = ""] = world.generations();
      expect((await world.run(["show", id])).stdout).toMatch(new RegExp(`^status +${record}\\b`, "m"));

      const json = await world.run([prompt, "--retries", "1", "--ignore-limit", "--json", "-v"]);
      expect(json.status).toBe(status);
      expect(errorOf(json)).toMatchObject({
        code,
        message: expect.stringMatching(message),
        hint: expect.stringMatching(hint),
      });
      expect(world.files()).toEqual([]);
      for (const text of [told.stderr, json.stdout, json.stderr])
        for (const secret of ["walrus", "unmistakable", emulator.accessToken]) expect(text).not.toContain(secret);
    });
  }

  it(`that names its reset time says it in the error object, too ${proves("errors-json")}`, async () => {
    const world = new World();
    await world.startService({ scenario: { name: "usage-limit", resetsInSeconds: 7200 } });
    const { retryAfterMs, details, retryable } = errorOf(await world.run(["a fox", "--json"]));
    expect(retryable).toBe(false);
    expect(Number(retryAfterMs)).toBeGreaterThan(7_000_000);
    expect(details).toMatchObject({ status: 429, limit: "imagegen_premium", resetsAt: expect.stringMatching(/Z$/) });
  });

  it(`that is a used-up allowance is remembered: nothing is sent before its reset ${proves("exit-codes")}`, async () => {
    const world = new World();
    const emulator = await world.startService({ scenario: { name: "usage-limit", resetsInSeconds: 7200 } });
    await world.run(["a fox"]);
    const { status, stderr } = await world.run(["a fox"]);
    expect(status).toBe(5);
    expect(stderr).toMatch(/Nothing was sent\. \[usage_limit_reached\]\n→ .*--ignore-limit/);
    expect(imageCalls(emulator)).toHaveLength(1);
  });

  it(`that passes costs nothing: it is asked again, and said ${proves("exit-codes", "progress")}`, async () => {
    for (const name of ["server-error", "unavailable", "capacity", "empty-404"]) {
      const world = new World();
      const scenario = name === "capacity" ? { name, retryAfterSeconds: 0 } : name;
      const emulator = await world.startService({ scenario: [scenario, smallPicture] });
      const { status, stderr } = await world.run(["a fox", "--json"]);
      expect({ name, status }).toEqual({ name, status: 0 });
      expect(stderr).toMatch(/^that did not work; trying again in \d/m);
      expect(imageCalls(emulator)).toHaveLength(2);
      const [id = ""] = world.generations();
      expect(world.manifest(id)).toMatchObject({ state: "done", calls: [{ attempts: 2 }] });
    }
  });

  it(`is not asked again with --retries 0 ${proves("exit-codes")}`, async () => {
    const world = new World();
    const emulator = await world.startService({ scenario: "server-error" });
    expect((await world.run(["a fox", "--retries", "0"])).status).toBe(7);
    expect(imageCalls(emulator)).toHaveLength(1);
  });

  it(`that comes after the picture was whole does not take it away ${proves("exit-codes")}`, async () => {
    const world = new World();
    await world.startService({ scenario: { name: "broken-json", size: "64x48" } });
    const { status, stdout } = await world.run(["a fox", "--json"]);
    expect(status).toBe(0);
    expect(parseObject(stdout)).toMatchObject({ status: "done", got: { width: 64, height: 48 } });
    expect((await sharp(readFileSync(world.path("a-fox.png"))).metadata()).width).toBe(64);
  });

  it(`by silence ends with --timeout, and the outcome is called unknown ${proves("exit-codes")}`, async () => {
    const world = new World();
    const emulator = await world.startService({ scenario: "never" });
    const { status, stderr } = await world.run(["a fox", "--timeout", "1"]);
    expect(status).toBe(8);
    expect(stderr).toMatch(
      /error: The request was sent, then no answer came within 1 s: a picture may have been made and paid for\. \[outcome_unknown\]/,
    );
    await emulator.idle();
    expect(imageCalls(emulator)).toMatchObject([{ aborted: true }]);
  });

  it(`that is not there at all: nothing was sent ${proves("exit-codes")}`, async () => {
    const world = new World();
    const emulator = await world.startService();
    await emulator.close();
    const { status, stderr } = await world.run(["a fox", "--retries", "0"]);
    expect(status).toBe(8);
    expect(stderr).toMatch(
      /could not be reached: nothing listens there \(ECONNREFUSED\)\. Nothing was sent\. \[connection_failed\]\n→ .*limn doctor/,
    );
    const [id = ""] = world.generations();
    expect(world.manifest(id)).toMatchObject({ state: "failed", sentAt: null });
  });
});
