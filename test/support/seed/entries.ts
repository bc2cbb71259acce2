import { createHash } from "node:crypto";
import { createGenerationId } from "../../../packages/core/src/artifacts/generation-id.ts";
import type { ErrorCode } from "../../../packages/core/src/contracts/codes.ts";
import type { InputRecord } from "../../../packages/core/src/contracts/input.ts";
import type { CallRecord, Manifest, ManifestImage } from "../../../packages/core/src/contracts/manifest.ts";
import type { EngineId } from "../../../packages/core/src/contracts/request.ts";
import type { ImageFailure } from "../../../packages/core/src/contracts/result.ts";
import { LimnError } from "../../../packages/core/src/errors/index.ts";
import { finishedSize } from "./pictures.ts";
import type { PictureFile, SeedPicture } from "./pictures.ts";
import { editPrompts, longTail, prompts } from "./prompts.ts";
import type { Prompt } from "./prompts.ts";
import type { SeededRandom } from "./random.ts";

/** A file of a generation's folder. */
export interface SeedFile {
  readonly name: string;
  readonly picture: PictureFile;
  /** A delivered one may be shared between generations; only originals can get bytes of their own. */
  readonly isOriginal: boolean;
}

export interface SeedEntry {
  readonly manifest: Manifest;
  readonly files: readonly SeedFile[];
  /** What it shows. */
  readonly picture: SeedPicture;
  /** It shows the picture in another light. */
  readonly isEdited: boolean;
}

export interface SeedSurroundings {
  readonly random: SeededRandom;
  readonly pictures: readonly SeedPicture[];
  readonly createdAtMs: number;
  readonly emulatedShare: number;
  readonly finishedShare: number;
  /** Every request got its pictures. */
  readonly isAllDone: boolean;
  /** Generations with pictures so far, oldest first. */
  readonly earlier: readonly SeedEntry[];
  readonly languages: readonly Prompt["language"][] | null;
  /** Gives an original its bytes. */
  readonly own: (picture: PictureFile) => PictureFile;
}

const folders = ["/home/maria/atlas", "/home/maria/atlas/covers", "/home/maria/game", "/home/maria/letters"];
const idLetters = "0123456789abcdefghjkmnpqrstvwxyz";

/** One generation as limn would have written it down. */
export function makeEntry(surroundings: SeedSurroundings): SeedEntry {
  const { random, createdAtMs, earlier } = surroundings;
  const parent = earlier.length > 0 && random.chance(0.22) ? random.pick(earlier.slice(-40)) : null;
  const picture = parent?.picture ?? random.pick(surroundings.pictures);
  const isEdited = parent !== null && !parent.isEdited;
  const n = parent === null ? random.pick([1, 1, 1, 1, 1, 1, 1, 2, 2, 4]) : 1;
  const emulated = random.chance(surroundings.emulatedShare);
  const engine: EngineId = emulated ? "images" : random.pick(["images", "images", "images", "responses", "codex"]);
  const outcome = surroundings.isAllDone ? "done" : outcomeOf(random, n);
  const isFinished = random.chance(surroundings.finishedShare) && !isEdited;
  const prompt = promptFor(surroundings, parent === null ? prompts[picture.kind] : editPrompts);
  const made = outcome === "done" ? n : outcome === "partial" ? n - 1 : 0;
  const images = Array.from({ length: made }, (_, index) => {
    // Pictures of one request are alike but not the same.
    const shown =
      index === 0 ? picture : random.pick(surroundings.pictures.filter(({ kind }) => kind === picture.kind));
    return {
      index,
      original: surroundings.own(isEdited ? shown.edited : shown.original),
      finished: isFinished ? shown.finished : null,
    };
  });
  const first = images[0]?.original ?? null;
  const tookMs = random.whole(9_000, 74_000);
  const at = (afterMs: number): string => new Date(createdAtMs + afterMs).toISOString();
  const isOver = outcome !== "unknown";
  const failures = failuresOf(random, outcome, n);
  const manifest: Manifest = {
    schemaVersion: 1,
    id: seededId(createdAtMs, random),
    operation: parent === null ? "generate" : "edit",
    state: outcome === "unknown" ? "sent" : outcome,
    owner: null,
    limn: "0.1.0",
    createdAt: at(0),
    sentAt: outcome === "cancelled" ? null : at(12),
    endedAt: isOver ? at(tookMs) : null,
    engine,
    model: engine === "images" ? "gpt-image-2" : "gpt-5.5",
    emulated,
    prompt,
    promptSha256: createHash("sha256").update(prompt).digest("hex"),
    n,
    folder: random.pick(folders),
    keepHistory: true,
    asked: {
      ...(n > 1 ? { n } : {}),
      ...(isFinished ? { size: `${finishedSize.width}x${finishedSize.height}`, format: "webp" } : {}),
      ...(picture.kind === "sticker" ? { background: "transparent" } : {}),
      ...(parent === null ? {} : { images: 1 }),
    },
    sent: {
      prompt,
      background: picture.kind === "sticker" ? "transparent" : "opaque",
      model: "gpt-image-2",
      quality: "auto",
      size: "auto",
    },
    got:
      first === null
        ? {}
        : {
            width: first.width,
            height: first.height,
            mediaType: first.mediaType,
            hasAlpha: first.hasAlpha,
            c2pa: false,
            quality: "medium",
            background: first.hasAlpha ? "transparent" : "opaque",
          },
    steps: isFinished && made > 0 ? [`resize ${finishedSize.width}x${finishedSize.height}`, "convert webp"] : [],
    calls: Array.from({ length: n }, (_, index) => callOf(outcome, index, index < made, failures)),
    images: images.map((image) => manifestImage(image)),
    warnings: [],
    failures,
    account: emulated ? { plan: "plus", source: "sandbox" } : { plan: "plus", source: "limn" },
    usage: made === 0 ? {} : { inputTokens: 18, outputTokens: 1056 * made, totalTokens: 18 + 1056 * made },
    limits: {},
    requestId: outcome === "cancelled" ? null : `req_${random.whole(1e8, 9e8).toString(36)}`,
    timingsMs: { total: isOver ? tookMs : 0, firstByte: Math.round(tookMs * 0.9) },
    truth:
      isFinished && made > 0
        ? [
            {
              property: "size",
              asked: `${finishedSize.width}x${finishedSize.height}`,
              outcome: "done-locally",
              got: `${finishedSize.width}x${finishedSize.height}`,
            },
            { property: "format", asked: "webp", outcome: "done-locally", got: "webp" },
          ]
        : [],
    inputs: parent === null ? [] : [inputFrom(parent)],
    parents: parent === null ? [] : [parent.manifest.id],
    session: null,
  };
  return { manifest, files: images.flatMap((image) => filesOf(image)), picture, isEdited };
}

type Outcome = "done" | "partial" | "failed" | "cancelled" | "unknown";

interface MadeImage {
  readonly index: number;
  readonly original: PictureFile;
  readonly finished: PictureFile | null;
}

function outcomeOf(random: SeededRandom, n: number): Outcome {
  const draw = random.next();
  if (draw < 0.02) return "cancelled";
  if (draw < 0.03) return "unknown";
  if (draw < 0.07) return "failed";
  return n > 1 && draw < 0.25 ? "partial" : "done";
}

/** The time of the real function, and letters that are the same in every run. */
function seededId(createdAtMs: number, random: SeededRandom): string {
  const time = createGenerationId(createdAtMs).slice(0, "gen_".length + 10);
  return time + Array.from({ length: 10 }, () => idLetters[random.whole(0, 31)]).join("");
}

function promptFor({ random, languages }: SeedSurroundings, all: readonly Prompt[]): string {
  const { text } = random.pick(all.filter(({ language }) => languages === null || languages.includes(language)));
  return random.chance(0.08) ? `${text}. ${longTail}` : text;
}

function manifestImage({ index, original, finished }: MadeImage): ManifestImage {
  return {
    index,
    file: `image-${index + 1}.png`,
    ...factsOf(original),
    c2pa: false,
    delivered: [],
    ...(finished === null ? {} : { finished: { file: `finished-${index + 1}.webp`, ...factsOf(finished) } }),
  };
}

function filesOf({ index, original, finished }: MadeImage): readonly SeedFile[] {
  const files: SeedFile[] = [{ name: `image-${index + 1}.png`, picture: original, isOriginal: true }];
  if (finished !== null) files.push({ name: `finished-${index + 1}.webp`, picture: finished, isOriginal: false });
  return files;
}

function factsOf(picture: PictureFile): Omit<PictureFile, "content"> & { readonly bytes: number } {
  const { mediaType, width, height, hasAlpha, sha256, content } = picture;
  return { mediaType, width, height, hasAlpha, bytes: content.length, sha256 };
}

function inputFrom({ manifest }: SeedEntry): InputRecord {
  const [image] = manifest.images;
  if (image === undefined) throw new Error("a parent without a picture");
  const { width, height, mediaType, bytes, sha256 } = image.finished ?? image;
  return {
    role: "image",
    origin: { kind: "generation", id: manifest.id, index: 0 },
    mediaType,
    width,
    height,
    bytes,
    sha256,
    steps: [],
  };
}

const failureTexts: readonly { readonly code: ErrorCode; readonly message: string; readonly hint: string }[] = [
  { code: "content_refused", message: "The service refused to draw this.", hint: "Say it differently." },
  {
    code: "usage_limit_reached",
    message: "The plan's image limit is reached.",
    hint: "Wait for the reset: limn status",
  },
  {
    code: "timeout",
    message: "No connection within 10 s; nothing was sent.",
    hint: "Check the network, then: limn again",
  },
];

function failuresOf(random: SeededRandom, outcome: Outcome, n: number): readonly ImageFailure[] {
  if (outcome === "done" || outcome === "cancelled") return [];
  const { code, ...text } =
    outcome === "unknown"
      ? {
          code: "outcome_unknown" as const,
          message: "The connection ended after the request was accepted; whether a picture was made is unknown.",
          hint: "Look again later before you send it anew.",
        }
      : random.pick(failureTexts);
  const failed = outcome === "partial" ? [n - 1] : Array.from({ length: n }, (_, index) => index);
  return failed.map((index) => ({ index, ...new LimnError(code, text).toJSON() }));
}

function callOf(outcome: Outcome, index: number, isMade: boolean, failures: readonly ImageFailure[]): CallRecord {
  if (outcome === "cancelled") return { index, attempts: 0, state: "planned" };
  if (isMade) return { index, attempts: 1, state: "done" };
  const failure = failures.find((candidate) => candidate.index === index);
  if (failure === undefined) return { index, attempts: 1, state: "sent" };
  const { index: _, ...report } = failure;
  return { index, attempts: 1, state: outcome === "unknown" ? "sent" : "failed", failure: report };
}
