import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { LimnError } from "@limn/core";
import type { GenerationEvent, GenerationResult } from "@limn/core";
import { expect, onTestFinished, test } from "vitest";
import { startImageServer } from "./server.ts";
import type { ImageServer } from "./server.ts";

const key = "k".repeat(43);
const picture = Buffer.from("not a real picture, and that does not matter here");

type Outcome = (path: string) => GenerationResult;

/** The server over a client that has sent its request and ends when it is told to. */
async function start(): Promise<{ server: ImageServer; finish(outcome: Outcome | Error): void; calls(): number }> {
  const folder = mkdtempSync(join(tmpdir(), "limn-serve-test-"));
  const path = join(folder, "picture.png");
  writeFileSync(path, picture);
  const ended = Promise.withResolvers<GenerationResult>();
  ended.promise.catch(() => undefined);
  let calls = 0;
  const generate = async (
    _request: unknown,
    { id = "", onEvent }: { readonly id?: string; readonly onEvent?: (event: GenerationEvent) => void } = {},
  ): Promise<GenerationResult> => {
    calls += 1;
    onEvent?.({ type: "image-progress", id, index: 0, stage: "sent", attempt: 1 });
    return ended.promise;
  };
  const limn = { images: { generate }, store: { list: () => [], imagePath: () => path } };
  const server = await startImageServer({
    limn,
    host: "127.0.0.1",
    port: 0,
    key: () => key,
    keepHistory: true,
    defaults: {},
    patience: { keepAliveMs: 2, headersAfterMs: 0 },
  });
  onTestFinished(async () => {
    ended.reject(new Error("the test ended"));
    await server.close();
    rmSync(folder, { recursive: true, force: true });
  });
  return {
    server,
    calls: () => calls,
    finish: (outcome) => (outcome instanceof Error ? ended.reject(outcome) : ended.resolve(outcome(path))),
  };
}

const made: Outcome = (path) => ({
  schemaVersion: 1,
  id: "gen_1",
  operation: "generate",
  status: "done",
  engine: "images",
  model: "gpt-image-2",
  emulated: true,
  images: [{ path, index: 0, mediaType: "image/png", width: 2, height: 1, hasAlpha: true, bytes: 1, sha256: "" }],
  asked: {},
  sent: {},
  got: { width: 4, height: 2 },
  steps: [],
  truth: [],
  inputs: [],
  parents: [],
  warnings: [],
  failures: [],
  account: { plan: null, source: "sandbox" },
  usage: {},
  limits: {},
  imagesSpent: 1,
  requestId: null,
  timingsMs: { total: 1 },
});

async function ask(
  { url }: ImageServer,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): Promise<Response> {
  return fetch(`${url}/v1/images/generations`, {
    method: "POST",
    headers: { authorization: `Bearer ${key}`, "content-type": "application/json", ...headers },
    body: JSON.stringify(body),
  });
}

async function firstPiece(response: Response): Promise<{ first: string; rest(): Promise<string> }> {
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  const first = (await reader?.read())?.value ?? "";
  return {
    first,
    rest: async () => {
      let text = "";
      for (;;) {
        const piece = await reader?.read();
        if (piece === undefined || piece.done) return text;
        text += piece.value;
      }
    },
  };
}

test("a long wait begins the JSON answer with blanks", async () => {
  const { server, finish } = await start();
  const response = await ask(server, { prompt: "x" });
  const { first, rest } = await firstPiece(response);
  expect(first.trim()).toBe("");
  finish(made);
  expect(JSON.parse(first + (await rest()))).toEqual({
    created: expect.any(Number),
    data: [{ b64_json: picture.toString("base64") }],
    background: "transparent",
    output_format: "png",
    quality: "auto",
    size: "2x1",
  });
});

test("an error after the blanks drops the connection, and the repeat gets the error with its status", async () => {
  const { server, finish, calls } = await start();
  const { rest } = await firstPiece(await ask(server, { prompt: "x" }));
  finish(new LimnError("outcome_unknown", { message: "No answer came." }));
  await expect(rest()).rejects.toThrow();
  const repeat = await ask(server, { prompt: "x" }, { "x-stainless-retry-count": "1" });
  expect(repeat.status).toBe(504);
  expect(repeat.headers.get("x-should-retry")).toBe("false");
  expect(calls()).toBe(1);
});

test("a stream is kept alive by comments", async () => {
  const { server, finish } = await start();
  const { first, rest } = await firstPiece(await ask(server, { prompt: "x", stream: true }));
  expect(first).toMatch(/^: keep-alive\n\n/);
  finish(made);
  expect(await rest()).toMatch(
    /event: image_generation\.completed\ndata: \{"type":"image_generation\.completed","b64_json":"/,
  );
});

test("an error in a stream that has begun is an event of its own", async () => {
  const { server, finish } = await start();
  const { rest } = await firstPiece(await ask(server, { prompt: "x", stream: true }));
  finish(new LimnError("content_refused", { message: "Refused." }));
  expect(await rest()).toContain(
    'event: error\ndata: {"type":"error","error":{"message":"Refused.","type":"image_generation_user_error","code":"moderation_blocked","param":null}}',
  );
});
