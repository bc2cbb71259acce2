import { HttpError } from "./http-error.ts";
import { namesOf } from "./host-names.ts";
import { isSameSecret } from "./secret.ts";

/** What is looked at before anything else of a request. */
export interface AskingHeaders {
  readonly host?: string | undefined;
  readonly origin?: string | undefined;
  readonly authorization?: string | undefined;
}

/** Who gets in: under which names the server may be asked, from which pages, with which key. */
export class Access {
  readonly #host: string;
  readonly #key: () => string;
  readonly #keyHint: string;
  /** Nobody gets in before the port is known. */
  #hosts: ReadonlySet<string> = new Set();

  constructor(options: {
    readonly host: string;
    /** As it is now; asked for at every request. An empty one is nobody's. */
    readonly key: () => string;
    /** For who has no key: where it is found. */
    readonly keyHint: string;
  }) {
    this.#host = options.host;
    this.#key = options.key;
    this.#keyHint = options.keyHint;
  }

  /** From here on requests are let in. */
  openAt(port: number): void {
    // Clients leave the usual port out.
    this.#hosts = new Set(namesOf(this.#host).flatMap((name) => [`${name}:${port}`, ...(port === 80 ? [name] : [])]));
  }

  /** Before anything else, the key included; every other name or page is one that was pointed here. @throws HttpError 403 */
  checkPlace({ host = "", origin }: AskingHeaders): void {
    if (!this.#hosts.has(host.toLowerCase()))
      throw new HttpError(403, {
        message: "This server answers under its own address only.",
        code: "host_not_allowed",
      });
    if (origin === undefined) return;
    const [, from = null] = /^http:\/\/(.+)$/.exec(origin.toLowerCase()) ?? [];
    if (from === null || !this.#hosts.has(from))
      throw new HttpError(403, { message: "Pages of other origins get nothing.", code: "origin_not_allowed" });
  }

  hasKey(headers: AskingHeaders): boolean {
    const key = this.#key();
    return key !== "" && isSameSecret(keyOf(headers), key);
  }

  /** @throws HttpError 401, which is never about anything but this key */
  checkKey(headers: AskingHeaders): void {
    if (this.hasKey(headers)) return;
    throw new HttpError(
      401,
      {
        message: `The key of this limn server is ${keyOf(headers) === "" ? "missing" : "wrong"}. ${this.#keyHint}`,
        type: "invalid_request_error",
        code: "invalid_api_key",
      },
      { "www-authenticate": "Bearer" },
    );
  }
}

function keyOf({ authorization = "" }: AskingHeaders): string {
  return /^Bearer +(\S+)$/i.exec(authorization)?.[1] ?? "";
}
