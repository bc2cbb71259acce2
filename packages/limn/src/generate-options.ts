import {
  LimnError,
  alphaPolicies,
  backgrounds,
  codexDrivers,
  engineIds,
  fits,
  pictureFormats,
  qualities,
} from "@limn/core";
import type { Config, Fault, ImageInput } from "@limn/core";
import type { Command } from "commander";
import type { PreviewMode } from "./terminal/picture.ts";

/** Option texts as the command line gives them; nothing is parsed by the command framework, so that all faults are told at once. */
export interface RawGenerateOptions {
  readonly output?: string;
  readonly count?: string;
  readonly size?: string;
  readonly fit?: string;
  readonly aspect?: string;
  readonly format?: string;
  readonly compression?: string;
  readonly background?: string;
  readonly alpha?: string;
  readonly allowExtraImages?: string;
  readonly image?: readonly string[];
  readonly mask?: string;
  readonly shrinkInputs?: boolean;
  readonly partials?: string;
  readonly codexDriver?: string;
  readonly quality?: string;
  readonly model?: string;
  readonly engine?: string;
  readonly promptFile?: string;
  readonly profile?: string;
  readonly ignoreLimit?: boolean;
  readonly ignorePlan?: boolean;
  readonly strict?: boolean;
  readonly sandbox?: boolean;
  readonly embedRecipe?: boolean;
  readonly timeout?: string;
  readonly retries?: string;
  readonly concurrency?: string;
  readonly dryRun?: boolean;
  readonly explain?: boolean;
  readonly history?: boolean;
  readonly kit?: string;
  readonly force?: boolean;
  readonly json?: boolean;
  readonly jsonl?: boolean;
  readonly quiet?: boolean;
  readonly verbose?: boolean;
  readonly preview?: string;
}

/** Options as `generate` works with them. */
export interface GenerateSettings {
  readonly output: string | null;
  readonly timeoutMs: number;
  readonly retries: number;
  readonly concurrency: number;
  readonly preview: PreviewMode;
  readonly keepHistory: boolean;
  readonly embedRecipe: boolean;
  readonly sandbox: boolean;
  readonly force: boolean;
}

const previewModes: readonly PreviewMode[] = ["auto", "always", "never"];
const defaultTimeoutSeconds = 330;
const defaultRetries = 2;
const defaultConcurrency = 4;

/** An option as data, for the command framework and for `readPlainLine`. */
export interface OptionRow {
  /** As the framework takes them: `-o, --output <path>`, `--force`, `--no-history`. */
  readonly flags: string;
  readonly description: string;
  /** Gathers its values. @default the last one counts */
  readonly isRepeatable?: boolean;
}

/** Options of `generate`, `edit` and `again`; their names are the contract. */
export const generateOptions: readonly OptionRow[] = [
  { flags: "-o, --output <path>", description: "file, folder or - for stdout (default: the current folder)" },
  { flags: "-n, --count <n>", description: "images wanted, 1..10 (default: 1)" },
  {
    flags: "-i, --image <source>",
    description: "source or reference: FILE, URL, - (stdin), clipboard, @last, @ID, @ID:2; repeatable",
    isRepeatable: true,
  },
  { flags: "--size <pixels>", description: "pixels of the file: WxH, 1K, 2K, 4K or auto (default: as it comes)" },
  { flags: "--fit <how>", description: `${fits.join(", ")}: how it gets there, never stretched (default: cover)` },
  { flags: "--aspect <ratio>", description: "shape: square, landscape, portrait or W:H such as 16:9" },
  {
    flags: "--format <type>",
    description: `${pictureFormats.join(", ")} (default: the output's extension, or as it comes)`,
  },
  { flags: "--compression <n>", description: "quality of jpeg, webp and avif, 0..100 (default: 90)" },
  { flags: "--background <kind>", description: `${backgrounds.join(", ")} (default: auto)` },
  {
    flags: "--alpha <policy>",
    description: `${alphaPolicies.join(", ")}: when transparency did not come, warn or fail (default: best)`,
  },
  {
    flags: "--allow-extra-images <n>",
    description: "images that may be spent beyond those asked for, for transparency (default: 0)",
  },
  { flags: "--shrink-inputs", description: "scale inputs down to fit the limits instead of refusing them" },
  { flags: "--partials <n>", description: "live previews while it is drawn, 0..3 (engine responses)" },
  { flags: "--quality <level>", description: `a wish: ${qualities.join(", ")}; the result says what was used` },
  { flags: "--model <id>", description: "gpt-image-2, or a tier gpt-image-2-low, -medium, -high" },
  { flags: "--engine <id>", description: `auto, ${engineIds.join(", ")} (default: auto)` },
  { flags: "--codex-driver <way>", description: `${codexDrivers.join(", ")} (engine codex)` },
  { flags: "--profile <name>", description: "one of limn's own logins by name" },
  { flags: "--ignore-limit", description: "ask although a plan limit is known to be used up" },
  { flags: "--ignore-plan", description: "ask although the plan hides images (Free)" },
  { flags: "--prompt-file <file>", description: "read the prompt from a file" },
  { flags: "--sandbox", description: "draw with the built-in emulator: no login, nothing sent, nothing spent" },
  { flags: "--strict", description: 'make "not honoured" an error (the picture is kept)' },
  { flags: "--embed-recipe", description: "write the recipe into the file (invalidates its C2PA provenance)" },
  { flags: "--force", description: "overwrite the output file" },
  { flags: "--no-history", description: "keep only a hash record after delivery" },
  { flags: "--kit <name>", description: "note that it belongs to this set of pictures; see limn history --kit" },
  { flags: "--timeout <seconds>", description: `for everything (default: ${defaultTimeoutSeconds})` },
  { flags: "--retries <n>", description: `repeats of what certainly did nothing, 0..10 (default: ${defaultRetries})` },
  { flags: "--concurrency <n>", description: `calls side by side, 1..10 (default: ${defaultConcurrency})` },
  { flags: "--dry-run", description: "print what would be asked; reads no input, sends nothing" },
  { flags: "--explain", description: "say which engine is chosen and why" },
  { flags: "--preview <when>", description: "inline picture in the terminal: auto, always, never (default: auto)" },
  { flags: "--json", description: "one JSON object on stdout" },
  { flags: "--jsonl", description: "the event stream on stdout, one JSON object a line" },
  { flags: "-q, --quiet", description: "no progress and no hints" },
  { flags: "-v, --verbose", description: "more about what happens" },
];

/** `edit` has one more. */
export const editOptions: readonly OptionRow[] = [
  ...generateOptions,
  {
    flags: "--mask <file>",
    description: "only this region changes (transparent or light); every pixel outside stays",
  },
];

export function addGenerateOptions(command: Command): Command {
  return addOptions(command, generateOptions);
}

export function addEditOptions(command: Command): Command {
  return addOptions(command, editOptions);
}

function addOptions(command: Command, rows: readonly OptionRow[]): Command {
  for (const { flags, description, isRepeatable } of rows)
    if (isRepeatable === true) command.option(flags, description, gather);
    else command.option(flags, description);
  return command;
}

function gather(value: string, before: readonly string[] | undefined): readonly string[] {
  return [...(before ?? []), value];
}

/** Flag over setting over default. Faults are collected, not thrown. */
export function readSettings(raw: RawGenerateOptions, config: Config, faults: Fault[]): GenerateSettings {
  const output = raw.output ?? text(config, "output");
  if (raw.output === "") faults.push({ field: "output", message: "must not be empty" });
  if (raw.json === true && raw.jsonl === true)
    faults.push({ field: "--jsonl", message: "cannot be combined with --json" });
  if (raw.quiet === true && raw.verbose === true)
    faults.push({ field: "--quiet", message: "cannot be combined with --verbose" });
  const preview = raw.preview ?? text(config, "preview") ?? "auto";
  if (!isPreviewMode(preview)) faults.push({ field: "preview", message: `must be one of ${previewModes.join(", ")}` });
  const keepHistory = raw.history !== false && flag(config, "history") !== false;
  const embedRecipe = raw.embedRecipe === true || flag(config, "embedRecipe") === true;
  const recipeName = raw.embedRecipe === true ? "--embed-recipe" : "embedRecipe";
  if (embedRecipe && output === "-") faults.push({ field: recipeName, message: "cannot be combined with --output -" });
  if (embedRecipe && !keepHistory) faults.push({ field: recipeName, message: "cannot be combined with --no-history" });
  if (raw.kit !== undefined && !keepHistory)
    faults.push({ field: "--kit", message: "cannot be combined with --no-history: it is noted there" });
  if (output === "-" && (raw.json === true || raw.jsonl === true))
    faults.push({
      field: "--output -",
      message: "cannot be combined with --json or --jsonl: stdout carries one kind of data",
    });
  if ((raw.image ?? []).filter((source) => source === "-").length > 1)
    faults.push({ field: "--image -", message: "can be given once: stdin holds one picture" });
  if (output === "-" && raw.count !== undefined && raw.count !== "1")
    faults.push({ field: "--output -", message: "takes one image only" });
  return {
    output,
    timeoutMs: number("timeout", raw.timeout, config, defaultTimeoutSeconds, [1, 3600], faults) * 1000,
    retries: number("retries", raw.retries, config, defaultRetries, [0, 10], faults),
    concurrency: number("concurrency", raw.concurrency, config, defaultConcurrency, [1, 10], faults),
    preview: isPreviewMode(preview) ? preview : "auto",
    keepHistory,
    embedRecipe,
    sandbox: raw.sandbox === true || flag(config, "sandbox") === true,
    force: raw.force === true,
  };
}

/** The request as a library would get it; its fields are checked by the core. */
export function readRequest(
  operation: "generate" | "edit",
  raw: RawGenerateOptions,
  prompt: string | undefined,
  images: readonly ImageInput[],
  config: Config,
): Readonly<Record<string, unknown>> {
  return {
    operation,
    prompt,
    n: whole(raw.count),
    images: images.length === 0 && operation === "generate" ? undefined : images,
    mask: raw.mask,
    size: raw.size,
    fit: raw.fit,
    format: raw.format === "jpg" ? "jpeg" : raw.format,
    compression: whole(raw.compression),
    alpha: raw.alpha,
    allowExtraImages: whole(raw.allowExtraImages),
    partials: whole(raw.partials),
    shrinkInputs: raw.shrinkInputs,
    codexDriver: raw.codexDriver,
    aspect: raw.aspect ?? text(config, "aspect") ?? undefined,
    background: raw.background ?? text(config, "background") ?? undefined,
    quality: raw.quality ?? text(config, "quality") ?? undefined,
    model: raw.model ?? text(config, "model") ?? undefined,
    engine: raw.engine ?? text(config, "engine") ?? undefined,
    strict: raw.strict,
  };
}

/** What a field is called to the user: its option, or the setting and the place where it came from. `n` is --count here. */
export function faultName(field: string, raw: RawGenerateOptions, config: Config): string {
  if (field.startsWith("-")) return field;
  if (field === "n") return "--count";
  if (field === "images") return "--image";
  if (field === "operation") return "the operation";
  if (field === "prompt") return "the prompt";
  const setting = config.get(field);
  const isGiven = Object.entries(raw).some(([name, value]) => name === field && value !== undefined);
  return setting === undefined || isGiven
    ? `--${field.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`
    : `the setting "${field}" (${setting.from})`;
}

function text(config: Config, name: string): string | null {
  const value = config.get(name)?.value;
  return typeof value === "string" ? value : null;
}

function flag(config: Config, name: string): boolean | null {
  const value = config.get(name)?.value;
  return typeof value === "boolean" ? value : null;
}

function number(
  name: string,
  given: string | undefined,
  config: Config,
  fallback: number,
  [minimum, maximum]: readonly [number, number],
  faults: Fault[],
): number {
  const setting = config.get(name)?.value;
  if (given === undefined) return typeof setting === "number" ? setting : fallback;
  const value = wholeNumber(given);
  if (typeof value === "number" && value >= minimum && value <= maximum) return value;
  faults.push({ field: name, message: `must be a whole number from ${minimum} to ${maximum}` });
  return fallback;
}

function whole(given: string | undefined): number | string | undefined {
  return given === undefined ? undefined : wholeNumber(given);
}

/** The number, or the text itself for the core to refuse. */
function wholeNumber(given: string): number | string {
  return /^-?\d{1,9}$/.test(given) ? Number(given) : given;
}

function isPreviewMode(value: string): value is PreviewMode {
  return previewModes.some((mode) => mode === value);
}

/** @throws invalid_option */
export function refuseTerminalOutput(output: string | null, isTerminal: boolean): void {
  if (output !== "-" || !isTerminal) return;
  throw new LimnError("invalid_option", {
    message: "--output - writes the picture's bytes to stdout, and stdout is a terminal.",
    hint: 'Send them somewhere: limn generate "…" -o - > fox.png',
  });
}
