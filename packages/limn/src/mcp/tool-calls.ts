import { statSync } from "node:fs";
import { LimnError, createGenerationId, toLimnError } from "@limn/core";
import type { GenerationResult, ImageInput } from "@limn/core";
import { inputRequired, SdkError, SdkErrorCode } from "@modelcontextprotocol/server";
import type { CallToolResult, InputRequiredResult } from "@modelcontextprotocol/server";
import type { z } from "zod";
import type { Job, JobState } from "../worker/job.ts";
import { previewInProcess } from "../worker/preview-file.ts";
import { identityOf } from "../worker/process-identity.ts";
import { cancelled, generationAnswer, reportOf, runningAnswer, textAnswer } from "./answer.ts";
import type { ReturnMode } from "./answer.ts";
import { faultsOf, schemas } from "./arguments.ts";
import type { ImageArguments, ToolName } from "./arguments.ts";
import { errorAnswer } from "./error-answer.ts";
import { findGeneration } from "./find-generation.ts";
import { idPattern, imageRequestOf } from "./image-request.ts";
import { imageStatus } from "./image-status.ts";
import { listGenerations } from "./list-generations.ts";
import { handoverMs } from "./patience.ts";
import { ProgressReporter } from "./progress.ts";
import type { ProgressNote } from "./progress.ts";
import { OutsideReach, rootFolders } from "./readable-paths.ts";
import type { McpServices, McpSession } from "./services.ts";

/** What a call brings beside its arguments. */
export interface CallContext {
  readonly session: McpSession;
  readonly clientName: string | null;
  readonly signal: AbortSignal;
  /** Null when the client wants none. */
  readonly notify: ((note: ProgressNote) => void) | null;
  /** The client's folders: known, not asked yet, or not to be had. */
  readonly roots: readonly { readonly uri: string }[] | "ask" | "none";
}

export type ToolResult = CallToolResult | InputRequiredResult;

const defaultWaitSeconds = 30;

/** Run one tool. Whatever goes wrong is an answer that a model can read. */
export async function callTool(
  services: McpServices,
  name: ToolName,
  given: unknown,
  call: CallContext,
): Promise<ToolResult> {
  try {
    switch (name) {
      case "generate_image":
        return await makeImage(services, name, parse(schemas.generate_image, name, given), call);
      case "edit_image":
        return await makeImage(services, name, parse(schemas.edit_image, name, given), call);
      case "get_generation":
        return await getGeneration(services, parse(schemas.get_generation, name, given), call);
      case "list_generations":
        return listGenerations(services, parse(schemas.list_generations, name, given), call.session);
      case "image_status":
        parse(schemas.image_status, name, given);
        return await imageStatus(services, call);
    }
  } catch (error) {
    return textAnswer(errorAnswer(toLimnError(error).toJSON(), null), true);
  }
}

type Arguments<N extends ToolName> = z.infer<(typeof schemas)[N]>;

/** @throws invalid_option */
function parse<T>(schema: z.ZodType<T>, name: ToolName, given: unknown): T {
  const parsed = schema.safeParse(withoutNulls(name, given ?? {}));
  if (parsed.success) return parsed.data;
  const faults = faultsOf(parsed.error, name);
  throw new LimnError("invalid_option", {
    message: `${faults.map(({ field, message }) => `${field} ${message}`).join("; ")}${faults.at(-1)?.message.endsWith("?") === true ? "" : "."} Nothing was sent.`,
    details: { faults },
  });
}

/** Many models write null for what they leave out, as Codex's own tool lets them. */
function withoutNulls(name: ToolName, given: object): object {
  const known = schemas[name].shape;
  return Object.fromEntries(Object.entries(given).filter(([key, value]) => value !== null || !(key in known)));
}

async function makeImage(
  services: McpServices,
  tool: "generate_image" | "edit_image",
  given: ImageArguments,
  call: CallContext,
): Promise<ToolResult> {
  const { session, signal } = call;
  let wanted;
  try {
    wanted = imageRequestOf(
      tool,
      given,
      services,
      session,
      typeof call.roots === "string" ? [] : rootFolders(call.roots),
    );
  } catch (error) {
    if (error instanceof OutsideReach && call.roots === "ask")
      return inputRequired({ inputRequests: { roots: inputRequired.listRoots() } });
    throw error;
  }
  const { createHash } = process.getBuiltinModule("node:crypto");
  const job: Job = {
    version: 1,
    id: createGenerationId(Date.now()),
    session: session.key,
    fingerprint: createHash("sha256")
      .update(JSON.stringify([wanted, services.sandbox, ...versionsOf(wanted.request.images ?? [])]))
      .digest("hex"),
    createdAt: new Date().toISOString(),
    server: identityOf(process.pid),
    ...wanted,
    sandbox: services.sandbox,
    preview: (given.return ?? "preview") === "preview",
  };
  const { runner } = services;
  const { id, isRepeated } = runner.submit(job);
  const state = await follow(services, id, patienceOf(services, call), call);
  if (signal.aborted) {
    if (!isConnectionLoss(signal.reason)) runner.cancel(id);
    return textAnswer({ id, status: "running" });
  }
  return answerFor(services, id, state, { mode: given.return ?? "preview", isRepeated, call });
}

/** A file that was changed since makes another picture of the same words. */
function versionsOf(images: readonly ImageInput[]): readonly number[] {
  return images.flatMap((image) => {
    const facts = typeof image === "string" ? statSync(image, { throwIfNoEntry: false }) : undefined;
    return facts === undefined ? [] : [facts.mtimeMs, facts.size];
  });
}

async function getGeneration(
  services: McpServices,
  given: Arguments<"get_generation">,
  call: CallContext,
): Promise<ToolResult> {
  const [, id] = idPattern.exec(given.id) ?? [];
  const isKnown = id !== undefined && (services.runner.state(id) !== null || findGeneration(services, id) !== null);
  if (!isKnown)
    return textAnswer(
      errorAnswer(reportOf("artifact_not_found", "storage", `There is no generation ${given.id.slice(0, 40)}.`), null),
      true,
    );
  const waitMs = Math.min((given.wait_seconds ?? defaultWaitSeconds) * 1000, patienceOf(services, call));
  const state = await follow(services, id, waitMs, call);
  if (call.signal.aborted) return textAnswer({ id, status: "running" });
  return answerFor(services, id, state, { mode: given.return ?? "preview", isRepeated: false, call });
}

function patienceOf(services: McpServices, { clientName, notify }: CallContext): number {
  return handoverMs({ given: services.handoverSeconds, clientName, hasProgressToken: notify !== null });
}

async function follow(services: McpServices, id: string, waitMs: number, call: CallContext): Promise<JobState | null> {
  const { notify, signal } = call;
  if (notify === null) return services.runner.follow(id, { waitMs, signal });
  const reporter = new ProgressReporter(notify, Date.now());
  try {
    return await services.runner.follow(id, { waitMs, signal, onState: (state) => reporter.show(state) });
  } finally {
    reporter.stop();
  }
}

interface AnswerOptions {
  readonly mode: ReturnMode;
  readonly isRepeated: boolean;
  readonly call: CallContext;
}

async function answerFor(
  services: McpServices,
  id: string,
  state: JobState | null,
  { mode, isRepeated, call }: AnswerOptions,
): Promise<CallToolResult> {
  if (state?.isAlive === true) {
    const seconds = Math.max(1, Math.floor(Math.min(patienceOf(services, call) / 1000, 240)));
    return runningAnswer(state, seconds, isRepeated);
  }
  const found = findGeneration(services, id);
  const outcome = state?.outcome ?? null;
  const error = outcome !== null && "error" in outcome ? outcome.error : null;
  const answer =
    found !== null
      ? await generationAnswer(services.limn.store, found, {
          mode,
          error,
          isRepeated,
          makePreview: async (paths) =>
            services.runner.preview(id) ?? previewInProcess(paths, services.context.environment),
        })
      : outcome !== null && "result" in outcome
        ? resultAnswer(outcome.result)
        : textAnswer(
            { id, status: error === null ? "cancelled" : "failed", ...errorAnswer(error ?? cancelled(false), null) },
            true,
          );
  if (!call.signal.aborted) services.runner.collected(id);
  return answer;
}

/** With the setting `history` off, and a copy in the output: nothing else is left. */
function resultAnswer({ id, status, images, warnings }: GenerationResult): CallToolResult {
  return textAnswer({
    id,
    status,
    images: images.map(({ path, width, height, mediaType, bytes, sha256 }) => ({
      path,
      width,
      height,
      type: mediaType,
      bytes,
      sha256,
    })),
    ...(warnings.length === 0 ? {} : { notes: warnings.map(({ message }) => message) }),
  });
}

/** The client is gone and may come back; a client that gives up says so. */
function isConnectionLoss(reason: unknown): boolean {
  return reason instanceof SdkError && reason.code === SdkErrorCode.ConnectionClosed;
}
