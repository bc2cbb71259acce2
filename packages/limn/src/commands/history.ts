import { LimnError } from "@limn/core";
import type { Fault, Library, LibraryEntry, LibraryQuery } from "@limn/core";
import type { ReaderContext } from "../reader-context.ts";
import { formatLocalTime, formatTable } from "../terminal/format.ts";
import { oneLine } from "../terminal/terminal.ts";
import { findId } from "./find-id.ts";
import { readHistoryQuery } from "./history-query.ts";
import type { HistoryOptions } from "./history-query.ts";

const defaultLimit = 20;
const maxLimit = 1000;

/** `limn history [TEXT]`: newest first. */
export async function history(
  context: ReaderContext,
  words: readonly string[],
  options: HistoryOptions,
): Promise<number> {
  const { terminal, environment } = context;
  const faults: Fault[] = [];
  const limit = readLimit(options.limit, faults);
  const query = readHistoryQuery(words, options, environment.workingFolder, Date.now(), faults);
  if (faults.length > 0)
    throw new LimnError("invalid_option", {
      message: `${faults.map(({ field, message }) => `${field} ${message}`).join("; ")}.`,
      hint: "See: limn history --help",
      details: { faults },
    });
  const withSandbox = options.sandbox === true || context.config().get("sandbox")?.value === true;
  const library = await context.library();
  try {
    if (options.rebuild === true) rebuild(context, library);
    const page = library.page(
      {
        ...query,
        ...(options.parent === undefined ? {} : { parent: parentId(library, options.parent) }),
        emulated: withSandbox ? "with" : "without",
      },
      { cursor: options.cursor ?? null, limit },
    );
    if (options.json === true)
      terminal.data(
        JSON.stringify({
          schemaVersion: 1,
          generations: page.entries.map(summaryOf),
          nextCursor: page.nextCursor,
          total: page.total,
        }),
      );
    else if (page.entries.length === 0) terminal.say(nothingFound(query));
    else {
      for (const line of formatTable(page.entries.map(rowOf).map(withoutEmptyNotes(page.entries)))) terminal.data(line);
      if (page.nextCursor !== null)
        terminal.say(
          terminal.style(
            "dim",
            `${page.entries.length} of ${page.total}; more: the same command with --cursor ${page.nextCursor}`,
          ),
        );
    }
    return 0;
  } finally {
    library.close();
  }
}

function rebuild({ terminal }: ReaderContext, library: Library): void {
  const startedAt = performance.now();
  const { entries, broken } = library.rebuild();
  terminal.say(
    `the index was made anew from ${entries} ${entries === 1 ? "generation" : "generations"} in ${((performance.now() - startedAt) / 1000).toFixed(1)} s`,
  );
  for (const { id, reason } of broken)
    terminal.say(`${terminal.style("yellow", "note:")} ${id} is left out: its manifest.json is broken, ${reason}`);
}

function readLimit(given: string | undefined, faults: Fault[]): number {
  if (given === undefined) return defaultLimit;
  const limit = /^\d{1,4}$/.test(given) ? Number(given) : 0;
  if (limit < 1 || limit > maxLimit)
    faults.push({ field: "--limit", message: `must be a whole number from 1 to ${maxLimit}` });
  return limit;
}

/** A parent may be gone, and its children are still there: a whole id is taken as it is. */
function parentId(library: Library, reference: string): string {
  const id = reference.replace(/^@/, "");
  return /^gen_[0-9a-z]{20}$/.test(id) ? id : findId(library, reference, false);
}

function nothingFound(query: LibraryQuery): string {
  const { text, ...rest } = query;
  if (Object.keys(query).length === 0)
    return 'no pictures yet; make one: limn generate "a red fox" (sandbox pictures: limn history --sandbox)';
  if (query.trash === true && Object.keys(query).length === 1) return "the trash is empty";
  if (text === undefined) return "nothing in the history is like that";
  const isMore = Object.keys(rest).length > 0;
  return `nothing in the history matches "${oneLine(text, 60)}"${isMore ? " and the other conditions" : ""}`;
}

function rowOf(entry: LibraryEntry): string[] {
  const { id, status, createdAt, emulated, images, prompt, imported } = entry;
  const [first] = images;
  const size =
    first === undefined ? "-" : `${first.width}x${first.height}${images.length > 1 ? ` +${images.length - 1}` : ""}`;
  const marks = [
    ...(emulated ? ["sandbox"] : []),
    ...(imported === null ? [] : [imported === "codex" ? "from Codex" : "imported"]),
  ];
  return [
    id,
    formatLocalTime(createdAt),
    marks.length === 0 ? status : `${status} (${marks.join(", ")})`,
    size,
    notesOf(entry),
    oneLine(prompt ?? "(prompt not kept)", 60),
  ];
}

/** What a person noted, in a few words. */
export function notesOf(
  { favourite, kit, tags }: Pick<LibraryEntry, "favourite" | "kit" | "tags">,
  limit = 40,
): string {
  const notes = [
    ...(favourite ? ["favourite"] : []),
    ...(kit === null ? [] : [`kit ${kit}`]),
    ...tags.map((tag) => `#${tag}`),
  ];
  return oneLine(notes.join(" "), limit);
}

/** Most pages have no notes, and then no column for them. */
function withoutEmptyNotes(entries: readonly LibraryEntry[]): (row: string[]) => string[] {
  const hasNotes = entries.some((entry) => notesOf(entry) !== "");
  return (row) => (hasNotes ? row : row.filter((_, column) => column !== 4));
}

function summaryOf(entry: LibraryEntry): unknown {
  const { id, status, createdAt, operation, engine, model, emulated, prompt, n, images, folder } = entry;
  const { favourite, kit, tags, altTexts, parents, endedAt, trashedAt, imported, failure } = entry;
  return {
    id,
    status,
    createdAt,
    operation,
    engine,
    model,
    emulated,
    prompt,
    n,
    images: images.length,
    folder,
    endedAt,
    pictures: images,
    parents,
    failure,
    favourite,
    kit,
    tags,
    altTexts,
    trashedAt,
    imported,
  };
}
