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
      .replace(/\bsk-[\w-]{6,}/g, "<API_KEY>");
  };
}

/** Headers as they may be kept. */
export function scrubHeaders(
  headers: Readonly<Record<string, string>>,
  accepted: string,
  scrub: Scrub,
): Record<string, string> {
  const clean: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (name === "authorization")
      clean[name] = bearerOf(value) === accepted ? "Bearer <ACCESS_TOKEN>" : "Bearer <OTHER>";
    else clean[name] = SECRET_HEADER.test(name) ? "<REDACTED>" : scrub(value);
  }
  return clean;
}
