import { signal as makeSignal } from "@preact/signals";
import type { ApiError } from "@limn/core";
import { t } from "../texts/index.ts";

/** The server's answer that something did not work, or (status 0) that no answer came. */
export class ApiFailure extends Error {
  readonly status: number;
  readonly error: ApiError;

  constructor(status: number, error: ApiError) {
    super(error.message);
    this.name = "ApiFailure";
    this.status = status;
    this.error = error;
  }
}

/** The cookie is no longer known to the server: nothing works until the page is opened anew. */
export const isSessionLost = makeSignal(false);

/** @throws ApiFailure; what `signal` was aborted with */
export function getJson<T>(path: string, signal?: AbortSignal): Promise<T> {
  return ask<T>(path, { method: "GET" }, signal);
}

/** `null` as body sends none. @throws ApiFailure */
export function sendJson<T>(
  method: "POST" | "PATCH" | "PUT" | "DELETE",
  path: string,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
  signal?: AbortSignal,
): Promise<T> {
  if (body === null) return ask<T>(path, { method, headers: { "X-Limn": "studio", ...headers } }, signal);
  const all = { "Content-Type": "application/json", "X-Limn": "studio", ...headers };
  return ask<T>(path, { method, headers: all, body: JSON.stringify(body) }, signal);
}

/** @throws ApiFailure */
export function sendForm<T>(
  path: string,
  form: FormData,
  headers: Readonly<Record<string, string>> = {},
  signal?: AbortSignal,
): Promise<T> {
  return ask<T>(path, { method: "POST", headers: { "X-Limn": "studio", ...headers }, body: form }, signal);
}

/** What to show of anything that was thrown. */
export function errorOf(thrown: unknown): ApiError {
  if (thrown instanceof ApiFailure) return thrown.error;
  return madeHere("bug", "internal", thrown instanceof Error ? thrown.message : String(thrown), null);
}

async function ask<T>(path: string, init: RequestInit, signal: AbortSignal | undefined): Promise<T> {
  let response: Response;
  try {
    response = await fetch(path, { ...init, signal: signal ?? null, credentials: "same-origin" });
  } catch (error) {
    signal?.throwIfAborted();
    throw new ApiFailure(
      0,
      madeHere(
        "connection_failed",
        "connection",
        t("app.unreachable"),
        t("app.unreachableHint"),
        error instanceof Error ? { reason: error.message } : {},
      ),
    );
  }
  if (response.status === 401) isSessionLost.value = true;
  if (!response.ok) throw new ApiFailure(response.status, await readError(response));
  // The contract says what comes; both sides are built from the same types and served by the same program.
  const answer: T = response.status === 204 ? undefined : await response.json();
  return answer;
}

async function readError(response: Response): Promise<ApiError> {
  try {
    const body: unknown = await response.json();
    if (typeof body === "object" && body !== null && "error" in body) return completed(body.error, response.status);
  } catch {
    // No JSON: a proxy or another program answered. Its status is all there is to say.
  }
  return madeHere("unexpected_response", "service", t("app.unexpectedAnswer", { status: response.status }), null);
}

/** The server's own refusals (no session, stopping) have fewer fields than the studio's. */
function completed(error: unknown, status: number): ApiError {
  const given: Partial<ApiError> = typeof error === "object" && error !== null ? error : {};
  return {
    ...madeHere("unexpected_response", "service", t("app.unexpectedAnswer", { status }), null),
    ...given,
    hint: given.hint ?? null,
  };
}

function madeHere(
  code: ApiError["code"],
  category: ApiError["category"],
  message: string,
  hint: string | null,
  details: ApiError["details"] = {},
): ApiError {
  return { code, category, message, hint, retryable: category === "connection", retryAfterMs: null, details };
}
