/** Names that Windows keeps for devices, whatever their extension. */
const deviceNames = /^(?:con|prn|aux|nul|com\d|lpt\d)$/i;
const longestName = 60;

/**
 * A file name (without extension) from a prompt that every file system takes: letters and digits of any script in one Unicode form,
 * joined by hyphens, short, never hidden, never a device name. `image` when nothing is left.
 */
export function nameFromPrompt(prompt: string): string {
  const words = prompt
    .normalize("NFKC")
    .toLowerCase()
    .replace(/['’]/gu, "")
    .match(/[\p{L}\p{N}\p{M}]+/gu);
  let name = "";
  for (const word of words ?? []) {
    const next = name === "" ? word : `${name}-${word}`;
    // Counted in bytes: the limit of most file systems is 255 bytes, and a counter and an extension follow.
    if (Buffer.byteLength(next) > longestName) break;
    name = next;
  }
  if (name === "") name = cutToBytes(words?.[0] ?? "", longestName);
  if (name === "" || deviceNames.test(name)) return name === "" ? "image" : `image-${name}`;
  return name;
}

function cutToBytes(text: string, limit: number): string {
  let cut = "";
  for (const character of text) {
    if (Buffer.byteLength(cut + character) > limit) break;
    cut += character;
  }
  return cut;
}
