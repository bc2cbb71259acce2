import type { Credential, CredentialProvider } from "../contracts/credential.ts";
import type { Stage } from "../contracts/events.ts";
import { LimnError } from "../errors/index.ts";
import { errorFromAnswer } from "./answer-errors.ts";
import { connectionError, cutError, limitError } from "./connection-errors.ts";
import { HttpFailure } from "./http-client.ts";
import type { HttpAnswer, HttpClient, RequestBody } from "./http-client.ts";
import { isCertainRefusal, retryDelayMs } from "./retry.ts";
import type { FailedAttempt } from "./retry.ts";
import { TimeKeeper, TimeLimitReached, pause } from "./time-limits.ts";
import type { TimeLimits } from "./time-limits.ts";

export interface TransportOptions {
  readonly http: HttpClient;
  readonly credentials: CredentialProvider;
  /** The Codex backend, without a trailing slash. */
  readonly baseURL: string;
  readonly limits: TimeLimits;
  /** How often a request that certainly did nothing is sent again. */
  readonly retries: number;
  /** `limn/<version>`. */
  readonly userAgent: string;
  /** Where requests of an account have to go; asked once per account. Absent: the configured address. */
  readonly routeFor?: (credential: Credential, signal: AbortSignal) => Promise<AccountRoute>;
  readonly clock: () => number;
  /** 0..1, for jitter. */
  readonly random: () => number;
}

/** A workspace's own backend, and the headers that go with it (codex-backend contract 2.4). */
export interface AccountRoute {
  /** An https origin, or null for the configured address. */
  readonly origin: string | null;
  readonly headers: Readonly<Record<string, string>>;
}

export interface TransportCall {
  readonly method: "GET" | "POST";
  /** `codex`: below the base address. `backend`: beside it, where `wham/*` lives (codex-backend contract 2.1). */
  readonly base: "codex" | "backend";
  /** Begins with a slash. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: RequestBody;
  readonly signal: AbortSignal;
  /** A repeat could cost the user an image: after sending, only a proven refusal is repeated. */
  readonly costsQuota: boolean;
  /** The user's own words; an error message that quotes them is withheld. */
  readonly privateTexts?: readonly string[];
  /** Awaited before the first byte of each attempt; counts from 1. */
  readonly beforeSend?: (attempt: number) => Promise<void>;
  readonly onStage?: (stage: Stage, facts: { readonly attempt: number; readonly delayMs?: number }) => void;
}

/** A 2xx answer whose body is still to be read. */
export interface TransportAnswer {
  readonly status: number;
  readonly headers: ReadonlyMap<string, string>;
  readonly credential: Credential;
  /** From the last request byte to the head of the answer. */
  readonly firstByteMs: number;
  readonly receivedAtMs: number;
  /** Must be called once. A chunk may be kept, and must not be changed. @throws stream_truncated, timeout */
  read(onChunk: (chunk: Uint8Array) => void): Promise<void>;
}

export interface Transport {
  readonly baseURL: string;
  /** The login that a request would use now. @throws the login codes */
  credential(): Promise<Credential>;
  /** The headers of a request without its credential; for `--dry-run`. */
  commonHeaders(): Readonly<Record<string, string>>;
  /**
   * The one way to the service. Signs in, sends, repeats what certainly did nothing, and turns failures into codes.
   * @throws the login, limit, refusal, service and connection codes; the signal's own reason when it was aborted
   */
  send(call: TransportCall): Promise<TransportAnswer>;
}

const errorBodyBytes = 64 * 1024;

export function createTransport(options: TransportOptions): Transport {
  const commonHeaders = (): Readonly<Record<string, string>> => ({
    originator: "limn",
    "user-agent": options.userAgent,
    accept: "*/*",
  });
  return {
    baseURL: options.baseURL,
    credential: async () => options.credentials.get(),
    commonHeaders,
    send: async (call) => new Exchange(options, call, commonHeaders()).run(),
  };
}

/** One call with its attempts. */
class Exchange {
  readonly #options: TransportOptions;
  readonly #call: TransportCall;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #url: URL;
  readonly #time: TimeKeeper;
  readonly #startedAtMs: number = performance.now();
  #attempt = 0;
  #empty404s = 0;
  #recovered = false;

  constructor(options: TransportOptions, call: TransportCall, headers: Readonly<Record<string, string>>) {
    this.#options = options;
    this.#call = call;
    this.#headers = headers;
    const base = call.base === "codex" ? options.baseURL : options.baseURL.replace(/\/codex$/, "");
    this.#url = new URL(base + call.path);
    this.#time = new TimeKeeper(options.limits, call.signal);
  }

  async run(): Promise<TransportAnswer> {
    try {
      let credential = await this.#options.credentials.get();
      for (let repeats = 0; ;) {
        const outcome = await this.#try(credential);
        if (outcome.kind === "answer") return outcome.answer;
        const { failed } = outcome;
        if (failed.status === 401 && !this.#recovered) {
          this.#recovered = true;
          const fresh = await this.#options.credentials.recover(credential);
          if (fresh !== null) {
            credential = fresh;
            continue;
          }
        }
        const delayMs =
          repeats < this.#options.retries
            ? retryDelayMs({ ...failed, attempt: repeats }, this.#options.random())
            : null;
        if (delayMs === null || delayMs > this.#remainingMs()) throw this.#final(failed);
        repeats += 1;
        if (failed.status === 404) this.#empty404s += 1;
        this.#call.onStage?.("waiting", { attempt: this.#attempt, delayMs });
        await this.#wait(delayMs, failed.error);
      }
    } catch (error) {
      this.#time.stop();
      throw error;
    }
  }

  #remainingMs(): number {
    return this.#options.limits.totalMs - (performance.now() - this.#startedAtMs);
  }

  async #try(
    credential: Credential,
  ): Promise<{ kind: "answer"; answer: TransportAnswer } | { kind: "failed"; failed: Omit<FailedAttempt, "attempt"> }> {
    this.#attempt += 1;
    const attempt = this.#attempt;
    const { http, clock } = this.#options;
    const route = await this.#options.routeFor?.(credential, this.#time.overall);
    let sentAt: number | null = null;
    let reached: "connecting" | "sent" = "connecting";
    this.#call.onStage?.("connecting", { attempt });
    const signal = this.#time.startAttempt();
    let answer: HttpAnswer;
    try {
      answer = await http.send({
        url: this.#urlAt(route?.origin ?? null),
        method: this.#call.method,
        headers: { ...this.#requestHeaders(credential), ...route?.headers },
        body: this.#call.body ?? null,
        signal,
        onConnected: async () => {
          this.#time.stopStep();
          await this.#call.beforeSend?.(attempt);
          reached = "sent";
          this.#call.onStage?.("sent", { attempt });
        },
        onSent: () => {
          sentAt = performance.now();
        },
      });
    } catch (error) {
      this.#time.stopStep();
      const failure = this.#connectionFailure(error, reached);
      return {
        kind: "failed",
        failed: {
          reached: failure.reached,
          error: failure.error,
          status: null,
          emptyBody: false,
          answeredAfterMs: null,
          hasImageRequestId: false,
          earlierEmpty404s: this.#empty404s,
        },
      };
    }
    this.#time.stopStep();
    const firstByteMs = performance.now() - (sentAt ?? performance.now());
    if (answer.status >= 200 && answer.status < 300) {
      return { kind: "answer", answer: this.#answerOf(answer, credential, firstByteMs, clock()) };
    }
    const body = await this.#readErrorBody(answer);
    const error = errorFromAnswer({
      status: answer.status,
      headers: answer.headers,
      body,
      nowMs: clock(),
      privateTexts: this.#call.privateTexts ?? [],
      loginSource: credential.source,
    });
    return {
      kind: "failed",
      failed: {
        reached: "answered",
        error,
        status: answer.status,
        emptyBody: body.trim() === "",
        answeredAfterMs: firstByteMs,
        hasImageRequestId: answer.headers.has("x-codex-imagegen-request-id"),
        earlierEmpty404s: this.#empty404s,
      },
    };
  }

  #urlAt(origin: string | null): URL {
    return origin === null ? this.#url : new URL(this.#url.pathname + this.#url.search, origin);
  }

  #requestHeaders(credential: Credential): Record<string, string> {
    return {
      ...this.#headers,
      ...this.#call.headers,
      authorization: `Bearer ${credential.revealToken()}`,
      ...credential.accountHeaders,
      ...(credential.accountId === null ? {} : { "chatgpt-account-id": credential.accountId }),
    };
  }

  /** The caller's own reason and the caller's own errors pass through; the rest becomes a code. */
  #connectionFailure(
    error: unknown,
    reached: "connecting" | "sent",
  ): { reached: "connecting" | "sent"; error: LimnError } {
    const { host } = this.#url;
    const { costsQuota } = this.#call;
    if (error instanceof TimeLimitReached) {
      // Only a connection that did not come up in time may be tried again; the total limit ends everything.
      return {
        reached: error.limit === "connectMs" ? "connecting" : "sent",
        error: limitError(error, { reached, host, costsQuota }),
      };
    }
    if (!(error instanceof HttpFailure)) throw error;
    const phase = error.phase === "connecting" ? "connecting" : "sent";
    return { reached: phase, error: connectionError(error, { reached: phase, host, costsQuota }) };
  }

  /** When the total limit runs out while waiting, what went wrong first is what the user needs to know. */
  async #wait(delayMs: number, firstCause: LimnError): Promise<void> {
    try {
      await pause(delayMs, this.#time.overall);
    } catch (error) {
      throw error instanceof TimeLimitReached ? firstCause : error;
    }
  }

  /** What the user is told when it is not tried again. */
  #final(failed: Omit<FailedAttempt, "attempt">): LimnError {
    const { error, status } = failed;
    const details = this.#attempt > 1 ? { attempts: this.#attempt } : {};
    if (this.#call.costsQuota && status !== null && status >= 500 && !isCertainRefusal(failed)) {
      return new LimnError("outcome_unknown", {
        message: `The service answered with status ${status} after it had begun: a picture may have been made and paid for.`,
        hint: "limn does not send it again by itself. See what is left of the plan: limn status",
        details: { ...error.details, ...details, firstCode: error.code },
        cause: error,
      });
    }
    return this.#attempt > 1 ? error.withDetails(details) : error;
  }

  async #readErrorBody(answer: HttpAnswer): Promise<string> {
    const kept: Buffer[] = [];
    let size = 0;
    this.#time.startIdle();
    try {
      await answer.read((chunk) => {
        this.#time.startIdle();
        if (size < errorBodyBytes) kept.push(Buffer.from(chunk.subarray(0, errorBodyBytes - size)));
        size += chunk.length;
        if (size > errorBodyBytes * 4) throw new RangeError("error body too long");
      });
    } catch (error) {
      if (this.#call.signal.aborted) throw error;
      // The status already tells what happened; a cut or endless error page adds nothing.
      answer.discard();
    }
    this.#time.stopStep();
    return Buffer.concat(kept).toString("utf8");
  }

  #answerOf(answer: HttpAnswer, credential: Credential, firstByteMs: number, receivedAtMs: number): TransportAnswer {
    return {
      status: answer.status,
      headers: answer.headers,
      credential,
      firstByteMs,
      receivedAtMs,
      read: async (onChunk) => {
        let received = 0;
        this.#time.startIdle();
        try {
          await answer.read((chunk) => {
            received += chunk.length;
            this.#time.startIdle();
            onChunk(chunk);
          });
        } catch (error) {
          if (error instanceof TimeLimitReached || error instanceof HttpFailure) throw cutError(error, received);
          throw error;
        } finally {
          this.#time.stop();
        }
      },
    };
  }
}
