import { bearerOf } from "../login/token-register.ts";

/** Replaces credentials in a text. */
export type Scrub = (text: string) => string;

const SHORTEST_SECRET = 6;
const SECRET_HEADER = /auth|cookie|token|secret|key|credential|password/;

/**
 * A scrubber for one request: knows the tokens of the emulator and whatever the request presented as a credential, and
 * recognises the look of JWTs, refresh tokens and API keys.
 */
export function createScrub(accepted: readonly string[], headers: Readonly<Record<string, string>>): Scrub {
  const presented = Object.entries(headers)
    .filter(([name]) => SECRET_HEADER.test(name))
    .flatMap(([, value]) => [bearerOf(value) ?? value, ...value.split(/[\s;=,]+/)])
    .filter(
      (value) => value.length >= SHORTEST_SECRET && value.toLowerCase() !== "bearer" && value.toLowerCase() !== "basic",
    );
  return (text) => {
    let clean = text;
    for (const token of accepted)
      clean = clean.replaceAll(token, "<ACCESS_TOKEN>").replaceAll(encodeURIComponent(token), "<ACCESS_TOKEN>");
    for (const value of presented)
      clean = clean.replaceAll(value, "<OTHER>").replaceAll(encodeURIComponent(value), "<OTHER>");
    return clean
      .replace(/\beyJ[\w-]+\.[\w-]+\.[\w-]*/g, "<JWT>")
      .replace(/\brt_[\w.-]{6,}/g, "<REFRESH_TOKEN>")
      .replace(/\bac_[\w-]{6,}/g, "<CODE>")
      .replace(/\bdeviceauth_[\w-]{6,}/g, "<DEVICE_AUTH_ID>")
      .replace(/\bsk-[\w-]{6,}/g, "<API_KEY>");
  };
}

/** Headers as they may be kept; `accepted` is the presented token when it is one of the emulator's own. */
export function scrubHeaders(
  headers: Readonly<Record<string, string>>,
  accepted: string,
  scrub: Scrub,
): Record<string, string> {
  const clean: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (name === "authorization")
      clean[name] = bearerOf(value) === accepted ? "Bearer <ACCESS_TOKEN>" : "Bearer <OTHER>";
    // The page before may have had a state or a code in its address.
    else if (name === "referer") clean[name] = "<REDACTED>";
    else clean[name] = SECRET_HEADER.test(name) ? "<REDACTED>" : scrub(value);
  }
  return clean;
}

// Query parameters of the sign-in pages that are no secret; a state, a code or a token is one.
const KEPT_QUERY =
  /^(response_type|client_id|redirect_uri|code_challenge|code_challenge_method|scope|originator|id_token_add_organizations|codex_cli_simplified_flow)=/;

/** A path with its query as it may be kept. */
export function scrubTarget(target: string, scrub: Scrub): string {
  const [path = "", ...rest] = target.split("?");
  if (rest.length === 0 || !/^\/(oauth|codex|api\/accounts|auth|deviceauth)\//.test(path)) return scrub(target);
  const query = rest
    .join("?")
    .split("&")
    .map((pair) => (KEPT_QUERY.test(pair) ? pair : `${pair.split("=")[0]}=<REDACTED>`));
  return scrub(`${path}?${query.join("&")}`);
}
