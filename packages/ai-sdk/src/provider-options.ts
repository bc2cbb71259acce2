import { nearest } from "@limn/core";
import type { AlphaPolicy, Background, EngineId, Fault, Fit, PictureFormat, Quality } from "@limn/core";
import type { JSONObject } from "@ai-sdk/provider";

/** A preview while a picture is drawn; never a result. */
export interface LimnPartial {
  /** Which picture of the call, from 0. */
  readonly index: number;
  /** Which preview of this picture, from 0. */
  readonly partialIndex: number;
  /** The preview as an image file. */
  readonly bytes: Uint8Array;
}

/** What `providerOptions.limn` takes. Unknown names are refused, with the nearest known one. */
export interface LimnImageOptions {
  /** @default "auto" */
  readonly background?: Background;
  /** A wish; what the service drew with is in the metadata's `truth`. */
  readonly quality?: Quality;
  /** File type of the pictures. @default as they come (PNG) */
  readonly format?: PictureFormat;
  /** Quality of JPEG, WebP and AVIF, 0..100. @default 90 */
  readonly compression?: number;
  /** How a picture gets to the asked pixels or shape; it is never stretched. @default "cover" with a size, "native" without */
  readonly fit?: Fit;
  /** When transparency did not come: `best` is a warning, `strict` an error; the picture is kept either way. @default "best" */
  readonly alpha?: AlphaPolicy;
  /** Images that may be spent beyond those asked for, 0..10, to get transparency by a key colour. @default 0 */
  readonly allowExtraImages?: number;
  /** @default "auto" */
  readonly engine?: EngineId | "auto";
  /** Previews of each picture, 1..3, with `onPartial`. Takes the engine `responses`, which spends of the plan's chat allowance too. */
  readonly partials?: number;
  /** Gets every preview. What it throws becomes a warning: a paid picture is not given up for it. */
  readonly onPartial?: (partial: LimnPartial) => void;
  /** Scale inputs down to fit the limits instead of refusing them. @default false */
  readonly shrinkInputs?: boolean;
  /** A name for the record, for programs with several users or conversations. */
  readonly session?: string;
  /** Turn "not honoured" into an error; the picture is kept. @default false */
  readonly strict?: boolean;
}

/**
 * Typed `providerOptions`, with room for the callback that the AI SDK's own type has no place for.
 * @example
 * await generateImage({ model, prompt, providerOptions: limnOptions({ background: "transparent", format: "webp" }) });
 */
export function limnOptions(options: LimnImageOptions): { limn: JSONObject } {
  return { limn: Object.fromEntries(Object.entries(options)) };
}

/** Options that are fields of limn's request by the same name; limn checks their values. */
const requestOptions = [
  "background",
  "quality",
  "format",
  "compression",
  "fit",
  "alpha",
  "allowExtraImages",
  "engine",
  "partials",
  "shrinkInputs",
  "strict",
] as const;

export const optionNames: readonly string[] = [...requestOptions, "onPartial", "session"];

/** `providerOptions.limn` after its own checks. */
export interface ReadOptions {
  /** Fields for limn's request, unchecked. */
  readonly fields: Readonly<Record<string, unknown>>;
  readonly onPartial: ((partial: LimnPartial) => void) | null;
  readonly session: string | null;
  readonly faults: readonly Fault[];
}

type Callback = (partial: LimnPartial) => void;

export function readOptions(given: Readonly<Record<string, unknown>>): ReadOptions {
  const faults: Fault[] = [];
  const fields: Record<string, unknown> = {};
  let onPartial: Callback | null = null;
  let session: string | null = null;
  for (const [name, value] of Object.entries(given)) {
    if (value === undefined) continue;
    const field = requestOptions.find((known) => known === name);
    if (field !== undefined) fields[field] = value;
    else if (name === "onPartial") {
      if (isCallback(value)) onPartial = value;
      else faults.push({ field: name, message: "must be a function" });
    } else if (name === "session") {
      if (typeof value === "string" && value !== "") session = value;
      else faults.push({ field: name, message: "must be a text" });
    } else {
      const meant = nearest(name, optionNames);
      faults.push({ field: name, message: `is not known${meant === null ? "" : `; did you mean "${meant}"?`}` });
    }
  }
  const wantsPreviews = fields["partials"] !== undefined && fields["partials"] !== 0;
  if (wantsPreviews && given["onPartial"] === undefined)
    faults.push({ field: "partials", message: "needs onPartial, which gets the previews" });
  if (!wantsPreviews && onPartial !== null)
    faults.push({ field: "onPartial", message: "needs partials: how many previews, 1 to 3" });
  return { fields, onPartial, session, faults };
}

function isCallback(value: unknown): value is Callback {
  return typeof value === "function";
}
