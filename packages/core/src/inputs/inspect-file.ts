import { LimnError } from "../errors/index.ts";
import {
  exifOrientation,
  isInputKind,
  mediaTypeOf,
  PngWalker,
  readInputFacts,
  sniffBytes,
  sniffContent,
} from "../media/index.ts";
import type { ContentReader, InputFacts, InputKind } from "../media/index.ts";
import { refuseTooManyPixels } from "./limits.ts";
import { cutInput, damagedInput, emptyInput, notAnImage } from "./not-an-image.ts";
import { changed, fileReader, readFully, requireUnchanged } from "./open-file.ts";
import type { OpenFile } from "./open-file.ts";
import { capitalised } from "./words.ts";
import type { InputName } from "./words.ts";

export interface InspectedFile {
  readonly kind: InputKind;
  readonly mediaType: string;
  readonly width: number | null;
  readonly height: number | null;
  /** Lower-case hex. */
  readonly sha256: string;
  /** Why it cannot go as it is; null when it can. */
  readonly conversion: string | null;
}

/** Read at once. */
const sliceBytes = 1024 * 1024;
/** Slices between two chances for everything else in the process, about 10 ms apart. */
const slicesPerTurn = 8;
const exifBytes = 64 * 1024;

/** One buffer for all files of a request, made when first needed. */
export type SharedBuffer = () => Buffer;

export function sharedBuffer(): SharedBuffer {
  let buffer: Buffer | null = null;
  return () => (buffer ??= Buffer.allocUnsafeSlow(sliceBytes));
}

export interface InspectOptions {
  readonly name: InputName;
  readonly buffer: SharedBuffer;
  readonly platform: NodeJS.Platform;
  readonly signal: AbortSignal;
}

/**
 * Type, pixels and wholeness from the content, and its hash: headers by positioned reads, then everything once.
 * @throws input_not_an_image, input_too_large (before the content is read), input_not_found when it changes meanwhile
 */
export async function inspectFile(file: OpenFile, options: InspectOptions): Promise<InspectedFile> {
  const { name, platform, signal } = options;
  if (file.bytes === 0) throw emptyInput(name);
  const content = fileReader(file);
  const kind = sniffContent(content.read(0, sniffBytes));
  if (!isInputKind(kind)) throw notAnImage(name, kind, platform);
  const facts = wholeFacts(kind, content, name);
  refuseTooManyPixels(name, facts.width, facts.height);
  const png = kind === "png" ? new PngWalker() : null;
  const sha256 = await hashFile(file, options, (slice) => png?.push(slice));
  signal.throwIfAborted();
  const orientation = png === null ? facts.orientation : orientationOfPng(png, content, file, name);
  return {
    kind,
    mediaType: mediaTypeOf(kind),
    width: facts.width,
    height: facts.height,
    sha256,
    conversion: conversionFor(kind, { ...facts, orientation }),
  };
}

function wholeFacts(kind: InputKind, content: ContentReader, name: InputName): InputFacts {
  const outcome = readInputFacts(kind, content);
  if (outcome.state === "cut") throw cutInput(name, typeName(kind), content.length);
  if (outcome.state === "damaged") throw damagedInput(name, typeName(kind));
  return outcome.facts;
}

function orientationOfPng({ facts }: PngWalker, content: ContentReader, file: OpenFile, name: InputName): number {
  if (facts.broken) throw damagedInput(name, "PNG");
  if (!facts.complete) throw cutInput(name, "PNG", file.bytes);
  if (facts.exif === null) return 1;
  return exifOrientation(content.read(facts.exif.position, Math.min(facts.exif.length, exifBytes)));
}

/** What the service does not take, or would see otherwise than its owner does (codex-backend contract 3.5). */
function conversionFor(kind: InputKind, facts: InputFacts): string | null {
  if (kind !== "png" && kind !== "jpeg" && kind !== "webp") return `${typeName(kind)} is not taken by the service`;
  if (facts.components === 4) return "its colours are CMYK";
  if (facts.bitDepth !== null && facts.bitDepth > 8) return `it has ${facts.bitDepth} bits a channel`;
  if (kind === "webp" && facts.animated === true) return "it is animated";
  return facts.orientation === 1 ? null : `it is stored turned (orientation ${facts.orientation})`;
}

function typeName(kind: InputKind): string {
  return kind === "webp" ? "WebP" : kind.toUpperCase();
}

async function hashFile(
  file: OpenFile,
  { name, buffer, signal }: InspectOptions,
  look: (slice: Buffer) => void,
): Promise<string> {
  const hash = process.getBuiltinModule("node:crypto").createHash("sha256");
  const target = buffer();
  try {
    for (let position = 0, turn = 1; position < file.bytes; turn += 1) {
      const wanted = Math.min(sliceBytes, file.bytes - position);
      if (readFully(file.descriptor, target, wanted, position) < wanted) throw changed(name);
      const slice = target.subarray(0, wanted);
      hash.update(slice);
      look(slice);
      position += wanted;
      if (turn % slicesPerTurn === 0) {
        await new Promise((resolve) => setImmediate(resolve));
        signal.throwIfAborted();
      }
    }
  } catch (error) {
    // A disk that fails, or a network share that is gone.
    if (error instanceof LimnError || signal.aborted) throw error;
    throw new LimnError("input_not_found", {
      message: `${capitalised(name.label)} cannot be read to its end. Nothing was sent.`,
      hint: "Copy it to another disk and try again.",
      cause: error,
    });
  }
  requireUnchanged(file.descriptor, file.state, name);
  return hash.digest("hex");
}
