import { LimnError } from "@limn/core";
import type { Library, LibraryEntry } from "@limn/core";

/** How many of those that match are named. */
const mostNamed = 5;

/** By id, or by a unique beginning or end of one; `@last` is the newest thrown away. The sandbox's too. @throws artifact_not_found */
export function findId(library: Library, reference: string, isTrashed: boolean): string {
  const wanted = reference.replace(/^@/, "");
  const matches: string[] = [];
  let newest: LibraryEntry | null = null;
  let cursor: string | null = null;
  do {
    const page = library.page({ trash: isTrashed, emulated: "with" }, { cursor, limit: 1000 });
    for (const entry of page.entries) {
      const { id, trashedAt } = entry;
      if (id === wanted || (wanted.length >= 4 && (id.startsWith(wanted) || id.endsWith(wanted)))) matches.push(id);
      if ((trashedAt ?? "") > (newest?.trashedAt ?? "")) newest = entry;
    }
    cursor = page.nextCursor;
  } while (cursor !== null);
  if (reference === "@last" && isTrashed) {
    if (newest !== null) return newest.id;
    throw new LimnError("artifact_not_found", { message: "The trash is empty.", hint: "See: limn history" });
  }
  const exact = matches.find((id) => id === wanted) ?? (matches.length === 1 ? matches[0] : undefined);
  if (exact !== undefined) return exact;
  const where = isTrashed ? " in the trash" : "";
  const unnamed = matches.length - mostNamed;
  throw new LimnError("artifact_not_found", {
    message:
      matches.length > 1
        ? `${matches.length} generations${where} match "${reference}": ${matches.slice(0, mostNamed).join(", ")}${unnamed > 0 ? ` and ${unnamed} more` : ""}.`
        : `There is no generation "${reference}"${where}.`,
    hint: isTrashed ? "See: limn history --trash" : "See: limn history",
    ...(matches.length > 1 ? { details: { matches: matches.slice(0, mostNamed) } } : {}),
  });
}
