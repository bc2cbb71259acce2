import type { ResolvedRequest } from "../../contracts/request.ts";
import type { Sent } from "../../contracts/result.ts";
import { joinBody } from "../../transport/index.ts";
import type { RequestBody } from "../../transport/index.ts";
import { promptWithAspect } from "../shape-words.ts";
import type { HostModel } from "./host-model.ts";

export const responsesPath = "/responses";

/**
 * Steers the chat model to the tool: a forced `tool_choice` is refused with 400 for some accounts, so that none is sent
 * (codex-backend contract 4.1).
 */
const instructions =
  "Call the image_generation tool exactly once. Pass the user's text to it word for word as the prompt; do not shorten, translate or " +
  "embellish it. Images that are attached are its inputs, in the order given. Do not ask back and do not answer in words.";

/** The tool refuses `transparent` on many accounts; `auto` and a sentence work (contract 4.1, R17). */
const transparentSentence = "The background must be fully transparent (real alpha channel, no checkerboard).";

/** What goes over the wire, without images and without the host model, which is read from the account's list just before. */
export function responsesFields(request: ResolvedRequest, model: string): Sent {
  return {
    model,
    instructions,
    prompt: promptText(request),
    tools: [toolOf(request)],
    store: false,
    stream: true,
    parallel_tool_calls: false,
  };
}

/** The JSON body (contract 4.1): images in their order, then the words. Encoded while it is sent. */
export function responsesBody(request: ResolvedRequest, host: HostModel): RequestBody {
  const { model, prompt, ...rest } = responsesFields(request, host.slug);
  // Models of the newer kind take instructions as a developer message only (contract 4.1).
  const developer = host.isLite
    ? `${JSON.stringify({ type: "message", role: "developer", content: [{ type: "input_text", text: instructions }] })},`
    : "";
  const text = JSON.stringify({ type: "input_text", text: prompt });
  return joinBody([
    `{"model":${JSON.stringify(model)},"input":[${developer}{"type":"message","role":"user","content":[`,
    ...request.images.flatMap((image) => [
      `{"type":"input_image","image_url":"data:${image.mediaType};base64,`,
      image,
      '"},',
    ]),
    `${text}]}],${JSON.stringify(rest).slice(1)}`,
  ]);
}

function promptText(request: ResolvedRequest): string {
  const text = promptWithAspect(request.prompt, request.native.aspect);
  return request.background === "transparent" ? `${text}\n\n${transparentSentence}` : text;
}

function toolOf(request: ResolvedRequest): Readonly<Record<string, unknown>> {
  const { size, quality } = request.native;
  return {
    type: "image_generation",
    action: request.images.length > 0 ? "edit" : "generate",
    output_format: "png",
    background: request.background === "opaque" ? "opaque" : "auto",
    ...(quality === null ? {} : { quality }),
    ...(size === null ? {} : { size: `${size.width}x${size.height}` }),
    ...(request.partials === 0 ? {} : { partial_images: request.partials }),
  };
}
