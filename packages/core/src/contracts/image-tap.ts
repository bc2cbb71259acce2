/** What the first bytes of a picture tell. Transparency can still turn up behind them. */
export interface ImageStart {
  /** 0-based place of the picture in its generation. */
  readonly index: number;
  readonly mediaType: string;
  readonly width: number;
  readonly height: number;
  readonly hasAlpha: boolean;
}

/**
 * Gets one picture as base64 text while it arrives, so that a host can hand it on before it is whole.
 *
 * It hears of bytes after they were given to the picture's file, and saving never waits for it: both calls return at once and must not
 * throw. The picture is good only when the generation ends with it in its result; then the text is, to the last character, the base64 of
 * that file. Whatever goes wrong later (a cut, a broken picture, a failed disk) ends the generation with its error and the text unfinished.
 */
export interface ImageTap {
  /** The next piece: standard alphabet, padded at its end, cut anywhere. It may be kept, and must not be changed. */
  text(piece: Uint8Array): void;
  /** What was handed over is not the picture of the result; no more comes. */
  cancel(): void;
}

/** Called once a picture at most, when its header was read and is good. Null: this picture's text is not wanted. */
export type OpenImageTap = (start: ImageStart) => ImageTap | null;
