import type { Agent, ClientRequest, IncomingMessage, RequestOptions } from "node:http";
import type { LookupFunction, Socket } from "node:net";
import { LimnError } from "../errors/index.ts";
import { FetchClock, FetchLimitReached } from "./fetch-clock.ts";
import type { FetchLimits } from "./fetch-clock.ts";
import {
  compressedAnswer,
  connectionFailure,
  cutAnswer,
  limitFailure,
  refusedStatus,
  tooManyRedirects,
} from "./fetch-errors.ts";
import { isPublicAddress } from "./public-address.ts";
import { checkAddress, hostOf, refusePrivate } from "./url-rules.ts";

/** Fetches a picture. */
export type FetchUrl = (address: string, job: FetchJob) => Promise<void>;

export interface FetchJob {
  /** Takes the bytes as they arrive; they are only valid during the call. */
  readonly write: (bytes: Uint8Array) => void;
  readonly maxBytes: number;
  /** The error for more than that; null when nobody knows how many there are. */
  readonly tooLarge: (bytes: number | null) => LimnError;
  readonly signal: AbortSignal;
}

/** An address that a host name stands for. */
export interface ResolvedAddress {
  readonly address: string;
  readonly family: number;
}

export interface UrlFetcherOptions {
  /** Such as `limn/1.2.3`. */
  readonly userAgent: string;
  /** The agent that goes through the proxy for an address; null for a direct connection. @default always direct */
  readonly proxyAgent?: (url: URL, signal: AbortSignal) => Promise<Agent | null>;
  readonly limits?: Partial<FetchLimits>;
  /** For tests. @default the system's resolver, all addresses in its order */
  readonly lookup?: (host: string) => Promise<readonly ResolvedAddress[]>;
  /** For tests. */
  readonly isPublicAddress?: (address: string) => boolean;
}

const maxRedirects = 5;
const redirects: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/**
 * Fetches from the public internet only: of every host, also after a redirect, all addresses are looked at first, and the connection goes
 * to one of those that were looked at. Sends no cookies, no logins and no referrer.
 *
 * @throws input_url_refused, input_not_found, the job's `tooLarge`, and the signal's reason
 */
export function createUrlFetcher(options: UrlFetcherOptions): FetchUrl {
  return async (address, job) => {
    job.signal.throwIfAborted();
    let url = checkAddress(address, null);
    const clock = new FetchClock(options.limits ?? {}, job.signal);
    try {
      for (let hop = 0; ; hop += 1) {
        const location = await fetchOnce(url, job, clock, options);
        if (location === null) return;
        if (hop === maxRedirects) throw tooManyRedirects(address, maxRedirects);
        url = checkAddress(location, url);
      }
    } catch (error) {
      throw understood(error, url, job.signal);
    } finally {
      clock.stop();
    }
  };
}

function understood(error: unknown, url: URL, signal: AbortSignal): unknown {
  if (signal.aborted) return signal.reason;
  if (error instanceof LimnError) return error;
  if (error instanceof FetchLimitReached) return limitFailure(url, error);
  return connectionFailure(url, error);
}

/** Resolves with the address of a redirect, or with null when the picture is there. */
async function fetchOnce(
  url: URL,
  job: FetchJob,
  clock: FetchClock,
  options: UrlFetcherOptions,
): Promise<string | null> {
  clock.startStep("connectMs");
  const agent = (await clock.race(options.proxyAgent?.(url, clock.signal) ?? null)) ?? null;
  const addresses = await publicAddresses(url, agent !== null, clock, options);
  clock.signal.throwIfAborted();
  return new Promise((resolve, reject) => {
    const headers = { accept: "image/*", "accept-encoding": "identity", "user-agent": options.userAgent };
    const direct: RequestOptions = { lookup: pinnedTo(addresses), agent: false };
    const outgoing = openerFor(url)(url, { method: "GET", headers, ...(agent === null ? direct : { agent }) });
    let isSettled = false;
    let isAnswered = false;
    const settle = (finish: () => void): void => {
      if (isSettled) return;
      isSettled = true;
      clock.signal.removeEventListener("abort", stop);
      // Nobody reads on, whatever there is: the socket closes.
      outgoing.destroy();
      finish();
    };
    const fail = (cause: unknown): void => settle(() => reject(cause));
    const stop = (): void => fail(clock.signal.reason);
    clock.signal.addEventListener("abort", stop, { once: true });

    // Stays for good: a destroyed request may still report an error.
    outgoing.on("error", fail);
    outgoing.on("close", () => {
      // From then on the answer itself says how it ended.
      if (!isAnswered) fail(cutAnswer(url));
    });
    // https-proxy-agent replays a refusal of the proxy as if the site had answered; it says so here first.
    outgoing.on("proxyConnect", ({ statusCode }: { readonly statusCode: number }) => {
      if (statusCode !== 200) fail(Object.assign(new Error("the proxy refused"), { code: `PROXY_${statusCode}` }));
    });
    outgoing.on("socket", (socket: Socket) => whenConnected(socket, () => clock.startStep("idleMs")));
    outgoing.on("response", (incoming: IncomingMessage) => {
      isAnswered = true;
      clock.startStep("idleMs");
      const location = redirects.has(incoming.statusCode ?? 0) ? incoming.headers.location : undefined;
      if (location !== undefined) {
        settle(() => resolve(location));
        return;
      }
      receive(incoming, url, job, clock).then(() => settle(() => resolve(null)), fail);
    });
    outgoing.end();
  });
}

/**
 * All addresses of the host, every one of them public. Behind a proxy it is the proxy that resolves the name once more and connects; a
 * name that is private here is refused all the same, and one that only the proxy can resolve is the proxy's decision (null).
 */
async function publicAddresses(
  url: URL,
  hasProxy: boolean,
  clock: FetchClock,
  options: UrlFetcherOptions,
): Promise<readonly ResolvedAddress[]> {
  const isPublic = options.isPublicAddress ?? isPublicAddress;
  const host = hostOf(url);
  const family = process.getBuiltinModule("node:net").isIP(host);
  let addresses: readonly ResolvedAddress[];
  try {
    addresses = family > 0 ? [{ address: host, family }] : await clock.race((options.lookup ?? systemLookup)(host));
  } catch (error) {
    if (hasProxy && !clock.signal.aborted) return [];
    throw error;
  }
  if (!addresses.every(({ address }) => isPublic(address))) throw refusePrivate(url);
  if (addresses.length === 0 && !hasProxy) throw Object.assign(new Error("no address"), { code: "ENOTFOUND" });
  return addresses;
}

async function systemLookup(host: string): Promise<readonly ResolvedAddress[]> {
  return process.getBuiltinModule("node:dns").promises.lookup(host, { all: true, order: "verbatim" });
}

/** Whatever a name service says now, the connection goes where was looked at. */
function pinnedTo(addresses: readonly ResolvedAddress[]): LookupFunction {
  return (_host, { all }, callback) => {
    const [first] = addresses;
    if (all === true) callback(null, [...addresses]);
    else callback(null, first?.address ?? "", first?.family);
  };
}

type OpenRequest = (url: URL, options: RequestOptions) => ClientRequest;

/** An ESM import of node:http loads undici as well (40 ms of CPU); this way loads what is needed. */
function openerFor(url: URL): OpenRequest {
  return url.protocol === "https:"
    ? process.getBuiltinModule("node:https").request
    : process.getBuiltinModule("node:http").request;
}

function whenConnected(socket: Socket, then: () => void): void {
  const isTls = "encrypted" in socket && socket.encrypted === true;
  const isReady = !socket.connecting && !("secureConnecting" in socket && socket.secureConnecting === true);
  if (isReady) then();
  else socket.once(isTls ? "secureConnect" : "connect", then);
}

async function receive(incoming: IncomingMessage, url: URL, job: FetchJob, clock: FetchClock): Promise<void> {
  if (incoming.statusCode !== 200) throw refusedStatus(url, incoming.statusCode ?? 0);
  const encoding = incoming.headers["content-encoding"]?.trim().toLowerCase() ?? "";
  if (encoding !== "" && encoding !== "identity") throw compressedAnswer(url);
  const declared = Number(incoming.headers["content-length"] ?? 0);
  if (declared > job.maxBytes) throw job.tooLarge(declared);
  let received = 0;
  await new Promise<void>((resolve, reject) => {
    incoming.on("data", (chunk: Uint8Array) => {
      clock.startStep("idleMs");
      received += chunk.length;
      try {
        if (received > job.maxBytes) throw job.tooLarge(null);
        job.write(chunk);
      } catch (error) {
        incoming.removeAllListeners("data");
        reject(error);
      }
    });
    incoming.on("end", () => (incoming.complete ? resolve() : reject(cutAnswer(url, received))));
    incoming.on("error", () => reject(cutAnswer(url, received)));
    incoming.on("close", () => reject(cutAnswer(url, received)));
  });
}
