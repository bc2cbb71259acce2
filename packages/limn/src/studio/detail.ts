import { existsSync } from "node:fs";
import { basename, dirname } from "node:path";
import type { FoundGeneration, GenerationDetail, Library, LibraryEntry, Manifest, StudioInputShown } from "@limn/core";
import { commandLine } from "./command-line.ts";
import { namedByRecord } from "./named-request.ts";
import { snippet } from "./snippet.ts";
import { inputFile } from "./stored-inputs.ts";
import { filesOf } from "./stored-pictures.ts";
import type { FileHashes } from "./stored-pictures.ts";

export interface DetailParts {
  readonly library: Pick<Library, "entry" | "children">;
  readonly hashes: FileHashes;
}

/** Everything about one generation, with what its files are like now. */
export async function detailOf(
  { library, hashes }: DetailParts,
  entry: LibraryEntry,
  found: FoundGeneration,
): Promise<GenerationDetail> {
  const { manifest, id } = found;
  const damaged: { index: number; state: "missing" | "changed" }[] = [];
  const delivered: GenerationDetail["delivered"][number][] = [];
  for (const image of manifest.images) {
    const states = await Promise.all(
      filesOf(found, image).map(async ({ path, sha256 }) => hashes.stateOf(path, sha256)),
    );
    if (states.includes("gone")) damaged.push({ index: image.index, state: "missing" });
    else if (states.includes("changed")) damaged.push({ index: image.index, state: "changed" });
    // What stayed in the history was delivered there, and is no copy of anything.
    for (const { path, sha256 } of image.delivered.filter((copy) => basename(dirname(copy.path)) !== id))
      delivered.push({ index: image.index, path, state: await hashes.stateOf(path, sha256) });
  }
  const named = namedByRecord(found, (sha256) => inputFile(found, sha256), entry.kit);
  return {
    entry,
    asked: manifest.asked,
    sent: manifest.sent,
    got: manifest.got,
    steps: manifest.steps,
    truth: manifest.truth ?? [],
    warnings: manifest.warnings,
    failures: manifest.failures,
    account: manifest.account,
    usage: manifest.usage,
    requestId: manifest.requestId,
    timingsMs: manifest.timingsMs,
    revisedPrompts: manifest.images.flatMap(({ index, revisedPrompt }) =>
      revisedPrompt === undefined ? [] : [{ index, text: revisedPrompt }],
    ),
    inputs: (manifest.inputs ?? []).map((input, place) => shownInput(found, input, place)),
    delivered,
    damaged,
    parents: entry.parents.map((parent) => library.entry(parent)).filter((parent) => parent !== null),
    children: library.children(id),
    command: manifest.prompt === null ? "" : commandLine(named),
    snippet: manifest.prompt === null ? "" : snippet(named),
    unknown: entry.status === "unknown" ? unknownInWords(manifest) : null,
  };
}

function shownInput(found: FoundGeneration, input: Manifest["inputs"][number], place: number): StudioInputShown {
  const { role, origin, width, height, mediaType, sha256 } = input;
  const artifact = origin.kind === "generation" ? { id: origin.id, index: origin.index } : null;
  const isKept =
    artifact !== null || inputFile(found, sha256) !== null || (origin.kind === "file" && existsSync(origin.path));
  return {
    role,
    from: originInWords(origin),
    width,
    height,
    mediaType,
    sha256,
    address: isKept ? `/api/inputs/${found.id}/${place}?v=${sha256}` : null,
    artifact,
  };
}

function originInWords(origin: Manifest["inputs"][number]["origin"]): string {
  switch (origin.kind) {
    case "file":
      return basename(origin.path);
    case "url":
      return origin.url;
    case "generation":
      return `@${origin.id}:${origin.index + 1}`;
    case "bytes":
      return origin.name ?? "bytes";
    case "data":
      return "data: address";
  }
}

function unknownInWords({ failures, calls, emulated }: Manifest): string {
  const failure =
    failures.find(({ code }) => code === "outcome_unknown") ?? calls.find((call) => call.failure)?.failure;
  const sent = calls.filter(({ attempts }) => attempts > 0).length;
  const requests = `${sent} ${sent === 1 ? "request" : "requests"}`;
  const told =
    failure?.message ?? `The program that asked ended while ${requests} of it ${sent === 1 ? "was" : "were"} out.`;
  return emulated
    ? `${told} It went to the sandbox, so nothing was spent.`
    : `${told} A picture may have been made and paid for; limn does not send it again by itself.`;
}
