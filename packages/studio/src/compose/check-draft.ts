import type { TextKey } from "../texts/index.ts";
import type { TextValues } from "../texts/fill.ts";
import { maskOf, optionsOf, type Draft } from "./draft.ts";
import { contradicts, parseAspect, parseSize, sizeLimits } from "./size.ts";

/** The controls of the composer that something can be wrong with. */
export type Field = "prompt" | "images" | "mask" | Exclude<keyof Draft["options"], never>;

export interface DraftFault {
  readonly field: Field;
  readonly text: TextKey;
  readonly values: TextValues;
}

/** As the contract has them. */
export const maxPromptLength = 32_000;
export const maxInputBytes = 25 * 1024 * 1024;
const maxShrinkBytes = 200 * 1024 * 1024;
/** The encoded body of a request is at most 64 MB: about so many bytes of files. */
const maxFileBytesInAll = 47_000_000;

export interface InputLimits {
  /** Pictures that the chosen engine takes, or with `auto` the one that takes most. */
  readonly maxImages: number;
}

/** Everything that is wrong with it, in the order of the page; empty = it can be sent. */
export function checkDraft(draft: Draft, limits: InputLimits): DraftFault[] {
  return [...checkPrompt(draft), ...checkInputs(draft, limits), ...checkShape(draft), ...checkFile(draft)];
}

function checkPrompt({ prompt }: Draft): DraftFault[] {
  if (prompt.trim() === "") return [fault("prompt", "compose.faultPromptMissing")];
  if (prompt.length <= maxPromptLength) return [];
  return [fault("prompt", "compose.faultPromptLong", { length: prompt.length, limit: maxPromptLength })];
}

function checkInputs(draft: Draft, { maxImages }: InputLimits): DraftFault[] {
  const { operation, references, options } = draft;
  const faults: DraftFault[] = [];
  if (operation === "edit" && references.length === 0) faults.push(fault("images", "compose.faultNoSource"));
  if (references.length > maxImages)
    faults.push(fault("images", "compose.faultTooMany", { count: references.length, limit: maxImages }));
  const keeps = maskOf(draft)?.of;
  let bytes = 0;
  for (const reference of references) {
    if (reference.kind !== "upload") continue;
    bytes += reference.file.size;
    const limit = options.shrinkInputs && reference.key !== keeps ? maxShrinkBytes : maxInputBytes;
    if (reference.file.size > limit)
      faults.push(
        fault("images", "compose.faultTooLarge", {
          name: reference.name,
          size: mebibytes(reference.file.size),
          limit: mebibytes(limit),
        }),
      );
  }
  if (bytes > maxFileBytesInAll && !options.shrinkInputs)
    faults.push(
      fault("images", "compose.faultTooLargeInAll", {
        size: Math.ceil(bytes / 1e5) / 10,
        limit: maxFileBytesInAll / 1e6,
      }),
    );
  return faults;
}

function checkShape(draft: Draft): DraftFault[] {
  const options = optionsOf(draft);
  const faults: DraftFault[] = [];
  const size = parseSize(options.size);
  const aspect = parseAspect(options.aspect);
  const limits = { min: sizeLimits.minSide, max: sizeLimits.maxSide, megapixels: sizeLimits.maxPixels / 1e6 };
  if (size !== null && "fault" in size) {
    const texts = {
      form: "compose.faultSizeForm",
      side: "compose.faultSizeSide",
      area: "compose.faultSizeArea",
    } as const;
    faults.push(fault("size", texts[size.fault], limits));
  }
  if (typeof aspect === "object" && aspect !== null) {
    const texts = {
      form: "compose.faultAspectForm",
      side: "compose.faultAspectSide",
      steep: "compose.faultAspectSteep",
    } as const;
    faults.push(fault("aspect", texts[aspect.fault]));
  }
  if (size !== null && "width" in size && typeof aspect === "number" && contradicts(size, aspect))
    faults.push(fault("aspect", "compose.faultAspectSize", { size: `${size.width}×${size.height}` }));
  if (options.fit !== "" && options.fit !== "native" && size === null && aspect === null)
    faults.push(fault("fit", "compose.faultFitAlone"));
  else if (options.fit === "contain" && size === null) faults.push(fault("fit", "compose.faultContain"));
  return faults;
}

function checkFile(draft: Draft): DraftFault[] {
  const { format, background, compression } = optionsOf(draft);
  const faults: DraftFault[] = [];
  if (maskOf(draft) !== null && background === "transparent")
    faults.push(fault("background", "compose.faultMaskBackground"));
  if (format === "jpeg" && background === "transparent") faults.push(fault("format", "compose.faultJpegAlpha"));
  if (compression === "") return faults;
  const value = Number(compression);
  if (!/^\d{1,3}$/.test(compression.trim()) || value > 100)
    faults.push(fault("compression", "compose.faultCompression"));
  else if (format === "png" || format === "gif")
    faults.push(fault("compression", "compose.faultCompressionFormat", { format: format.toUpperCase() }));
  return faults;
}

function fault(field: Field, text: TextKey, values: TextValues = {}): DraftFault {
  return { field, text, values };
}

function mebibytes(bytes: number): number {
  return Math.round((bytes / 1024 / 1024) * 10) / 10;
}
