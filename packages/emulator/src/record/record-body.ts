import { createHash } from "node:crypto";
import { isRecord } from "../values.ts";
import type { Scrub } from "./scrub.ts";

const LONGEST_IMAGE_TEXT = 200;
const SHOWN_BASE64 = 10;
const LONGEST_TEXT = 100_000;

/**
 * A body as it may be kept: credentials replaced, and in `images` every string over 200 characters cut, with the SHA-256
 * and the number of bytes of what it stood for beside it.
 */
export function recordBody(value: unknown, scrub: Scrub): unknown {
  if (!isRecord(value)) return scrubDeep(value, scrub);
  return Object.fromEntries(
    Object.entries(value).map(([name, field]) => [
      scrub(name),
      name === "images" && Array.isArray(field)
        ? field.map((item) => recordImage(item, scrub))
        : scrubDeep(field, scrub),
    ]),
  );
}

/** The same for `/responses`, where pictures stand deep in the conversation: in every object with a long data URL. */
export function recordConversation(value: unknown, scrub: Scrub): unknown {
  if (Array.isArray(value)) return value.map((item) => recordConversation(item, scrub));
  if (!isRecord(value)) return scrubDeep(value, scrub);
  if (holdsPicture(value)) return recordImage(value, scrub);
  return Object.fromEntries(
    Object.entries(value).map(([name, field]) => [scrub(name), recordConversation(field, scrub)]),
  );
}

function holdsPicture(item: Readonly<Record<string, unknown>>): boolean {
  const { image_url: url, type, result } = item;
  if (typeof url === "string" && url.length > LONGEST_IMAGE_TEXT) return url.startsWith("data:");
  return type === "image_generation_call" && typeof result === "string" && result.length > LONGEST_IMAGE_TEXT;
}

function recordImage(item: unknown, scrub: Scrub): unknown {
  if (!isRecord(item)) return scrubDeep(item, scrub);
  const kept: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(item)) {
    if (typeof value !== "string" || value.length <= LONGEST_IMAGE_TEXT) {
      kept[scrub(name)] = scrubDeep(value, scrub);
      continue;
    }
    const head = /^data:[^,]{0,80},/.exec(value)?.[0];
    const bytes = head === undefined ? Buffer.from(value) : Buffer.from(value.slice(head.length), "base64");
    kept[scrub(name)] =
      `${head === undefined ? scrub(value.slice(0, 60)) : value.slice(0, head.length + SHOWN_BASE64)}…`;
    kept["sha256"] = createHash("sha256").update(bytes).digest("hex");
    kept["bytes"] = bytes.length;
  }
  return kept;
}

function scrubDeep(value: unknown, scrub: Scrub): unknown {
  if (typeof value === "string") return scrub(value.length > LONGEST_TEXT ? `${value.slice(0, LONGEST_TEXT)}…` : value);
  if (Array.isArray(value)) return value.map((item) => scrubDeep(item, scrub));
  if (!isRecord(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [scrub(name), scrubDeep(field, scrub)]));
}
