import { createReadStream } from "node:fs";
import { LimnError } from "@limn/core";
import type {
  DeliveryOption,
  GenerationEvent,
  GenerationResult,
  ImageRequest,
  Limn,
  Plan,
  PropertyTruth,
} from "@limn/core";
import type { GenerateSettings, RawGenerateOptions } from "../generate-options.ts";
import type { HostContext } from "../host-context.ts";
import { Interrupted, watchInterruption } from "../interruption.ts";
import { startSandbox } from "../sandbox.ts";
import type { Sandbox } from "../sandbox.ts";
import { formatBytes, formatDuration, formatWindow } from "../terminal/format.ts";
import { showPicture } from "../terminal/picture.ts";
import { Progress } from "../terminal/progress.ts";
import type { KitMark } from "./kit-mark.ts";

const partialStatus = 11;

/** Ask, show how it goes, and print what came. Returns the exit status. */
export async function runRequest(
  context: HostContext,
  request: ImageRequest,
  settings: GenerateSettings,
  raw: RawGenerateOptions,
): Promise<number> {
  const sandbox = settings.sandbox && raw.dryRun !== true ? await startSandbox() : null;
  try {
    return await askFor(context, request, settings, raw, sandbox);
  } finally {
    await sandbox?.close();
  }
}

async function askFor(
  context: HostContext,
  request: ImageRequest,
  settings: GenerateSettings,
  raw: RawGenerateOptions,
  sandbox: Sandbox | null,
): Promise<number> {
  const { terminal } = context;
  const limn = context.limn({
    limits: { totalMs: settings.timeoutMs },
    retries: settings.retries,
    ...(raw.profile === undefined ? {} : { profile: raw.profile }),
    ...sandbox?.options,
  });
  const delivery = deliveryOf(context, settings);
  const kit = raw.kit === undefined ? null : await prepareKit(context, raw.kit);
  const plan = limn.images.plan(request, { delivery });
  if (raw.explain === true) explain(context, plan);
  if (raw.dryRun === true) {
    printPlan(context, plan, raw);
    return 0;
  }

  const interruption = watchInterruption();
  const progress = new Progress(terminal, { quiet: raw.quiet === true, verbose: raw.verbose === true });
  let id: string | null = null;
  let isFinishing = false;
  const onEvent = (event: GenerationEvent): void => {
    id = event.id;
    if (event.type === "generation-start") kit?.note(event.id);
    if (event.type === "image-progress") isFinishing = event.stage === "finishing";
    if (raw.jsonl === true) terminal.data(JSON.stringify(event));
    progress.handle(event);
  };
  interruption.signal.addEventListener("abort", () => {
    if (isFinishing)
      terminal.say("the picture is there and is being finished; Ctrl-C again leaves it as it came, in the history");
  });
  try {
    const result = await limn.images.generate(request, {
      signal: interruption.signal,
      onEvent,
      delivery,
      keepHistory: settings.keepHistory,
      concurrency: settings.concurrency,
      ignoreLimit: raw.ignoreLimit === true,
      ignorePlan: raw.ignorePlan === true,
    });
    progress.stop();
    await printResult(context, result, settings, raw);
    return result.status === "partial" ? partialStatus : 0;
  } catch (error) {
    progress.stop();
    if (!(error instanceof Interrupted)) throw error;
    terminal.say(describeInterruption(limn, id));
    return error.exitStatus;
  } finally {
    await kit?.end();
    interruption.stop();
  }
}

async function prepareKit(context: HostContext, name: string): Promise<KitMark> {
  const { prepareKitMark } = await import("./kit-mark.ts");
  return prepareKitMark(context, name);
}

function deliveryOf(context: HostContext, settings: GenerateSettings): DeliveryOption {
  if (settings.output !== "-")
    return { kind: "files", output: settings.output, force: settings.force, embedRecipe: settings.embedRecipe };
  return {
    kind: "stream",
    write: async (path) => {
      if (await writeBytes(context, path)) return;
      const reason = context.terminal.outputFailure?.code ?? "closed";
      // With history the picture is safe, and a reader who had enough is nothing to complain about.
      if (reason === "EPIPE" && settings.keepHistory) return;
      throw new LimnError("artifact_write_failed", {
        message: `stdout did not take the whole picture (${reason}). It is kept at ${path}.`,
        hint: `Copy it from there: cp '${path.replaceAll("'", String.raw`'\''`)}' .`,
        details: { original: path, reason },
      });
    },
  };
}

async function writeBytes({ terminal }: HostContext, path: string): Promise<boolean> {
  for await (const chunk of createReadStream(path))
    if (chunk instanceof Uint8Array && !(await terminal.bytes(chunk))) return false;
  return true;
}

function explain({ terminal }: HostContext, plan: Plan): void {
  terminal.say(`engine ${plan.engine}: ${plan.reason}`);
  const { native } = plan.request;
  const asks = [
    ...(native.size === null ? [] : [`the size ${native.size.width}x${native.size.height} in its own field`]),
    ...(native.quality === null ? [] : [`the quality ${native.quality} in its own field`]),
    ...(native.aspect === null ? [] : [`the shape ${native.aspect.width}:${native.aspect.height} in words`]),
  ];
  if (asks.length > 0) terminal.say(`asks the service for ${asks.join(", ")}; the rest is done here`);
  terminal.say(
    `${plan.calls} ${plan.calls === 1 ? "call" : "calls"}, ${plan.request.n} ${plan.request.n === 1 ? "image" : "images"} of the plan's allowance`,
  );
}

function printPlan({ terminal }: HostContext, plan: Plan, raw: RawGenerateOptions): void {
  const { method, url, headers, body } = plan.sent;
  if (raw.json === true || raw.jsonl === true) {
    terminal.data(
      JSON.stringify({
        schemaVersion: 1,
        dryRun: true,
        engine: plan.engine,
        reason: plan.reason,
        calls: plan.calls,
        asked: plan.asked,
        request: { method, url, headers, body },
      }),
    );
    return;
  }
  terminal.data(`${method} ${url}`);
  for (const [name, value] of Object.entries(headers)) terminal.data(`${name}: ${value}`);
  if (url.startsWith("http")) terminal.data("authorization: Bearer <the login's token>");
  terminal.data("");
  terminal.data(JSON.stringify(body, null, 2));
  if (raw.quiet !== true)
    terminal.say(`dry run: nothing was sent${plan.calls > 1 ? `; it would be sent ${plan.calls} times` : ""}`);
}

async function printResult(
  context: HostContext,
  result: GenerationResult,
  settings: GenerateSettings,
  raw: RawGenerateOptions,
): Promise<void> {
  const { terminal, environment } = context;
  if (raw.json === true) terminal.data(JSON.stringify(result));
  const isPlain = raw.json !== true && raw.jsonl !== true;
  if (isPlain && settings.output !== "-") for (const { path } of result.images) if (path !== null) terminal.data(path);
  // Whoever asks for other pixels gets another file: that is in the one calm line below, and in full with -v.
  const isOrdinary = (code: string): boolean => code === "metadata_lost" && raw.verbose !== true && raw.quiet !== true;
  const ofImage = (index: number | undefined): string =>
    index === undefined || result.images.length + result.failures.length < 2 ? "" : `image ${index + 1}: `;
  for (const { message, code, index } of result.warnings.filter((warning) => !isOrdinary(warning.code)))
    terminal.say(
      `${terminal.style("yellow", "note:")} ${ofImage(index)}${message} ${terminal.style("dim", `[${code}]`)}`,
    );
  if (result.status === "partial") {
    terminal.say(
      `${terminal.style("yellow", "partial:")} ${result.images.length} of ${result.images.length + result.failures.length} images came; the rest failed:`,
    );
    for (const { index, message, code } of result.failures)
      terminal.say(`  image ${index + 1}: ${message} ${terminal.style("dim", `[${code}]`)}`);
    for (const hint of new Set(result.failures.map((failure) => failure.hint)))
      if (hint !== null) terminal.say(`${terminal.style("cyan", "→")} ${hint}`);
  }
  if (raw.quiet === true) return;
  const truth = truthLine(result);
  if (truth !== null) terminal.say(terminal.style("dim", truth));
  terminal.say(terminal.style("dim", summary(result)));
  if (!isPlain) return;
  for (const { path } of result.images)
    if (path !== null) await showPicture(terminal, environment.variables, path, settings.preview);
}

const outcomes: Readonly<Record<PropertyTruth["outcome"], string>> = {
  honoured: "as asked",
  "done-locally": "done here",
  "not-honoured": "not honoured",
  unknown: "not stated",
};

/** One calm line: what was asked, and how each of it ended. */
function truthLine({
  truth,
  steps,
  operation,
  warnings,
}: Pick<GenerationResult, "truth" | "steps" | "operation" | "warnings">): string | null {
  const rows = truth.filter(({ property, outcome }) => property !== "images" || outcome === "not-honoured");
  if (rows.length === 0 && steps.length === 0) return null;
  const told = rows.map(
    ({ property, asked, outcome, got }) =>
      `${property} ${asked} ${outcomes[outcome]}${outcome === "not-honoured" && got !== null ? ` (${got})` : ""}`,
  );
  if (steps.length > 0) told.push(`${operation === "edit" || told.length > 0 ? "steps: " : ""}${steps.join(", ")}`);
  if (warnings.some(({ code }) => code === "metadata_lost")) told.push("the original with its C2PA is in the history");
  return told.join(" · ");
}

function describeKind({ width, height, mediaType, hasAlpha }: GenerationResult["images"][number]): string {
  return `${width}x${height} ${mediaType.slice("image/".length).toUpperCase()}${hasAlpha ? " with alpha" : ""}`;
}

function summary(result: GenerationResult): string {
  const first = result.images[0];
  const parts: string[] = [];
  if (first !== undefined) {
    const kinds = new Set(result.images.map(describeKind));
    parts.push([...kinds].join(" and "));
  }
  if (result.images.length > 1) parts.unshift(`${result.images.length} images`);
  parts.push(formatBytes(result.images.reduce((sum, { bytes }) => sum + bytes, 0)));
  parts.push(formatDuration(result.timingsMs.total));
  if (result.got.quality !== undefined) parts.push(`quality ${result.got.quality}`);
  if (result.emulated) parts.push("SANDBOX: nothing was spent");
  else {
    parts.push(`paid by ${result.account.plan === null ? "the plan" : `plan ${result.account.plan}`}`);
    const window = result.limits.windows?.[0];
    if (window !== undefined) {
      // Of the routes that a chat model serves, the window is the chat's.
      const what = result.engine === "images" ? "image allowance" : "Codex window";
      parts.push(`${window.usedPercent} % of the ${formatWindow(window.windowMinutes)} ${what} used`);
    }
  }
  parts.push(result.id);
  return parts.join(" · ");
}

/** After Ctrl-C: what is known, and whether it may have cost something. */
function describeInterruption(limn: Limn, id: string | null): string {
  if (id === null) return "interrupted; nothing was sent";
  const { status, manifest } = limn.store.find(id, { folder: "", session: null, emulated: true });
  const { calls, images, emulated } = manifest;
  const sent = calls.filter(({ state, attempts }) => state === "sent" && attempts > 0).length;
  const count = `${sent} ${sent === 1 ? "request" : "requests"}`;
  const lines = [`interrupted; generation ${id} is ${status}`];
  if (images.length > 0) lines.push(`${images.length} of ${manifest.n} images finished and kept`);
  if (sent === 0) lines.push(images.length > 0 ? "nothing more was sent" : "nothing was sent");
  else if (emulated) lines.push(`${count} had been sent to the sandbox; nothing was spent`);
  else lines.push(`${count} had already been sent and may have been paid for; limn status tells what is left`);
  return [...lines, `→ See: limn show ${id}`].join("\n");
}
