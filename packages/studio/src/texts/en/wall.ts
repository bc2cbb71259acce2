import type { TextTable } from "../fill.ts";

export const wall = {
  label: "Pictures, newest first",
  total: { one: "{count} entry", other: "{count} entries" },
  untitled: "Picture without a kept prompt",
  pictures: { one: "{count} picture", other: "{count} pictures" },
  select: "Select: {name}",
  isSelected: "(selected)",
  favourite: "Favourite: {name}",
  noPicture: "No picture:",
  broken: "This picture cannot be shown.",
  new: { one: "{count} new entry", other: "{count} new entries" },
  arrived: "New picture: {name}",
  nothingFound: "Nothing found",
  nothingFoundHint: "No picture fits this search and these filters.",
} as const satisfies TextTable;
