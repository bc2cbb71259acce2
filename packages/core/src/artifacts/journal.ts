import { closeSync, constants, existsSync, openSync, writeSync } from "node:fs";
import { join } from "node:path";
import type { ProgressNotice } from "../contracts/library.ts";

/** How often the bytes of one picture are told. */
const shortestIntervalMs = 250;

export function journalPath(dataFolder: string): string {
  return join(dataFolder, "changes", "journal.jsonl");
}

/**
 * Tells readers in other processes which generation changed: a line at the end of a file that the library keeps (library/journal-reader.ts).
 * Where no library was ever opened there is no file, and nothing is written. It is only a notice, never the truth: it is not flushed, holds
 * no prompt, and one that cannot be written is left out.
 */
export class Journal {
  readonly #path: string;
  readonly #told: Map<string, { readonly stage: string; readonly atMs: number }> = new Map();

  constructor(dataFolder: string) {
    this.#path = journalPath(dataFolder);
  }

  /** The files of this generation are others now. */
  changed(id: string): void {
    this.#append({ id, changed: true });
  }

  /** How far a picture is; bytes of the same stage are told four times a second at most. */
  progress(notice: ProgressNotice): void {
    const key = `${notice.id} ${notice.index}`;
    const last = this.#told.get(key);
    const atMs = performance.now();
    if (notice.partial === undefined) {
      if (last?.stage === notice.stage && atMs - last.atMs < shortestIntervalMs) return;
      this.#told.set(key, { stage: notice.stage, atMs });
    }
    this.#append(notice);
  }

  /** Nothing more will be told of this generation. */
  forget(id: string): void {
    for (const key of this.#told.keys()) if (key.startsWith(`${id} `)) this.#told.delete(key);
  }

  #append(line: object): void {
    // Not created here: the library begins it, with a name of its own in the first line. An open that fails costs much more than a look.
    if (!existsSync(this.#path)) return;
    try {
      const file = openSync(this.#path, constants.O_WRONLY | constants.O_APPEND);
      try {
        writeSync(file, `${JSON.stringify(line)}\n`);
      } finally {
        closeSync(file);
      }
    } catch {
      // Told in the doc comment.
    }
  }
}
