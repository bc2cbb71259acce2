/** What the image tool answered in the place of a picture (codex-backend contract 3.6, wire fixture images.error-cases). */
export type ToolAnswer =
  | { readonly kind: "http"; readonly status: number; readonly body: string }
  /** The request went out and no answer came. */
  | { readonly kind: "network"; readonly said: string }
  /** An answer came that Codex could not read. */
  | { readonly kind: "unreadable"; readonly said: string }
  | { readonly kind: "empty" }
  | { readonly kind: "not-an-image" }
  /** The tool was called wrongly, or is not there. */
  | { readonly kind: "refused-call"; readonly said: string };

const http = /image generation failed: http (\d{3})\b[^:]*: (?:Some\("((?:[^"\\]|\\.)*)"\)|None)/s;
const network = /image generation failed: (network error: .*|timeout\b.*)/;
const unreadable = /image generation failed: (stream error: .*)/;
const other = /image generation failed: (.*)/;
/** Wire fixture imagegen.argument-errors. */
const refusedCall =
  /(unsupported call: imagegen|GIF output is unavailable in this session\.|referenced image paths are unavailable in this session|unable to (?:read|process) referenced image\b.*|provide only one of `referenced_image_paths`.*|`referenced_image_paths` must contain .*|unknown field `.*`, expected one of .*|AbsolutePathBuf deserialized .*)/;

/** Null when the text tells of no failure. */
export function readToolText(text: string): ToolAnswer | null {
  const answered = http.exec(text);
  if (answered !== null) return { kind: "http", status: Number(answered[1]), body: fromRustDebug(answered[2] ?? "") };
  const said = (pattern: RegExp): string | null => pattern.exec(text)?.[1] ?? null;
  const lost = said(network);
  if (lost !== null) return { kind: "network", said: lost };
  const broken = said(unreadable);
  if (broken !== null) return { kind: "unreadable", said: broken };
  if (text.includes("image generation returned no image data")) return { kind: "empty" };
  if (text.includes("image content omitted because it could not be processed")) return { kind: "not-an-image" };
  const refused = said(refusedCall);
  if (refused !== null) return { kind: "refused-call", said: refused };
  const rest = said(other);
  return rest === null ? null : { kind: "unreadable", said: rest };
}

const escapes: Readonly<Record<string, string>> = { n: "\n", r: "\r", t: "\t", "0": "\0" };

/** A text as Rust's `{:?}` writes it, between its quotes. */
function fromRustDebug(text: string): string {
  return text.replaceAll(/\\(?:u\{([0-9a-f]{1,6})\}|(.))/gs, (_, hex: string | undefined, character: string) =>
    hex === undefined ? (escapes[character] ?? character) : codePoint(Number.parseInt(hex, 16)),
  );
}

function codePoint(value: number): string {
  return value <= 0x10_ff_ff ? String.fromCodePoint(value) : "\uFFFD";
}
