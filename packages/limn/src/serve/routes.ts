import { createReadStream } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { pipeline } from "node:stream/promises";
import { HttpError } from "../loopback/index.ts";
import type { Route } from "../loopback/index.ts";
import { operations } from "./api-operations.ts";
import type { GenerationDesk } from "./generation-desk.ts";
import { serveImages } from "./images-route.ts";
import type { ImagesRouteParts } from "./images-route.ts";
import type { Metrics } from "./metrics.ts";
import { modelEntry, modelIds } from "./models.ts";
import { openApi } from "./open-api.ts";
import type { DescribedRoute } from "./open-api.ts";
import type { PictureLinks } from "./picture-links.ts";

export interface RouteParts extends ImagesRouteParts {
  readonly desk: GenerationDesk;
  readonly links: PictureLinks;
  readonly metrics: Metrics;
}

/** A route of the API, which is served without `/v1`, too. */
interface ApiRoute extends DescribedRoute, Pick<Route, "name"> {
  serve(request: IncomingMessage, response: ServerResponse, word: string): Promise<void> | void;
}

/** Finds the route of a path without query. */
export function apiRoutes(parts: RouteParts): (path: string) => Route | null {
  const exact = new Map<string, Route>();
  const patterns: { readonly pattern: RegExp; readonly route: ApiRoute }[] = [];
  for (const route of table(parts)) {
    const address = bare(route.address);
    if (route.word === undefined) exact.set(address, bound(route, ""));
    else patterns.push({ pattern: new RegExp(`^${address.replace(/\{\w+\}/, `(${route.word})`)}$`), route });
  }
  return (path) => {
    const address = bare(path);
    const found = exact.get(address);
    if (found !== undefined) return found;
    for (const { pattern, route } of patterns) {
      const word = pattern.exec(address)?.[1];
      if (word !== undefined) return bound(route, word);
    }
    return null;
  };
}

function bare(path: string): string {
  return path.replace(/\/$/, "").replace(/^\/v1(?=\/)/, "");
}

function bound({ name, methods, access, serve }: ApiRoute, word: string): Route {
  return { name, methods, access, serve: (request, response) => serve(request, response, word) };
}

function table(parts: RouteParts): readonly ApiRoute[] {
  const { desk, links, metrics } = parts;
  const routes: readonly ApiRoute[] = [
    {
      address: "/v1/images/generations",
      operation: operations.createImage,
      name: "/images/generations",
      methods: ["POST"],
      access: "key",
      serve: async (request, response) => serveImages(parts, "generate", request, response),
    },
    {
      address: "/v1/images/edits",
      operation: operations.createImageEdit,
      name: "/images/edits",
      methods: ["POST"],
      access: "key",
      serve: async (request, response) => serveImages(parts, "edit", request, response),
    },
    {
      address: "/v1/models",
      operation: operations.listModels,
      name: "models",
      methods: ["GET"],
      access: "key",
      serve: (_, response) => json(response, { object: "list", data: modelIds.map(modelEntry) }),
    },
    {
      address: "/v1/models/{model}",
      operation: operations.retrieveModel,
      word: String.raw`[\w.-]{1,100}`,
      name: "model",
      methods: ["GET"],
      access: "key",
      serve: serveModel,
    },
    {
      // The address of a file is its own key.
      address: "/files/{token}",
      operation: operations.picture,
      word: String.raw`[\w-]{32}`,
      name: "file",
      methods: ["GET"],
      access: "open",
      serve: async (_, response, token) => serveFile(links, token, response),
    },
    {
      address: "/healthz",
      operation: operations.health,
      name: "healthz",
      methods: ["GET"],
      access: "open",
      serve: (_, response) => json(response, { status: "ok" }),
    },
    {
      address: "/metrics",
      operation: operations.metrics,
      name: "metrics",
      methods: ["GET"],
      access: "key",
      serve: (_, response) => {
        response.writeHead(200, { "content-type": "text/plain; version=0.0.4; charset=utf-8" });
        response.end(metrics.text({ limn_generations_running: desk.running, limn_generations_waiting: desk.waiting }));
      },
    },
    {
      address: "/openapi.json",
      operation: operations.description,
      name: "openapi",
      methods: ["GET"],
      access: "key",
      serve: (_, response) => json(response, openApi(routes)),
    },
  ];
  return routes;
}

function serveModel(_: IncomingMessage, response: ServerResponse, model: string): void {
  if (!modelIds.includes(model))
    throw new HttpError(404, { message: "There is no model of this name.", code: "model_not_found", param: "model" });
  json(response, modelEntry(model));
}

async function serveFile(links: PictureLinks, token: string, response: ServerResponse): Promise<void> {
  const linked = links.find(token);
  if (linked === null)
    throw new HttpError(404, { message: "This address of a picture has run out.", code: "not_found" });
  const file = createReadStream(linked.path);
  await new Promise<void>((resolve, reject) => {
    file.once("open", () => resolve());
    file.once("error", () =>
      reject(new HttpError(404, { message: "The picture is no longer in the history.", code: "not_found" })),
    );
  });
  response.writeHead(200, { "content-type": linked.mediaType });
  await pipeline(file, response).catch(() => response.destroy());
}

function json(response: ServerResponse, value: unknown): void {
  const text = JSON.stringify(value);
  response.writeHead(200, { "content-type": "application/json", "content-length": String(Buffer.byteLength(text)) });
  response.end(text);
}
