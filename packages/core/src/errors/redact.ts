/** Shapes of credentials: bearer headers, JWTs, refresh tokens, API keys. */
const secretShapes: readonly RegExp[] = [
  /\bBearer\s+[\w.~+/=-]+/gi,
  /\beyJ[\w-]{5,}\.[\w-]+(?:\.[\w-]*)?/g,
  /\b(?:rt|at|sk|sess)[-_][\w-]{8,}/g,
];

/** `text` with everything that looks like a credential replaced. */
export function redactSecrets(text: string): string {
  let clean = text;
  for (const shape of secretShapes) clean = clean.replace(shape, "[secret]");
  return clean;
}

/** A stretch this long of the user's own words is taken as a quotation. */
const quotationLength = 16;

/**
 * A sentence of the service that is fit for an error message: one line, short, without credentials; null when it quotes one of
 * `privateTexts` (a prompt), since prompts stay out of errors.
 */
export function publicServiceMessage(text: string, privateTexts: readonly string[]): string | null {
  const line = redactSecrets(oneLine(text)).slice(0, 300);
  if (line === "") return null;
  for (const privateText of privateTexts.map(oneLine)) {
    if (privateText.length < quotationLength) {
      if (privateText.length > 3 && line.includes(privateText)) return null;
      continue;
    }
    for (let start = 0; start + quotationLength <= line.length; start += 1) {
      if (privateText.includes(line.slice(start, start + quotationLength))) return null;
    }
  }
  return line;
}

/** White space and control characters as single spaces, so that a quotation is found however it is wrapped. */
function oneLine(text: string): string {
  return text.replace(/[\p{Cc}\p{Z}]+/gu, " ").trim();
}

/** `acc-1234567890` -> `…7890`; for reports that people paste into issues. */
export function shorten(value: string): string {
  return value.length <= 4 ? "…" : `…${value.slice(-4)}`;
}
