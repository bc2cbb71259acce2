import { LimnError } from "../errors/index.ts";
import { shown } from "./words.ts";

/** An address for messages and records: without user, password, query and fragment, which hold keys and tokens. */
export function addressWithoutSecrets(address: string): string {
  const url = URL.parse(address);
  if (url === null) return address.replace(/[?#][^]*$/, "").replace(/^([a-z\d+.-]+:\/\/)[^/]*@/i, "$1");
  url.username = "";
  url.password = "";
  url.search = "";
  url.hash = "";
  return url.href;
}

/** The literal address in a URL's host, without brackets. */
export function hostOf(url: URL): string {
  return url.hostname.startsWith("[") ? url.hostname.slice(1, -1) : url.hostname;
}

/**
 * Read an address and refuse those that limn never fetches, before any name is resolved. `from` is the address that redirected here.
 * @throws input_url_refused
 */
export function checkAddress(address: string, from: URL | null): URL {
  const url = URL.parse(address, from?.href);
  const problem = url === null ? invalid : problemOf(url, from);
  if (url !== null && problem === null) return url;
  throw refusal(url?.href ?? address, from, problem ?? invalid);
}

/** A host that turned out to be a private one. */
export function refusePrivate(url: URL): LimnError {
  return refusal(url.href, null, privateHost);
}

interface Problem {
  readonly why: string;
  readonly hint: string;
}

const saveIt = "Save the picture to a file and give that: -i FILE";
const invalid: Problem = { why: "is not a valid address", hint: `Check the address. ${saveIt}` };
const privateHost: Problem = {
  why: "belongs to this machine or a private network, and limn fetches from the public internet only",
  hint: "Fetch it yourself and give the file: curl -o picture.png ADDRESS, then -i picture.png",
};

function problemOf(url: URL, from: URL | null): Problem | null {
  const { protocol } = url;
  if (protocol === "file:")
    return {
      why: "is a file address, which limn does not open",
      hint: "Give the path itself: -i /path/to/picture.png",
    };
  if (protocol !== "http:" && protocol !== "https:")
    return { why: `has the scheme ${shown(protocol)} and only http and https are fetched`, hint: saveIt };
  if (from?.protocol === "https:" && protocol === "http:")
    return { why: "gives up encryption (https to http)", hint: saveIt };
  if (url.username !== "" || url.password !== "")
    return { why: "has a user or password in it, and limn sends no logins to other sites", hint: saveIt };
  const host = hostOf(url);
  if (host.endsWith("."))
    return { why: "has a host name that ends in a dot", hint: "Write the host without its last dot." };
  return host === "localhost" || host.endsWith(".localhost") ? privateHost : null;
}

function refusal(address: string, from: URL | null, { why, hint }: Problem): LimnError {
  const name = shown(addressWithoutSecrets(address));
  const subject =
    from === null ? `The address ${name}` : `${shown(addressWithoutSecrets(from.href))} leads to ${name}, which`;
  return new LimnError("input_url_refused", {
    message: `${subject} ${why}. Nothing was sent.`,
    hint,
    details: { url: name },
  });
}
