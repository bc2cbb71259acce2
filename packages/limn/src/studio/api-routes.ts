import type { IncomingMessage, ServerResponse } from "node:http";
import type { ImageRequest, MarksChange, StudioRequest } from "@limn/core";
import type { Route } from "../loopback/index.ts";
import { invalidRequest, sendJson, sendProblem, told } from "./answers.ts";
import type { Intent } from "./desk.ts";
import { detailOf } from "./detail.ts";
import { readDownload } from "./downloads.ts";
import { listEngines } from "./engine-list.ts";
import { readLibraryQuery } from "./library-query.ts";
import { sendPicture, sendPreview, sendStored, sendThumbnail } from "./picture-routes.ts";
import { readJson, readUpload } from "./read-body.ts";
import { readIds, readStudioRequest } from "./read-request.ts";
import { findInput } from "./stored-inputs.ts";
import { checkPlace, readRecord } from "./stored-pictures.ts";
import type { StudioApi } from "./studio-api.ts";

/** One request that got in. */
interface Call {
  readonly api: StudioApi;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly parameters: URLSearchParams;
  /** What the address holds at the places of its pattern. */
  readonly parts: readonly string[];
}

type Handle = (call: Call) => Promise<void> | void;

interface ApiRoute {
  readonly name: string;
  readonly pattern: RegExp;
  readonly handlers: Readonly<Record<string, Handle>>;
}

const idPart = "(gen_[0-9a-z]{20})";
const numberPart = String.raw`(\d{1,3})`;

const routes: readonly ApiRoute[] = [
  { name: "studio-list", pattern: /^\/api\/generations$/, handlers: { GET: list, POST: generate } },
  { name: "studio-detail", pattern: new RegExp(`^/api/generations/${idPart}$`), handlers: { GET: detail } },
  { name: "studio-marks", pattern: new RegExp(`^/api/generations/${idPart}/marks$`), handlers: { PATCH: mark } },
  { name: "studio-again", pattern: new RegExp(`^/api/generations/${idPart}/again$`), handlers: { POST: again } },
  { name: "studio-cancel", pattern: new RegExp(`^/api/generations/${idPart}/cancel$`), handlers: { POST: cancel } },
  { name: "studio-facets", pattern: /^\/api\/facets$/, handlers: { GET: facets } },
  { name: "studio-image", pattern: new RegExp(`^/api/images/${idPart}/${numberPart}$`), handlers: { GET: image } },
  {
    name: "studio-thumbnail",
    pattern: new RegExp(`^/api/thumbnails/${idPart}/${numberPart}$`),
    handlers: { GET: thumbnail },
  },
  {
    name: "studio-preview",
    pattern: new RegExp(`^/api/previews/${idPart}/${numberPart}/${numberPart}$`),
    handlers: { GET: preview },
  },
  { name: "studio-input", pattern: new RegExp(`^/api/inputs/${idPart}/${numberPart}$`), handlers: { GET: input } },
  { name: "studio-trash", pattern: /^\/api\/trash$/, handlers: { POST: trash } },
  { name: "studio-restore", pattern: /^\/api\/restore$/, handlers: { POST: restore } },
  { name: "studio-delete", pattern: /^\/api\/delete$/, handlers: { POST: remove } },
  { name: "studio-plan", pattern: /^\/api\/plan$/, handlers: { POST: plan } },
  { name: "studio-downloads", pattern: /^\/api\/downloads$/, handlers: { POST: askDownload } },
  { name: "studio-download", pattern: /^\/api\/downloads\/([\w-]{22})$/, handlers: { GET: download } },
  { name: "studio-events", pattern: /^\/api\/events$/, handlers: { GET: events } },
  { name: "studio-status", pattern: /^\/api\/status$/, handlers: { GET: status } },
  { name: "studio-engines", pattern: /^\/api\/engines$/, handlers: { GET: engines } },
  { name: "studio-sign-in", pattern: /^\/api\/sign-in$/, handlers: { POST: signIn, DELETE: endSignIn } },
];

/** The route of an address under `/api`; null when there is none. */
export function findApiRoute(path: string, open: () => Promise<StudioApi>): Route | null {
  for (const { name, pattern, handlers } of routes) {
    const parts = pattern.exec(path)?.slice(1);
    if (parts === undefined) continue;
    return {
      name,
      methods: Object.keys(handlers),
      access: "session",
      serve: async (request, response) => {
        try {
          const handle = handlers[request.method === "HEAD" ? "GET" : (request.method ?? "")];
          if (handle === undefined) throw invalidRequest("This address does not take that method.", 405);
          const [, query = ""] = /\?(.*)$/s.exec(request.url ?? "") ?? [];
          await handle({ api: await open(), request, response, parameters: new URLSearchParams(query), parts });
        } catch (error) {
          sendProblem(request, response, error);
        }
      },
    };
  }
  return null;
}

function list({ api, response, parameters }: Call): void {
  const { query, cursor, limit } = readLibraryQuery(parameters, api.emulated);
  sendJson(response, api.library.page(query, { cursor, limit }));
}

function facets({ api, response, parameters }: Call): void {
  const { query } = readLibraryQuery(parameters, api.emulated);
  sendJson(response, api.library.facets({ emulated: query.emulated ?? "without" }));
}

async function detail({ api, response, parts: [id = ""] }: Call): Promise<void> {
  const entry = api.entry(id);
  sendJson(response, await detailOf(api, entry, readRecord(api.library, id)));
}

async function mark({ api, request, response, parts: [id = ""] }: Call): Promise<void> {
  const change = readMarksChange(await readJson(request));
  sendJson(response, await api.library.mark(id, change));
  api.hub.advance();
}

/** The library checks the values; here it is made sure that nothing else is in it. */
function readMarksChange(words: Readonly<Record<string, unknown>>): MarksChange {
  const known: Readonly<Record<keyof MarksChange, (value: unknown) => boolean>> = {
    favourite: (value) => typeof value === "boolean",
    addTags: isTexts,
    removeTags: isTexts,
    kit: (value) => value === null || typeof value === "string",
    altTexts: (value) =>
      typeof value === "object" &&
      value !== null &&
      Object.values(value).every((text) => text === null || typeof text === "string"),
  };
  for (const [name, value] of Object.entries(words)) {
    const check = Object.entries(known).find(([field]) => field === name)?.[1];
    if (check === undefined) throw invalidRequest(`There is no mark "${name.slice(0, 40)}".`);
    if (!check(value)) throw invalidRequest(`The mark ${name} has a value that it cannot have.`);
  }
  return words;
}

function isTexts(value: unknown): boolean {
  return Array.isArray(value) && value.every((text) => typeof text === "string");
}

async function generate({ api, request, response }: Call): Promise<void> {
  const key = idempotencyKey(request);
  const upload = await readUpload(request);
  let isHandedOver = false;
  try {
    const pictures = [...upload.pictures].map(([part, { sha256 }]) => `${part} ${sha256}`).sort();
    const intent = { key, wish: JSON.stringify([upload.words, pictures]) };
    // A repeat is answered whatever else has changed since.
    if (await answerKnown({ api, response }, intent)) return;
    const read = readStudioRequest(
      { ...api.parts.defaults, ...upload.words },
      ({ part }) => upload.pictures.get(part) ?? null,
    );
    const wishes = wishesOf(read.asked);
    api.library.checkMarks(wishes);
    isHandedOver = true;
    await begin({ api, response }, intent, read.request, wishes, () => upload.close());
  } finally {
    if (!isHandedOver) upload.close();
  }
}

async function again({ api, request, response, parts: [id = ""] }: Call): Promise<void> {
  const key = idempotencyKey(request);
  const words = request.headers["content-type"] === undefined ? {} : await readJson(request);
  const vary = words.vary === true;
  const intent = { key, wish: JSON.stringify(["again", id, vary]) };
  if (await answerKnown({ api, response }, intent)) return;
  const found = api.parts.limn.store.find(id, { folder: "", session: null, emulated: true });
  const repeated = await api.parts.limn.images.repeat(found, { vary });
  await begin({ api, response }, intent, repeated, {}, () => undefined);
}

/** Whether the key began this before, and that was told. */
async function answerKnown({ api, response }: Pick<Call, "api" | "response">, intent: Intent): Promise<boolean> {
  const known = api.desk.find(intent);
  if (known === null) return false;
  const { id } = await known;
  sendJson(response, { id, problem: null }, 200);
  return true;
}

/** 202 once it is written down. */
async function begin(
  { api, response }: Pick<Call, "api" | "response">,
  intent: Intent,
  request: ImageRequest,
  wishes: MarksChange,
  close: () => void,
): Promise<void> {
  const { id, isRepeat } = await api.desk.start(intent, request, close);
  const problem = isRepeat ? null : await api.noteWishes(id, wishes);
  api.hub.advance();
  sendJson(response, { id, problem: problem === null ? null : told(problem) }, isRepeat ? 200 : 202);
}

/** What is noted about a generation beside its request. */
function wishesOf({ kit, tags }: Pick<StudioRequest, "kit" | "tags">): MarksChange {
  return {
    ...(kit === undefined ? {} : { kit }),
    ...(tags === undefined || tags.length === 0 ? {} : { addTags: tags }),
  };
}

function cancel({ api, response, parts: [id = ""] }: Call): void {
  api.desk.cancel(api.entry(id));
  sendJson(response, undefined);
}

async function plan({ api, request, response }: Call): Promise<void> {
  // Stands for an upload, of which a plan reads nothing.
  const unread = { bytes: new Uint8Array(1) };
  const read = readStudioRequest({ ...api.parts.defaults, ...(await readJson(request)) }, ({ name }) => ({
    ...unread,
    name,
  }));
  api.library.checkMarks(wishesOf(read.asked));
  sendJson(response, api.plan(read));
}

async function image({ api, request, response, parameters, parts: [id = "", index] }: Call): Promise<void> {
  await sendPicture(api.hashes, readRecord(api.library, id), Number(index), parameters, request, response);
}

async function thumbnail({ api, request, response, parameters, parts: [id = "", index] }: Call): Promise<void> {
  await sendThumbnail(api, readRecord(api.library, id), Number(index), parameters, request, response);
}

async function preview({ api, request, response, parts: [id = "", index, partial] }: Call): Promise<void> {
  await sendPreview(api.library.folderOf(id), Number(index), Number(partial), request, response);
}

async function input({ api, request, response, parameters, parts: [id = "", place] }: Call): Promise<void> {
  const picture = findInput(api.library, readRecord(api.library, id), Number(place));
  await sendStored(api.hashes, picture, parameters.get("v"), request, response);
}

async function trash({ api, request, response }: Call): Promise<void> {
  const ids = readIds(await readJson(request));
  sendJson(response, await api.each(ids, async (each) => api.library.trash(each)));
}

async function restore({ api, request, response }: Call): Promise<void> {
  const ids = readIds(await readJson(request));
  sendJson(response, await api.each(ids, async (each) => api.library.restore(each)));
}

async function remove({ api, request, response }: Call): Promise<void> {
  const ids = readIds(await readJson(request));
  sendJson(response, await api.each(ids, async (each) => api.library.remove(each)));
}

async function askDownload({ api, request, response }: Call): Promise<void> {
  const { items, which } = readDownload(await readJson(request));
  const pictures = items.map((item) => api.downloadItem(item, which));
  for (const picture of pictures) await checkPlace(api.hashes, picture);
  sendJson(response, { address: api.downloads.add(pictures) });
}

async function download({ api, request, response, parts: [token = ""] }: Call): Promise<void> {
  await api.downloads.send(token, request, response);
}

function events({ api, request, response, parameters }: Call): void {
  const since = parameters.get("since");
  parameters.delete("since");
  const { query } = readLibraryQuery(parameters, api.emulated);
  api.hub.attach(request, response, { emulated: query.emulated, since });
}

async function status({ api, response }: Call): Promise<void> {
  sendJson(response, await api.status.read());
}

async function engines({ api, response }: Call): Promise<void> {
  sendJson(response, await listEngines(api.parts.limn));
}

async function signIn({ api, response }: Call): Promise<void> {
  sendJson(response, await api.signIn.start());
  void api.tellStatus();
}

function endSignIn({ api, response }: Call): void {
  api.signIn.stop();
  sendJson(response, undefined);
}

/** @throws Refusal 400 */
function idempotencyKey({ headers }: IncomingMessage): string {
  const key = headers["idempotency-key"];
  if (typeof key === "string" && /^[\w-]{1,100}$/.test(key)) return key;
  throw invalidRequest("The header Idempotency-Key must have 1 to 100 letters, digits, _ and -.");
}
