import { existsSync } from "node:fs";
import { pixelsOf } from "./describe-result.ts";
import { makePicture } from "./make-picture.ts";
import type { ExtensionParts } from "./parts.ts";
import type { ContentBlock, ExtensionApi, PiContext, ToolResult } from "./pi-api.ts";
import { aliasName, messageType, toolName } from "./recent-pictures.ts";
import { Refusal } from "./refusal.ts";
import { wishOf } from "./tools.ts";
import { isRecord, listOf, textOf } from "./values.ts";
import type { Wish } from "./wish.ts";

const usage =
  "Usage: /image [--last[=N]] [--image=PATH] [--aspect=16:9] [--size=1200x630] [--format=png|jpeg|webp] [--transparent] [--model=NAME] [--partials=N] [--save=MODE] [--save-dir=DIR] PROMPT. /image stop ends the ones that run.";
const maxListed = 20;

/** /image and /images; ends what runs when the session does. */
export function registerCommands(pi: ExtensionApi, parts: ExtensionParts): void {
  const running = new Set<AbortController>();
  const stopAll = (): number => {
    const count = running.size;
    for (const controller of running) controller.abort(new DOMException("stopped by its user", "AbortError"));
    return count;
  };
  pi.on("session_shutdown", () => void stopAll());
  pi.registerCommand("image", {
    description: "Make an image from words, or change the last one (--last)",
    handler: async (given, context) => {
      if (given.trim() === "stop") {
        const count = stopAll();
        context.ui.notify(`${count} image ${count === 1 ? "request was" : "requests were"} stopped.`, "info");
        return;
      }
      const wish = parseCommand(given);
      const controller = new AbortController();
      running.add(controller);
      try {
        const result = await whileWaiting(parts, context, controller, async (signal) =>
          makePicture(wish, { parts, context, signal, onUpdate: statusLine(context) }),
        );
        // Into the conversation, so that "make it bluer" works; it starts no turn.
        const { content, details } = result;
        pi.sendMessage({ customType: messageType, content, display: true, details }, { triggerTurn: false });
      } catch (error) {
        // A print run ends in silence otherwise.
        if (!context.hasUI) throw error;
        context.ui.notify(error instanceof Error ? error.message : "The image failed.", "error");
      } finally {
        running.delete(controller);
        context.ui.setStatus("limn", undefined);
      }
    },
  });
  pi.registerCommand("images", {
    description: "List the images that were made in this conversation",
    handler: async (_given, context) => context.ui.notify(listImages(context), "info"),
  });
}

/** In the terminal a box that Escape leaves; elsewhere the status line tells. */
async function whileWaiting(
  parts: ExtensionParts,
  context: PiContext,
  controller: AbortController,
  work: (signal: AbortSignal) => Promise<ToolResult>,
): Promise<ToolResult> {
  const box = parts.host.terminal?.waitingBox ?? null;
  if (context.mode !== "tui" || box === null) return work(controller.signal);
  let outcome: { readonly result: ToolResult } | { readonly error: unknown } | null = null;
  await context.ui.custom<null>((tui, theme, _keys, done) => {
    const waiting = box(tui, theme, "Drawing with your ChatGPT plan… (Escape stops)");
    waiting.onAbort = () => controller.abort(new DOMException("stopped by its user", "AbortError"));
    void work(controller.signal)
      .then(
        (result) => void (outcome = { result }),
        (error: unknown) => void (outcome = { error }),
      )
      .finally(() => done(null));
    return waiting;
  });
  return unwrap(outcome);
}

function unwrap(outcome: { readonly result: ToolResult } | { readonly error: unknown } | null): ToolResult {
  if (outcome === null) throw new Error("The image was given up.");
  if ("error" in outcome) throw outcome.error;
  return outcome.result;
}

function statusLine(context: PiContext): (partial: ToolResult) => void {
  return ({ content }) => {
    const [first] = content;
    if (first?.type === "text") context.ui.setStatus("limn", first.text);
  };
}

/** @throws Refusal with the usage */
function parseCommand(given: string): Wish {
  const images: string[] = [];
  const fields: Record<string, unknown> = {};
  let rest = given.trim();
  for (;;) {
    const [whole, name, quoted, bare] = /^--([a-z-]+)(?:=(?:"([^"]*)"|(\S*)))?(?:\s+|$)/.exec(rest) ?? [];
    if (whole === undefined || name === undefined) break;
    rest = rest.slice(whole.length);
    take(name, quoted ?? bare ?? null, fields, images);
  }
  if (rest === "") throw new Refusal(usage);
  const isEdit = images.length > 0 || fields["numLastImagesToInclude"] !== undefined;
  return wishOf({ ...fields, images, prompt: rest, operation: isEdit ? "edit" : "generate" });
}

const textFlags: Readonly<Record<string, string>> = {
  aspect: "aspect",
  size: "size",
  format: "outputFormat",
  model: "model",
  save: "save",
  "save-dir": "saveDir",
};

function take(name: string, value: string | null, fields: Record<string, unknown>, images: string[]): void {
  if (name === "transparent" && value === null) fields["background"] = "transparent";
  else if (name === "last") fields["numLastImagesToInclude"] = wholeNumber(value ?? "1", 1, 5);
  else if (name === "partials") fields["partials"] = wholeNumber(value ?? "2", 0, 3);
  else if (name === "image" && value !== null && value !== "") images.push(value);
  else if (textFlags[name] !== undefined && value !== null && value !== "") fields[textFlags[name]] = value;
  else throw new Refusal(`/image does not understand --${name.slice(0, 40)}. ${usage}`);
}

function wholeNumber(text: string, minimum: number, maximum: number): number {
  const number = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (number >= minimum && number <= maximum) return number;
  throw new Refusal(`"${text.slice(0, 20)}" is no whole number from ${minimum} to ${maximum}. ${usage}`);
}

/** The newest last. */
function listImages(context: PiContext): string {
  const lines = context.sessionManager.getBranch().flatMap(imagesOf);
  if (lines.length === 0) return "No image was made in this conversation yet. Make one: /image a red fox in the snow";
  const shown = lines.slice(-maxListed);
  const more = lines.length - shown.length;
  return [...(more === 0 ? [] : [`(${more} older)`]), ...shown].join("\n");
}

function imagesOf(entry: unknown): string[] {
  if (!isRecord(entry)) return [];
  const message = entry["type"] === "message" && isRecord(entry["message"]) ? entry["message"] : null;
  const isTool =
    message?.["role"] === "toolResult" && (message["toolName"] === toolName || message["toolName"] === aliasName);
  const isCommand = entry["type"] === "custom_message" && entry["customType"] === messageType;
  const details = isTool ? message["details"] : isCommand ? entry["details"] : null;
  if (!isRecord(details)) return [];
  const limn = isRecord(details["limn"]) ? details["limn"] : {};
  const images = listOf(limn["images"]).filter(isRecord);
  if (images.length === 0) {
    const path = textOf(details["savedPath"]);
    return path === null ? [] : [lineOf(path, null)];
  }
  return images.map((image) => {
    const { width, height, mediaType, byteCount, hasAlpha } = image;
    const facts =
      typeof width === "number" && typeof height === "number" && typeof mediaType === "string"
        ? pixelsOf({ width, height, mediaType, bytes: Number(byteCount), hasAlpha: hasAlpha === true })
        : null;
    return lineOf(textOf(image["savedPath"]) ?? textOf(image["storePath"]), facts);
  });
}

function lineOf(path: string | null, facts: string | null): string {
  const place = path === null ? "not saved" : existsSync(path) ? path : `${path} (gone)`;
  return facts === null ? place : `${place}  ${facts}`;
}

/** Draws what /image made: text, then the picture. */
export function registerPictureMessage(pi: ExtensionApi, parts: ExtensionParts): void {
  const { terminal } = parts.host;
  if (terminal === null || pi.registerMessageRenderer === undefined) return;
  pi.registerMessageRenderer(messageType, ({ content }, _options, theme) =>
    terminal.column(
      listOf(content)
        .filter(isBlock)
        .map((block) =>
          block.type === "text"
            ? terminal.text(theme.fg("dim", block.text))
            : terminal.picture(block.data, block.mimeType, (text) => theme.fg("dim", text)),
        ),
    ),
  );
}

function isBlock(value: unknown): value is ContentBlock {
  if (!isRecord(value)) return false;
  return value["type"] === "text"
    ? typeof value["text"] === "string"
    : value["type"] === "image" && typeof value["data"] === "string" && typeof value["mimeType"] === "string";
}
