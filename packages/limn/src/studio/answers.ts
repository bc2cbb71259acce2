import type { IncomingMessage, ServerResponse } from "node:http";
import { LimnError, redactSecrets, toLimnError } from "@limn/core";
import type { ApiError } from "@limn/core";
import { HttpError, statusByCategory } from "../loopback/index.ts";

/** An error whose status is not the one of its category. */
export class Refusal extends Error {
  override readonly name: string = "Refusal";
  readonly status: number;
  readonly error: LimnError;

  constructor(status: number, error: LimnError) {
    super(error.message);
    this.status = status;
    this.error = error;
  }
}

/** The client left before its request was whole. There is nobody to answer. */
export class ReaderLeft extends Error {
  override readonly name: string = "ReaderLeft";
}

/** Where the category alone does not tell. 401 is about the session only. */
const statusByCode: Readonly<Record<string, number>> = {
  artifact_exists: 409,
  artifact_not_found: 404,
  image_corrupt: 422,
  input_too_large: 413,
  service_overloaded: 503,
  timeout: 504,
};

/** After an error some clients still send their body; they read the answer only when that is taken from them. */
const lingerMs = 10_000;

/** A body as JSON; `undefined` has none. */
export function sendJson(response: ServerResponse, value: unknown, status = 200): void {
  response.setHeader("cross-origin-resource-policy", "same-origin");
  if (value === undefined) {
    response.writeHead(204);
    response.end();
    return;
  }
  const body = Buffer.from(JSON.stringify(value));
  response.writeHead(status, { "content-type": "application/json; charset=utf-8", "content-length": body.length });
  response.end(body);
}

/** Tell what went wrong, in the shape of the studio's API. @throws what is the server's own to tell */
export function sendProblem(request: IncomingMessage, response: ServerResponse, problem: unknown): void {
  if (problem instanceof HttpError) throw problem;
  if (problem instanceof ReaderLeft || response.destroyed || response.headersSent) {
    response.destroy();
    return;
  }
  const { status, error } = problem instanceof Refusal ? problem : judged(problem);
  for (const name of ["content-length", "content-range", "etag", "content-disposition", "content-encoding"])
    response.removeHeader(name);
  response.setHeader("cache-control", "no-store");
  if (error.retryAfterMs !== null)
    response.setHeader("retry-after", String(Math.max(1, Math.ceil(error.retryAfterMs / 1000))));
  const { "content-length": length = "0", "transfer-encoding": encoding } = request.headers;
  const isWhole = request.complete || (length === "0" && encoding === undefined);
  sendJson(response, { error: told(error) }, status);
  if (isWhole) return;
  // A connection that is closed with bytes unread takes the answer with it.
  request.resume();
  const timer = setTimeout(() => request.socket.destroy(), lingerMs);
  request.once("close", () => clearTimeout(timer));
}

function judged(problem: unknown): { readonly status: number; readonly error: LimnError } {
  const error = toLimnError(problem);
  return { status: statusByCode[error.code] ?? statusByCategory[error.category], error };
}

/** As it may be shown. */
export function told(error: LimnError): ApiError {
  const report = error.toJSON();
  return {
    ...report,
    message: redactSecrets(report.message),
    hint: report.hint === null ? null : redactSecrets(report.hint),
  };
}

/** @throws HTTP 404 */
export function notFound(message: string): LimnError {
  return new LimnError("artifact_not_found", { message, hint: "It may have been deleted; load the page again." });
}

export function invalidRequest(message: string, status = 400): Refusal {
  return new Refusal(status, new LimnError("invalid_option", { message, hint: "Load the page again." }));
}
