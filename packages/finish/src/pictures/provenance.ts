import { open } from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";
import type { Picture } from "./open-picture.ts";

type Walk = (read: (offset: number, length: number) => Promise<Buffer>) => Promise<boolean>;

const walks: Readonly<Partial<Record<Picture["kind"], Walk>>> = { png: walkPng, jpeg: walkJpeg, webp: walkWebp };

/** A signed C2PA manifest is in the file (codex-backend contract 3.3). Reads the headers of its parts only. */
export async function carriesC2pa(picture: Picture): Promise<boolean> {
  const walk = walks[picture.kind];
  if (walk === undefined) return false;
  const file = await open(picture.path, "r");
  try {
    return await walk((offset, length) => readAt(file, offset, length));
  } finally {
    await file.close();
  }
}

async function readAt(file: FileHandle, offset: number, length: number): Promise<Buffer> {
  const { bytesRead, buffer } = await file.read(Buffer.alloc(length), 0, length, offset);
  return buffer.subarray(0, bytesRead);
}

async function walkPng(read: Parameters<Walk>[0]): Promise<boolean> {
  for (let offset = 8; ;) {
    const head = await read(offset, 8);
    if (head.length < 8) return false;
    const name = head.toString("latin1", 4, 8);
    if (name === "caBX") return true;
    if (name === "IEND") return false;
    offset += head.readUInt32BE(0) + 12;
  }
}

/** C2PA in JPEG lies in APP11 segments as JUMBF (ISO 19566-5): "JP", box instance, packet, box length, "jumb". */
async function walkJpeg(read: Parameters<Walk>[0]): Promise<boolean> {
  for (let offset = 2; ;) {
    const head = await read(offset, 20);
    const marker = head[1] ?? 0;
    if (head.length < 4 || head[0] !== 0xff || marker === 0xda) return false;
    if (marker === 0xeb && head.toString("latin1", 4, 6) === "JP" && head.toString("latin1", 16, 20) === "jumb") {
      return true;
    }
    // A fill byte stands alone.
    offset += marker === 0xff ? 1 : 2 + head.readUInt16BE(2);
  }
}

async function walkWebp(read: Parameters<Walk>[0]): Promise<boolean> {
  for (let offset = 12; ;) {
    const head = await read(offset, 8);
    if (head.length < 8) return false;
    if (head.toString("latin1", 0, 4) === "C2PA") return true;
    const length = head.readUInt32LE(4);
    offset += 8 + length + (length % 2);
  }
}
