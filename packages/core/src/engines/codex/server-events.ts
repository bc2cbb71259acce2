import type { DriverUsage, LimitWindow } from "../../contracts/result.ts";
import { isObject, member, numberOf, textOf } from "../../json/index.ts";
import { emptyReport } from "./turn-report.ts";
import type { FoundImage, TurnError, TurnReport } from "./turn-report.ts";

/** Reads what `codex app-server` tells of one thread (codex-backend contract 7.3). Lenient: what it does not know it passes over. */
export class ServerEvents {
  readonly report: TurnReport = emptyReport();
  #spent: DriverUsage = {};

  constructor(threadId: string, model: string | null) {
    this.report.threadId = threadId;
    this.report.model = model;
  }

  push(method: string, parameters: unknown): void {
    // The account's windows belong to no thread.
    if (method === "account/rateLimits/updated") this.#limits(member(parameters, "rateLimits"));
    if (member(parameters, "threadId") !== this.report.threadId) return;
    switch (method) {
      case "item/started":
        if (textOf(member(member(parameters, "item"), "type")) === "imageGeneration") this.report.imageBegan = true;
        return;
      case "item/completed":
        this.#item(member(parameters, "item"));
        return;
      case "rawResponseItem/completed":
        this.#rawItem(member(parameters, "item"));
        return;
      case "rawResponse/completed":
        this.#spent = addUsage(this.#spent, readUsage(member(parameters, "usage")));
        this.report.usage = larger(this.report.usage, this.#spent);
        return;
      case "thread/tokenUsage/updated":
        this.report.usage = larger(this.report.usage, readUsage(member(member(parameters, "tokenUsage"), "total")));
        return;
      case "error":
        if (member(parameters, "willRetry") !== true) this.report.error = readError(member(parameters, "error"));
        return;
      case "turn/completed":
        this.#end(member(parameters, "turn"));
        return;
      default:
    }
  }

  #item(item: unknown): void {
    const type = textOf(member(item, "type"));
    if (type === "agentMessage") this.report.words = textOf(member(item, "text")) ?? this.report.words;
    if (type !== "imageGeneration") return;
    this.report.imageBegan = true;
    const failure = member(item, "failure");
    if (textOf(member(failure, "type")) === "usageLimitExceeded")
      this.report.limitHit = {
        limitId: textOf(member(failure, "limitId")),
        resetsAt: numberOf(member(failure, "resetsAt")),
      };
    // One picture was asked for; were there a second one, the first is this call's.
    if (textOf(member(item, "status")) === "completed") this.report.image ??= readImage(item);
  }

  #rawItem(item: unknown): void {
    const type = textOf(member(item, "type"));
    if (type === "additional_tools") this.report.toolOffered = JSON.stringify(item).includes("image_gen");
    if (type !== "function_call_output" && type !== "custom_tool_call_output") return;
    const output = member(item, "output");
    const texts = typeof output === "string" ? [output] : listOf(output).map((part) => textOf(member(part, "text")));
    this.report.toolTexts.push(...texts.filter((text) => text !== null));
  }

  #end(turn: unknown): void {
    const status = textOf(member(turn, "status"));
    this.report.ending = status === "failed" || status === "interrupted" ? status : "completed";
    const error = member(turn, "error");
    if (isObject(error)) this.report.error = readError(error);
  }

  #limits(snapshot: unknown): void {
    const limit = textOf(member(snapshot, "limitId")) ?? "codex";
    this.report.activeLimit = limit;
    this.report.windows = ["primary", "secondary"].flatMap((name) => readWindow(limit, member(snapshot, name)));
  }
}

function readImage(item: unknown): FoundImage {
  const transparent = member(item, "transparentBackground");
  const inputs = member(item, "inputImages");
  return {
    savedPath: textOf(member(item, "savedPath")),
    result: textOf(member(item, "result")) ?? "",
    prompt: textOf(member(item, "revisedPrompt")),
    isTransparent: typeof transparent === "boolean" ? transparent : null,
    serviceImageId: textOf(member(item, "generationId")),
    inputHashes: Array.isArray(inputs)
      ? inputs.map((input) => textOf(member(input, "sha256"))).filter((hash) => hash !== null)
      : null,
  };
}

/** `codexErrorInfo` is a word, or an object with one member that holds the status. */
function readError(error: unknown): TurnError {
  const info = member(error, "codexErrorInfo");
  const [name, facts] = isObject(info) ? (Object.entries(info)[0] ?? [null, undefined]) : [textOf(info), undefined];
  return {
    message: textOf(member(error, "message")) ?? "",
    info: name,
    httpStatus: numberOf(member(facts, "httpStatusCode")),
  };
}

function readWindow(limit: string, window: unknown): LimitWindow[] {
  const usedPercent = numberOf(member(window, "usedPercent"));
  const windowMinutes = numberOf(member(window, "windowDurationMins"));
  if (usedPercent === null || windowMinutes === null) return [];
  const resetsAt = numberOf(member(window, "resetsAt"));
  return [
    { limit, usedPercent, windowMinutes, resetsAt: resetsAt === null ? null : new Date(resetsAt * 1000).toISOString() },
  ];
}

function readUsage(usage: unknown): DriverUsage {
  return usageOf(
    numberOf(member(usage, "inputTokens")),
    numberOf(member(usage, "outputTokens")),
    numberOf(member(usage, "cachedInputTokens")),
  );
}

export function usageOf(input: number | null, output: number | null, cached: number | null): DriverUsage {
  return {
    ...(input === null ? {} : { inputTokens: input }),
    ...(output === null ? {} : { outputTokens: output }),
    ...(cached === null ? {} : { cachedInputTokens: cached }),
  };
}

function addUsage(one: DriverUsage, other: DriverUsage): DriverUsage {
  const sum = (name: keyof DriverUsage): number | null =>
    one[name] === undefined && other[name] === undefined ? null : (one[name] ?? 0) + (other[name] ?? 0);
  return usageOf(sum("inputTokens"), sum("outputTokens"), sum("cachedInputTokens"));
}

/** Two counts of the same tokens, one of which may come late. */
function larger(one: DriverUsage, other: DriverUsage): DriverUsage {
  return (other.inputTokens ?? 0) + (other.outputTokens ?? 0) > (one.inputTokens ?? 0) + (one.outputTokens ?? 0)
    ? other
    : one;
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
