import type { EngineCapabilities } from "./capabilities.ts";
import type { EngineId, ResolvedRequest } from "./request.ts";
import type { Stage } from "./events.ts";
import type { Account, Limits, Sent, Usage } from "./result.ts";

/** Facts about a picture, read from its bytes. */
export interface ImageFacts {
  readonly mediaType: string;
  readonly width: number;
  readonly height: number;
  readonly hasAlpha: boolean;
  readonly c2pa: boolean;
}

/** A picture that is safe on disk. */
export interface StoredImage extends ImageFacts {
  readonly index: number;
  /** Absolute path of the original. */
  readonly path: string;
  readonly bytes: number;
  readonly sha256: string;
  /** Set when the picture's own place could not be written and another one was taken. */
  readonly savedElsewhere: boolean;
}

/** Takes the decoded bytes of one picture as they arrive. Synchronous on purpose: slices are small and go to the page cache. */
export interface ImageSink {
  readonly bytesWritten: number;
  /** The bytes are only valid during the call. @throws artifact_write_failed when no place at all can be written */
  write(bytes: Uint8Array): void;
  /**
   * The base64 text that the bytes of the next `write` stand for, by engines that have it. May be kept, and must not be changed.
   * Absent: nobody wants it.
   */
  writeText?(piece: Uint8Array): void;
  /**
   * Check that the picture is whole, make it durable and give it its name.
   * @throws image_corrupt when the bytes are no image or the image is cut
   */
  finish(): Promise<StoredImage>;
  /** Remove what was written. */
  discard(): void;
}

/** Takes one preview as it arrives. A preview is never a result. */
export interface PreviewSink {
  /** The bytes are only valid during the call. Never throws: a preview that cannot be kept is left out. */
  write(bytes: Uint8Array): void;
  /** The preview is whole; tells the host. */
  finish(partialIndex: number): void;
  /** Forget what came; its file is removed. */
  discard(): void;
}

/** One call of an engine: as many images as its `imagesPerCall`. */
export interface EngineCall {
  readonly request: ResolvedRequest;
  /** 0-based place of the (first) image in the generation. */
  readonly index: number;
  readonly signal: AbortSignal;
  /** May be called again for a later, better version of the picture; the one before is discarded by the engine. */
  openImage(): ImageSink;
  /** Null when nobody looks at previews; then they need not be decoded. */
  openPreview(): PreviewSink | null;
  /** Must be awaited just before the first byte of a request that may cost quota; makes the record say `sent`. */
  beforeSend(attempt: number): Promise<void>;
  /** Where this image is now. */
  progress(stage: Stage, facts: { readonly attempt: number; readonly delayMs?: number; readonly bytes?: number }): void;
}

/** One picture as an engine got it; its bytes went to the sink. */
export interface EngineImage {
  readonly stored: StoredImage;
  readonly revisedPrompt?: string;
  readonly quality?: string;
  readonly background?: string;
  readonly serviceImageId?: string;
}

/** What one call brought. */
export interface EngineAnswer {
  readonly images: readonly EngineImage[];
  readonly model: string;
  readonly usage: Usage;
  readonly limits: Limits;
  readonly requestId: string | null;
  readonly account: Account;
  /** Milliseconds from sending to the first byte of the answer. */
  readonly firstByteMs: number;
  /** The answer broke off, or went wrong, after the picture was whole. */
  readonly truncatedAfterImage: boolean;
  /** This machine's clock minus the service's, in ms, from the Date header; null when not stated. */
  readonly clockSkewMs: number | null;
}

/** Who will pay for a generation. */
export interface Payer extends Account {
  /** The same for the same account, and no secret; null when the account is not known. */
  readonly accountKey: string | null;
}

/** One way to obtain an image. */
export interface Engine {
  readonly id: EngineId;
  readonly capabilities: EngineCapabilities;
  /** What would go over the wire, without sending it; without image bytes. */
  describe(request: ResolvedRequest): {
    readonly method: string;
    readonly url: string;
    readonly headers: Readonly<Record<string, string>>;
    readonly body: Sent;
  };
  /** Check, without spending anything, that the engine can be used: who pays. @throws the login codes */
  prepare(signal: AbortSignal): Promise<Payer>;
  /** Ask for one call's images. @throws LimnError with any code of the table */
  run(call: EngineCall): Promise<EngineAnswer>;
}
