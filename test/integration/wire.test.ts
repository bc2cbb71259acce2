import { expect, test } from "vitest";
import { version } from "@limn/core";
import { placeWithEmulator } from "../support/limn-at-emulator.ts";

// codex-backend contract 3.1 and the wire fixture images-generations.json: body fields in wire order, and every header.
const sample = {
  headers: {
    version: "0.169.0",
    "x-codex-image-turn-id": "01a1fb5b-0fca-7dc2-bdf8-aa6f050342ce",
    "x-codex-turn-metadata": "JSON",
    authorization: "Bearer <ACCESS_TOKEN>",
    "chatgpt-account-id": "acc-00000000-fake",
    "content-type": "application/json",
    originator: "codex_exec",
    "user-agent": "codex_exec/0.169.0 (Debian 12.0.0; x86_64) unknown (codex_exec; 0.169.0)",
    accept: "*/*",
    host: "chatgpt.com",
    "content-length": "127",
  },
  body: '{"prompt":"A red fox in a snowy forest, watercolor","background":"opaque","model":"gpt-image-2","quality":"auto","size":"auto"}',
};

test("the request is the sample of the contract field by field, apart from who we are", async () => {
  const place = await placeWithEmulator({ emulator: { scenario: { name: "ok", size: "64x48" } } });
  const prompt = "A red fox in a snowy forest, watercolor";
  await place.limn().images.generate({ operation: "generate", prompt, quality: "high", model: "gpt-image-2-high" });
  const [call] = place.emulator.calls;
  expect(place.emulator.calls).toHaveLength(1);
  expect(call).toMatchObject({
    method: "POST",
    path: "/backend-api/codex/images/generations",
    contentLength: 127,
    remarks: [],
  });
  expect(JSON.stringify(call?.body)).toBe(sample.body);
  // We are no Codex, so we state neither its version nor facts of a turn that does not exist; and each request has its own connection.
  const { version: _version, "x-codex-turn-metadata": _metadata, ...shared } = sample.headers;
  expect(call?.headers).toEqual({
    ...shared,
    "x-codex-image-turn-id": expect.stringMatching(
      /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
    ),
    "chatgpt-account-id": place.emulator.accountId,
    originator: "limn",
    "user-agent": `limn/${version}`,
    host: new URL(place.baseURL).host,
    connection: "close",
  });
});

test("a plan says what would be sent, and what is sent is that", async () => {
  const place = await placeWithEmulator({ emulator: { scenario: { name: "ok", size: "64x48" } } });
  const { images } = place.limn();
  const request = { operation: "generate", prompt: "a fox", aspect: "16:9", background: "transparent", n: 3 } as const;
  const plan = images.plan(request);
  expect([plan.calls, plan.engine, plan.sent.url, place.emulator.calls, place.delivered()]).toEqual([
    3,
    "images",
    `${place.baseURL}/images/generations`,
    [],
    [],
  ]);
  const result = await images.generate({ ...request, n: 1 });
  expect([place.imageCalls()[0]?.body, result.sent]).toEqual([plan.sent.body, plan.sent.body]);
  expect(plan.sent.body).toEqual({
    prompt: "a fox\n\nAspect ratio: 16:9, wide landscape (horizontal) canvas.",
    background: "transparent",
    model: "gpt-image-2",
    quality: "auto",
    size: "auto",
  });
  expect(place.imageCalls()[0]?.headers).toMatchObject(plan.sent.headers);
});

test("the ratio sentence gives the shape, transparency gives alpha, and the result says so", async () => {
  const place = await placeWithEmulator();
  const request = { operation: "generate", prompt: "a fox", aspect: "16:9", background: "transparent" } as const;
  const result = await place.limn().images.generate(request);
  expect([result.got, result.asked, result.warnings]).toEqual([
    expect.objectContaining({
      width: 1672,
      height: 941,
      hasAlpha: true,
      mediaType: "image/png",
      background: "transparent",
    }),
    { aspect: "16:9", background: "transparent" },
    [],
  ]);
});
