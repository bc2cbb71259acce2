import { closeSync, fstatSync, openSync, readSync, writeSync } from "node:fs";

/** Keyword of the text chunk that carries a recipe. */
const keyword = "limn-recipe";
const signatureAndHeaderBytes = 33;
const longestRecipeBytes = 1024 * 1024;

/**
 * Copy a PNG with a recipe in an `iTXt` chunk behind its header (PNG specification, 11.3.3.4). Every other byte stays, but the file
 * is no longer what its signed provenance speaks of. Returns false when `source` is no PNG; nothing is written then.
 */
export function copyPngWithRecipe(source: string, target: string, recipe: string): boolean {
  const input = openSync(source, "r");
  try {
    const head = Buffer.alloc(signatureAndHeaderBytes);
    if (readSync(input, head, 0, head.length, 0) < head.length || head.toString("latin1", 1, 4) !== "PNG") return false;
    const output = openSync(target, "wx", 0o600);
    try {
      writeSync(output, head);
      writeSync(output, textChunk(recipe));
      const block = Buffer.allocUnsafe(256 * 1024);
      for (let offset = head.length; ;) {
        const count = readSync(input, block, 0, block.length, offset);
        if (count === 0) return true;
        writeSync(output, block, 0, count);
        offset += count;
      }
    } finally {
      closeSync(output);
    }
  } finally {
    closeSync(input);
  }
}

/** The recipe inside a PNG, or null. Reads chunk headers only. */
export function readPngRecipe(path: string): string | null {
  const file = openSync(path, "r");
  try {
    const { size } = fstatSync(file);
    const header = Buffer.alloc(8);
    if (readSync(file, header, 0, 8, 0) < 8 || header.toString("latin1", 1, 4) !== "PNG") return null;
    for (let offset = 8; offset + 8 <= size;) {
      if (readSync(file, header, 0, 8, offset) < 8) return null;
      const length = header.readUInt32BE(0);
      if (header.toString("latin1", 4, 8) === "iTXt" && length > 0 && length <= longestRecipeBytes) {
        const data = Buffer.alloc(length);
        if (readSync(file, data, 0, length, offset + 8) < length) return null;
        const prefix = Buffer.from(`${keyword}\0\0\0\0\0`, "latin1");
        if (data.subarray(0, prefix.length).equals(prefix)) return data.toString("utf8", prefix.length);
      }
      offset += length + 12;
    }
    return null;
  } finally {
    closeSync(file);
  }
}

function textChunk(recipe: string): Buffer {
  // Keyword, null, not compressed (0, 0), no language, no translated keyword, text.
  const body = Buffer.concat([
    Buffer.from("iTXt", "latin1"),
    Buffer.from(`${keyword}\0\0\0\0\0`, "latin1"),
    Buffer.from(recipe, "utf8"),
  ]);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(body.length - 4);
  const check = Buffer.alloc(4);
  check.writeUInt32BE(process.getBuiltinModule("node:zlib").crc32(body));
  return Buffer.concat([length, body, check]);
}
