import { fstatSync, readFileSync } from "node:fs";
import { LimnError } from "@limn/core";

/** A prompt is at most 32,000 characters; this much is read before giving up. */
const maxBytes = 1024 * 1024;

/**
 * The prompt from the words of the command line, `-` or piped stdin, or a file. Undefined when there is none.
 * @throws input_not_found, invalid_option
 */
export async function readPrompt(
  words: readonly string[],
  promptFile: string | undefined,
  say: (line: string) => void,
): Promise<string | undefined> {
  if (promptFile !== undefined && words.length > 0) {
    throw new LimnError("invalid_option", {
      message: "The prompt was given twice: as words and with --prompt-file.",
      hint: "Leave one of them out.",
    });
  }
  if (promptFile !== undefined) return trimEnd(promptFile === "-" ? await readStdin() : readFile(promptFile));
  if (words.length === 1 && words[0] === "-") return trimEnd(await readStdin());
  if (words.length > 0) return words.join(" ");
  if (!isPiped()) return undefined;
  const notice = setTimeout(() => say("waiting for the prompt on stdin; give it as an argument, or end stdin"), 2000);
  notice.unref();
  const text = trimEnd(await readStdin());
  clearTimeout(notice);
  return text;
}

function readFile(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    throw new LimnError("input_not_found", {
      message: `The prompt file ${path} cannot be read.`,
      hint: "Check the path and its rights.",
      cause: error,
    });
  }
}

/** A pipe, a file or a socket; not a terminal and not /dev/null. */
function isPiped(): boolean {
  if (process.stdin.isTTY === true) return false;
  try {
    const facts = fstatSync(0);
    return facts.isFIFO() || facts.isFile() || facts.isSocket();
  } catch {
    // Closed.
    return false;
  }
}

async function readStdin(): Promise<string> {
  const pieces: Buffer[] = [];
  let size = 0;
  for await (const piece of process.stdin) {
    const bytes = Buffer.from(piece);
    size += bytes.length;
    if (size > maxBytes)
      throw new LimnError("invalid_option", {
        message: `The prompt on stdin has more than ${maxBytes} bytes.`,
        hint: "A prompt has at most 32,000 characters.",
      });
    pieces.push(bytes);
  }
  return Buffer.concat(pieces).toString("utf8");
}

/** The line end that editors and `echo` add is not part of the prompt. */
function trimEnd(text: string): string {
  return text.replace(/\r?\n$/, "");
}
