import { describe, expect, test } from "vitest";
import { ExecEvents } from "./exec-events.ts";
import { ServerEvents } from "./server-events.ts";

const threadId = "01a1fb6b-5d4c-76f0-9a08-4bb6eb91f3f7";
const place = { threadId, turnId: "01a1fb6b-5d86-7dd1-98ea-5ef7f9f14a4a" };

/** Copied in shape from what Codex 0.169.0 told of a turn in code mode with attachments (wire fixture app-server.turn-code-mode…). */
const turn: readonly (readonly [string, object])[] = [
  ["thread/status/changed", { threadId, status: { type: "active", activeFlags: [] } }],
  ["turn/started", { threadId, turn: { id: place.turnId, items: [], status: "inProgress", error: null } }],
  [
    "rawResponseItem/completed",
    {
      ...place,
      item: {
        type: "additional_tools",
        role: "developer",
        tools: [{ name: "exec", description: "tools.image_gen__imagegen" }],
      },
    },
  ],
  [
    "rawResponseItem/completed",
    { ...place, item: { type: "custom_tool_call", call_id: "call_1", name: "exec", input: "…" } },
  ],
  [
    "rawResponse/completed",
    { ...place, usage: { totalTokens: 120, inputTokens: 100, cachedInputTokens: 7, outputTokens: 20 } },
  ],
  [
    "item/started",
    { ...place, item: { type: "imageGeneration", id: "exec-1", status: "in_progress", result: "", failure: null } },
  ],
  [
    "item/completed",
    {
      ...place,
      item: {
        type: "imageGeneration",
        id: "exec-1",
        status: "completed",
        revisedPrompt: "one",
        result: "iVBORw0KGgo=",
        transparentBackground: false,
        failure: null,
        savedPath: "/home/.codex/generated_images/T/exec-1.png",
        inputImages: [{ path: "/home/user/imgs/a.png", sha256: "c07b" }],
        generationId: "g-1",
      },
    },
  ],
  [
    "account/rateLimits/updated",
    {
      rateLimits: {
        limitId: "codex",
        primary: { usedPercent: 12, windowDurationMins: 300, resetsAt: 1_795_223_079 },
        secondary: { usedPercent: 34, windowDurationMins: 10_080, resetsAt: null },
        credits: null,
      },
    },
  ],
  [
    "thread/tokenUsage/updated",
    { ...place, tokenUsage: { total: { inputTokens: 200, cachedInputTokens: 9, outputTokens: 40 } } },
  ],
  ["item/completed", { ...place, item: { type: "agentMessage", id: "msg_1", text: "done" } }],
  ["turn/completed", { threadId, turn: { id: place.turnId, status: "completed", error: null } }],
];

function read(events: readonly (readonly [string, object])[]): ServerEvents["report"] {
  const reader = new ServerEvents(threadId, "gpt-6.1-sol");
  for (const [method, parameters] of events) reader.push(method, parameters);
  return reader.report;
}

describe("what app-server tells", () => {
  test("of a turn with a picture", () => {
    expect(read(turn)).toEqual({
      threadId,
      model: "gpt-6.1-sol",
      imageBegan: true,
      image: {
        savedPath: "/home/.codex/generated_images/T/exec-1.png",
        result: "iVBORw0KGgo=",
        prompt: "one",
        isTransparent: false,
        serviceImageId: "g-1",
        inputHashes: ["c07b"],
      },
      limitHit: null,
      toolTexts: [],
      toolOffered: true,
      words: "done",
      error: null,
      ending: "completed",
      usage: { inputTokens: 200, outputTokens: 40, cachedInputTokens: 9 },
      windows: [
        { limit: "codex", usedPercent: 12, windowMinutes: 300, resetsAt: "2026-11-21T01:04:39.000Z" },
        { limit: "codex", usedPercent: 34, windowMinutes: 10_080, resetsAt: null },
      ],
      activeLimit: "codex",
    });
  });

  test("of a turn that is interrupted behind its picture has the tokens that were spent by then", () => {
    expect(read(turn.slice(0, 7))).toMatchObject({
      ending: "open",
      usage: { inputTokens: 100, outputTokens: 20, cachedInputTokens: 7 },
    });
  });

  test("of other threads is passed over", () => {
    const elsewhere = turn.map(([method, parameters]) => [method, { ...parameters, threadId: "another" }] as const);
    expect(read(elsewhere)).toMatchObject({ image: null, ending: "open", words: "" });
  });

  test("of a second picture is passed over", () => {
    const second = [
      "item/completed",
      { ...place, item: { type: "imageGeneration", status: "completed", result: "AAAA" } },
    ] as const;
    expect(read([...turn, second]).image?.prompt).toBe("one");
  });

  test("of a limit, of the tool's words, of a notice and of the error that ends a turn", () => {
    const report = read([
      [
        "item/completed",
        {
          ...place,
          item: {
            type: "imageGeneration",
            status: "failed",
            result: "",
            failure: { type: "usageLimitExceeded", limitId: "imagegen_premium", resetsAt: 1_795_225_923 },
          },
        },
      ],
      [
        "rawResponseItem/completed",
        { ...place, item: { type: "function_call_output", output: "image generation returned no image data" } },
      ],
      [
        "rawResponseItem/completed",
        {
          ...place,
          item: {
            type: "custom_tool_call_output",
            output: [{ type: "input_text", text: "Script failed" }, { type: "input_image" }],
          },
        },
      ],
      ["error", { ...place, willRetry: true, error: { message: "Reconnecting... 1/5", codexErrorInfo: "other" } }],
      [
        "turn/completed",
        {
          threadId,
          turn: {
            status: "failed",
            error: { message: "no", codexErrorInfo: { httpConnectionFailed: { httpStatusCode: 403 } } },
          },
        },
      ],
    ]);
    expect(report).toMatchObject({
      image: null,
      imageBegan: true,
      limitHit: { limitId: "imagegen_premium", resetsAt: 1_795_225_923 },
      toolTexts: ["image generation returned no image data", "Script failed"],
      ending: "failed",
      error: { message: "no", info: "httpConnectionFailed", httpStatus: 403 },
    });
  });

  test("in shapes that nobody knows does no harm", () => {
    const odd = [null, 3, "x", [], {}, { threadId }, { threadId, item: null }, { threadId, turn: 7, error: [] }];
    for (const [method] of turn)
      for (const parameters of odd) new ServerEvents(threadId, null).push(method, parameters);
  });
});

describe("what exec prints", () => {
  function readLines(lines: readonly unknown[], errors = ""): ExecEvents["report"] {
    const reader = new ExecEvents();
    for (const line of lines) reader.push(typeof line === "string" ? line : JSON.stringify(line));
    reader.end(errors);
    return reader.report;
  }

  // Wire fixture exec-json.success.code-mode.
  const good = [
    { type: "thread.started", thread_id: threadId },
    { type: "turn.started" },
    { type: "item.completed", item: { id: "item_0", type: "agent_message", text: "Done: image saved." } },
    { type: "turn.completed", usage: { input_tokens: 200, cached_input_tokens: 0, output_tokens: 40 } },
  ];

  test("of a turn that ends well", () => {
    expect(readLines(["Reading prompt from stdin...", ...good])).toMatchObject({
      threadId,
      words: "Done: image saved.",
      ending: "completed",
      error: null,
      usage: { inputTokens: 200, outputTokens: 40, cachedInputTokens: 0 },
    });
  });

  test("of a notice is no failure, and of the last word is one", () => {
    const notice = { type: "error", message: "Reconnecting... 1/5 (stream closed)" };
    expect(readLines([...good.slice(0, 2), notice, ...good.slice(2)]).error).toBeNull();
    expect(readLines([...good.slice(0, 2), notice, { type: "turn.failed", error: { message: "no" } }])).toMatchObject({
      ending: "failed",
      error: { message: "no", info: null },
    });
    expect(readLines([good[0], notice])).toMatchObject({ ending: "open", error: { message: notice.message } });
  });

  test("to standard error about its tool, and what the agent repeats to the letter", () => {
    const errors =
      '2026-11-21T05:25:51Z ERROR codex_core::tools::router: error=image generation failed: http 404 Not Found: Some("")\nother\n';
    const words = "Sorry:\nimage generation returned no image data\nThe image generation failed: I think.";
    const said = { type: "item.completed", item: { type: "agent_message", text: words } };
    expect(readLines([said], errors).toolTexts).toEqual([
      'image generation failed: http 404 Not Found: Some("")',
      "image generation returned no image data",
    ]);
  });
});
