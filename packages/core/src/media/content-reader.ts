/** Positioned reading of something whose length is known, so that headers are found wherever they stand. */
export interface ContentReader {
  /** Bytes in all. */
  readonly length: number;
  /** At most `length` bytes from `position`: fewer at the end, none beyond it. Only valid until the next call. */
  read(position: number, length: number): Buffer;
}

/** A reader of bytes that are at hand. */
export function readerOf(bytes: Uint8Array): ContentReader {
  const content = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  return { length: content.length, read: (position, length) => content.subarray(position, position + length) };
}
