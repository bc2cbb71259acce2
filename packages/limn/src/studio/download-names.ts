const extensions: Readonly<Record<string, string>> = {
  "image/png": "png",
  "image/jpeg": "jpg",
  "image/webp": "webp",
  "image/avif": "avif",
  "image/gif": "gif",
  "image/tiff": "tiff",
};
const longestName = 60;
const deviceNames = /^(?:con|prn|aux|nul|com\d|lpt\d)$/i;

/** Names for pictures that every file system takes, each once: words of the prompt, and a number where two would be the same. */
export function downloadNames(
  items: readonly { readonly prompt: string | null; readonly mediaType: string }[],
): readonly string[] {
  const taken = new Set<string>();
  return items.map(({ prompt, mediaType }) => {
    const bare = nameOf(prompt ?? "");
    const extension = extensions[mediaType] ?? "bin";
    let name = `${bare}.${extension}`;
    for (let number = 2; taken.has(name.toLowerCase()); number += 1) name = `${bare}-${number}.${extension}`;
    taken.add(name.toLowerCase());
    return name;
  });
}

/** RFC 6266: the name in ASCII, and as it is. */
export function disposition(kind: "attachment" | "inline", name: string): string {
  const ascii = name.replaceAll(/[^\w.-]/g, "_");
  const encoded = encodeURIComponent(name).replaceAll(
    /['()*]/g,
    (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return `${kind}; filename="${ascii}"; filename*=UTF-8''${encoded}`;
}

function nameOf(prompt: string): string {
  const words =
    prompt
      .normalize("NFKC")
      .toLowerCase()
      .match(/[\p{L}\p{N}\p{M}]+/gu) ?? [];
  let name = "";
  for (const word of words) {
    const next = name === "" ? word : `${name}-${word}`;
    // Counted in bytes: the limit of most file systems is 255 bytes, and a number and an extension follow.
    if (Buffer.byteLength(next) > longestName) break;
    name = next;
  }
  return name === "" || deviceNames.test(name) ? `image${name === "" ? "" : `-${name}`}` : name;
}
