import type { AreaTexts } from "../types.ts";

export const states: AreaTexts<"states"> = {
  done: "Fertig",
  partial: "Teilweise fertig",
  failed: "Fehlgeschlagen",
  running: "Wird erstellt",
  unknown: "Ausgang unbekannt",
  cancelled: "Abgebrochen",
  doneWords: "Alle Bilder sind da.",
  partialWords: {
    one: "Ein Bild von {all} ist gekommen und bleibt; die übrigen sind fehlgeschlagen.",
    other: "{count} Bilder von {all} sind gekommen und bleiben; die übrigen sind fehlgeschlagen.",
  },
  failedWords: "Es ist kein Bild gekommen.",
  runningWords:
    "Ein limn auf diesem Rechner erstellt es gerade. Sobald es fertig ist, erscheint es hier, gleich welches Programm darum gebeten hat.",
  unknownWords:
    "Es wurde gesendet, aber keine Antwort aufgezeichnet. Vielleicht wurde ein Bild erstellt und berechnet.",
  cancelledWords: "Es wurde abgebrochen, bevor ein Bild kam.",
  stageConnecting: "Verbindung wird aufgebaut",
  stageSent: "Gesendet, wird gezeichnet",
  stageReceiving: "Kommt an",
  stageReceivingBytes: "Kommt an: {megabytes} MB",
  stageSaving: "Wird gespeichert",
  stageFinishing: "Wird nachbearbeitet",
  stageWaiting: "Wartet auf einen neuen Versuch",
  unknownTitle: "Niemand weiß, wie das ausgegangen ist",
  unknownWhy:
    "Die Anfrage ging hinaus, und das Programm, das auf die Antwort wartete, gibt es nicht mehr: Es wurde beendet, oder die Verbindung brach ab. Vielleicht hat der Dienst das Bild gezeichnet und gezählt. limn sendet eine solche Anfrage nie von selbst noch einmal.",
  lookAgain: "Nochmals nachsehen",
  lookAgainWhy:
    "Liest die Aufzeichnung neu. Sie ändert sich, wenn das sendende Programm noch etwas geschrieben hat. Sendet nichts.",
  lookedSame: "Nachgesehen: Die Aufzeichnung sagt nicht mehr als zuvor.",
  lookedChanged: "Nachgesehen: Der Stand ist jetzt „{state}“.",
  forget: "Vergessen",
  forgetWhy: "Legt die Aufzeichnung in den Papierkorb. Sendet nichts; was bezahlt ist, bleibt bezahlt.",
  sendAgain: "Noch einmal senden",
  sendAgainWhy: "Erstellt aus derselben Anfrage ein neues Bild.",
  sendAgainTitle: "Noch einmal senden?",
  sendAgainWarning:
    "Falls das erste doch gezeichnet wurde, bezahlst du doppelt: zwei Bilder deines Kontingents für eines, das du siehst.",
  sendAgainPrompt: "Dieselbe Anfrage:",
  sendAgainConfirm: "Trotzdem noch einmal senden",
  sentAgain: "Als neue Anfrage noch einmal gesendet.",
  emptyTitle: "Dein erstes Bild",
  emptyLead:
    "Sag, was du sehen möchtest. Das Bild entsteht mit deinem ChatGPT-Plan und wird auf diesem Rechner aufbewahrt.",
  emptySandboxLead:
    "Sag, was du sehen möchtest. Das hier ist die Sandbox: Die Bilder werden auf diesem Rechner gezeichnet und kosten nichts.",
  emptySignIn: "Melde dich zuerst an: Bilder entstehen mit deinem eigenen ChatGPT-Plan.",
  emptyTry: "Probier eines davon",
  emptyWrite: "Selbst schreiben",
  emptyTerminal: "Oder im Terminal:",
  exampleFox: "Ein Rotfuchs im frischen Schnee, tief stehende Morgensonne, geringe Schärfentiefe",
  exampleIcon: "Ein flaches App-Symbol: Papierboot auf türkiser Welle, abgerundete Ecken, kein Text",
  exampleRoom: "Eine Leseecke unter einer Treppe, Aquarell, warmes Lampenlicht, eine schlafende Katze",
  examplePoster: "Ein Reiseplakat für den Schwarzwald, Lithografie der 1930er Jahre, hohe Tannen",
};
