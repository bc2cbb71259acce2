import type { EngineAnswer, EngineImage } from "../contracts/engine.ts";
import type { ResolvedRequest } from "../contracts/request.ts";
import type { Got, Limits, Usage, Warning } from "../contracts/result.ts";
import { hasAspect } from "./aspect.ts";

/** What was asked and did not come; read from the bytes and from what the service states, never assumed. */
export function notHonoured(request: ResolvedRequest, image: EngineImage): Warning[] {
  const { stored } = image;
  const { index } = stored;
  const warnings: Warning[] = [];
  if (request.aspect !== null && !hasAspect(stored, request.aspect)) {
    warnings.push({
      code: "aspect_not_honoured",
      index,
      message: `Asked for ${request.aspect.width}:${request.aspect.height}, got ${stored.width}x${stored.height}.`,
    });
  }
  if (request.quality !== null && request.quality !== "auto" && image.quality !== request.quality) {
    warnings.push({
      code: "quality_not_honoured",
      index,
      message: `Asked for quality ${request.quality}, the service drew with ${image.quality ?? "a quality that it does not state"}.`,
    });
  }
  if (request.background === "transparent" && !stored.hasAlpha) {
    warnings.push({
      code: "alpha_missing",
      index,
      message: "Asked for transparency, and the picture has no alpha channel.",
    });
  }
  if (request.background === "opaque" && image.background === "transparent") {
    warnings.push({
      code: "background_not_honoured",
      index,
      message: "Asked for an opaque background, and the service made it transparent.",
    });
  }
  return warnings;
}

/** Codes that `--strict` turns into an error. */
export const strictCodes: ReadonlySet<string> = new Set([
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
  const sum: Record<string, number> = {};
  for (const usage of all)
    for (const [name, count] of Object.entries(usage))
      if (typeof count === "number") sum[name] = (sum[name] ?? 0) + count;
  return sum;
}

/** Of several answers the one that says the most was used is the newest. */
export function latestLimits(all: readonly Limits[]): Limits {
  const used = (limits: Limits): number => limits.windows?.[0]?.usedPercent ?? -1;
  return all.reduce<Limits>((best, limits) => (used(limits) >= used(best) ? limits : best), {});
}
