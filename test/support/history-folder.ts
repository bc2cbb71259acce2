import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { createGenerationId } from "../../packages/core/src/artifacts/generation-id.ts";
import type { Manifest } from "../../packages/core/src/contracts/manifest.ts";
import { FileLibrary } from "../../packages/core/src/library/index.ts";
import { manifest, manifestImage } from "./manifest.ts";

export const firstMs: number = Date.UTC(2026, 10, 1);

/** A folder of limn's with a history that tests write as other programs do: file by file. */
export class HistoryFolder {
  readonly data: string;
  #count = 0;

  constructor(data: string) {
    this.data = data;
  }

  /** Another object for each call, as another process would have; closed when the test is over. */
  library(codexHome: string | null = null): FileLibrary {
    const library = new FileLibrary({
      data: this.data,
      codexHome,
      clock: () => firstMs + 100 * 86_400_000,
      version: "0.0.0-test",
    });
    onTestFinished(() => library.close());
    return library;
  }

  /** An ended generation with one picture, an hour after the one before. Nobody is told of it. */
  write(change: Partial<Manifest> = {}): string {
    const createdMs = firstMs + this.#count * 3_600_000;
    this.#count += 1;
    const id = change.id ?? createGenerationId(createdMs);
    this.rewrite({
      id,
      state: "done",
      createdAt: new Date(createdMs).toISOString(),
      images: [manifestImage({ width: 64, height: 48, sha256: String(this.#count).padStart(64, "0") })],
      ...change,
    });
    return id;
  }

  rewrite(change: Partial<Manifest> & Pick<Manifest, "id">): void {
    const folder = join(this.data, "generations", change.id);
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, "manifest.json"), JSON.stringify(manifest(change), null, 1));
  }

  removeByHand(id: string): void {
    rmSync(join(this.data, "generations", id), { recursive: true });
  }
}
