import type { TextTable } from "../fill.ts";

export const trash = {
  empty: "The trash is empty",
  emptyHint: "What you throw away waits here until you delete it for good.",
  explained: "Pictures here can be restored. Copies that were delivered elsewhere stay where they are.",
  restore: "Restore",
  deleteForGood: "Delete for good",
  deleteTitle: { one: "Delete this picture for good?", other: "Delete {count} for good?" },
  deleteExplained:
    "The originals and their records are removed from the library. This cannot be undone. Copies that were delivered elsewhere stay.",
} as const satisfies TextTable;
