import { createHash, timingSafeEqual } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { hostname, networkInterfaces } from "node:os";
import { HttpError } from "./http-error.ts";

/** Under which names this server may be asked; every other one is a page that was pointed here. */
export class Access {
  readonly #hosts: ReadonlySet<string>;
  readonly #key: () => string;

  constructor(options: { readonly host: string; readonly port: number; readonly key: () => string }) {
    const { host, port } = options;
    // Clients leave the usual port out.
    this.#hosts = new Set(namesOf(host).flatMap((name) => [`${name}:${port}`, ...(port === 80 ? [name] : [])]));
    this.#key = options.key;
  }

  /** Before anything else, the key included. @throws HttpError 403 */
  checkPlace({ headers }: IncomingMessage): void {
    const host = (headers.host ?? "").toLowerCase();
    if (!this.#hosts.has(host))
      throw new HttpError(403, {
        message: "This server answers under its own address only.",
        code: "host_not_allowed",
      });
    const { origin } = headers;
    if (origin === undefined) return;
    const [, from = null] = /^http:\/\/(.+)$/.exec(origin.toLowerCase()) ?? [];
    if (from === null || !this.#hosts.has(from))
      throw new HttpError(403, { message: "Pages of other origins get nothing.", code: "origin_not_allowed" });
  }

  /** @throws HttpError 401, which is never about anything but this key */
  checkKey({ headers }: IncomingMessage): void {
    const [, given = ""] = /^Bearer +(\S+)$/i.exec(headers.authorization ?? "") ?? [];
    const key = this.#key();
    if (key !== "" && isEqual(given, key)) return;
    throw new HttpError(
      401,
      {
        message: `The key of this limn server is ${given === "" ? "missing" : "wrong"}. To see it: limn serve --show-key`,
        type: "invalid_request_error",
        code: "invalid_api_key",
      },
      { "www-authenticate": "Bearer" },
    );
  }
}

/** In the same time for every wrong key. */
function isEqual(given: string, key: string): boolean {
  const digest = (text: string): Buffer => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(given), digest(key));
}

const loopback = ["127.0.0.1", "localhost", "[::1]"];

export function isLoopback(host: string): boolean {
  return /^(?:127(?:\.\d{1,3}){3}|::1|localhost)$/.test(host);
}

function namesOf(host: string): string[] {
  const name = (address: string): string => (address.includes(":") ? `[${address}]` : address).toLowerCase();
  if (isLoopback(host)) return [...loopback, name(host)];
  if (host !== "0.0.0.0" && host !== "::") return [...loopback, name(host)];
  // Bound to everything: the addresses of this machine, and the name that containers know it by.
  const own = Object.values(networkInterfaces()).flatMap((addresses) =>
    (addresses ?? []).map(({ address }) => name(address)),
  );
  return [...loopback, ...own, hostname().toLowerCase(), "host.docker.internal"];
}
