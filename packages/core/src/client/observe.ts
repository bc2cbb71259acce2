import type { EngineImage } from "../contracts/engine.ts";
import type { ResolvedRequest } from "../contracts/request.ts";
import { hasAspect } from "./aspect.ts";
import type { Observation } from "./client-parts.ts";

/** What one picture, as the service sent it, proves about the engine for this account. Pure. */
export function observationsOf(request: ResolvedRequest, image: EngineImage): Observation[] {
  const { stored } = image;
  const { size, quality, aspect } = request.native;
  const got = `${stored.width}x${stored.height}`;
  const observations: Observation[] = [];
  if (size !== null)
    observations.push({
      property: "size",
      wasHonoured: stored.width === size.width && stored.height === size.height,
      evidence: `asked ${size.width}x${size.height}, got ${got}`,
      isProof: true,
    });
  if (quality !== null && image.quality !== undefined)
    observations.push({
      property: "quality",
      wasHonoured: image.quality === quality,
      evidence: `asked ${quality}, the service says ${image.quality}`,
      isProof: true,
    });
  if (aspect !== null)
    observations.push({
      property: "aspect",
      wasHonoured: hasAspect(stored, aspect),
      evidence: `asked ${aspect.width}:${aspect.height} in words, got ${got}`,
      isProof: false,
    });
  if (request.background === "transparent")
    observations.push({
      property: "background",
      wasHonoured: stored.hasAlpha,
      evidence: `asked transparent, got ${stored.hasAlpha ? "an alpha channel" : "none"}`,
      isProof: false,
    });
  return observations;
}
