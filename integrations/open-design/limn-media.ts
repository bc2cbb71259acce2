/**
 * Media provider `limn` for Open Design: images with the ChatGPT plan, no API key. Runs the program `limn` once for each picture, with the
 * prompt on its standard input. Node's own modules only; README.md says how it gets into the daemon.
 *
 * The rules: it runs only for its own model id and takes over no other; it never gives a stub, also with OD_MEDIA_ALLOW_STUBS=1; a failure
 * is an error that says what to do.
 */
import { spawn } from "node:child_process";
import { mkdir, mkdtemp, readFile, realpath, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, delimiter, dirname, extname, join, relative, resolve, sep } from "node:path";

/** Entry for the daemon's list of providers. */
export const limnMediaProvider = {
  id: "limn",
  label: "limn (ChatGPT plan)",
  hint: "gpt-image-2 with the ChatGPT plan of a local login; needs the program limn, no API key",
  integrated: true,
  credentialsRequired: false,
  settingsVisible: false,
} as const;

/** Entry for the daemon's list of image models. No default: it runs when it is asked for by this id. */
export const limnImageModel = {
  id: "limn-gpt-image-2",
  label: "GPT Image 2 (limn)",
  hint: "ChatGPT plan, no API key",
  provider: "limn",
  caps: ["t2i", "i2i"],
} as const;

/** What the daemon's dispatcher hands to a renderer, as far as it is used here. */
export interface LimnRenderContext {
  readonly prompt: string;
  /** `W:H`. @default "1:1" */
  readonly aspect?: string;
  /** References, the first is the one to change; files that were checked. */
  readonly imageRefs?: readonly { readonly abs: string }[];
  readonly onProgress?: ((line: string) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
  /** How limn is started. @default OD_LIMN_BIN, else `limn` of the PATH */
  readonly program?: readonly string[] | undefined;
}

/** What a renderer gives back. */
export interface LimnRenderResult {
  readonly bytes: Buffer;
  readonly providerNote: string;
  readonly suggestedExt: string;
  readonly warnings: readonly string[];
}

/** Why no picture came. The daemon shows `message` and `status` of a failed task. */
export class LimnMediaError extends Error {
  override readonly name: string = "LimnMediaError";
  /** limn's own code, such as `usage_limit_reached` or `login_missing`. */
  readonly code: string;
  /** The HTTP status for it. */
  readonly status: number;
  /** ISO 8601; when the plan's allowance is there again. */
  readonly resetsAt: string | null;

  constructor(code: string, message: string, status: number, resetsAt: string | null = null) {
    super(message);
    this.code = code;
    this.status = status;
    this.resetsAt = resetsAt;
  }
}

const timeLimitSeconds = 330;
// limn keeps its own time limit and ends in order; this is for one that hangs.
const graceMs = 20_000;
const killAfterMs = 2000;
const maxReferences = 5;
const maxReferenceBytes = 16 * 1024 * 1024;
const longestProgress = 200;

/** Make one picture. @throws LimnMediaError; what the signal was aborted with */
export async function renderLimnImage(context: LimnRenderContext): Promise<LimnRenderResult> {
  const { prompt, aspect = "1:1", imageRefs = [] } = context;
  if (prompt.trim() === "") throw new LimnMediaError("prompt_missing", "The prompt is empty; nothing was sent.", 400);
  const folder = await mkdtemp(join(tmpdir(), "open-design-limn-"));
  try {
    const parameters = [
      imageRefs.length > 0 ? "edit" : "generate",
      "--json",
      "--preview",
      "never",
      "--timeout",
      String(timeLimitSeconds),
      "--aspect",
      aspect,
      "--output",
      folder,
      ...imageRefs.flatMap(({ abs }) => ["--image", resolve(abs)]),
    ];
    const answer = await runLimn(parameters, folder, context);
    const [image] = listOf(answer["images"]);
    const path = textOf(image?.["path"]);
    if (path === null) throw new LimnMediaError("no_image_returned", "limn ended without a picture.", 502);
    const bytes = await readFile(path);
    const suggestedExt = extensionOf(bytes);
    if (suggestedExt === null)
      throw new LimnMediaError("image_corrupt", `limn's picture is of no known type; it is kept: ${path}`, 502);
    return {
      bytes,
      suggestedExt,
      providerNote: `limn/${textOf(answer["engine"]) ?? "limn"} · ${aspect} · ${bytes.length} bytes · ChatGPT plan (no API key)`,
      warnings: listOf(answer["warnings"]).flatMap(({ message }) => textOf(message) ?? []),
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The daemon's call for one picture, as far as it is about images (`generateMedia`). */
export interface GenerateMediaArguments {
  readonly projectRoot: string;
  readonly projectsRoot: string;
  readonly projectId: string;
  readonly surface: string;
  readonly model: string;
  readonly prompt?: string;
  readonly output?: string;
  readonly aspect?: string;
  /** Inside the project. */
  readonly image?: string;
  /** More references, inside the project. */
  readonly images?: readonly string[];
  readonly onProgress?: (line: string) => void;
  readonly signal?: AbortSignal;
  readonly program?: readonly string[];
}

/** The daemon's answer to the agent. */
export interface GeneratedMedia {
  readonly name: string;
  readonly size: number;
  readonly mtime: number;
  readonly kind: "image";
  readonly mime: string;
  readonly model: string;
  readonly surface: "image";
  readonly providerNote: string;
  readonly providerId: "limn";
  readonly providerError: null;
  readonly usedStubFallback: false;
  readonly intentionalStub: false;
  readonly warnings: readonly string[];
}

const mediaTypes: Readonly<Record<string, string>> = {
  ".png": "image/png",
  ".jpg": "image/jpeg",
  ".webp": "image/webp",
  ".gif": "image/gif",
};

/**
 * The daemon's documented call, for this provider alone: makes a picture and puts it into the project. Nothing is overwritten; a name that is
 * taken gets a counter, and the answer says the name. @throws LimnMediaError, Error for wrong arguments
 */
export async function generateMedia(given: GenerateMediaArguments): Promise<GeneratedMedia> {
  const { projectRoot, projectsRoot, projectId, surface, model, prompt = "", output, image, images = [] } = given;
  if (projectRoot === "") throw new Error("projectRoot required");
  if (projectsRoot === "") throw new Error("projectsRoot required");
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/.test(projectId)) throw new Error("projectId required");
  if (surface !== "image") throw new Error(`unsupported surface: ${surface}`);
  if (model !== limnImageModel.id)
    throw new Error(`unknown model: ${model}. limn runs only when it is asked for: --model ${limnImageModel.id}`);
  const project = join(projectsRoot, projectId);
  await mkdir(project, { recursive: true });
  const wanted = [image, ...images].filter((path) => path !== undefined && path.trim() !== "");
  const imageRefs: { readonly abs: string }[] = [];
  for (const path of wanted) {
    const abs = await referenceIn(project, path?.trim() ?? "");
    if (!imageRefs.some((other) => other.abs === abs)) imageRefs.push({ abs });
  }
  if (imageRefs.length > maxReferences)
    throw new Error(`--image was given ${imageRefs.length} times; ${maxReferences} is the most`);
  const { onProgress, signal, program, aspect = "1:1" } = given;
  const made = await renderLimnImage({ prompt, aspect, imageRefs, onProgress, signal, program });
  const name = await save(project, output ?? `image-${model}-${Date.now()}`, made);
  const { size, mtimeMs } = await stat(join(project, name));
  return {
    name,
    size,
    mtime: mtimeMs,
    kind: "image",
    mime: mediaTypes[made.suggestedExt] ?? "application/octet-stream",
    model,
    surface: "image",
    providerNote: made.providerNote,
    providerId: "limn",
    providerError: null,
    usedStubFallback: false,
    intentionalStub: false,
    warnings: made.warnings,
  };
}

/** A reference lies inside the project, symbolic links followed, and is a picture by its name; limn looks at the content. */
async function referenceIn(project: string, path: string): Promise<string> {
  let abs: string;
  try {
    abs = await realpath(resolve(project, path));
  } catch {
    throw new Error(`--image not found: ${path}`);
  }
  if (relative(await realpath(project), abs).split(sep)[0] === ".." || relative(project, abs) === abs)
    throw new Error(`--image path "${path}" resolves outside the project directory.`);
  const info = await stat(abs);
  if (!info.isFile()) throw new Error(`--image is not a regular file: ${path}`);
  if (info.size > maxReferenceBytes)
    throw new Error(`--image too large (${info.size} bytes; max ${maxReferenceBytes}).`);
  const extension = extname(abs).toLowerCase();
  if (extension !== ".jpeg" && !(extension in mediaTypes))
    throw new Error(`--image has unsupported extension "${extension}". Use png, jpg, jpeg, webp, or gif.`);
  return abs;
}

/** Under the wanted name, with the extension of what the bytes are. */
async function save(project: string, output: string, { bytes, suggestedExt }: LimnRenderResult): Promise<string> {
  const plain = basename(output.replaceAll("\\", "/"))
    .replace(/[^\p{L}\p{N}._ -]/gu, "-")
    .replace(/^\.+/, "");
  const extension = extname(plain).toLowerCase();
  const known = extension === ".jpeg" || extension in mediaTypes;
  const stem = (known ? plain.slice(0, -extension.length) : plain).slice(0, 120) || "image";
  for (let count = 1; ; count += 1) {
    const name = `${stem}${count === 1 ? "" : `-${count}`}${suggestedExt}`;
    try {
      await writeFile(join(project, name), bytes, { flag: "wx" });
      return name;
    } catch (error) {
      if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
    }
  }
}

function extensionOf(bytes: Buffer): string | null {
  const head = bytes.toString("latin1", 0, 12);
  if (head.startsWith("\x89PNG\r\n\x1a\n")) return ".png";
  if (head.startsWith("\xff\xd8\xff")) return ".jpg";
  if (head.startsWith("RIFF") && head.endsWith("WEBP")) return ".webp";
  return head.startsWith("GIF8") ? ".gif" : null;
}

type Json = Readonly<Record<string, unknown>>;

/** limn's one JSON object. The child never outlives the call. */
async function runLimn(parameters: readonly string[], folder: string, context: LimnRenderContext): Promise<Json> {
  const { signal, onProgress } = context;
  signal?.throwIfAborted();
  const [command = "limn", ...first] = context.program ?? [process.env.OD_LIMN_BIN ?? "limn"];
  const child = spawn(command, [...first, ...parameters], {
    cwd: folder,
    env: childEnvironment(process.env),
    stdio: ["pipe", "pipe", "pipe"],
  });
  let stdout = "";
  let stderr = "";
  let unfinished = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr = (stderr + text).slice(-2000);
    const lines = (unfinished + text).split("\n");
    unfinished = lines.pop() ?? "";
    for (const line of lines) if (line.trim() !== "") onProgress?.(line.trim().slice(0, longestProgress));
  });
  // A program that ends without reading its input tells why by itself.
  child.stdin.on("error", () => undefined);
  child.stdin.end(context.prompt);
  let isLate = false;
  let kill: NodeJS.Timeout | undefined;
  const stop = (): void => {
    child.kill("SIGTERM");
    kill = setTimeout(() => child.kill("SIGKILL"), killAfterMs);
  };
  const late = setTimeout(
    () => {
      isLate = true;
      stop();
    },
    timeLimitSeconds * 1000 + graceMs,
  );
  signal?.addEventListener("abort", stop, { once: true });
  let status: number | null;
  try {
    status = await new Promise<number | null>((done, fail) => {
      child.once("error", fail);
      child.once("close", done);
    });
  } catch (error) {
    const why = error instanceof Error && "code" in error ? String(error.code) : "it did not start";
    throw new LimnMediaError(
      "engine_unavailable",
      `The program limn could not be started (${why}). Install it (npm install -g limn) on the PATH of Open Design, or name it in OD_LIMN_BIN. No OPENAI_API_KEY is needed.`,
      503,
    );
  } finally {
    clearTimeout(late);
    clearTimeout(kill);
    signal?.removeEventListener("abort", stop);
  }
  signal?.throwIfAborted();
  if (isLate)
    throw new LimnMediaError(
      "outcome_unknown",
      `limn gave no answer within ${timeLimitSeconds} s. A picture may have been made and paid for; see: limn history`,
      504,
    );
  const answer = parsed(stdout);
  if (answer === null)
    throw new LimnMediaError(
      "engine_exited",
      `limn exited ${status === null ? "by a signal" : `exit ${status}`} without a result. ${stderr.trim().slice(-300)}`.trim(),
      502,
    );
  if (isJson(answer["error"])) throw failureOf(answer["error"]);
  return answer;
}

const statusByCategory: Readonly<Record<string, number>> = {
  request: 400,
  input: 400,
  login: 401,
  limit: 429,
  refusal: 400,
  connection: 503,
  engine: 503,
  storage: 507,
};

function failureOf({ code, category, message, hint, details }: Json): LimnMediaError {
  const text = [message, hint].flatMap((part) => textOf(part) ?? []).join(" ");
  const signIn =
    category === "login" ? " Sign in with your ChatGPT plan: limn login. No OPENAI_API_KEY is needed." : "";
  const resetsAt = isJson(details) ? textOf(details["resetsAt"]) : null;
  const status = statusByCategory[textOf(category) ?? ""] ?? 502;
  return new LimnMediaError(textOf(code) ?? "bug", `${text}${signIn}`, status, resetsAt);
}

const secretName = /(?:^|_)(?:API_?KEY|KEY|TOKEN|SECRET|PASSWORD|CREDENTIALS?)S?$/i;

/** The daemon's variables without its keys, and with the folder of this Node: a desktop program has a minimal PATH. */
function childEnvironment(variables: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const kept = Object.entries(variables).filter(([name]) => name === "LIMN_ACCESS_TOKEN" || !secretName.test(name));
  const path = Object.keys(variables).find((name) => name.toUpperCase() === "PATH") ?? "PATH";
  const folders = [variables[path], dirname(process.execPath)].filter((folder) => folder !== undefined);
  return { ...Object.fromEntries(kept), [path]: folders.join(delimiter) };
}

function parsed(text: string): Json | null {
  try {
    const value: unknown = JSON.parse(text);
    return isJson(value) ? value : null;
  } catch {
    return null;
  }
}

function isJson(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function listOf(value: unknown): readonly Json[] {
  return Array.isArray(value) ? value.filter(isJson) : [];
}

function textOf(value: unknown): string | null {
  return typeof value === "string" && value !== "" ? value : null;
}
