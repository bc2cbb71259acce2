import { closeSync, openSync, renameSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";
import type { PreviewSink } from "../contracts/engine.ts";
import { uniqueSuffix } from "../files/index.ts";

/**
 * Previews of one generation, as files beside its record. They are for looking at only: what cannot be written is left out, and all are
 * removed when the generation ends.
 */
export class PreviewFolder {
  readonly #folder: string;
  readonly #paths: Set<string> = new Set();
  readonly #onPreview: (index: number, partialIndex: number, path: string) => void;

  constructor(folder: string, onPreview: (index: number, partialIndex: number, path: string) => void) {
    this.#folder = folder;
    this.#onPreview = onPreview;
  }

  open(index: number): PreviewSink {
    const temporary = join(this.#folder, `.preview-${uniqueSuffix()}.part`);
    let file: number | null = null;
    try {
      file = openSync(temporary, "wx", 0o600);
    } catch {
      // Told above: a preview that cannot be written is left out.
    }
    const close = (): void => {
      if (file !== null) closeSync(file);
      file = null;
    };
    const discard = (): void => {
      close();
      rmSync(temporary, { force: true });
    };
    return {
      write: (bytes) => {
        try {
          for (let offset = 0; file !== null && offset < bytes.length;) offset += writeSync(file, bytes, offset);
        } catch {
          discard();
        }
      },
      finish: (partialIndex) => {
        if (file === null) return;
        close();
        const path = join(this.#folder, `preview-${index + 1}-${partialIndex + 1}.png`);
        try {
          renameSync(temporary, path);
        } catch {
          rmSync(temporary, { force: true });
          return;
        }
        this.#paths.add(path);
        this.#onPreview(index, partialIndex, path);
      },
      discard,
    };
  }

  removeAll(): void {
    for (const path of this.#paths) rmSync(path, { force: true });
    this.#paths.clear();
  }
}
