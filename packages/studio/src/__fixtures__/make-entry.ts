import type { LibraryEntry } from "@limn/core";

/** A finished picture; what matters to a test is given. */
export function makeEntry(change: Partial<LibraryEntry> & Pick<LibraryEntry, "id">): LibraryEntry {
  return {
    revision: 1,
    operation: "generate",
    status: "done",
    createdAt: "2026-11-20T10:00:00.000Z",
    endedAt: "2026-11-20T10:00:40.000Z",
    engine: "images",
    model: "gpt-image-2",
    emulated: false,
    prompt: "a red fox in the snow",
    n: 1,
    folder: "/home/me/site",
    parents: [],
    images: [
      {
        index: 0,
        mediaType: "image/png",
        width: 1200,
        height: 800,
        hasAlpha: false,
        bytes: 1000,
        sha256: "ab",
        isFinished: false,
      },
    ],
    failure: null,
    trashedAt: null,
    imported: null,
    favourite: false,
    tags: [],
    kit: null,
    altTexts: {},
    ...change,
  };
}
