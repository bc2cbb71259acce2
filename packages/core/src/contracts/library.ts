import type { Stage } from "./events.ts";
import type { EngineId } from "./request.ts";
import type { GenerationStatus } from "./result.ts";

/** What a person notes about a generation; kept beside its manifest in `marks.json`, so that files stay the truth. */
export interface Marks {
  readonly favourite: boolean;
  /** In the order in which they were given; each 1..50 characters without control characters, at most 50. */
  readonly tags: readonly string[];
  /** Name of the set of pictures that this one belongs to (an icon set, the sprites of a game); null = none. */
  readonly kit: string | null;
  /** What a picture shows, by its index; where there is none the prompt stands in. */
  readonly altTexts: Readonly<Record<string, string>>;
}

/** What changes; a field that is left out stays. */
export interface MarksChange {
  readonly favourite?: boolean;
  readonly addTags?: readonly string[];
  readonly removeTags?: readonly string[];
  readonly kit?: string | null;
  /** Null takes a text away. */
  readonly altTexts?: Readonly<Record<string, string | null>>;
}

/** Which generations are meant; every field that is given must hold. */
export interface LibraryQuery {
  /** Words, 200 at most; each must begin a word of the prompt, the revised prompt, a tag, the kit or an alt text. */
  readonly text?: string;
  /** ISO 8601, inclusive. */
  readonly since?: string;
  /** ISO 8601, exclusive. */
  readonly until?: string;
  readonly engine?: EngineId;
  readonly model?: string;
  /** `WxH` of a delivered picture. */
  readonly size?: string;
  /** Id of a generation whose picture went into it. */
  readonly parent?: string;
  readonly status?: GenerationStatus;
  /** Working folder of the program that asked, and what is below it; absolute. */
  readonly folder?: string;
  readonly kit?: string;
  readonly tag?: string;
  readonly favourite?: boolean;
  readonly operation?: "generate" | "edit";
  /** Pictures of the sandbox. @default "without" */
  readonly emulated?: "with" | "without" | "only";
  /** What was thrown away instead of what is there. @default false */
  readonly trash?: boolean;
}

/** One picture of an entry, as it was delivered. */
export interface LibraryImage {
  readonly index: number;
  readonly mediaType: string;
  readonly width: number;
  readonly height: number;
  readonly hasAlpha: boolean;
  readonly bytes: number;
  /** Lower-case hex; names the bytes in every cache. */
  readonly sha256: string;
  /** The file was finished locally, and the original is there beside it. */
  readonly isFinished: boolean;
}

/** One generation in a list. */
export interface LibraryEntry extends Marks {
  readonly id: string;
  /** Grows with every change of any entry. */
  readonly revision: number;
  readonly operation: "generate" | "edit";
  readonly status: GenerationStatus;
  /** ISO 8601. */
  readonly createdAt: string;
  readonly endedAt: string | null;
  readonly engine: EngineId;
  readonly model: string;
  readonly emulated: boolean;
  /** Null where it was not kept. */
  readonly prompt: string | null;
  readonly n: number;
  readonly folder: string;
  readonly parents: readonly string[];
  readonly images: readonly LibraryImage[];
  /** The first thing that went wrong. */
  readonly failure: { readonly code: string; readonly message: string } | null;
  /** ISO 8601; null = not in the trash. */
  readonly trashedAt: string | null;
  /** Where it came from when limn did not make it: Codex's own folder, or a PNG with a recipe. */
  readonly imported: "codex" | "recipe" | null;
}

/** One page of a list. */
export interface LibraryPage {
  readonly entries: readonly LibraryEntry[];
  /** For the next page; opaque. Null = this was the last. */
  readonly nextCursor: string | null;
  /** How many there are in all. */
  readonly total: number;
}

/** What can be filtered by, with how many there are; most first. */
export interface LibraryFacets {
  readonly engines: readonly Facet[];
  readonly models: readonly Facet[];
  readonly sizes: readonly Facet[];
  readonly statuses: readonly Facet[];
  readonly tags: readonly Facet[];
  readonly kits: readonly Facet[];
  readonly folders: readonly Facet[];
  readonly favourites: number;
  readonly trashed: number;
}

/** One value, and how many generations have it. */
export interface Facet {
  readonly value: string;
  readonly count: number;
}

/** How far a running generation is, told by whichever process runs it. */
export interface ProgressNotice {
  readonly id: string;
  readonly index: number;
  readonly stage: Stage;
  /** Picture bytes received so far. */
  readonly bytes?: number;
  /** 0-based number of the newest preview; its file is `preview-<index + 1>-<partial + 1>.png` in the generation's folder. */
  readonly partial?: number;
}

/**
 * What changed since a place in time, oldest first. When entries and ids together are as many as the limit, there may be more: ask again
 * with the new place.
 */
export interface LibraryChanges {
  /** Changes when the index was made anew; a place of another epoch means nothing. */
  readonly epoch: string;
  /** Up to here it is told; the next place. */
  readonly revision: number;
  readonly entries: readonly LibraryEntry[];
  /** Ids that are gone for good. */
  readonly gone: readonly string[];
  /** No place, or an unknown one was given: read everything again, then go on from this place. */
  readonly isReset: boolean;
}

/** What may be removed for good; a rule that is given must hold. Favourites and running ones always stay. */
export interface PruneRule {
  /** Made more than so many milliseconds ago. */
  readonly olderThanMs?: number;
  /** Whose files together have at least so many bytes. */
  readonly largerThanBytes?: number;
  /** Beside the newest so many; those of the sandbox and those in the trash are counted by themselves. */
  readonly keep?: number;
  /** Only what is in the trash. @default false */
  readonly trashOnly?: boolean;
  /** Sandbox pictures only. @default false */
  readonly emulatedOnly?: boolean;
  /** None but these ids: what a person was shown and agreed to, though more may have come under the rule since. */
  readonly among?: readonly string[];
}

/** What was removed for good, or would be. */
export interface PruneReport {
  readonly removed: readonly {
    readonly id: string;
    readonly bytes: number;
    readonly prompt: string | null;
    /** It was in the trash. */
    readonly trashed: boolean;
    /** It was the sandbox's. */
    readonly emulated: boolean;
  }[];
  /** Sum of the files' sizes; blocks that a delivered copy shares are not told apart. */
  readonly bytes: number;
  /** How many generations stay. */
  readonly kept: number;
  /** Those by kind; a sandbox picture in the trash is the trash's. */
  readonly keptByKind: { readonly history: number; readonly sandbox: number; readonly trash: number };
  /** What killed runs left behind, and small versions of pictures that are gone. */
  readonly leftovers: { readonly files: number; readonly bytes: number };
  readonly failures: readonly { readonly id: string; readonly message: string }[];
}

/** A file, or a folder that is walked, of PNGs with a recipe; or Codex's own `generated_images`, as a whole. */
export type ImportSource = { readonly kind: "path"; readonly path: string } | { readonly kind: "codex" };

/** What became of the files that were to be brought in. */
/** What an import took, and what it left. */
export interface ImportReport {
  readonly imported: readonly { readonly id: string; readonly file: string }[];
  /** Already in the history. */
  readonly known: number;
  readonly skipped: readonly { readonly file: string; readonly reason: string }[];
}

/** What the new index was made from. */
export interface RebuildReport {
  readonly entries: number;
  /** Manifests that could not be read, with the reason; their files stay. */
  readonly broken: readonly { readonly id: string; readonly reason: string }[];
}

/** A place in the changes; see `LibraryChanges`. */
export interface LibraryPlace {
  readonly epoch: string;
  readonly revision: number;
}

/**
 * Every generation of this history, found by words and filters. The files are the truth; the index behind it is made from them, by any
 * number of processes at once, and can be deleted at any time.
 */
export interface Library {
  /** Nothing can be written here: marks, trash and import fail; the index is kept in memory. */
  readonly isReadOnly: boolean;
  /** Newest first. `limit` 1..1000. @throws invalid_option for a broken cursor or query */
  page(query: LibraryQuery, options: { readonly cursor?: string | null; readonly limit: number }): LibraryPage;
  /** Also from the trash; null when there is none. */
  entry(id: string): LibraryEntry | null;
  /** What was made from it, oldest first. */
  children(id: string): readonly LibraryEntry[];
  /** What there is to filter by. */
  facets(options?: Pick<LibraryQuery, "emulated">): LibraryFacets;
  /** Whether a generation could be marked so; for a generation that is still to come. @throws invalid_option */
  checkMarks(change: MarksChange): void;
  /** @throws artifact_not_found, artifact_write_failed, invalid_option */
  mark(id: string, change: MarksChange): Promise<LibraryEntry>;
  /** Out of sight, and back with `restore`. @throws artifact_not_found, artifact_write_failed, invalid_option for a running one */
  trash(id: string): Promise<LibraryEntry>;
  /** @throws artifact_not_found, artifact_exists, artifact_write_failed */
  restore(id: string): Promise<LibraryEntry>;
  /** For good; only what is in the trash. @throws artifact_not_found, artifact_write_failed */
  remove(id: string): Promise<void>;
  /** Remove for good what the rule means; a dry run removes nothing. */
  prune(rule: PruneRule, options: { readonly isDryRun: boolean }): Promise<PruneReport>;
  /** Sources stay as they are. @throws input_not_found, artifact_write_failed, the signal's reason */
  import(sources: readonly ImportSource[], signal: AbortSignal): Promise<ImportReport>;
  /** Make the index anew from the files. */
  rebuild(): RebuildReport;
  /** Folder of a generation, wherever it is now (the trash too). @throws artifact_not_found */
  folderOf(id: string): string;
  /** What changed since a place; with null, where to begin. */
  changesSince(place: LibraryPlace | null, limit: number): LibraryChanges;
  /**
   * Called after changes of any process, and with the progress of running generations; keeps no program alive by itself. Returns what
   * ends it.
   */
  watch(listener: LibraryListener): () => void;
  /** Let go of the index; nothing else may be called afterwards. */
  close(): void;
}

/** What is told by `watch`. */
export interface LibraryListener {
  /** Something changed; ask `changesSince`. */
  changed(): void;
  /** A running generation came further. */
  progress(notice: ProgressNotice): void;
}
