import { isAbsolute, join } from "node:path";
import type { FoundGeneration, InputRecord, LibraryEntry } from "@limn/core";
import type { HostContext } from "../host-context.ts";
import { formatBytes, formatLocalTime, formatTable } from "../terminal/format.ts";
import { oneLine } from "../terminal/terminal.ts";
import type { JsonOption } from "./account.ts";
import { notesOf } from "./history.ts";
import { scopeOf } from "./scope.ts";

interface OneOptions extends JsonOption {
  readonly sandbox?: boolean;
}

const longestCell = 8000;

/** `limn show ID`: all that is known about one generation. */
export async function show(context: HostContext, reference: string, options: OneOptions): Promise<number> {
  const { terminal } = context;
  const { json } = options;
  const { store } = context.limn();
  const found = store.find(reference, scopeOf(context, options));
  const { manifest } = found;
  const images = manifest.images.map((image) => ({
    ...image,
    path: image.delivered.at(-1)?.path ?? store.imagePath(found, image),
    original: isAbsolute(image.file) ? image.file : join(found.folder, image.file),
  }));
  const { entry, children } = await fromLibrary(context, found.id);
  if (json === true) {
    const { state, owner, calls, ...facts } = manifest;
    terminal.data(
      JSON.stringify({
        ...facts,
        status: found.status,
        images,
        marks: marksOf(entry),
        children: children.map(({ id }) => id),
        record: { state, owner, calls, folder: found.folder },
      }),
    );
    return 0;
  }
  const rows: string[][] = [
    ["id", `${manifest.id}${manifest.emulated ? " (sandbox)" : ""}`],
    ["status", `${found.status}${explainStatus(found)}`],
    ["made", `${formatLocalTime(manifest.createdAt)} in ${oneLine(manifest.folder, 1000)}`],
    ["prompt", oneLine(manifest.prompt ?? "(not kept)", 2000)],
    ["asked", listing(manifest.asked)],
    [
      "sent",
      manifest.sent.prompt === manifest.prompt
        ? listing({ ...manifest.sent, prompt: "(as above)" })
        : listing(manifest.sent),
    ],
    ["got", listing(manifest.got)],
    ["engine", `${manifest.engine}, ${manifest.model}`],
    ["paid by", `${manifest.account.plan ?? "unknown plan"}, login ${manifest.account.source}`],
  ];
  for (const image of images) {
    rows.push([
      `image ${image.index + 1}`,
      `${image.width}x${image.height} ${image.mediaType}, ${formatBytes(image.bytes)}${image.c2pa ? ", C2PA" : ""}, sha256 ${image.sha256.slice(0, 16)}…`,
    ]);
    rows.push(["", `original ${image.original}`]);
    for (const { path } of image.delivered) if (path !== image.original) rows.push(["", `copy ${path}`]);
  }
  for (const [place, input] of (manifest.inputs ?? []).entries())
    rows.push([place === 0 ? "inputs" : "", describeInput(input)]);
  if (manifest.steps.length > 0) rows.push(["steps", manifest.steps.join(", ")]);
  for (const [place, { property, asked, outcome, got }] of (manifest.truth ?? []).entries())
    rows.push([place === 0 ? "truth" : "", `${property} ${asked}: ${outcome}${got === null ? "" : `, ${got}`}`]);
  if (manifest.parents.length > 0) rows.push(["parents", manifest.parents.join(", ")]);
  if (children.length > 0) rows.push(["children", children.map(({ id }) => id).join(", ")]);
  const { altTexts } = marksOf(entry);
  if (entry !== null && notesOf(entry) !== "") rows.push(["marks", notesOf(entry, 4000)]);
  for (const [index, text] of Object.entries(altTexts)) rows.push([`alt ${Number(index) + 1}`, oneLine(text, 2000)]);
  if (manifest.imported !== undefined)
    rows.push(["imported", `from ${oneLine(manifest.imported.path, 1000)}, ${formatLocalTime(manifest.imported.at)}`]);
  for (const { message, code } of manifest.warnings) rows.push(["note", `${message} [${code}]`]);
  for (const { index, message, code } of manifest.failures)
    rows.push(["failed", `image ${index + 1}: ${message} [${code}]`]);
  // A record that was imported or copied here can hold anything.
  for (const line of formatTable(rows.map((row) => row.map((cell) => oneLine(cell, longestCell))))) terminal.data(line);
  return 0;
}

/** One line about an input: where it came from, what it is, and its hash. */
export function describeInput({ role, origin, mediaType, width, height, sha256, steps }: InputRecord): string {
  const from =
    origin.kind === "file"
      ? origin.path
      : origin.kind === "url"
        ? origin.url
        : origin.kind === "generation"
          ? `@${origin.id}:${origin.index + 1}`
          : origin.kind === "bytes"
            ? (origin.name ?? "bytes")
            : "data URL";
  const done = steps.length === 0 ? "" : `, ${steps.join(", ")}`;
  return `${role === "mask" ? "mask " : ""}${oneLine(from, 300)}: ${width}x${height} ${mediaType}, sha256 ${sha256.slice(0, 16)}…${done}`;
}

function explainStatus({ status, manifest }: FoundGeneration): string {
  const sent = manifest.calls.filter(({ attempts }) => attempts > 0).length;
  if (status === "unknown")
    return `: ${sent} ${sent === 1 ? "request was" : "requests were"} sent and no answer was saved; a picture may have been paid for. limn does not send it again by itself.`;
  if (status === "cancelled")
    return sent === 0 ? ": nothing was sent" : `: ${sent} ${sent === 1 ? "request" : "requests"} had been sent`;
  return "";
}

function listing(values: object): string {
  const entries = Object.entries(values);
  return entries.length === 0
    ? "-"
    : entries
        .map(([name, value]) => `${name} ${oneLine(typeof value === "string" ? value : JSON.stringify(value), 300)}`)
        .join(", ");
}

/** What the record itself does not hold. */
async function fromLibrary(
  context: HostContext,
  id: string,
): Promise<{ readonly entry: LibraryEntry | null; readonly children: readonly LibraryEntry[] }> {
  const library = await context.library();
  try {
    return { entry: library.entry(id), children: library.children(id) };
  } finally {
    library.close();
  }
}

function marksOf(entry: LibraryEntry | null): Pick<LibraryEntry, "favourite" | "tags" | "kit" | "altTexts"> {
  const { favourite = false, tags = [], kit = null, altTexts = {} } = entry ?? {};
  return { favourite, tags, kit, altTexts };
}
