import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { ImageWriter } from "../../packages/core/src/artifacts/image-writer.ts";
import type { EngineCall } from "../../packages/core/src/contracts/engine.ts";
import type { LoadedImage, ResolvedRequest } from "../../packages/core/src/contracts/request.ts";
import type { CodexEngineParts } from "../../packages/core/src/engines/codex/index.ts";

export interface DrawChange {
  readonly request?: Partial<ResolvedRequest>;
  readonly parts?: Partial<CodexEngineParts>;
  readonly signal?: AbortSignal;
  readonly index?: number;
  readonly beforeSend?: () => Promise<void>;
}

export function callFor(change: DrawChange, signal: AbortSignal, pictures: string, steps: string[]): EngineCall {
  const index = change.index ?? 0;
  return {
    request: { ...plainRequest, ...change.request },
    index,
    signal,
    openImage: () =>
      new ImageWriter({
        index,
        folder: pictures,
        name: `picture-${index}`,
        rescueFolders: [],
        rescueName: `rescued-${index}`,
      }),
    openPreview: () => null,
    beforeSend: async () => {
      steps.push("beforeSend");
      await change.beforeSend?.();
    },
    progress: (stage) => {
      steps.push(stage);
    },
  };
}

const plainRequest: ResolvedRequest = {
  operation: "generate",
  prompt: "a red fox in the snow",
  n: 1,
  aspect: null,
  native: { aspect: null, size: null, quality: null },
  wish: { size: null, aspect: null, fit: "native", format: null, compression: null },
  background: "auto",
  alpha: "best",
  allowExtraImages: 0,
  quality: null,
  model: null,
  engine: "codex",
  codexDriver: "auto",
  partials: 0,
  strict: false,
  images: [],
};

/** An input after its checks, as the client hands it to an engine. */
export function loadedImage(file: string): LoadedImage {
  const bytes = readFileSync(file);
  return {
    mediaType: "image/png",
    width: bytes.readUInt32BE(16),
    height: bytes.readUInt32BE(20),
    length: bytes.length,
    sha256: createHash("sha256").update(bytes).digest("hex"),
    file,
    slices: () => [bytes],
  };
}

export const sha256Of = (file: string): string => createHash("sha256").update(readFileSync(file)).digest("hex");
