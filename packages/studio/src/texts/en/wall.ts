import type { TextTable } from "../fill.ts";

export const wall = {
  label: "Pictures, newest first",
  total: { one: "{count} picture", other: "{count} pictures" },
  untitled: "Picture without a kept prompt",
  pictures: { one: "{count} picture", other: "{count} pictures" },
  select: "Select: {name}",
  isSelected: "(selected)",
  favourite: "Favourite: {name}",
  noPicture: "No picture:",
  broken: "This picture cannot be shown.",
  new: { one: "{count} new picture", other: "{count} new pictures" },
  arrived: "New picture: {name}",
  nothingFound: "Nothing found",
  nothingFoundHint: "No picture fits this search and these filters.",
} as const satisfies TextTable;
