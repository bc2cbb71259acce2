import type { FoundGeneration } from "@limn/core";
import type { CallToolResult } from "@modelcontextprotocol/server";
import type { z } from "zod";
import { listJobs, readJobState } from "../worker/job.ts";
import type { JobState } from "../worker/job.ts";
import { pathOf, textAnswer } from "./answer.ts";
import type { schemas } from "./arguments.ts";
import { findGeneration, sessionGenerations } from "./find-generation.ts";
import type { McpServices, McpSession } from "./services.ts";

/** The tool `list_generations`. */
export function listGenerations(
  services: McpServices,
  given: z.infer<typeof schemas.list_generations>,
  session: McpSession,
): CallToolResult {
  const { limn, sandbox, context } = services;
  const limit = given.limit ?? 10;
  const found = given.scope === "folder" ? [] : sessionGenerations(services, session, limit);
  if (given.scope === "folder" && session.isInFolder) {
    for (const generation of limn.store.list()) {
      if (found.length >= limit) break;
      const { folder, emulated } = generation.manifest;
      if (folder === context.environment.workingFolder && (sandbox || !emulated)) found.push(generation);
    }
  }
  const early =
    session.isOwn && (given.scope !== "folder" || session.isInFolder)
      ? waitingJobs(services, session).filter(({ job }) => findGeneration(services, job.id) === null)
      : [];
  return textAnswer({
    generations: [
      ...early.map(({ job, stage }) => ({
        id: job.id,
        status: "running",
        stage,
        created_at: job.createdAt,
        prompt: short(job.request.prompt),
      })),
      ...found.map((generation) => entryOf(services, generation)),
    ].slice(0, limit),
    ...noteOf(given.scope ?? "session", session),
  });
}

function noteOf(scope: "session" | "folder", session: McpSession): { readonly note?: string } {
  if (scope === "folder" && !session.isInFolder)
    return { note: "The clients of this server have no common folder, so it lists nothing; use the scope session." };
  return session.isOwn
    ? {}
    : { note: "This connection does not tell its sessions apart, so it lists nothing; get_generation takes ids." };
}

function waitingJobs({ limn }: McpServices, { key }: McpSession): JobState[] {
  return listJobs(limn.folders.data)
    .map((folder) => readJobState(folder))
    .filter((state): state is JobState => state !== null && state.isAlive && state.job.session === key);
}

function entryOf({ limn }: McpServices, found: FoundGeneration): object {
  const { createdAt, operation, prompt, images, emulated } = found.manifest;
  return {
    id: found.id,
    status: found.status,
    created_at: createdAt,
    operation,
    ...(prompt === null ? {} : { prompt: short(prompt) }),
    paths: images.map((image) => pathOf(limn.store, found, image)),
    ...(emulated ? { sandbox: true } : {}),
  };
}

function short(text: string): string {
  return text.length <= 120 ? text : `${text.slice(0, 119)}…`;
}
