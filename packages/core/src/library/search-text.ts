import { LimnError } from "../errors/index.ts";

/** Written without spaces between words: each character counts as a word. */
const unspaced =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}\p{So}]/u;
/** Letters, digits, marks and pictographs of any script; everything else parts words. */
const words = /[\p{L}\p{N}\p{M}\p{So}]+/gu;
const accents = /[\u0300-\u036f]/g;

/**
 * Words of a text in the form in which they are compared: without case and accents, in one Unicode form, each character by itself where
 * a script has no spaces.
 */
export function wordsOf(text: string): string[] {
  // Most texts have nothing that needs the long way.
  if (isPlain(text)) return text.toLowerCase().match(/[a-z0-9]+/g) ?? [];
  const plain = text.normalize("NFKD").replace(accents, "").normalize("NFC").toLowerCase().replaceAll("ß", "ss");
  return (plain.match(words) ?? []).flatMap(splitUnspaced);
}

function isPlain(text: string): boolean {
  return !/[\u0080-\uffff]/.test(text);
}

function splitUnspaced(word: string): readonly string[] {
  if (!unspaced.test(word)) return [word];
  const parts: string[] = [];
  let run = "";
  for (const character of word) {
    if (!unspaced.test(character)) {
      run += character;
      continue;
    }
    if (run !== "") parts.push(run);
    run = "";
    parts.push(character);
  }
  return run === "" ? parts : [...parts, run];
}

/** For the full-text table, whose own rules for words are those of plain text here: letters and digits of ASCII, without case. */
export function indexText(texts: readonly string[]): string {
  return texts.map((text) => (isPlain(text) ? text : wordsOf(text).join(" "))).join(" ");
}

/** A longer question would hold up its program: SQLite compares each word, and each place of each word in a run, with every text. */
const mostWords = 200;

/**
 * A question for the full-text table: every word of the text must begin a word there; what is written together (`e-mail`, a run of
 * Chinese) must stand together. Nothing of the text is read as the table's own syntax. Null when it has no word.
 * @throws invalid_option when it has too many
 */
export function matchExpression(text: string): string | null {
  const phrases = text
    .split(/\s+/u)
    .map(wordsOf)
    .filter((phrase) => phrase.length > 0);
  // Words hold letters, digits, marks and pictographs only: no quote can end the phrase.
  const wanted = new Map(phrases.map((phrase) => [`"${phrase.join(" ")}"*`, phrase.length]));
  const count = [...wanted.values()].reduce((sum, length) => sum + length, 0);
  if (count > mostWords)
    throw new LimnError("invalid_option", {
      message: `The text to search for has ${count} words; ${mostWords} at most (a character of a script without spaces counts as one).`,
      hint: "Search for the words that are special about it.",
      details: { words: count, mostWords },
    });
  return wanted.size === 0 ? null : [...wanted.keys()].join(" AND ");
}
