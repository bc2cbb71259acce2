import { closeSync, statSync } from "node:fs";
import type { LoadImageTools, PrepareInputJob } from "../contracts/image-tools.ts";
import type { InputOrigin, InputRecord, LoadedInputs } from "../contracts/input.ts";
import { maxInputBytes } from "../contracts/request.ts";
import type { ImageInput, LoadedImage } from "../contracts/request.ts";
import type { Warning } from "../contracts/result.ts";
import { LimnError } from "../errors/index.ts";
import { extensionFor } from "../media/index.ts";
import { decodeDataAddress } from "./data-address.ts";
import type { FetchUrl } from "./fetch-url.ts";
import { inParallel } from "./in-parallel.ts";
import { nameOf, readSource } from "./input-source.ts";
import type { InputSource } from "./input-source.ts";
import { inspectFile, sharedBuffer } from "./inspect-file.ts";
import type { InspectedFile } from "./inspect-file.ts";
import {
  bodyTooLarge,
  bytesTooLarge,
  convertedTooLarge,
  fairShare,
  maskedTooLarge,
  refuseTooMany,
  sourceLimit,
} from "./limits.ts";
import { createLoadedImage, SlicePool } from "./loaded-image.ts";
import { changed, isSameState, openRegularFile, stateOf } from "./open-file.ts";
import type { OpenFile } from "./open-file.ts";
import { TemporaryFiles } from "./temporary-files.ts";
import { addressWithoutSecrets, checkAddress } from "./url-rules.ts";
import { capitalised } from "./words.ts";
import type { InputName } from "./words.ts";

/** The real parts behind {@link createInputLoader}. */
export interface InputLoaderParts {
  /** Relative paths start here. `~/` is the shell's business. */
  readonly workingFolder: string;
  /** A private folder is made below it when something has to be written. */
  readonly temporaryFolder: string;
  /** Null: inputs that have to be converted or scaled are refused with the next step. */
  readonly tools: LoadImageTools | null;
  readonly fetchUrl: FetchUrl;
  /** For the commands in hints. @default the one it runs on */
  readonly platform?: NodeJS.Platform;
}

export interface LoadInputsOptions {
  readonly images: readonly ImageInput[];
  readonly mask: ImageInput | null;
  /** Of the chosen engine. */
  readonly maxImages: number;
  /** Its name, for the message when there are more. */
  readonly engine: string;
  /** Scale down what is over a limit. */
  readonly shrink: boolean;
  readonly signal: AbortSignal;
}

/** The file of a picture of the history: `@last`, `@ID`, `@ID:2` (the second picture). @throws artifact_not_found */
export type ResolveArtifact = (reference: string) => {
  readonly path: string;
  readonly id: string;
  readonly index: number;
};

export type LoadInputs = (
  options: LoadInputsOptions,
  resolveArtifact: ResolveArtifact,
) => Promise<LoadedInputs & { readonly warnings: readonly Warning[] }>;

/** Downloads at once. */
const maxDownloads = 4;

/**
 * Reads and checks everything that goes in, before anything is sent: type by content, wholeness, limits, conversions. What it holds is
 * given back by `close()`; when it throws, it holds nothing.
 *
 * @throws input_not_found, input_not_an_image, input_too_large, input_url_refused, too_many_inputs, unsupported_option (a conversion
 * without tools), artifact_not_found, artifact_write_failed (no room for a temporary file), and the signal's reason
 * @example
 * const load = createInputLoader({ workingFolder, temporaryFolder, tools, fetchUrl: createUrlFetcher({ userAgent }) });
 * const inputs = await load({ images: ["fox.png"], mask: null, maxImages: 5, engine: "images", shrink: false, signal }, findImage);
 */
export function createInputLoader(parts: InputLoaderParts): LoadInputs {
  return async (options, resolveArtifact) => {
    options.signal.throwIfAborted();
    refuseTooMany(options.images.length, options.maxImages, options.engine);
    const session = new LoadSession(parts, options, resolveArtifact);
    try {
      return await session.load();
    } catch (error) {
      session.close();
      throw error;
    }
  };
}

/** One input on its way. */
interface Item {
  readonly role: "image" | "mask";
  readonly source: InputSource;
  readonly name: InputName;
  /** Of its temporary files. */
  readonly slot: string;
  /** Belongs to a mask or is one: scaling it would tear the two apart. */
  readonly keepsPixels: boolean;
}

/** Read and checked, as it was given. */
interface GivenFile {
  readonly item: Item;
  readonly origin: InputOrigin;
  readonly file: OpenFile;
  readonly facts: InspectedFile;
}

/** What goes out. */
interface SentFile {
  readonly given: GivenFile;
  readonly file: OpenFile;
  readonly facts: InspectedFile;
  readonly steps: readonly string[];
}

class LoadSession {
  readonly #parts: InputLoaderParts;
  readonly #options: LoadInputsOptions;
  readonly #resolveArtifact: ResolveArtifact;
  readonly #temporary: TemporaryFiles;
  readonly #descriptors: Set<number> = new Set();
  readonly #buffer = sharedBuffer();
  readonly #warnings: Warning[] = [];
  #isClosed = false;

  constructor(parts: InputLoaderParts, options: LoadInputsOptions, resolveArtifact: ResolveArtifact) {
    this.#parts = parts;
    this.#options = options;
    this.#resolveArtifact = resolveArtifact;
    this.#temporary = new TemporaryFiles(parts.temporaryFolder);
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    for (const descriptor of this.#descriptors) closeSync(descriptor);
    this.#temporary.remove();
  }

  async load(): Promise<LoadedInputs & { readonly warnings: readonly Warning[] }> {
    const sent: SentFile[] = [];
    for (const given of await this.#readAll(this.#items())) sent.push(await this.#makeSendable(given));
    const fitting = await this.#fitBody(sent);
    const images = fitting.filter(({ given }) => given.item.role === "image");
    const mask = fitting.find(({ given }) => given.item.role === "mask");
    const pool = new SlicePool();
    return {
      images: images.map((file) => this.#loadedImage(file, pool)),
      mask: mask === undefined ? null : { file: mask.file.path },
      records: fitting.map(recordOf),
      parents: [
        ...new Set(images.flatMap(({ given: { origin } }) => (origin.kind === "generation" ? [origin.id] : []))),
      ],
      warnings: this.#warnings,
      close: () => this.close(),
    };
  }

  #items(): readonly Item[] {
    const { images, mask } = this.#options;
    const items = images.map((input, index): Item => {
      const source = readSource(input);
      const position = images.length === 1 ? "the input" : `input ${index + 1}`;
      const keepsPixels = mask !== null && index === 0;
      return { role: "image", source, name: nameOf(source, position), slot: `input-${index + 1}`, keepsPixels };
    });
    if (mask === null) return items;
    const source = readSource(mask);
    return [...items, { role: "mask", source, name: nameOf(source, "the mask"), slot: "mask", keepsPixels: true }];
  }

  /** What is here first: nothing is fetched for a request that fails anyway. */
  async #readAll(items: readonly Item[]): Promise<readonly GivenFile[]> {
    const found: GivenFile[] = [];
    const addresses: { readonly item: Item; readonly place: number; readonly text: string }[] = [];
    for (const [place, item] of items.entries()) {
      const { source } = item;
      if (source.kind === "url") {
        checkAddress(source.text, null);
        addresses.push({ item, place, text: source.text });
      } else {
        found[place] = await this.#readHere(item);
      }
    }
    const downloads: { readonly place: number; readonly item: Item; readonly text: string; readonly path: string }[] =
      [];
    const tasks = addresses.map(({ item, place, text }) => async (signal: AbortSignal): Promise<void> => {
      downloads.push({ place, item, text, path: await this.#download(item, text, signal) });
    });
    await inParallel(tasks, maxDownloads, this.#options.signal);
    for (const { place, item, text, path } of downloads)
      found[place] = await this.#inspect(item, path, { kind: "url", url: addressWithoutSecrets(text) });
    return found;
  }

  async #readHere(item: Item): Promise<GivenFile> {
    const { source, slot, name } = item;
    switch (source.kind) {
      case "path":
        return this.#inspect(item, source.path, null);
      case "history": {
        const { path, id, index } = this.#resolveArtifact(source.reference);
        return this.#inspect(item, path, { kind: "generation", id, index });
      }
      case "bytes": {
        const { bytes } = source;
        if (bytes.length > this.#limitOf(item)) throw this.#tooLarge(item, bytes.length);
        const path = await this.#temporary.write(slot, (write) => write(bytes));
        return this.#inspect(item, path, { kind: "bytes", name: source.name });
      }
      case "data": {
        const slices = decodeDataAddress(source.text, name, this.#limitOf(item), (bytes) =>
          this.#tooLarge(item, bytes),
        );
        const path = await this.#temporary.write(slot, (write) => {
          for (const slice of slices) write(slice);
        });
        return this.#inspect(item, path, { kind: "data" });
      }
      case "url":
      case "other-address":
        checkAddress(source.text, null);
        throw new TypeError("an address that is no file here");
    }
  }

  async #download(item: Item, address: string, signal: AbortSignal): Promise<string> {
    return this.#temporary.write(item.slot, async (write) =>
      this.#parts.fetchUrl(address, {
        write,
        maxBytes: this.#limitOf(item),
        tooLarge: (bytes) => this.#tooLarge(item, bytes),
        signal,
      }),
    );
  }

  /** A null origin is the file itself. */
  async #inspect(item: Item, path: string, origin: InputOrigin | null): Promise<GivenFile> {
    this.#options.signal.throwIfAborted();
    const file = this.#open(path, item.name);
    if (file.bytes > this.#limitOf(item)) throw this.#tooLarge(item, file.bytes);
    const facts = await this.#lookInto(file, item.name);
    return { item, origin: origin ?? { kind: "file", path: file.path }, file, facts };
  }

  #open(path: string, name: InputName): OpenFile {
    const file = openRegularFile(path, name, this.#parts.workingFolder);
    this.#descriptors.add(file.descriptor);
    return file;
  }

  #release({ descriptor }: OpenFile): void {
    this.#descriptors.delete(descriptor);
    closeSync(descriptor);
  }

  async #lookInto(file: OpenFile, name: InputName): Promise<InspectedFile> {
    const { platform = process.platform } = this.#parts;
    return inspectFile(file, { name, buffer: this.#buffer, platform, signal: this.#options.signal });
  }

  #limitOf({ keepsPixels }: Item): number {
    return sourceLimit(this.#options.shrink && !keepsPixels);
  }

  #tooLarge(item: Item, bytes: number | null): LimnError {
    const hasMask = this.#options.mask !== null;
    return hasMask && item.keepsPixels
      ? maskedTooLarge(item.name, bytes)
      : bytesTooLarge(item.name, bytes, this.#limitOf(item), this.#options.shrink);
  }

  /** Convert what the service does not take, and bring each file below the limit of one. */
  async #makeSendable(given: GivenFile): Promise<SentFile> {
    const { conversion } = given.facts;
    let sent: SentFile = { given, file: given.file, facts: given.facts, steps: [] };
    if (conversion !== null) {
      sent = await this.#prepare(sent, null, conversion);
      this.#warn("input_converted", sent, `was converted because ${conversion}`);
    }
    if (sent.file.bytes <= maxInputBytes) return sent;
    if (!this.#options.shrink) throw convertedTooLarge(given.item.name, sent.file.bytes);
    if (given.item.keepsPixels) throw maskedTooLarge(given.item.name, sent.file.bytes);
    return this.#shrink(sent, maxInputBytes);
  }

  /** All images together are one body. */
  async #fitBody(files: readonly SentFile[]): Promise<readonly SentFile[]> {
    const isImage = ({ given }: SentFile): boolean => given.item.role === "image";
    const lengths = (some: readonly SentFile[]): number[] => some.filter(isImage).map(({ file }) => file.bytes);
    const scalable = files.filter((file) => !file.given.item.keepsPixels);
    const share = fairShare(lengths(scalable), lengths(files.filter((file) => file.given.item.keepsPixels)));
    if (share === Infinity) return files;
    if (!this.#options.shrink || share === 0) throw bodyTooLarge(lengths(files), this.#options.shrink);
    const fitting: SentFile[] = [];
    for (const file of files) {
      const isLarge = !file.given.item.keepsPixels && file.file.bytes > share;
      fitting.push(isLarge ? await this.#shrink(file, share) : file);
    }
    if (fairShare(lengths(fitting)) !== Infinity) throw bodyTooLarge(lengths(fitting), true);
    return fitting;
  }

  async #shrink(file: SentFile, maxBytes: number): Promise<SentFile> {
    const sent = await this.#prepare(file, { longestSide: null, maxBytes }, "it is over the size limit");
    this.#warn("input_shrunk", sent, "was scaled down to fit the limits");
    return sent;
  }

  /** Always from what was given, so that nothing is encoded twice. */
  async #prepare(before: SentFile, shrink: PrepareInputJob["shrink"], why: string): Promise<SentFile> {
    const { given } = before;
    const { item, file, facts } = given;
    if (this.#parts.tools === null) throw withoutTools(item.name, why);
    const tools = await this.#parts.tools();
    const target = this.#temporary.path(`${item.slot}.sent`);
    const { mediaType, steps } = await tools.prepareInput({
      source: file.path,
      target,
      mediaType: facts.mediaType,
      shrink,
    });
    this.#options.signal.throwIfAborted();
    requireSameFile(file, item.name);
    if (before.file !== file) this.#release(before.file);
    const path = this.#temporary.rename(target, `${item.slot}.sent.${extensionFor(mediaType)}`);
    const made = this.#open(path, item.name);
    return { given, file: made, facts: await this.#lookInto(made, item.name), steps };
  }

  #warn(code: "input_converted" | "input_shrunk", { given, steps }: SentFile, what: string): void {
    const list = steps.length === 0 ? "" : `: ${steps.join(", ")}`;
    this.#warnings.push({ code, message: `${capitalised(given.item.name.label)} ${what}${list}.` });
  }

  #loadedImage({ given, file, facts }: SentFile, pool: SlicePool): LoadedImage {
    const { mediaType, width, height, sha256 } = facts;
    if (!isSendable(mediaType) || width === null || height === null)
      throw new TypeError(`${mediaType} was not converted`);
    const isOpen = (): boolean => !this.#isClosed;
    return createLoadedImage({ file, name: given.item.name, mediaType, width, height, sha256, pool, isOpen });
  }
}

/** Everything about the bytes as they were given; drawings have no pixels, so theirs are those that were sent. */
function recordOf({ given, facts: sent, steps }: SentFile): InputRecord {
  const { item, origin, file, facts } = given;
  return {
    role: item.role,
    origin,
    mediaType: facts.mediaType,
    width: facts.width ?? sent.width ?? 0,
    height: facts.height ?? sent.height ?? 0,
    bytes: file.bytes,
    sha256: facts.sha256,
    ...(sent.sha256 === facts.sha256 ? {} : { sentSha256: sent.sha256 }),
    steps,
  };
}

function isSendable(mediaType: string): mediaType is LoadedImage["mediaType"] {
  return mediaType === "image/png" || mediaType === "image/jpeg" || mediaType === "image/webp";
}

/** The tools read by path, so it must still lead to what was checked. */
function requireSameFile({ path, state }: OpenFile, name: InputName): void {
  const now = statSync(path, { bigint: true, throwIfNoEntry: false });
  if (now === undefined || !isSameState(stateOf(now), state)) throw changed(name);
}

function withoutTools({ label }: InputName, why: string): LimnError {
  return new LimnError("unsupported_option", {
    message: `${capitalised(label)} has to be converted because ${why}, and this program has no picture tools. Nothing was sent.`,
    hint: "Install them beside this program: npm install @limn/finish",
  });
}
