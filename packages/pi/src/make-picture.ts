import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import type { DeliveryOption, GenerationResult, ImageInput, ImageTools, Limn } from "@limn/core";
import { detailsOf, textOf } from "./describe-result.ts";
import type { KeptPicture, Outcome } from "./describe-result.ts";
import { abortedText, errorText, keptText } from "./error-text.ts";
import { expandHome } from "./host.ts";
import { chooseLogin } from "./login.ts";
import type { ChosenLogin } from "./login.ts";
import type { Core, ExtensionParts } from "./parts.ts";
import type { ContentBlock, OnUpdate, PiContext, ToolResult } from "./pi-api.ts";
import { blockOf, previewBlock } from "./preview.ts";
import { reportTo } from "./progress.ts";
import { recentPictures } from "./recent-pictures.ts";
import { Refusal } from "./refusal.ts";
import { savePicture } from "./save-picture.ts";
import { readSettings, safeName, savePlace } from "./settings.ts";
import type { SavePlace } from "./settings.ts";
import { checkModel, checkWish } from "./wish.ts";
import type { Wish } from "./wish.ts";

export interface PictureCall {
  readonly parts: ExtensionParts;
  readonly context: PiContext;
  readonly signal: AbortSignal;
  readonly onUpdate: OnUpdate;
}

/** Blocks of one answer; the other pictures are named by their paths. */
const maxBlocks = 4;
/** Where previews come with the engine anyway. */
const usualPartials = 2;

/**
 * One request from its arguments to its answer. Everything that can be refused is refused before anything is sent, and a picture that
 * came is in limn's store before anything else happens with it.
 * @throws Error with the text for the model; failures are thrown because 0.87 takes a returned `isError` for a success (P16)
 */
export async function makePicture(wish: Wish, call: PictureCall): Promise<ToolResult> {
  const core = await loadCore(call.parts);
  const soFar: Progress = { owner: "pi", kept: [] };
  try {
    return await make(wish, call, soFar);
  } catch (error) {
    if (call.signal.aborted) throw new Error(`${abortedText} ${keptText(soFar.kept)}`.trim(), { cause: error });
    if (error instanceof Refusal) throw error;
    throw new Error(errorText(core.toLimnError(error), soFar.owner), { cause: error });
  }
}

async function loadCore(parts: ExtensionParts): Promise<Core> {
  try {
    return await parts.loadCore();
  } catch (error) {
    throw new Refusal(
      "The library of limn is not there or does not load, so pi-limn is not installed completely. Install it again: pi install npm:pi-limn. Nothing was sent.",
      { cause: error },
    );
  }
}

/** What an error has to tell beside itself. */
interface Progress {
  owner: ChosenLogin["owner"];
  /** Pictures that came before the call ended. */
  readonly kept: string[];
}

async function make(wish: Wish, call: PictureCall, soFar: Progress): Promise<ToolResult> {
  const { parts, context, signal, onUpdate } = call;
  const { host } = parts;
  checkWish(wish);
  const settings = readSettings(host, context);
  const model = wish.model ?? settings.model;
  if (model !== undefined) checkModel(model);
  const variables = parts.variables();
  const sessionId = context.sessionManager.getSessionId();
  const place = savePlace(wish, settings, { host, variables, cwd: context.cwd, sessionId });
  const [core, imageTools] = await Promise.all([parts.loadCore(), parts.loadFinish()]);
  // Who sets it wants nothing to be spent.
  if (core.isTrue(variables["LIMN_SANDBOX"] ?? null))
    throw new Refusal(
      "LIMN_SANDBOX is set, and there is no sandbox in Pi. Unset it to use the plan. Nothing was sent.",
    );
  const { owner, limn } = await chooseLogin({
    core,
    context,
    variables,
    fetch: parts.fetch(),
    signal,
    options: imageTools === null ? {} : { imageTools },
  });
  soFar.owner = owner;
  const images = await inputsOf(wish, context, limn);
  const isTerminal = context.mode === "tui";
  // The schema of the tool cannot say everything; this names every fault.
  const request = core.validateRequest(
    fieldsOf(wish, { images, model: model ?? null, isTerminal, hasTools: imageTools !== null }),
  );
  const plan = limn.images.plan(request);
  onUpdate({
    content: [
      {
        type: "text",
        text: `Requesting image ${request.operation === "edit" ? "edit" : "generation"} through openai-codex/${plan.request.model ?? "gpt-image-2"}...`,
      },
    ],
    details: {
      provider: "openai-codex",
      model: plan.request.model ?? "gpt-image-2",
      outputFormat: wish.format ?? "png",
      inputImageCount: images.length,
    },
  });
  const unsaved: { readonly path: string; readonly bytes: Uint8Array }[] = [];
  const delivery: DeliveryOption =
    place.folder === null
      ? { kind: "stream", write: async (path) => void unsaved.push({ path, bytes: await readFile(path) }) }
      : { kind: "store" };
  const report = reportTo(onUpdate, isTerminal);
  const result = await limn.images.generate(request, {
    signal,
    delivery,
    keepHistory: place.folder !== null,
    session: sessionId,
    onEvent: (event) => {
      if (event.type === "image-end" && event.image !== null && event.image.path !== null)
        soFar.kept.push(event.image.path);
      report(event);
    },
  });
  // From here on the pictures are paid for: what still fails is told beside them.
  const pictures = await keep(result, place, call);
  const outcome: Outcome = {
    result,
    pictures,
    saveMode: place.mode,
    inputImageCount: images.length,
    loginSource: owner === "pi" ? "pi" : result.account.source,
    imageGenerationId: serviceImageId(limn, result.id),
    warnings: [...settings.warnings, ...warningsOf(wish, result, isTerminal)],
  };
  const content: ContentBlock[] = [{ type: "text", text: textOf(outcome) }];
  if (place.folder === null) {
    unsaved.sort((left, right) => left.path.localeCompare(right.path, "en", { numeric: true }));
    // Nothing else holds them, so they go whole, and a later edit starts from them.
    for (const [index, { bytes }] of unsaved.entries())
      content.push(blockOf(bytes, pictures[index]?.image.mediaType ?? "image/png"));
  } else {
    content.push(...(await previews(pictures, imageTools === null ? null : await imageTools())));
  }
  return { content, details: detailsOf(outcome) };
}

/** Copies into the place that was chosen; the store has them in any case. */
async function keep(result: GenerationResult, place: SavePlace, call: PictureCall): Promise<KeptPicture[]> {
  const pictures: KeptPicture[] = [];
  for (const image of result.images) {
    if (place.folder === null || image.path === null) {
      pictures.push({ image, storePath: null, saved: null });
      continue;
    }
    const name = safeName(
      result.images.length === 1 ? result.id : `${result.id}-${image.index + 1}`,
      "image_generation",
    );
    const { folder } = place;
    const saved = await savePicture(image.path, { folder, name, mediaType: image.mediaType }, call.parts.host);
    pictures.push({ image, storePath: image.path, saved });
    if (saved.savedPath !== null)
      call.onUpdate({
        content: [{ type: "text", text: `Image saved to ${saved.savedPath}.` }],
        details: { savedPath: saved.savedPath, byteCount: image.bytes },
      });
  }
  return pictures;
}

async function previews(pictures: readonly KeptPicture[], tools: ImageTools | null): Promise<ContentBlock[]> {
  const blocks: ContentBlock[] = [];
  for (const { image, storePath } of pictures.slice(0, maxBlocks)) {
    const block = storePath === null ? null : await previewBlock(storePath, image, tools).catch(() => null);
    if (block !== null) blocks.push(block);
  }
  return blocks;
}

async function inputsOf(wish: Wish, context: PiContext, limn: Limn): Promise<readonly ImageInput[]> {
  if (wish.recent !== null) return recentPictures(context.sessionManager, wish.recent, limn.store);
  return wish.images.map((image) => inputPath(image, context.cwd));
}

/** A path as models write it: `~` is the home, one leading `@` is dropped (P14); `@last` and `@gen_…` are pictures of limn's history. */
function inputPath(given: string, cwd: string): string {
  if (/^@(?:last|gen_[0-9a-z]+)(?::\d{1,3})?$/.test(given)) return given;
  const path = given.replace(/^@/, "");
  if (/^[a-z][a-z\d+.-]+:\/\//i.test(path) || /^data:/i.test(path))
    throw new Refusal(`"${path.slice(0, 60)}" is an address; give the path of a file. Nothing was sent.`);
  return resolve(cwd, expandHome(path) ?? path);
}

function fieldsOf(
  wish: Wish,
  facts: {
    readonly images: readonly ImageInput[];
    readonly model: string | null;
    readonly isTerminal: boolean;
    readonly hasTools: boolean;
  },
): Readonly<Record<string, unknown>> {
  const { images, model, isTerminal, hasTools } = facts;
  const partials = isTerminal ? (wish.partials ?? (model === null ? 0 : usualPartials)) : 0;
  // PNG is what comes; without tools nothing could convert what does not.
  const format = wish.format === "png" && !hasTools ? null : wish.format;
  const fields: Record<string, unknown> = {
    operation: wish.operation,
    prompt: wish.prompt,
    n: wish.n,
    size: wish.size,
    aspect: wish.aspect,
    fit: wish.fit,
    background: wish.background,
    quality: wish.quality,
    ...(format === null ? {} : { format }),
    ...(model === null ? {} : { model, engine: "responses" }),
    ...(partials === 0 ? {} : { partials }),
    ...(images.length === 0 ? {} : { images }),
    ...(wish.mask === undefined ? {} : { mask: expandHome(wish.mask) ?? wish.mask.replace(/^@/, "") }),
  };
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}

function warningsOf(wish: Wish, result: GenerationResult, isTerminal: boolean): string[] {
  const { format } = wish;
  const other = result.images.find(({ mediaType }) => format !== null && mediaType !== `image/${format}`);
  return [
    ...(other === undefined ? [] : [`${format} was asked for and ${other.mediaType} came; it was not converted.`]),
    ...((wish.partials ?? 0) > 0 && !isTerminal
      ? ["Previews are drawn in Pi's terminal only, so none were asked for."]
      : []),
  ];
}

/** As the service calls the picture, where the engine hears it. */
function serviceImageId(limn: Limn, id: string): string | null {
  try {
    const { manifest } = limn.store.find(id, { folder: "", session: null, emulated: true });
    return manifest.images[0]?.serviceImageId ?? null;
  } catch {
    return null;
  }
}
