import { existsSync, readFileSync, renameSync } from "node:fs";
import { join } from "node:path";
import type { Marks, MarksChange } from "../contracts/library.ts";
import { LimnError } from "../errors/index.ts";
import { errno, uniqueSuffix, writeFileAtomically } from "../files/index.ts";
import { isObject, parseJson, textOf } from "../json/index.ts";

const marksName = "marks.json";
const longestTag = 50;
const mostTags = 50;
const longestAltText = 2000;
const mostChanges = 100;

/** What is in `marks.json`; fields of newer versions are kept. */
export interface MarksFile {
  readonly marks: Marks;
  readonly trashedAt: string | null;
  /** False: there is a file, and nobody knows what it says. */
  readonly isReadable: boolean;
  readonly raw: Readonly<Record<string, unknown>>;
}

/** No file, or a broken one: nothing is marked. */
export function readMarks(folder: string): MarksFile {
  const path = join(folder, marksName);
  // Most have none, and an exception costs ten times as much as the question.
  if (!existsSync(path)) return unmarked;
  let content: string;
  try {
    content = readFileSync(path, "utf8");
  } catch (error) {
    return errno(error) === "ENOENT" ? unmarked : { ...unmarked, isReadable: false };
  }
  const raw = parseJson(content);
  if (!isObject(raw)) return { ...unmarked, isReadable: false };
  const tags = Array.isArray(raw.tags) ? raw.tags.filter((tag): tag is string => typeof tag === "string") : [];
  const altTexts = isObject(raw.altTexts)
    ? Object.fromEntries(
        Object.entries(raw.altTexts).filter(
          (pair): pair is [string, string] => /^\d{1,3}$/.test(pair[0]) && typeof pair[1] === "string",
        ),
      )
    : {};
  return {
    marks: { favourite: raw.favourite === true, tags: [...new Set(tags)], kit: textOf(raw.kit), altTexts },
    trashedAt: textOf(raw.trashedAt),
    isReadable: true,
    raw,
  };
}

const unmarked: MarksFile = {
  marks: { favourite: false, tags: [], kit: null, altTexts: {} },
  trashedAt: null,
  isReadable: true,
  raw: {},
};

/** Replaces the file; the caller holds the lock. One that could not be read is kept beside it, for a person to look at. */
export function writeMarks(folder: string, before: MarksFile, marks: Marks, trashedAt: string | null): void {
  if (!before.isReadable) renameSync(join(folder, marksName), join(folder, `marks-unreadable-${uniqueSuffix()}.json`));
  const { trashedAt: _before, ...raw } = before.raw;
  const content = { schemaVersion: 1, ...raw, ...marks, ...(trashedAt === null ? {} : { trashedAt }) };
  writeFileAtomically(join(folder, marksName), `${JSON.stringify(content, null, 1)}\n`);
}

/** @throws invalid_option when a tag or text is none, or there would be too many */
export function changedMarks(before: Marks, change: MarksChange): Marks {
  const removed = new Set((change.removeTags ?? []).map(cleanTag));
  const tags = new Set(before.tags.filter((tag) => !removed.has(tag)));
  for (const tag of change.addTags ?? []) tags.add(checkedName(tag, "A tag"));
  if (tags.size > mostTags) throw invalid(`A generation has ${mostTags} tags at most; these would be ${tags.size}.`);
  const altTexts: Record<string, string> = { ...before.altTexts };
  for (const [index, text] of Object.entries(change.altTexts ?? {})) {
    if (!/^\d{1,2}$/.test(index)) throw invalid("An alt text belongs to a picture by its 0-based number.");
    const clean = text === null ? "" : text.replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, " ").trim();
    if (clean.length > longestAltText)
      throw invalid(`An alt text has ${longestAltText} characters at most; this one has ${clean.length}.`);
    if (clean === "") Reflect.deleteProperty(altTexts, index);
    else altTexts[index] = clean;
  }
  return {
    favourite: change.favourite ?? before.favourite,
    tags: [...tags],
    kit: change.kit === undefined ? before.kit : change.kit === null ? null : checkedName(change.kit, "A kit's name"),
    altTexts,
  };
}

/** Before anything is read or locked. @throws invalid_option */
export function checkMarksChange(change: MarksChange): void {
  const count = (change.addTags?.length ?? 0) + (change.removeTags?.length ?? 0);
  if (count > mostChanges) throw invalid(`${count} tags in one change are too many; ${mostChanges} at most.`);
  changedMarks(unmarked.marks, change);
}

function cleanTag(text: string): string {
  return text.normalize("NFC").trim();
}

function checkedName(text: string, what: string): string {
  const clean = cleanTag(text);
  const length = Array.from(clean).length;
  if (length >= 1 && length <= longestTag && !/[\p{Cc}\p{Zl}\p{Zp}]/u.test(clean)) return clean;
  throw invalid(
    `${what} has 1 to ${longestTag} characters and no control characters${length > longestTag ? `; this one has ${length}` : ""}.`,
  );
}

function invalid(message: string): LimnError {
  return new LimnError("invalid_option", { message, hint: "See: limn mark --help" });
}
