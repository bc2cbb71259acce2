import { hostname, networkInterfaces } from "node:os";

const loopback = ["127.0.0.1", "localhost", "[::1]"];

export function isLoopback(host: string): boolean {
  return /^(?:127(?:\.\d{1,3}){3}|::1|localhost)$/.test(host);
}

/** Under which names a server may be asked that is bound to `host`, as a Host header has them without the port. */
export function namesOf(host: string): readonly string[] {
  const name = (address: string): string => (address.includes(":") ? `[${address}]` : address).toLowerCase();
  if (host !== "0.0.0.0" && host !== "::") return [...loopback, name(host)];
  // Bound to everything: the addresses of this machine, and the name that containers know it by.
  const own = Object.values(networkInterfaces()).flatMap((addresses) =>
    (addresses ?? []).map(({ address }) => name(address)),
  );
  return [...loopback, ...own, hostname().toLowerCase(), "host.docker.internal"];
}

/** The address as it is asked from this machine, without a path. */
export function urlOf(host: string, port: number): string {
  // Bound to everything is no name to ask under.
  const named = host === "0.0.0.0" ? "127.0.0.1" : host === "::" ? "::1" : host;
  return `http://${named.includes(":") ? `[${named}]` : named}:${port}`;
}
