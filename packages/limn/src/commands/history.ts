import { isAbsolute, join } from "node:path";
import { LimnError } from "@limn/core";
import type { FoundGeneration, InputRecord, LastScope } from "@limn/core";
import type { HostContext } from "../host-context.ts";
import { formatBytes, formatLocalTime, formatTable } from "../terminal/format.ts";
import { oneLine } from "../terminal/terminal.ts";
import type { JsonOption } from "./account.ts";

const defaultLimit = 20;
const maxLimit = 1000;

interface HistoryOptions extends JsonOption {
  readonly limit?: string;
  readonly sandbox?: boolean;
}

/** `limn history [TEXT]`: newest first. */
export async function history(
  context: HostContext,
  words: readonly string[],
  options: HistoryOptions,
): Promise<number> {
  const { terminal } = context;
  const limit = readLimit(options.limit);
  const text = words.join(" ").toLowerCase();
  const found: FoundGeneration[] = [];
  const withSandbox = options.sandbox === true || context.config().get("sandbox")?.value === true;
  for (const generation of context.limn().store.list()) {
    if (!withSandbox && generation.manifest.emulated) continue;
    if (text !== "" && !(generation.manifest.prompt ?? "").toLowerCase().includes(text)) continue;
    found.push(generation);
    if (found.length >= limit) break;
  }
  if (options.json === true) {
    terminal.data(JSON.stringify({ schemaVersion: 1, generations: found.map(summaryOf) }));
    return 0;
  }
  if (found.length === 0) {
    terminal.say(
      text === ""
        ? 'no pictures yet; make one: limn generate "a red fox" (sandbox pictures: limn history --sandbox)'
        : `nothing in the history matches "${oneLine(text, 60)}"`,
    );
    return 0;
  }
  const rows = found.map(({ id, status, manifest }) => [
    id,
    formatLocalTime(manifest.createdAt),
    manifest.emulated ? `${status} (sandbox)` : status,
    manifest.images.length === 0
      ? "-"
      : `${manifest.images[0]?.width}x${manifest.images[0]?.height}${manifest.images.length > 1 ? ` +${manifest.images.length - 1}` : ""}`,
    oneLine(manifest.prompt ?? "(prompt not kept)", 60),
  ]);
  for (const line of formatTable(rows)) terminal.data(line);
  return 0;
}

function readLimit(given: string | undefined): number {
  if (given === undefined) return defaultLimit;
  const limit = /^\d{1,4}$/.test(given) ? Number(given) : 0;
  if (limit >= 1 && limit <= maxLimit) return limit;
  throw new LimnError("invalid_option", {
    message: `--limit must be a whole number from 1 to ${maxLimit}.`,
    hint: "See: limn history --help",
  });
}

function summaryOf({ id, status, manifest }: FoundGeneration): unknown {
  const { createdAt, operation, engine, model, emulated, prompt, n, images, folder } = manifest;
  return { id, status, createdAt, operation, engine, model, emulated, prompt, n, images: images.length, folder };
}

interface OneOptions extends JsonOption {
  readonly sandbox?: boolean;
}

/** `@last` is this folder's. */
function scopeOf(context: HostContext, { sandbox }: OneOptions): LastScope {
  return {
    folder: context.environment.workingFolder,
    session: null,
    emulated: sandbox === true || context.config().get("sandbox")?.value === true,
  };
}

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
  if (json === true) {
    const { state, owner, calls, ...facts } = manifest;
    terminal.data(
      JSON.stringify({ ...facts, status: found.status, images, record: { state, owner, calls, folder: found.folder } }),
    );
    return 0;
  }
  const rows: string[][] = [
    ["id", `${manifest.id}${manifest.emulated ? " (sandbox)" : ""}`],
    ["status", `${found.status}${explainStatus(found)}`],
    ["made", `${formatLocalTime(manifest.createdAt)} in ${manifest.folder}`],
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
  for (const { message, code } of manifest.warnings) rows.push(["note", `${message} [${code}]`]);
  for (const { index, message, code } of manifest.failures)
    rows.push(["failed", `image ${index + 1}: ${message} [${code}]`]);
  for (const line of formatTable(rows)) terminal.data(line);
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

/** `limn open ID`: the first picture in the system's viewer. */
export async function open(context: HostContext, reference: string, options: OneOptions = {}): Promise<number> {
  const { store } = context.limn();
  const found = store.find(reference, scopeOf(context, options));
  const image = found.manifest.images[0];
  if (image === undefined)
    throw new LimnError("artifact_not_found", {
      message: `The generation ${found.id} has no picture (${found.status}).`,
      hint: `See: limn show ${found.id}`,
    });
  const path = store.imagePath(found, image);
  context.terminal.data(path);
  const { default: openWithSystem } = await import("open");
  withholdSecrets();
  try {
    const viewer = await openWithSystem(path);
    viewer.unref();
  } catch {
    context.terminal.say("no program to open pictures was found; the path is above");
  }
  return 0;
}

/** The viewer inherits this process's own variables, and nothing else can be handed to it. */
function withholdSecrets(): void {
  for (const name of Object.keys(process.env))
    if (/_API_KEY$|_TOKEN$/i.test(name)) Reflect.deleteProperty(process.env, name);
}
