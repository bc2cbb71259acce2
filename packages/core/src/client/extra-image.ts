import type { Engine, EngineAnswer, EngineCall } from "../contracts/engine.ts";
import type { LoadedImage, ResolvedRequest } from "../contracts/request.ts";

/** A flat ground behind the same subject, to be keyed out. Said plainly, because only words steer the service. */
export function keyColorPrompt(color: { readonly hex: string; readonly name: string }): string {
  return (
    `Keep the subject of this image exactly as it is. Replace everything behind it by one flat, uniform ${color.name} (${color.hex}) background ` +
    "that fills the whole canvas. No shadow, no gradient, no texture, no reflection, no border."
  );
}

/** One more image of the plan, which the user allowed: the picture again, before a key colour. */
export async function drawOnKeyColor(
  engine: Engine,
  request: ResolvedRequest,
  picture: LoadedImage,
  color: { readonly hex: string; readonly name: string },
  call: Pick<EngineCall, "index" | "signal" | "openImage" | "beforeSend" | "progress">,
): Promise<EngineAnswer> {
  return engine.run({
    ...call,
    openPreview: () => null,
    request: {
      ...request,
      operation: "edit",
      prompt: keyColorPrompt(color),
      native: { aspect: null, size: null, quality: request.native.quality },
      background: "opaque",
      partials: 0,
      images: [picture],
    },
  });
}
