import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const subjects = [
  "fox",
  "harbour",
  "lighthouse",
  "paper crane",
  "red barn",
  "Füchsin",
  "雪中的红狐",
  "map of an island",
];
const places = ["in the snow", "at dusk", "under water", "on a white ground", "as a woodcut, two colours", "im Nebel"];
const alphabet = "0123456789abcdefghjkmnpqrstvwxyz";
const beginMs = 1_760_000_000_000;

/** Records of so many generations as `limn generate` leaves them, without their pictures, which no list reads. */
export function writeHistory(limnHome: string, generations: number): void {
  for (let number = 0; number < generations; number += 1) {
    const createdMs = beginMs + number * 61_000;
    const id = `gen_${inBase32(createdMs, 10)}${inBase32(number, 10)}`;
    const folder = join(limnHome, "generations", id);
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, "manifest.json"), `${JSON.stringify(manifestOf(id, number, createdMs), null, 1)}\n`);
  }
}

function inBase32(value: number, length: number): string {
  let text = "";
  for (let rest = value, place = 0; place < length; place += 1) {
    text = (alphabet[rest % 32] ?? "") + text;
    rest = Math.floor(rest / 32);
  }
  return text;
}

function manifestOf(id: string, number: number, createdMs: number): object {
  const at = new Date(createdMs).toISOString();
  const prompt = `${subjects[number % subjects.length]} ${places[number % places.length]}, study ${number}, soft morning light, 35 mm, muted colours, no text`;
  const body = { prompt, background: "auto", model: "gpt-image-2", quality: "auto", size: "auto" };
  return {
    schemaVersion: 1,
    id,
    operation: number % 5 === 0 ? "edit" : "generate",
    state: number % 40 === 0 ? "failed" : "done",
    owner: null,
    limn: "0.1.0",
    createdAt: at,
    sentAt: at,
    endedAt: new Date(createdMs + 40_000).toISOString(),
    engine: "images",
    model: "gpt-image-2",
    emulated: false,
    prompt,
    promptSha256: number.toString(16).padStart(64, "0"),
    n: 1,
    folder: `/home/someone/projects/${number % 20}`,
    keepHistory: true,
    asked: { size: "1200x630" },
    sent: body,
    got: { width: 1672, height: 941, mediaType: "image/png", hasAlpha: false, c2pa: true },
    steps: ["crop 1672x878", "resize 1200x630"],
    calls: [{ index: 0, attempts: 1, state: "done" }],
    images: [
      {
        index: 0,
        file: "image-1.png",
        mediaType: "image/png",
        width: 1672,
        height: 941,
        hasAlpha: false,
        c2pa: true,
        bytes: 2_481_032,
        sha256: (number * 2).toString(16).padStart(64, "a"),
        finished: {
          file: "finished-1.png",
          mediaType: "image/png",
          width: 1200,
          height: 630,
          hasAlpha: false,
          bytes: 1_100_000,
          sha256: (number * 2 + 1).toString(16).padStart(64, "b"),
        },
        delivered: [{ path: `/home/someone/projects/${number % 20}/picture-${number}.png`, sha256: "c".repeat(64) }],
      },
    ],
    warnings: [],
    failures: [],
    account: { plan: "plus", source: "limn" },
    usage: { inputTokens: 40, outputTokens: 1200, totalTokens: 1240 },
    limits: {},
    requestId: null,
    timingsMs: { total: 41_200, firstByte: 39_000 },
    truth: [{ property: "size", asked: "1200x630", outcome: "done-locally", got: "1200x630" }],
    inputs: [],
    parents: [],
    session: null,
  };
}
