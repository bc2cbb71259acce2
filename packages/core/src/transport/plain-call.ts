import { LimnError } from "../errors/index.ts";
import { connectionError, limitError } from "./connection-errors.ts";
import { HttpFailure, bytesBody } from "./http-client.ts";
import type { HttpClient } from "./http-client.ts";
import { TimeKeeper, TimeLimitReached } from "./time-limits.ts";

export interface PlainCall {
  readonly url: URL;
  readonly method: "GET" | "POST";
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly signal: AbortSignal;
}

export interface PlainAnswer {
  readonly status: number;
  readonly headers: ReadonlyMap<string, string>;
  /** At most 1 MiB. */
  readonly text: string;
  readonly receivedAtMs: number;
}

const limits = { connectMs: 15_000, idleMs: 15_000, totalMs: 30_000 };
const longestAnswer = 1024 * 1024;

/** One small call without a stored login and without repeats; for the sign-in service. @throws connection_failed, timeout, unexpected_response */
export async function sendPlain(http: HttpClient, call: PlainCall): Promise<PlainAnswer> {
  const time = new TimeKeeper(limits, call.signal);
  const { host } = call.url;
  let reached: "connecting" | "sent" = "connecting";
  try {
    const answer = await http.send({
      url: call.url,
      method: call.method,
      headers: call.headers,
      body: call.body === undefined ? null : bytesBody(Buffer.from(call.body, "utf8")),
      signal: time.startAttempt(),
      onConnected: async () => {
        time.stopStep();
        reached = "sent";
      },
      onSent: () => undefined,
    });
    const pieces: Buffer[] = [];
    let size = 0;
    await answer.read((chunk) => {
      size += chunk.length;
      if (size > longestAnswer) {
        throw new LimnError("unexpected_response", {
          message: `The answer of ${host} has more than ${longestAnswer} bytes.`,
        });
      }
      pieces.push(Buffer.from(chunk));
    });
    return {
      status: answer.status,
      headers: answer.headers,
      text: Buffer.concat(pieces).toString("utf8"),
      receivedAtMs: Date.now(),
    };
  } catch (error) {
    if (error instanceof TimeLimitReached) throw limitError(error, { reached, host, costsQuota: false });
    if (error instanceof HttpFailure) throw connectionError(error, { reached, host, costsQuota: false });
    throw error;
  } finally {
    time.stop();
  }
}
