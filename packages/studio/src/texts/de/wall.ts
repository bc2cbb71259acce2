import type { AreaTexts } from "../types.ts";

export const wall: AreaTexts<"wall"> = {
  label: "Bilder, neueste zuerst",
  total: { one: "{count} Eintrag", other: "{count} Einträge" },
  untitled: "Bild ohne aufbewahrten Prompt",
  pictures: { one: "{count} Bild", other: "{count} Bilder" },
  select: "Auswählen: {name}",
  isSelected: "(ausgewählt)",
  favourite: "Favorit: {name}",
  noPicture: "Kein Bild:",
  broken: "Dieses Bild lässt sich nicht anzeigen.",
  new: { one: "{count} neuer Eintrag", other: "{count} neue Einträge" },
  arrived: "Neues Bild: {name}",
  nothingFound: "Nichts gefunden",
  nothingFoundHint: "Kein Bild passt zu dieser Suche und diesen Filtern.",
};
