import { createHmac, randomBytes } from "node:crypto";
import type { IncomingHttpHeaders, IncomingMessage } from "node:http";
import { isSameSecret } from "../loopback/index.ts";

/** A link is good once, within this time. */
export const linkLifetimeMs = 10 * 60_000;
const sessionLifetimeMs = 30 * 24 * 60 * 60_000;
/** A session that is older is renewed when the page is loaded. */
const renewAfterMs = 24 * 60 * 60_000;
/** Links that nobody opened; the oldest goes. */
const maxLinks = 32;

const safeMethods: ReadonlySet<string> = new Set(["GET", "HEAD"]);

/**
 * Who may use the studio. A session is a signed cookie, so it lives on when the server is started again, and every session ends when the
 * server's key is changed (`limn serve --rotate-key`). A link in the address bar is worth nothing once it was opened.
 */
export class Sessions {
  readonly #key: () => string;
  readonly #cookie: string;
  readonly #clock: () => number;
  /** Code by end of life, ms. */
  readonly #links = new Map<string, number>();

  constructor(options: {
    /** As it is now; empty is nobody's. */
    readonly key: () => string;
    /** Cookies do not tell ports apart: two servers of one machine have names of their own. */
    readonly port: number;
    readonly clock: () => number;
  }) {
    this.#key = options.key;
    this.#cookie = `limn_session_${options.port}`;
    this.#clock = options.clock;
  }

  /** A code that opens the studio once. */
  newCode(): string {
    const code = randomBytes(16).toString("base64url");
    this.#links.set(code, this.#clock() + linkLifetimeMs);
    for (const oldest of this.#links.keys()) {
      if (this.#links.size <= maxLinks) break;
      this.#links.delete(oldest);
    }
    return code;
  }

  /** The `Set-Cookie` of a new session; null when the code opens nothing. */
  open(code: string): string | null {
    const known = [...this.#links.keys()].find((candidate) => isSameSecret(code, candidate));
    if (known === undefined) return null;
    const isGood = (this.#links.get(known) ?? 0) > this.#clock();
    this.#links.delete(known);
    return isGood && this.#key() !== "" ? this.#newCookie() : null;
  }

  /** Whether a session of this server comes along, whoever made the request. */
  isKnown(headers: IncomingHttpHeaders): boolean {
    return this.#expiryOf(headers) !== null;
  }

  /** The `Set-Cookie` of a longer session, where that is due. */
  renewed(headers: IncomingHttpHeaders): string | null {
    const expiresAtMs = this.#expiryOf(headers);
    const isDue = expiresAtMs !== null && expiresAtMs - this.#clock() < sessionLifetimeMs - renewAfterMs;
    return isDue ? this.#newCookie() : null;
  }

  /**
   * Whether the request may act for the session: it comes from the page itself. Other ports of this machine are the "same site" for a
   * browser, which then sends the cookie along; so it is not enough by itself.
   */
  allows({ method = "GET", headers }: Pick<IncomingMessage, "method" | "headers">): boolean {
    if (!isFromOwnPage(headers)) return false;
    if (!safeMethods.has(method) && !provesIntent(headers)) return false;
    return this.isKnown(headers);
  }

  #newCookie(): string {
    const expiresAt = Math.floor((this.#clock() + sessionLifetimeMs) / 1000);
    const body = `${expiresAt}.${randomBytes(9).toString("base64url")}`;
    return `${this.#cookie}=${body}.${this.#signature(body)}; Path=/; HttpOnly; SameSite=Strict; Max-Age=${sessionLifetimeMs / 1000}`;
  }

  #expiryOf({ cookie = "" }: IncomingHttpHeaders): number | null {
    if (this.#key() === "") return null;
    for (const pair of cookie.split(/; */)) {
      if (!pair.startsWith(`${this.#cookie}=`)) continue;
      const [, body = "", expiresAt = "", signature = ""] =
        /^((\d{1,12})\.[\w-]{12})\.([\w-]{43})$/.exec(pair.slice(this.#cookie.length + 1)) ?? [];
      const expiresAtMs = Number(expiresAt) * 1000;
      if (body !== "" && isSameSecret(signature, this.#signature(body)) && expiresAtMs > this.#clock())
        return expiresAtMs;
    }
    return null;
  }

  #signature(body: string): string {
    return createHmac("sha256", this.#key())
      .update(`limn studio session\n${this.#cookie}\n${body}`)
      .digest("base64url");
  }
}

/** No page of another origin made this request, another port of this machine included; typed addresses and bookmarks are `none`. */
export function isFromOwnPage(headers: IncomingHttpHeaders): boolean {
  const site = headers["sec-fetch-site"];
  return site === undefined || site === "same-origin" || site === "none";
}

/** A header that no form can set, and the origin that every browser sends with what changes something. */
function provesIntent(headers: IncomingHttpHeaders): boolean {
  return headers["x-limn"] === "studio" && headers.origin?.toLowerCase() === `http://${headers.host?.toLowerCase()}`;
}
