import type { AreaTexts } from "../types.ts";

export const trash: AreaTexts<"trash"> = {
  empty: "Der Papierkorb ist leer",
  emptyHint: "Was weggeworfen wird, wartet hier, bis es endgültig gelöscht wird.",
  explained: "Bilder hier lassen sich wiederherstellen. Anderswo abgelegte Kopien bleiben, wo sie sind.",
  restore: "Wiederherstellen",
  deleteForGood: "Endgültig löschen",
  deleteTitle: { one: "Dieses Bild endgültig löschen?", other: "{count} endgültig löschen?" },
  deleteExplained:
    "Die Originale und ihre Aufzeichnungen werden aus der Bibliothek entfernt. Das lässt sich nicht rückgängig machen. Anderswo abgelegte Kopien bleiben.",
};
