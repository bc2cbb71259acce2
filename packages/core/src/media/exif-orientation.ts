const orientationTag = 0x0112;
const widthTag = 0x0100;
const heightTag = 0x0101;
/** Far more entries than any camera writes. */
const maxEntries = 1000;

/** The numbers of a TIFF structure's first directory that matter here; absent ones are null. */
export interface TiffFacts {
  readonly orientation: number | null;
  readonly width: number | null;
  readonly height: number | null;
}

const nothing: TiffFacts = { orientation: null, width: null, height: null };

/**
 * Reads the first directory of a TIFF structure, which is also what EXIF is. `read` yields at most `length` bytes at a position; nothing
 * is trusted: one directory, a bounded number of entries, no pointer followed twice.
 */
export function readTiff(read: (position: number, length: number) => Buffer): TiffFacts {
  const head = Buffer.from(read(0, 8));
  if (head.length < 8) return nothing;
  const mark = head.toString("latin1", 0, 4);
  if (mark !== "II*\0" && mark !== "MM\0*") return nothing;
  const little = mark === "II*\0";
  const short = (bytes: Buffer, at: number): number => (little ? bytes.readUInt16LE(at) : bytes.readUInt16BE(at));
  const long = (bytes: Buffer, at: number): number => (little ? bytes.readUInt32LE(at) : bytes.readUInt32BE(at));
  const directory = long(head, 4);
  const count = read(directory, 2);
  if (count.length < 2) return nothing;
  const entries = Buffer.from(read(directory + 2, Math.min(short(count, 0), maxEntries) * 12));
  const numbers = new Map<number, number>();
  for (let at = 0; at + 12 <= entries.length; at += 12) {
    const tag = short(entries, at);
    const type = short(entries, at + 2);
    const isOne = long(entries, at + 4) === 1;
    if (!isOne || numbers.has(tag)) continue;
    if (type === 3) numbers.set(tag, short(entries, at + 8));
    else if (type === 4) numbers.set(tag, long(entries, at + 8));
  }
  return {
    orientation: numbers.get(orientationTag) ?? null,
    width: numbers.get(widthTag) ?? null,
    height: numbers.get(heightTag) ?? null,
  };
}

/** EXIF orientation 1..8, where 1 is upright and also what anything unreadable counts as. `Exif\0\0` may stand before the structure. */
export function exifOrientation(payload: Uint8Array): number {
  const bytes = Buffer.from(payload.buffer, payload.byteOffset, payload.length);
  const start = bytes.toString("latin1", 0, 4) === "Exif" ? 6 : 0;
  const { orientation } = readTiff((position, length) => bytes.subarray(start + position, start + position + length));
  return orientation !== null && orientation >= 1 && orientation <= 8 ? orientation : 1;
}
