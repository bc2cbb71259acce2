import type { CapabilityRow, EngineCapabilities } from "../contracts/capabilities.ts";
import type { AspectRatio, NativeAsk, PixelSize, Quality } from "../contracts/request.ts";
import type { WantedSize } from "./size.ts";
import { nearestNativeSize, nearestShape } from "./size.ts";

export interface AskedShape {
  readonly size: WantedSize | null;
  readonly aspect: AspectRatio | null;
  readonly quality: Quality | null;
}

/** What to ask the engine for itself: the fields that its table says are honoured, and words for the rest. Pure. */
export function nativeAsk(capabilities: EngineCapabilities, asked: AskedShape): NativeAsk {
  const target = pixelTarget(asked);
  const size = target !== null && rowOf(capabilities, "size")?.honoured === "yes" ? nearestNativeSize(target) : null;
  const shape = asked.aspect ?? (target === null ? null : nearestShape(target));
  // Words cost nothing: an account on which they missed goes on being told, so that its table can recover.
  const aspect = rowOf(capabilities, "aspect");
  const steersByWords = aspect?.honoured === "by-words" || aspect?.corrected === true;
  return {
    size,
    aspect: size === null && steersByWords ? shape : null,
    quality:
      asked.quality !== null && asked.quality !== "auto" && rowOf(capabilities, "quality")?.honoured === "yes"
        ? asked.quality
        : null,
  };
}

/** The pixels to aim for; null when only a shape, or nothing, is known. */
function pixelTarget({ size, aspect }: AskedShape): PixelSize | null {
  if (size === null) return null;
  if ("width" in size) return size;
  if (aspect === null) return null;
  const { longestSide } = size;
  return aspect.width >= aspect.height
    ? { width: longestSide, height: Math.max(1, Math.round((longestSide * aspect.height) / aspect.width)) }
    : { width: Math.max(1, Math.round((longestSide * aspect.width) / aspect.height)), height: longestSide };
}

export function rowOf({ rows }: EngineCapabilities, property: string): CapabilityRow | undefined {
  return rows.find((row) => row.property === property);
}
