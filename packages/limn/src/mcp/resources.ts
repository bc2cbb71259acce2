import type { ReadResourceResult, Resource } from "@modelcontextprotocol/server";
import { ResourceNotFoundError } from "@modelcontextprotocol/server";
import { generationAnswer, generationUri, pathOf, previewType } from "./answer.ts";
import { previewInProcess } from "../worker/preview-file.ts";
import type { McpServices, McpSession } from "./services.ts";
import { findGeneration, sessionGenerations } from "./find-generation.ts";

const mostListed = 50;

export const resourceTemplates = [
  {
    name: "generation",
    uriTemplate: "limn://generation/{id}",
    description: "All that is known about one generation: paths, pixels, hashes, what was asked and what came",
    mimeType: "application/json",
  },
  {
    name: "image",
    uriTemplate: "limn://generation/{id}/image/{n}",
    description: "Preview of the n-th picture of a generation; the original is the file at its path",
    mimeType: previewType,
  },
];

/** This session's, newest first. */
export function listResources(services: McpServices, session: McpSession): Resource[] {
  return sessionGenerations(services, session, mostListed).map(({ id, status, manifest }) => ({
    uri: generationUri(id),
    name: id,
    description: `${manifest.images.length === 1 ? "One picture" : `${manifest.images.length} pictures`}, ${status}, ${manifest.createdAt}`,
    mimeType: "application/json",
  }));
}

/** Only generations of the store have an address. */
export async function readResource(services: McpServices, uri: string): Promise<ReadResourceResult> {
  const [, id, place] = /^limn:\/\/generation\/(gen_[0-9a-z]{20})(?:\/image\/([1-9]\d?))?$/.exec(uri) ?? [];
  const found = id === undefined ? null : findGeneration(services, id);
  if (found === null) throw new ResourceNotFoundError(uri);
  if (place === undefined) {
    const { content } = await generationAnswer(services.limn.store, found, {
      mode: "path",
      error: null,
      isRepeated: false,
      makePreview: async () => null,
    });
    const [text] = content;
    return { contents: [{ uri, mimeType: "application/json", text: text?.type === "text" ? text.text : "{}" }] };
  }
  const image = found.manifest.images[Number(place) - 1];
  const preview =
    image === undefined
      ? null
      : await previewInProcess([pathOf(services.limn.store, found, image)], services.context.environment);
  if (preview === null) throw new ResourceNotFoundError(uri);
  return { contents: [{ uri, mimeType: previewType, blob: preview.toString("base64") }] };
}
