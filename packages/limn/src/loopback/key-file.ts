import { randomBytes } from "node:crypto";
import { chmodSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { LimnError } from "@limn/core";

const shortestKey = 32;

/** The key that clients show. The file holds it and nothing else; a running server follows a change. */
export class KeyFile {
  readonly path: string;
  /** The command of the server, for hints. */
  readonly #command: string;
  #key = "";
  #state = "";

  constructor(path: string, command: string) {
    this.path = path;
    this.#command = command;
  }

  /** Made at the first start. @throws artifact_write_failed, config_invalid */
  ensure(): string {
    return this.#guard(() => {
      const kept = this.current();
      // Nothing has to be written then, and on a read-only disk nothing can be.
      if (kept !== "" && isPrivate(this.path)) return kept;
      mkdirSync(dirname(this.path), { recursive: true, mode: 0o700 });
      try {
        writeFileSync(this.path, newKey(), { mode: 0o600, flag: "wx" });
      } catch (error) {
        if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
      }
      chmodSync(this.path, 0o600);
      const key = readFileSync(this.path, "utf8").trim();
      if (key.length >= shortestKey) return key;
      throw new LimnError("config_invalid", {
        message: `The key in ${this.path} is too short.`,
        hint: `Delete the file, and a new key is made at the next start: rm ${this.path}`,
      });
    });
  }

  /** The old key is worth nothing from here on. @throws artifact_write_failed */
  rotate(): string {
    return this.#guard(() => {
      mkdirSync(dirname(this.path), { recursive: true, mode: 0o700 });
      const key = newKey();
      const next = `${this.path}.${process.pid}.new`;
      rmSync(next, { force: true });
      writeFileSync(next, key, { mode: 0o600, flag: "wx" });
      renameSync(next, this.path);
      return key;
    });
  }

  /** As it is now; empty, which nobody can show, when the file is gone. */
  current(): string {
    try {
      const { mtimeNs, ino, size } = statSync(this.path, { bigint: true });
      const state = `${ino}:${mtimeNs}:${size}`;
      if (state !== this.#state) {
        const key = readFileSync(this.path, "utf8").trim();
        this.#key = key.length >= shortestKey ? key : "";
        this.#state = state;
      }
    } catch {
      this.#key = "";
      this.#state = "";
    }
    return this.#key;
  }

  #guard(work: () => string): string {
    try {
      return work();
    } catch (error) {
      if (error instanceof LimnError) throw error;
      throw new LimnError("artifact_write_failed", {
        message: `The key of the server cannot be kept in ${this.path}.`,
        hint: `Correct the rights of its folder, or name another: LIMN_HOME=/some/folder ${this.#command}`,
        cause: error,
      });
    }
  }
}

/** The key of `limn serve`, in the folder for settings. */
export function serveKeyFile(configFolder: string): KeyFile {
  return new KeyFile(join(configFolder, "serve-key"), "limn serve");
}

/** The key of `limn mcp --http`. */
export function mcpKeyFile(configFolder: string): KeyFile {
  return new KeyFile(join(configFolder, "mcp-key"), "limn mcp --http");
}

/** Nobody else can read it. */
function isPrivate(path: string): boolean {
  return (statSync(path).mode & 0o077) === 0;
}

function newKey(): string {
  return randomBytes(32).toString("base64url");
}
