import { delimiter } from "node:path";
import { LimnError, validateRequest } from "@limn/core";
import type { DeliveryOption, Fault, ImageRequest, LastScope } from "@limn/core";
import type { ImageArguments } from "./arguments.ts";
import { readablePicture, writableOutput } from "./readable-paths.ts";
import type { Reach } from "./readable-paths.ts";
import type { McpServices, McpSession } from "./services.ts";

/** What the default engine takes, and Codex's own tool. */
const mostPictures = 5;

export interface WantedImage {
  readonly request: ImageRequest;
  readonly delivery: Exclude<DeliveryOption, { readonly kind: "stream" }>;
}

/** An id as answers give it, with the place of a picture. */
export const idPattern: RegExp = /^@?(gen_[0-9a-z]{20})(?::(\d{1,2}))?$/;

/** The request behind a tool call; nothing has been sent when it throws. @throws LimnError with every fault, or OutsideReach */
export function imageRequestOf(
  tool: "generate_image" | "edit_image",
  given: ImageArguments,
  services: McpServices,
  session: McpSession,
  clientRoots: readonly string[],
): WantedImage {
  const wanted = withoutAliases(given);
  const reach: Reach = {
    workingFolder: services.context.environment.workingFolder,
    home: services.context.environment.home,
    clientRoots,
    store: services.limn.store.folder,
    alsoReadable: (services.setting("mcp.read") ?? "").split(delimiter).filter((folder) => folder !== ""),
  };
  const images = wanted.last === null ? wanted.images : lastImages(services, session, wanted.last);
  if (tool === "edit_image" && images.length === 0)
    throw new LimnError("invalid_option", {
      message: "edit_image needs the picture to change: name it in images, or use last. Nothing was sent.",
      hint: "To make a picture from words alone there is generate_image.",
    });
  if (images.length > mostPictures && given.engine !== "responses")
    throw new LimnError("too_many_inputs", {
      message: `${images.length} pictures were given, and ${mostPictures} is the most. Nothing was sent.`,
      hint: "Leave some out. With the user's consent the argument engine: responses takes 16, and spends their weekly Codex window.",
      details: { count: images.length, limit: mostPictures },
    });
  const setting = (name: string): string | undefined => services.setting(name) ?? undefined;
  const request = validateRequest({
    operation: tool === "edit_image" || given.mask !== undefined ? "edit" : "generate",
    prompt: given.prompt,
    n: given.n,
    size: given.size,
    fit: given.fit,
    aspect: given.aspect ?? (given.size === undefined && given.mask === undefined ? setting("aspect") : undefined),
    format: given.format,
    compression: given.compression,
    background: wanted.background ?? setting("background"),
    quality: given.quality ?? setting("quality"),
    model: given.model ?? setting("model"),
    engine: given.engine ?? setting("engine"),
    strict: given.strict,
    images: images.length === 0 ? undefined : images.map((image) => inputOf(image, services, reach)),
    mask: given.mask === undefined ? undefined : inputOf(given.mask, services, reach),
  });
  if (given.output === undefined) return { request, delivery: { kind: "store" } };
  const output = writableOutput(given.output, reach);
  return { request, delivery: { kind: "files", output, force: false, embedRecipe: false } };
}

interface Unaliased {
  readonly images: readonly string[];
  readonly last: number | null;
  readonly background: ImageArguments["background"];
}

/** The names of Codex's own tool beside ours. @throws invalid_option, unsupported_option */
function withoutAliases(given: ImageArguments): Unaliased {
  const faults: Fault[] = [];
  const { transparent_background: transparent, num_last_images_to_include: theirLast } = given;
  const paths = given.referenced_image_paths ?? [];
  if (given.gif !== undefined && given.gif !== null)
    throw new LimnError("unsupported_option", {
      message: "Animated GIF output is unavailable: limn makes still pictures. Nothing was sent.",
      hint: "Leave gif out.",
    });
  if (paths.length > 0 && given.images !== undefined)
    faults.push({ field: "referenced_image_paths", message: "is the same as images; give one of them" });
  if (typeof theirLast === "number" && given.last !== undefined)
    faults.push({ field: "num_last_images_to_include", message: "is the same as last; give one of them" });
  if (transparent === true && given.background !== undefined && given.background !== "transparent")
    faults.push({ field: "transparent_background", message: `contradicts background: ${given.background}` });
  if (typeof theirLast === "number" && (theirLast < 1 || theirLast > mostPictures))
    faults.push({ field: "num_last_images_to_include", message: `must be between 1 and ${mostPictures}` });
  const images = paths.length > 0 ? paths : (given.images ?? []);
  const last = given.last ?? theirLast ?? null;
  if (images.length > 0 && last !== null)
    faults.push({ field: "last", message: "and images were both given; give only one of them" });
  if (faults.length > 0)
    throw new LimnError("invalid_option", {
      message: `${faults.map(({ field, message }) => `${field} ${message}`).join("; ")}. Nothing was sent.`,
      details: { faults },
    });
  return { images, last, background: transparent === true ? "transparent" : given.background };
}

/** The newest pictures of this session, oldest first. @throws artifact_not_found */
function lastImages(services: McpServices, session: McpSession, last: number): readonly string[] {
  if (!session.isOwn)
    throw new LimnError("invalid_option", {
      message: "This connection does not tell its sessions apart, so it has no last pictures. Nothing was sent.",
      hint: "Give the ids of earlier answers in images.",
    });
  const { limn, context, sandbox } = services;
  const scope: LastScope = { folder: context.environment.workingFolder, session: session.key, emulated: sandbox };
  const images = limn.store
    .last(scope, last)
    .flatMap(({ id, manifest }) => manifest.images.map((_, place) => `@${id}:${place + 1}`))
    .slice(-last);
  if (images.length >= last) return images;
  throw new LimnError("artifact_not_found", {
    message: `This session has ${images.length === 0 ? "no pictures" : images.length === 1 ? "one picture" : `${images.length} pictures`} yet, and the last ${last} were asked. Nothing was sent.`,
    details: { has: images.length, asked: last },
  });
}

function inputOf(given: string, { limn }: McpServices, reach: Reach): string {
  const [, id, place] = idPattern.exec(given) ?? [];
  if (id === undefined) return readablePicture(given, reach);
  const reference = `@${id}:${place ?? "1"}`;
  limn.store.findImage(reference, { folder: "", session: null, emulated: true });
  return reference;
}
