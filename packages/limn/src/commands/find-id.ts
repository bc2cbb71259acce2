import { LimnError } from "@limn/core";
import type { Library } from "@limn/core";

/** By id, or by a unique beginning or end of one; the sandbox's too. @throws artifact_not_found */
export function findId(library: Library, reference: string, isTrashed: boolean): string {
  const wanted = reference.replace(/^@/, "");
  const matches: string[] = [];
  let cursor: string | null = null;
  do {
    const page = library.page({ trash: isTrashed, emulated: "with" }, { cursor, limit: 1000 });
    for (const { id } of page.entries)
      if (id === wanted || (wanted.length >= 4 && (id.startsWith(wanted) || id.endsWith(wanted)))) matches.push(id);
    cursor = page.nextCursor;
  } while (cursor !== null);
  const exact = matches.find((id) => id === wanted) ?? (matches.length === 1 ? matches[0] : undefined);
  if (exact !== undefined) return exact;
  const where = isTrashed ? " in the trash" : "";
  throw new LimnError("artifact_not_found", {
    message:
      matches.length > 1
        ? `${matches.length} generations${where} match "${reference}".`
        : `There is no generation "${reference}"${where}.`,
    hint: isTrashed ? "See: limn history --trash" : "See: limn history",
  });
}
