/** Types that can go in, as they are or converted. */
export type InputKind = "png" | "jpeg" | "webp" | "gif" | "avif" | "tiff" | "svg";

/** What files turn out to be that cannot. */
export type OtherKind =
  | "heic"
  | "bmp"
  | "ico"
  | "pdf"
  | "psd"
  | "jxl"
  | "jp2"
  | "exr"
  | "raw"
  | "xcf"
  | "icns"
  | "pnm"
  | "qoi"
  | "dds"
  | "video"
  | "audio"
  | "archive"
  | "gzip"
  | "program"
  | "script"
  | "database"
  | "key"
  | "html"
  | "xml"
  | "json"
  | "lfs-pointer"
  | "side-file"
  | "text"
  | "unknown";

export type ContentKind = InputKind | OtherKind;

/** Leading bytes that {@link sniffContent} looks at: comments before the root of a drawing may be long. */
export const sniffBytes = 64 * 1024;
/** The part of them that tells text from other bytes. */
const textBytes = 4096;

const mediaTypes: Readonly<Record<InputKind, string>> = {
  png: "image/png",
  jpeg: "image/jpeg",
  webp: "image/webp",
  gif: "image/gif",
  avif: "image/avif",
  tiff: "image/tiff",
  svg: "image/svg+xml",
};

export function isInputKind(kind: ContentKind): kind is InputKind {
  return Object.hasOwn(mediaTypes, kind);
}

export function mediaTypeOf(kind: InputKind): string {
  return mediaTypes[kind];
}

/* oxlint-disable no-control-regex -- these are the marks that files begin with */
/** Matched at the first byte, as Latin-1. The first that matches counts. */
const beginnings: readonly (readonly [RegExp, ContentKind])[] = [
  [/^\x89PNG\r\n\x1a\n/, "png"],
  [/^\xff\xd8\xff/, "jpeg"],
  [/^RIFF[^]{4}WEBP/, "webp"],
  [/^GIF8[79]a/, "gif"],
  // Canon's raw files are TIFF files with a mark of their own; the rest of the family cannot be told from TIFF here.
  [/^II\*\0[^]{4}CR/, "raw"],
  [/^(?:IIRO|IIRS|IIU\0|FUJIFILMCCD-RAW|\0MRM|FOVb)/, "raw"],
  [/^(?:II[*+]\0|MM\0[*+])/, "tiff"],
  [/^BM[^]{12}[\x0c\x28\x34\x38\x40\x6c\x7c]\0\0\0/, "bmp"],
  [/^\0\0[\x01\x02]\0[\x01-\xff][^]/, "ico"],
  [/^%PDF-/, "pdf"],
  [/^8BPS/, "psd"],
  [/^(?:\xff\x0a|\0\0\0\x0cJXL \r\n\x87\n)/, "jxl"],
  [/^(?:\xff\x4f\xff\x51|\0\0\0\x0cjP {2}\r\n\x87\n)/, "jp2"],
  [/^(?:\x76\x2f\x31\x01|#\?RADIANCE|#\?RGBE)/, "exr"],
  [/^gimp xcf /, "xcf"],
  [/^icns/, "icns"],
  [/^(?:P[1-6]\s+[#\d]|P7\nWIDTH)/, "pnm"],
  [/^qoif/, "qoi"],
  [/^DDS /, "dds"],
  [/^(?:\x1a\x45\xdf\xa3|RIFF[^]{4}AVI |FLV\x01|\0\0\x01[\xba\xb3]|[^]{4}(?:moov|mdat|wide))/, "video"],
  [/^(?:ID3|OggS|fLaC|RIFF[^]{4}WAVE|\xff[\xfb\xf3\xf2])/, "audio"],
  [/^\x1f\x8b/, "gzip"],
  [/^(?:PK\x03\x04|PK\x05\x06|7z\xbc\xaf\x27\x1c|Rar!|\xfd7zXZ\0|\x28\xb5\x2f\xfd|BZh[1-9]|[^]{257}ustar)/, "archive"],
  [/^(?:\x7fELF|MZ|\xfe\xed\xfa[\xce\xcf]|[\xce\xcf]\xfa\xed\xfe|\xca\xfe\xba\xbe|\0asm)/, "program"],
  [/^#!/, "script"],
  [/^SQLite format 3\0/, "database"],
  [/^\s*-----BEGIN [A-Z ]+-----/, "key"],
  [/^version https:\/\/git-lfs\./, "lfs-pointer"],
  [/^\0\x05\x16[\0\x07]/, "side-file"],
];
/* oxlint-enable no-control-regex */

/** What the first bytes say that it is; a name says nothing. */
export function sniffContent(head: Uint8Array): ContentKind {
  const bytes = Buffer.from(head.buffer, head.byteOffset, Math.min(head.length, sniffBytes));
  const start = bytes.toString("latin1", 0, 512);
  const found = beginnings.find(([pattern]) => pattern.test(start));
  if (found !== undefined) return found[1];
  if (start.slice(4, 8) === "ftyp") return sniffBoxes(bytes);
  return sniffText(bytes);
}

/** HEIC, AVIF, raw files and films share a container, and tell themselves apart by the brands at its beginning. */
function sniffBoxes(bytes: Buffer): ContentKind {
  const length = Math.min(bytes.readUInt32BE(0), bytes.length, 512);
  const brands: string[] = [bytes.toString("latin1", 8, 12)];
  for (let at = 16; at + 4 <= length; at += 4) brands.push(bytes.toString("latin1", at, at + 4));
  if (brands.some((brand) => brand === "avif" || brand === "avis")) return "avif";
  if (brands.some((brand) => /^(?:hei[cxms]|hev[cxms]|mif1|msf1)$/.test(brand))) return "heic";
  const major = brands[0] ?? "";
  if (major === "crx ") return "raw";
  return /^(?:M4A|M4B)/.test(major) ? "audio" : "video";
}

function sniffText(bytes: Buffer): ContentKind {
  const text = textOf(bytes.subarray(0, textBytes));
  if (text === null) return "unknown";
  const beginning = text.trimStart();
  if (beginning.startsWith("<")) return sniffMarkup(bytes.toString("utf8"));
  return /^[{[]/.test(beginning) ? "json" : "text";
}

/** Null when it is not text. */
function textOf(bytes: Buffer): string | null {
  if (bytes.length >= 2 && (bytes.readUInt16BE(0) === 0xfffe || bytes.readUInt16BE(0) === 0xfeff)) return "UTF-16";
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes, { stream: true });
    // oxlint-disable-next-line no-control-regex -- control characters are what tells text from other bytes
    return /[\0-\x08\x0e-\x1a\x1c-\x1f]/.test(text) ? null : text;
  } catch {
    return null;
  }
}

/** By the name of the root element. */
function sniffMarkup(text: string): ContentKind {
  let rest = text;
  // Every turn takes something away, so this ends.
  for (;;) {
    rest = rest.replace(/^[\s\ufeff]+/, "");
    const end = rest.startsWith("<!--")
      ? rest.indexOf("-->", 4) + 3
      : rest.startsWith("<?")
        ? rest.indexOf("?>", 2) + 2
        : /^<!doctype\s+svg/i.test(rest)
          ? endOfDeclaration(rest)
          : 0;
    // 0: something else; 1 or 2: no end in sight.
    if (end < 3) break;
    rest = rest.slice(end);
  }
  if (/^<(?:[\w.-]+:)?svg[\s>/]/i.test(rest)) return "svg";
  return /^<(?:!doctype\s+html|html|head|body|script|title|meta|div|p|h1|a)\b/i.test(rest) ? "html" : "xml";
}

/** A document type may hold declarations in brackets. */
function endOfDeclaration(text: string): number {
  const close = text.indexOf(">");
  const open = text.indexOf("[");
  if (open < 0 || open > close) return close + 1;
  const end = /\]\s*>/.exec(text);
  return end === null ? 0 : end.index + end[0].length;
}
