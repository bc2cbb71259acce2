import { LimnError } from "@limn/core";
import type { ImageInput } from "@limn/core";
import { readClipboard } from "./clipboard.ts";

const maxBytes = 200 * 1024 * 1024;

/** The sources of `-i` as the library takes them: stdin and the clipboard are read here, the rest is its business. */
export async function readInputs(
  sources: readonly string[],
  variables: Readonly<Record<string, string | undefined>>,
): Promise<readonly ImageInput[]> {
  const inputs: ImageInput[] = [];
  for (const source of sources) {
    if (source === "-") inputs.push({ bytes: await readStdin(), name: "stdin" });
    else if (source === "clipboard") inputs.push({ bytes: await readClipboard(variables), name: "clipboard" });
    else inputs.push(source);
  }
  return inputs;
}

async function readStdin(): Promise<Uint8Array> {
  if (process.stdin.isTTY === true)
    throw new LimnError("invalid_option", {
      message: "-i - reads a picture from stdin, and stdin is a terminal.",
      hint: 'Send one: cat fox.png | limn edit "make it night" -i -',
    });
  const pieces: Buffer[] = [];
  let size = 0;
  for await (const piece of process.stdin) {
    const bytes = Buffer.from(piece);
    size += bytes.length;
    if (size > maxBytes)
      throw new LimnError("input_too_large", {
        message: `The picture on stdin has more than ${maxBytes / 1024 / 1024} MiB.`,
        hint: "An input has at most 25 MiB.",
      });
    pieces.push(bytes);
  }
  return Buffer.concat(pieces);
}
