import { mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/**
 * Which generations nobody has got the answer of yet, on the disk: a client that lost its server with its answer repeats
 * the request without saying so. The files are empty; their names tell all.
 */
export class OwedAnswers {
  readonly #folder: string;
  /** Of processes before this one: ids by fingerprint. */
  readonly #earlier = new Map<string, string[]>();

  /** Forgets what is older. */
  constructor(folder: string, rememberMs: number) {
    this.#folder = folder;
    for (const name of namesIn(folder)) {
      const [fingerprint = "", id = ""] = name.split(".");
      const path = join(folder, name);
      // Another server may settle it in this moment.
      const since = statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
      if (Date.now() - since > rememberMs) removeIfPossible(path);
      else this.#earlier.set(fingerprint, [...(this.#earlier.get(fingerprint) ?? []), id]);
    }
  }

  add(fingerprint: string, id: string): void {
    try {
      writeFileSync(this.#pathOf(fingerprint, id), "", { mode: 0o600 });
    } catch {
      // Without it a repeat after the next start is a new picture; that is no reason to refuse this one.
    }
  }

  settle(fingerprint: string, id: string): void {
    removeIfPossible(this.#pathOf(fingerprint, id));
  }

  /** Ids of generations that an earlier process owes the answer of. */
  of(fingerprint: string): readonly string[] {
    const ids = this.#earlier.get(shortened(fingerprint)) ?? [];
    return ids.filter((id) => statSync(this.#pathOf(fingerprint, id), { throwIfNoEntry: false }) !== undefined);
  }

  #pathOf(fingerprint: string, id: string): string {
    return join(this.#folder, `${shortened(fingerprint)}.${id}`);
  }
}

/** None where the folder cannot be made, as on a read-only disk: what is there can still be shown. */
function namesIn(folder: string): readonly string[] {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function removeIfPossible(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch {
    // It stays, and at most a repeat after the next start costs nothing that should have been a new picture.
  }
}

function shortened(fingerprint: string): string {
  return fingerprint.slice(0, 40);
}
