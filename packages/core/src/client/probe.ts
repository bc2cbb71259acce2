import type { GenerateRequest, NativeAsk } from "../contracts/request.ts";

/**
 * One request that asks for everything at once in the service's own fields: a size that no words would give, and a quality that is
 * seldom drawn. What comes back shows which of them count on this account.
 */
export function probeRequest(engine: "images"): { readonly request: GenerateRequest; readonly native: NativeAsk } {
  return {
    request: {
      operation: "generate",
      engine,
      prompt: "A plain grey pebble on white paper, seen from above.",
      quality: "high",
      size: "1280x800",
      fit: "native",
    },
    native: { size: { width: 1280, height: 800 }, quality: "high", aspect: null },
  };
}
