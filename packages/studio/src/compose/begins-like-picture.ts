/** Bytes that are looked at: comments before the root of a drawing may be long. */
export const beginningBytes = 64 * 1024;

/* oxlint-disable no-control-regex -- these are the marks that files begin with */
const marks: readonly RegExp[] = [
  /^\x89PNG\r\n\x1a\n/,
  /^\xff\xd8\xff/,
  /^RIFF[^]{4}WEBP/,
  /^GIF8[79]a/,
  /^(?:II[*+]\0|MM\0[*+])/,
  // Among the brands of its container, wherever they stand.
  /^[^]{4}ftyp(?:[^]{4})*?avi[fs]/,
];
/* oxlint-enable no-control-regex */

/**
 * Whether a file begins like one that limn takes (PNG, JPEG, WebP, GIF, AVIF, TIFF, SVG), whatever it is called. What is taken here may
 * still be refused by the server, which reads all of it; what is refused here never passes there.
 */
export function beginsLikePicture(head: Uint8Array): boolean {
  const start = String.fromCharCode(...head.subarray(0, 512));
  if (marks.some((mark) => mark.test(start))) return true;
  const text = new TextDecoder().decode(head.subarray(0, beginningBytes)).trimStart();
  return text.startsWith("<") && /<(?:[\w.-]+:)?svg[\s>/]/i.test(text);
}
