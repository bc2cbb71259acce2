import { strictRefusal, type Outgoing } from "../exchange.ts";
import type { RouteContext } from "../routes/route.ts";
import { isRecord, quotable } from "../values.ts";

/** The fields of a request to the sign-in service, all of them texts. */
export interface RequestFields {
  readonly values: Readonly<Record<string, string>>;
  readonly encoding: "form" | "json";
}

// Everything else may be a credential: codes, verifiers, tokens, or a field nobody expected.
const KEPT: ReadonlySet<string> = new Set([
  "grant_type",
  "client_id",
  "redirect_uri",
  "refresh_reason",
  "token_type_hint",
  "requested_token",
  "subject_token_type",
  "account",
  "decision",
]);

/**
 * Reads a form or a JSON object and writes it into the record, without what could be a credential. Strict: a field that
 * comes twice or is no text is 400 and named.
 */
export function readFields(
  context: RouteContext,
  accepted: readonly ("form" | "json")[],
): { readonly fields: RequestFields; readonly refusal?: undefined } | { readonly refusal: Outgoing } {
  const type = (context.incoming.headers["content-type"] ?? "").split(";")[0]?.trim().toLowerCase() ?? "";
  const encoding =
    type === "application/x-www-form-urlencoded" ? "form" : type === "application/json" ? "json" : undefined;
  if (encoding === undefined || !accepted.includes(encoding)) {
    const expected = accepted
      .map((name) => (name === "form" ? "application/x-www-form-urlencoded" : "application/json"))
      .join(" or ");
    const message =
      type === ""
        ? `Missing header 'content-type': expected ${expected}.`
        : `Unsupported content type '${quotable(type)}': expected ${expected}.`;
    return { refusal: strictRefusal("content-type", message, "unsupported_content_type") };
  }
  const text = Buffer.from(context.body).toString("utf8");
  const pairs = encoding === "form" ? [...new URLSearchParams(text)] : jsonPairs(text);
  if (pairs === undefined) return { refusal: strictRefusal("body", "The body must be a JSON object.", "invalid_json") };
  const values: Record<string, string> = {};
  const kept: Record<string, unknown> = {};
  context.call.body = kept;
  let wrong: string | undefined;
  for (const [name, value] of pairs) {
    if (typeof value !== "string" || Object.hasOwn(values, name)) wrong ??= name;
    if (typeof value === "string") values[name] = value;
    kept[context.scrub(name)] = recorded(context, name, value);
  }
  if (wrong === undefined) return { fields: { values, encoding } };
  const message = `Invalid value for '${quotable(wrong)}': expected one text.`;
  return { refusal: strictRefusal(quotable(wrong), message) };
}

/** 400 for a field that is missing or that this request does not have. */
export function checkNames(
  values: Readonly<Record<string, string>>,
  required: readonly string[],
  optional: readonly string[] = [],
): Outgoing | undefined {
  const unknown = Object.keys(values).find((name) => !required.includes(name) && !optional.includes(name));
  if (unknown !== undefined)
    return strictRefusal(quotable(unknown), `Unknown parameter: '${quotable(unknown)}'.`, "unknown_parameter");
  const missing = required.find((name) => values[name] === undefined || values[name] === "");
  if (missing !== undefined)
    return strictRefusal(missing, `Missing required parameter: '${missing}'.`, "missing_required_parameter");
  return undefined;
}

function jsonPairs(text: string): [string, unknown][] | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isRecord(value) ? Object.entries(value) : undefined;
  } catch {
    return undefined;
  }
}

function recorded(context: RouteContext, name: string, value: unknown): unknown {
  if (typeof value === "string" && KEPT.has(name)) return context.scrub(value);
  const { logins } = context.state;
  if ((name === "refresh_token" || name === "token") && typeof value === "string" && value.startsWith("rt_"))
    return `<REFRESH_TOKEN ${logins.label(value)}>`;
  return "<REDACTED>";
}
