import { zstdCompressSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createEmulator, type Emulator } from "../index.ts";
import { fieldOf, readEvents, responsesRequest } from "../testing/responses.ts";

type Fields = Readonly<Record<string, unknown>>;
let emulator: Emulator;

beforeEach(() => {
  emulator = createEmulator();
});
afterEach(() => emulator.close());

// Shapes of codex-wire/responses-sse.request.{classic,lite}-model.json.
const message = (role: string, texts: readonly (string | Fields)[], kind?: string): Fields => ({
  type: "message",
  role,
  content: texts.map((text) => (typeof text === "string" ? { type: "input_text", text } : text)),
  ...(kind === undefined ? {} : { internal_chat_message_metadata_passthrough: { content_item_kinds: [kind] } }),
});
const CONTEXT = message("user", ["<environment_context>\n  <cwd>/w</cwd>"], "environments.environment_context");
const imagegen = (properties: Fields = {}): Fields => ({
  type: "namespace",
  name: "image_gen",
  tools: [
    { type: "function", name: "imagegen", parameters: { properties: { prompt: { type: "string" }, ...properties } } },
  ],
});
const codeMode = (description: string): Fields => ({
  type: "additional_tools",
  role: "developer",
  tools: [{ type: "namespace", name: "functions", tools: [{ type: "custom", name: "exec", description }] }],
});
const PICTURE = { type: "input_image", image_url: "data:image/png;base64,AAAA" };

function body(input: readonly Fields[], tools?: readonly Fields[]): Fields {
  return {
    model: tools === undefined ? "gpt-6.1-sol" : "gpt-5.5",
    stream: true,
    input,
    ...(tools === undefined ? {} : { tools }),
    tool_choice: "auto",
    parallel_tool_calls: false,
    reasoning: { effort: "low" },
    store: false,
    include: ["reasoning.encrypted_content"],
    prompt_cache_key: "01a1fb5b",
    text: { verbosity: "low" },
    client_metadata: { turn_id: "1" },
  };
}

async function ask(sent: Fields): Promise<Fields[]> {
  const bytes = new Uint8Array(zstdCompressSync(JSON.stringify(sent)));
  const response = await emulator.fetch(
    responsesRequest(emulator, sent, { bytes, headers: { "content-encoding": "zstd" } }),
  );
  expect(response.status).toBe(200);
  return readEvents(await response.text());
}

async function items(sent: Fields): Promise<unknown[]> {
  return (await ask(sent)).filter(({ type }) => type === "response.output_item.done").map(({ item }) => item);
}

const classic = (user: Fields, properties?: Fields): Promise<unknown[]> =>
  items(body([CONTEXT, user], [{ type: "web_search" }, imagegen(properties)]));

async function argumentsOf(user: Fields, properties?: Fields): Promise<unknown> {
  const [item] = await classic(user, properties);
  const written = fieldOf(item, "arguments");
  return typeof written === "string" ? JSON.parse(written) : undefined;
}

const says = (text: string): unknown => expect.objectContaining({ content: [expect.objectContaining({ text })] });

describe("the chat model of the Codex CLI", () => {
  test("calls the function of a classic model with the person's words", async () => {
    const seen = await ask(body([CONTEXT, message("user", ["a red fox"], "user.text")], [imagegen()]));
    expect(seen.map(({ type }) => type)).toEqual([
      "response.created",
      "response.in_progress",
      "response.output_item.added",
      "response.output_item.done",
      "response.completed",
    ]);
    expect(seen[3]?.["item"]).toEqual({
      type: "function_call",
      id: expect.stringMatching(/^fc_\w+$/),
      call_id: expect.stringMatching(/^call_\w+$/),
      namespace: "image_gen",
      name: "imagegen",
      arguments: '{"prompt":"a red fox"}',
      status: "completed",
    });
    expect(seen[4]?.["response"]).toMatchObject({ id: expect.any(String), usage: { input_tokens: 2300 } });
    expect(emulator.calls[0]).toMatchObject({ route: "responses.chat", group: "responses", remarks: [] });
  });

  test("writes code for a lite model", async () => {
    const tools = codeMode("tools.image_gen__imagegen(args: { prompt: string; }): Promise<unknown>;");
    const [item] = await items(body([tools, CONTEXT, message("user", ["a 'red' fox"])]));
    expect(item).toMatchObject({
      type: "custom_tool_call",
      name: "exec",
      input: 'const r0 = await tools.image_gen__imagegen({"prompt":"a \'red\' fox"});\ngeneratedImage(r0);',
    });
  });

  test("passes on attachments: by path when every one has its path, else by number", async () => {
    const tag = (index: number, path: string): string => `<image name=[Image #${index}] path="${path}">`;
    const named = message("user", [
      tag(1, "/w/a.png"),
      PICTURE,
      "</image>",
      tag(2, "/w/b.png"),
      PICTURE,
      "</image>",
      "mix",
    ]);
    expect(await argumentsOf(named)).toEqual({ prompt: "mix", referenced_image_paths: ["/w/a.png", "/w/b.png"] });
    const mixed = message("user", [tag(1, "/w/a.png"), PICTURE, "</image>", PICTURE, "mix"]);
    expect(await argumentsOf(mixed)).toEqual({ prompt: "mix", num_last_images_to_include: 2 });
  });

  test.each([
    ["a fox, transparent background", { transparent_background: true }],
    ["a fox\ntransparent_background: true", { transparent_background: true }],
    ["a fox, no transparent background", {}],
    ["a gif of a fox, 4 frames, 80 ms each", {}],
  ])("%j adds %o", async (prompt, more) => {
    expect(await argumentsOf(message("user", [prompt]))).toEqual({ prompt, ...more });
  });

  test("asks for a GIF where its tool has that", async () => {
    const prompt = "a gif of a fox, 4 frames, 80 ms each";
    expect(await argumentsOf(message("user", [prompt]), { gif: {} })).toEqual({
      prompt,
      gif: { frame_count: 4, frame_duration_ms: 80 },
    });
  });

  test("obeys dictated arguments to the letter, the person's before the program's", async () => {
    const dictated = (text: string): string => `Some words.\nimagegen arguments: {"prompt":"${text}","x":1}\nMore.`;
    expect(await argumentsOf(message("user", [dictated("mine")]))).toEqual({ prompt: "mine", x: 1 });
    const input = [message("developer", [dictated("yours")]), message("user", ["imagegen arguments: {json}"])];
    const [item] = await items(body(input, [imagegen()]));
    expect(fieldOf(item, "arguments")).toBe('{"prompt":"yours","x":1}');
  });

  test("answers a tool's output in words: the picture is there, or why it is not", async () => {
    const call = { type: "function_call", call_id: "c", name: "imagegen", arguments: "{}" };
    const after = (output: unknown): Promise<unknown[]> =>
      items(
        body([message("user", ["a fox"]), call, { type: "function_call_output", call_id: "c", output }], [imagegen()]),
      );
    expect(await after([PICTURE, { type: "input_text", text: "Generated images are saved to /x" }])).toEqual([
      says("Here is the picture."),
    ]);
    expect(await after("image generation failed: http 500")).toEqual([says("image generation failed: http 500")]);
  });

  test("calls again for the next message", async () => {
    const output = { type: "function_call_output", call_id: "c", output: [PICTURE] };
    const input = [message("user", ["a fox"]), output, message("user", ["make the last picture green"])];
    const [item] = await items(body(input, [imagegen()]));
    expect(fieldOf(item, "arguments")).toBe('{"prompt":"make the last picture green","num_last_images_to_include":1}');
  });

  test("has no image tool where none is offered", async () => {
    expect(await items(body([message("user", ["a fox"])], []))).toEqual([says("I have no image tool here.")]);
    expect(await items(body([codeMode("Run JavaScript"), message("user", ["a fox"])]))).toEqual([
      says("I have no image tool here."),
    ]);
    expect(await items(body([{ type: "compaction_trigger" }], []))).toEqual([says("I have no image tool here.")]);
  });

  test("gives every call another id", async () => {
    const [first] = await classic(message("user", ["a fox"]));
    const [second] = await classic(message("user", ["a fox"]));
    expect(fieldOf(first, "call_id")).not.toBe(fieldOf(second, "call_id"));
  });
});

test.each([
  ["gzip", new Uint8Array(Buffer.from("{}")), "content-encoding"],
  ["zstd", new Uint8Array(Buffer.from("not zstd")), null],
])("a body that cannot be read as %s is 400", async (encoding, bytes, param) => {
  const response = await emulator.fetch(
    responsesRequest(emulator, {}, { bytes, headers: { "content-encoding": encoding } }),
  );
  expect(response.status).toBe(400);
  expect(await response.json()).toMatchObject({ error: { param } });
  expect(emulator.calls[0]?.route).toBe("responses");
});

test("an unknown field of the Codex CLI is named", async () => {
  const response = await emulator.fetch(responsesRequest(emulator, { ...body([], []), shiny: true }));
  expect([response.status, await response.json()]).toEqual([
    400,
    { error: expect.objectContaining({ param: "shiny", code: "unknown_parameter" }) },
  ]);
});
