import { isLimnError } from "@limn/core";
import type { FoundGeneration } from "@limn/core";
import type { McpServices, McpSession } from "./services.ts";

export function findGeneration({ limn }: McpServices, id: string): FoundGeneration | null {
  try {
    const found = limn.store.find(id, { folder: "", session: null, emulated: true });
    return found.id === id ? found : null;
  } catch (error) {
    if (isLimnError(error) && error.code === "artifact_not_found") return null;
    throw error;
  }
}

/** Of one session, newest first; with those that have no record yet. */
export function sessionGenerations(
  { limn, sandbox }: McpServices,
  { key, isOwn, since }: McpSession,
  limit: number,
): FoundGeneration[] {
  const found: FoundGeneration[] = [];
  if (!isOwn) return found;
  for (const generation of limn.store.list()) {
    const { session, emulated, createdAt } = generation.manifest;
    // The history may be long, and is read newest first.
    if (found.length >= limit || (since !== null && Date.parse(createdAt) < since)) break;
    if (session === key && (sandbox || !emulated)) found.push(generation);
  }
  return found;
}
