import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Manifest } from "../contracts/manifest.ts";
import type { GenerationStatus } from "../contracts/result.ts";
import { errno } from "../files/index.ts";
import { isObject, parseJson } from "../json/index.ts";
import { manifestName } from "./manifest-name.ts";
import { isAlive } from "./owner.ts";

/** A generation as a reader finds it. */
export interface FoundGeneration {
  readonly id: string;
  readonly folder: string;
  readonly status: GenerationStatus;
  readonly manifest: Manifest;
}

/** What is at a generation's place. */
export type ManifestReading =
  | { readonly kind: "found"; readonly generation: FoundGeneration }
  /** There is no folder or no manifest in it. */
  | { readonly kind: "missing" }
  | { readonly kind: "broken"; readonly reason: string };

/** Null when there is no manifest, or none that this version understands. */
export function readGeneration(generationsFolder: string, id: string): FoundGeneration | null {
  const reading = readManifest(generationsFolder, id);
  return reading.kind === "found" ? reading.generation : null;
}

/** The manifest of one generation, or why there is none. */
export function readManifest(generationsFolder: string, id: string): ManifestReading {
  const folder = join(generationsFolder, id);
  let content: string;
  try {
    content = readFileSync(join(folder, manifestName), "utf8");
  } catch (error) {
    const code = errno(error);
    return code === "ENOENT" || code === "ENOTDIR"
      ? { kind: "missing" }
      : { kind: "broken", reason: `it cannot be read (${code ?? "unknown failure"})` };
  }
  const manifest = parseJson(content);
  if (isManifest(manifest)) return { kind: "found", generation: { id, folder, status: statusOf(manifest), manifest } };
  const version = isObject(manifest) ? manifest.schemaVersion : undefined;
  return {
    kind: "broken",
    reason:
      manifest === undefined
        ? "it is no JSON"
        : typeof version === "number" && version > 1
          ? `it was written by a newer limn (schema ${version}; this one reads 1)`
          : "fields are missing",
  };
}

/**
 * What a record means to somebody else: `sent` is `running` while its owner lives; after that the pictures that were saved decide,
 * and without any it is `unknown`. A record that never got to `sent` spent nothing.
 */
export function statusOf(manifest: Pick<Manifest, "state" | "owner" | "images" | "n">): GenerationStatus {
  const { state, owner, images, n } = manifest;
  if (state !== "planned" && state !== "sent") return state;
  if (owner !== null && isAlive(owner)) return "running";
  if (state === "planned") return "cancelled";
  if (images.length >= n) return "done";
  return images.length > 0 ? "partial" : "unknown";
}

/** The fields that readers rely on; what a newer version adds is left alone. */
function isManifest(value: unknown): value is Manifest {
  return (
    isObject(value) &&
    value.schemaVersion === 1 &&
    typeof value.id === "string" &&
    typeof value.state === "string" &&
    typeof value.createdAt === "string" &&
    typeof value.n === "number" &&
    (value.owner === null || isObject(value.owner)) &&
    Array.isArray(value.images) &&
    value.images.every(
      (image) =>
        isObject(image) &&
        typeof image.file === "string" &&
        typeof image.sha256 === "string" &&
        Array.isArray(image.delivered),
    ) &&
    Array.isArray(value.calls) &&
    Array.isArray(value.warnings) &&
    Array.isArray(value.failures) &&
    Array.isArray(value.steps) &&
    isObject(value.asked) &&
    isObject(value.sent) &&
    isObject(value.got) &&
    isObject(value.account) &&
    isObject(value.timingsMs)
  );
}
