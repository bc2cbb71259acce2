import type { EngineAnswer, EngineImage } from "../contracts/engine.ts";
import type { ResolvedRequest } from "../contracts/request.ts";
import type { Asked, Got, Limits, PropertyTruth, Usage, Warning } from "../contracts/result.ts";
import type { WarningCode } from "../contracts/codes.ts";
import { hasAspect } from "./aspect.ts";
import type { WorkedImage } from "./finishing.ts";

/** What is known of one picture when it is ready to be delivered. */
export interface JudgedImage {
  readonly request: ResolvedRequest;
  readonly asked: Asked;
  readonly image: EngineImage;
  readonly worked: WorkedImage;
  readonly usage: Usage;
  /** Of the answer: an image model that no answer states, or the chat model that hosted the tool. */
  readonly model: string;
}

interface Row extends PropertyTruth {
  /** What to say when it was not honoured; absent where that is said elsewhere or cannot be known. */
  readonly message?: string;
  readonly code?: WarningCode;
}

/**
 * How each asked property of one picture ended, read from the bytes and from what the service states, never assumed; and a warning for
 * each that was not honoured. Pure.
 */
export function judge(judged: JudgedImage): {
  readonly truth: readonly PropertyTruth[];
  readonly warnings: readonly Warning[];
} {
  const rows = [
    sizeRow(judged),
    aspectRow(judged),
    backgroundRow(judged),
    qualityRow(judged),
    formatRow(judged),
    modelRow(judged),
    maskRow(judged),
    referencesRow(judged),
  ].filter((row) => row !== null);
  const { index } = judged.image.stored;
  return {
    truth: rows.map(({ property, asked, outcome, got }) => ({ property, asked, outcome, got })),
    warnings: rows.flatMap(({ outcome, code, message }) =>
      outcome !== "not-honoured" || code === undefined || message === undefined ? [] : [{ code, index, message }],
    ),
  };
}

function sizeRow({ request, asked, image, worked }: JudgedImage): Row | null {
  const { size, fit } = request.wish;
  if (size === null || asked.size === undefined) return null;
  const got = `${worked.width}x${worked.height}`;
  const isMet = (picture: { readonly width: number; readonly height: number }): boolean =>
    "width" in size
      ? picture.width === size.width && picture.height === size.height
      : Math.max(picture.width, picture.height) === size.longestSide;
  const isInside =
    "width" in size
      ? worked.width <= size.width && worked.height <= size.height
      : Math.max(worked.width, worked.height) <= size.longestSide;
  const outcome = isMet(worked)
    ? isMet(image.stored)
      ? "honoured"
      : "done-locally"
    : fit === "contain" && isInside
      ? "done-locally"
      : "not-honoured";
  return {
    property: "size",
    asked: asked.size,
    outcome,
    got,
    code: "size_not_honoured",
    message: `Asked for ${asked.size}, got ${got}.`,
  };
}

function aspectRow({ request, asked, image, worked }: JudgedImage): Row | null {
  const { aspect } = request;
  if (aspect === null || asked.aspect === undefined) return null;
  const isMet = hasAspect(worked, aspect);
  return {
    property: "aspect",
    asked: asked.aspect,
    outcome: !isMet ? "not-honoured" : hasAspect(image.stored, aspect) ? "honoured" : "done-locally",
    got: `${worked.width}x${worked.height}`,
    code: "aspect_not_honoured",
    message: `Asked for ${aspect.width}:${aspect.height}, got ${worked.width}x${worked.height}.`,
  };
}

function backgroundRow({ request, asked, image, worked }: JudgedImage): Row | null {
  if (asked.background === undefined || request.background === "auto") return null;
  const { stored } = image;
  if (request.background === "transparent") {
    const isMissing = worked.alpha === "missing" || (worked.alpha === null && !worked.hasAlpha);
    return {
      property: "background",
      asked: "transparent",
      outcome: isMissing ? "not-honoured" : worked.alpha === "made" ? "done-locally" : "honoured",
      got: isMissing ? "no transparency" : "alpha",
      code: "alpha_missing",
      message: stored.hasAlpha
        ? "Asked for transparency, and the picture has none but an empty alpha channel."
        : "Asked for transparency, and the picture has no alpha channel.",
    };
  }
  const isTransparent = image.background === "transparent" && worked.hasAlpha;
  return {
    property: "background",
    asked: "opaque",
    outcome: isTransparent
      ? "not-honoured"
      : image.background === undefined && stored.hasAlpha
        ? "unknown"
        : "honoured",
    got: image.background ?? (stored.hasAlpha ? null : "opaque"),
    code: "background_not_honoured",
    message: "Asked for an opaque background, and the service made it transparent.",
  };
}

function qualityRow({ request, image }: JudgedImage): Row | null {
  const { quality } = request;
  if (quality === null || quality === "auto") return null;
  const got = image.quality ?? null;
  return {
    property: "quality",
    asked: quality,
    outcome: got === null || got === "auto" ? "unknown" : got === quality ? "honoured" : "not-honoured",
    got,
    code: "quality_not_honoured",
    message: `Asked for quality ${quality}, the service drew with ${got ?? "a quality that it does not state"}.`,
  };
}

function formatRow({ request, asked, image, worked }: JudgedImage): Row | null {
  const { format } = request.wish;
  if (format === null) return null;
  const isMet = worked.mediaType === `image/${format}`;
  // An output name that asks for what came anyway is no wish worth a word.
  if (isMet && asked.format === undefined && image.stored.mediaType === worked.mediaType) return null;
  return {
    property: "format",
    asked: format,
    outcome: !isMet ? "not-honoured" : image.stored.mediaType === worked.mediaType ? "honoured" : "done-locally",
    got: worked.mediaType.slice("image/".length),
    code: "format_not_honoured",
    message: `Asked for ${format}, got ${worked.mediaType}.`,
  };
}

/** No answer says which image model drew; a chat model that was named is the one that was asked. */
function modelRow({ request, asked, model }: JudgedImage): Row | null {
  if (asked.model === undefined) return null;
  const isHost = request.engine !== "images" && model === asked.model;
  return {
    property: "model",
    asked: asked.model,
    outcome: isHost ? "honoured" : "unknown",
    got: isHost ? model : null,
  };
}

/** The engines take no mask: the region was cut, edited and put back here. */
function maskRow({ asked, worked }: JudgedImage): Row | null {
  if (asked.mask !== true) return null;
  return {
    property: "mask",
    asked: "only the region",
    outcome: "done-locally",
    got: worked.steps.at(-1) ?? null,
  };
}

/** That the inputs were dropped is an error elsewhere; here is only whether the service says that it looked at them. */
function referencesRow({ request, usage }: JudgedImage): Row | null {
  const count = request.images.length;
  if (count === 0) return null;
  const tokens = usage.inputImageTokens;
  return {
    property: "images",
    asked: String(count),
    outcome: tokens === undefined ? "unknown" : tokens > 0 ? "honoured" : "not-honoured",
    got: tokens === undefined ? null : `${tokens} image tokens read`,
  };
}

const severity = ["honoured", "done-locally", "unknown", "not-honoured"] as const;

/** Of several pictures each property's worst outcome stands for all. */
export function mergeTruth(all: readonly (readonly PropertyTruth[])[]): PropertyTruth[] {
  const merged = new Map<string, PropertyTruth>();
  for (const row of all.flat()) {
    const known = merged.get(row.property);
    if (known === undefined || severity.indexOf(row.outcome) > severity.indexOf(known.outcome))
      merged.set(row.property, row);
  }
  return [...merged.values()];
}

/** Codes that `--strict` turns into an error. */
export const strictCodes: ReadonlySet<string> = new Set([
  "size_not_honoured",
  "format_not_honoured",
  "aspect_not_honoured",
  "quality_not_honoured",
  "alpha_missing",
  "background_not_honoured",
]);

const skewLimitMs = 5 * 60_000;
/** What is worth knowing about the answer itself. */
export function answerWarnings(answer: EngineAnswer, index: number): Warning[] {
  const warnings: Warning[] = [];
  if (answer.truncatedAfterImage)
    warnings.push({
      code: "answer_truncated",
      index,
      message: "The answer broke off after the picture was whole; nothing of the picture is missing.",
    });
  if (answer.clockSkewMs !== null && Math.abs(answer.clockSkewMs) > skewLimitMs) {
    const minutes = Math.round(answer.clockSkewMs / 60_000);
    warnings.push({
      code: "clock_skew",
      message: `This machine's clock is ${Math.abs(minutes)} minutes ${minutes > 0 ? "ahead of" : "behind"} the service's; logins may seem expired, or not. Set the clock.`,
    });
  }
  for (const { stored } of answer.images) {
    if (stored.savedElsewhere)
      warnings.push({
        code: "saved_elsewhere",
        index: stored.index,
        message: `The store could not take the picture; it was saved as ${stored.path}.`,
      });
  }
  return warnings;
}

export function gotOf(image: EngineImage): Got {
  const { stored } = image;
  return {
    width: stored.width,
    height: stored.height,
    mediaType: stored.mediaType,
    hasAlpha: stored.hasAlpha,
    c2pa: stored.c2pa,
    ...(image.quality === undefined ? {} : { quality: image.quality }),
    ...(image.background === undefined ? {} : { background: image.background }),
  };
}

export function sumUsage(all: readonly Usage[]): Usage {
  const drivers = all.flatMap(({ driver }) => (driver === undefined ? [] : [driver]));
  return { ...sumCounts(all), ...(drivers.length === 0 ? {} : { driver: sumCounts(drivers) }) };
}

function sumCounts(all: readonly object[]): Record<string, number> {
  const sum: Record<string, number> = {};
  for (const counts of all)
    for (const [name, count] of Object.entries(counts))
      if (typeof count === "number") sum[name] = (sum[name] ?? 0) + count;
  return sum;
}

/** Of several answers the one that says the most was used is the newest. */
export function latestLimits(all: readonly Limits[]): Limits {
  const used = (limits: Limits): number => limits.windows?.[0]?.usedPercent ?? -1;
  return all.reduce<Limits>((best, limits) => (used(limits) >= used(best) ? limits : best), {});
}
