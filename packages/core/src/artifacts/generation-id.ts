/** Crockford's base 32 in lower case: no letters that look like digits, and it sorts. */
const alphabet = "0123456789abcdefghjkmnpqrstvwxyz";

/** `gen_` + 10 characters of time + 10 of randomness: sorts by time, fits any file system, cannot collide in practice. */
export function createGenerationId(nowMs: number): string {
  let time = "";
  for (let rest = nowMs, place = 0; place < 10; place += 1) {
    time = (alphabet[rest % 32] ?? "") + time;
    rest = Math.floor(rest / 32);
  }
  let random = "";
  for (const byte of process.getBuiltinModule("node:crypto").randomBytes(10)) random += alphabet[byte & 31] ?? "";
  return `gen_${time}${random}`;
}

/** Whether a text has the form of a generation's id. */
export function isGenerationId(text: string): boolean {
  return /^gen_[0-9a-hjkmnp-tv-z]{20}$/.test(text);
}
