import type { ArtifactStore, FoundGeneration, GenerationResult, Usage } from "@limn/core";

/** One finished picture, as far as an answer tells of it. */
export interface MadePicture {
  readonly path: string;
  readonly mediaType: string;
  readonly width: number;
  readonly height: number;
  readonly hasAlpha: boolean;
  readonly bytes: number;
  readonly revisedPrompt?: string;
}

/** What came of a generation; the pictures are in the history. */
export interface Made {
  readonly id: string;
  /** Seconds since the epoch. */
  readonly created: number;
  readonly pictures: readonly MadePicture[];
  /** `WxH` of the first picture as the service drew it. */
  readonly nativeSize: string | null;
  /** As the service states it. */
  readonly quality: string | null;
  readonly usage: Usage;
  readonly warnings: readonly string[];
}

export function madeFrom(result: GenerationResult): Made {
  const { id, images, got, usage, failures } = result;
  return {
    id,
    created: Math.floor(Date.now() / 1000),
    pictures: images.flatMap(({ path, mediaType, width, height, hasAlpha, bytes, revisedPrompt }) =>
      path === null
        ? []
        : [
            {
              path,
              mediaType,
              width,
              height,
              hasAlpha,
              bytes,
              ...(revisedPrompt === undefined ? {} : { revisedPrompt }),
            },
          ],
    ),
    nativeSize: got.width === undefined || got.height === undefined ? null : `${got.width}x${got.height}`,
    quality: got.quality ?? null,
    usage,
    warnings: [
      ...result.warnings.map(({ code }) => code),
      ...(failures.length === 0
        ? []
        : [`${failures.length} of ${failures.length + images.length} pictures failed: ${failures[0]?.code ?? ""}`]),
    ],
  };
}

/** The same from the record of an earlier process. */
export function madeFromRecord(store: Pick<ArtifactStore, "imagePath">, found: FoundGeneration): Made {
  const { images, got, usage, warnings, endedAt, createdAt } = found.manifest;
  return {
    id: found.id,
    created: Math.floor(Date.parse(endedAt ?? createdAt) / 1000),
    pictures: images.map((image) => {
      const { mediaType, width, height, hasAlpha, bytes } = image.finished ?? image;
      return {
        path: store.imagePath(found, image),
        mediaType,
        width,
        height,
        hasAlpha,
        bytes,
        ...(image.revisedPrompt === undefined ? {} : { revisedPrompt: image.revisedPrompt }),
      };
    }),
    nativeSize: got.width === undefined || got.height === undefined ? null : `${got.width}x${got.height}`,
    quality: got.quality ?? null,
    usage,
    warnings: warnings.map(({ code }) => code),
  };
}
