import { randomBytes } from "node:crypto";

/** What the public API gives its addresses. */
const livesMs = 60 * 60_000;
const maxLinks = 10_000;

interface Linked {
  readonly path: string;
  readonly mediaType: string;
  readonly expiresAt: number;
}

/** Addresses of pictures, each with a secret of its own, for clients that cannot send the key with them. */
export class PictureLinks {
  readonly #links = new Map<string, Linked>();

  add(path: string, mediaType: string): string {
    const now = Date.now();
    for (const [token, { expiresAt }] of this.#links) {
      if (expiresAt > now && this.#links.size < maxLinks) break;
      this.#links.delete(token);
    }
    const token = randomBytes(24).toString("base64url");
    this.#links.set(token, { path, mediaType, expiresAt: now + livesMs });
    return token;
  }

  find(token: string): Linked | null {
    const linked = this.#links.get(token);
    return linked === undefined || linked.expiresAt <= Date.now() ? null : linked;
  }
}
