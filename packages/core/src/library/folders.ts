import { join } from "node:path";

/** What an import begins in, beside the generations, until it is whole. */
export const draftPrefix = ".import-";

/** Where the library finds and keeps things. */
export interface LibraryFolders {
  readonly data: string;
  readonly generations: string;
  readonly trash: string;
  readonly changes: string;
  readonly index: string;
  readonly thumbnails: string;
  readonly hashes: string;
}

export function libraryFolders(data: string): LibraryFolders {
  return {
    data,
    generations: join(data, "generations"),
    trash: join(data, "trash"),
    changes: join(data, "changes"),
    index: join(data, "index"),
    thumbnails: join(data, "thumbnails"),
    hashes: join(data, "hashes"),
  };
}
