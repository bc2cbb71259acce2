/** A request in the user's own terms, with inputs by name. */
export interface NamedRequest {
  readonly operation: "generate" | "edit";
  readonly prompt: string;
  /** Fields of an `ImageRequest` but for the pictures; what is undefined was not asked. */
  readonly fields: Readonly<Record<string, string | number | boolean | undefined>>;
  readonly images: readonly string[];
  readonly mask: string | null;
  readonly kit: string | null;
  readonly emulated: boolean;
}

/** Fields by their options, in the order of the help. */
const options: Readonly<Record<string, string>> = {
  n: "--count",
  size: "--size",
  fit: "--fit",
  aspect: "--aspect",
  format: "--format",
  compression: "--compression",
  background: "--background",
  alpha: "--alpha",
  allowExtraImages: "--allow-extra-images",
  shrinkInputs: "--shrink-inputs",
  partials: "--partials",
  quality: "--quality",
  model: "--model",
  engine: "--engine",
  codexDriver: "--codex-driver",
  strict: "--strict",
};

/** The very same request for a POSIX shell. */
export function commandLine(request: NamedRequest): string {
  const words = ["limn", request.operation];
  for (const [field, option] of Object.entries(options)) {
    const value = request.fields[field];
    if (value === undefined || value === false) continue;
    words.push(value === true ? option : `${option} ${quote(String(value))}`);
  }
  for (const image of request.images) words.push(`--image ${quote(image)}`);
  if (request.mask !== null) words.push(`--mask ${quote(request.mask)}`);
  if (request.kit !== null) words.push(`--kit=${quote(request.kit)}`);
  if (request.emulated) words.push("--sandbox");
  const { prompt } = request;
  // No argument can hold a NUL, and "-" stands for stdin.
  if (prompt.includes("\0")) return `printf %b ${quote(escaped(prompt))} | ${[...words, "--prompt-file -"].join(" ")}`;
  if (prompt === "-") return `printf %s - | ${[...words, "--prompt-file -"].join(" ")}`;
  return [...words, ...(prompt.startsWith("-") ? ["--"] : []), quote(prompt)].join(" ");
}

/** One word for a POSIX shell, whatever is in it. */
export function quote(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) && !/^[~=]/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`;
}

/** For `printf %b`; a line end at the end is doubled, since reading from stdin takes one away. */
function escaped(text: string): string {
  const kept = text.endsWith("\n") ? `${text}\n` : text;
  return kept.replaceAll("\\", String.raw`\\`).replaceAll("\0", String.raw`\0000`);
}

/** A file as an argument: nothing that stands for something else (an option, stdin, the clipboard, the history, an address). */
export function fileArgument(name: string): string {
  return name.startsWith("/") || name.startsWith("./") ? name : `./${name}`;
}
