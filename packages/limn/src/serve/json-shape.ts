/** Nothing that is asked for is deeper than the address of a picture in an object in a list. */
const maxDepth = 32;
/** Values and brackets; a request has some tens. */
const maxParts = 10_000;

const quote = 0x22;
const backslash = 0x5c;
const comma = 0x2c;
const openBracket = 0x5b;
const closeBracket = 0x5d;
const openBrace = 0x7b;
const closeBrace = 0x7d;

/**
 * False for a JSON text that has more structure than any request: a million brackets are a megabyte of text and a hundred of memory.
 * Says nothing on whether the text is valid.
 */
export function hasModestShape(text: string): boolean {
  let depth = 0;
  let parts = 0;
  for (let at = 0; at < text.length; at += 1) {
    const letter = text.charCodeAt(at);
    if (letter === quote) {
      // Texts are passed over in one leap, since pictures are texts of megabytes.
      at = endOfText(text, at + 1);
      continue;
    }
    if (letter === openBracket || letter === openBrace) depth += 1;
    else if (letter === closeBracket || letter === closeBrace) depth -= 1;
    else if (letter !== comma) continue;
    parts += 1;
    if (depth > maxDepth || parts > maxParts) return false;
  }
  return true;
}

/** Place of the quote that ends it. */
function endOfText(text: string, from: number): number {
  for (let end = text.indexOf('"', from); end >= 0; end = text.indexOf('"', end + 1)) {
    let first = end;
    while (first > from && text.charCodeAt(first - 1) === backslash) first -= 1;
    if ((end - first) % 2 === 0) return end;
  }
  return text.length;
}
