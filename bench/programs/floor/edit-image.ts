/**
 * The floor of an edit: `edit-image BASE_URL FOLDER HASHED FILE...` sends the files as limn does, encoded while they are read, and writes
 * the picture that comes back. With HASHED `yes` it reads all files once before and takes their SHA-256: whoever must not send a file that
 * is cut, or wants it named in a record that stands before the request, has to. Prints the picture's SHA-256.
 */
import type { ClientRequest } from "node:http";
import { Decoder, imagesOpening } from "./decoder.ts";
import { requestAnswer } from "./request-answer.ts";

const { closeSync, openSync, readSync, statSync } = process.getBuiltinModule("node:fs");
const { createHash } = process.getBuiltinModule("node:crypto");

/** A multiple of three; its base64 is the 64 KiB that Node takes in before it asks to wait. */
const sliceBytes = 48 * 1024;
const hashedBytes = 1024 * 1024;

const before = (index: number): string => `${index === 0 ? '{"images":[' : ","}{"image_url":"data:image/png;base64,`;
const behind = '"}';
const fields = JSON.stringify({
  prompt: "make it night",
  background: "opaque",
  model: "gpt-image-2",
  quality: "auto",
  size: "auto",
});
const end = `],${fields.slice(1)}`;

function bodyLength(files: readonly string[]): number {
  return files.reduce((sum, path, index) => {
    const encoded = Math.ceil(statSync(path).size / 3) * 4;
    return sum + before(index).length + encoded + behind.length;
  }, end.length);
}

function* slicesOf(path: string, target: Buffer): Generator<Buffer> {
  const file = openSync(path, "r");
  for (let count = readSync(file, target); count > 0; count = readSync(file, target)) yield target.subarray(0, count);
  closeSync(file);
}

function hashFile(path: string, target: Buffer): string {
  const hash = createHash("sha256");
  for (const slice of slicesOf(path, target)) hash.update(slice);
  return hash.digest("hex");
}

async function sendFiles(outgoing: ClientRequest, files: readonly string[]): Promise<void> {
  const buffer = Buffer.allocUnsafeSlow(sliceBytes);
  for (const [index, path] of files.entries()) {
    outgoing.write(before(index), "latin1");
    for (const slice of slicesOf(path, buffer)) {
      if (outgoing.write(slice.toString("base64"), "latin1")) continue;
      await new Promise((resolve) => {
        outgoing.once("drain", resolve);
      });
    }
    outgoing.write(behind, "latin1");
  }
  outgoing.end(end, "latin1");
}

async function main(): Promise<void> {
  const [baseURL = "", folder = "", hashed = "", ...files] = process.argv.slice(2);
  if (hashed === "yes") {
    const buffer = Buffer.allocUnsafeSlow(hashedBytes);
    for (const path of files) hashFile(path, buffer);
  }
  const decoder = new Decoder({ path: `${folder}/image-1.png`, opening: imagesOpening, hashed: true });
  await requestAnswer(
    `${baseURL}/images/edits`,
    { length: bodyLength(files), send: async (outgoing) => sendFiles(outgoing, files) },
    (piece) => void decoder.push(piece),
  );
  process.stdout.write(`${decoder.end()}\n`);
}

void main();
