import type { ServerResponse } from "node:http";
import type { ImageStart, ImageTap } from "@limn/core";

/** Beyond what the system takes from a client's answer, so much of a picture may wait in memory. */
const maxWaitingBytes = 256 * 1024;

/**
 * One client's answer while the picture in it still arrives. A client that takes it too slowly gets the rest later, from the saved file, so
 * that it costs no memory and nobody waits for it.
 */
export class LivePicture implements ImageTap {
  readonly #response: ServerResponse;
  readonly #writeHead: (start: ImageStart) => string;
  #characters = 0;
  #state: "waiting" | "passing" | "behind" | "void" = "waiting";

  /** `writeHead` writes status and headers, and returns what stands before the picture. */
  constructor(response: ServerResponse, writeHead: (start: ImageStart) => string) {
    this.#response = response;
    this.#writeHead = writeHead;
  }

  /** The status is spent, and a part of the picture is out. */
  get hasBegun(): boolean {
    return this.#state !== "waiting";
  }

  /** What the client has is not the beginning of the picture. */
  get isVoid(): boolean {
    return this.#state === "void";
  }

  /** Of base64; how much the client has been given. */
  get characters(): number {
    return this.#characters;
  }

  /** Null when there is no client any more. */
  begin(start: ImageStart): ImageTap | null {
    if (this.#response.destroyed || this.hasBegun) return null;
    this.#state = "passing";
    this.#response.write(this.#writeHead(start), "latin1");
    return this;
  }

  text(piece: Uint8Array): void {
    if (this.#state !== "passing" || this.#response.destroyed) return;
    this.#characters += piece.length;
    this.#response.write(piece);
    if (this.#response.writableLength > maxWaitingBytes) this.#state = "behind";
  }

  cancel(): void {
    this.#state = "void";
  }
}
