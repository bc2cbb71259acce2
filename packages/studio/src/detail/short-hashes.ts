/** Long fingerprints of files by their first characters, for reading; the record has them whole. */
export function shortHashes(text: string): string {
  return text.replace(/\b([\da-f]{8})[\da-f]{24,}\b/g, "$1…");
}
