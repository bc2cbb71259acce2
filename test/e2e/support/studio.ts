import type { LibraryEntry } from "@limn/core";
import { onTestFinished } from "vitest";
import type { Served } from "./serve.ts";
import { startServe } from "./serve.ts";
import { parseObject } from "./world.ts";
import type { World } from "./world.ts";

export interface StudioAsking extends RequestInit {
  /** Sent as JSON by POST, or by `method`. */
  readonly json?: unknown;
  readonly extra?: Readonly<Record<string, string>>;
}

/** The studio of `limn serve`, as a browser that opened its link uses it. */
export interface OpenStudio {
  readonly served: Served;
  readonly cookie: string;
  /** As the page asks: with its cookie, and what proves that it is the page. */
  ask(path: string, asking?: StudioAsking): Promise<Response>;
  /** The answer of a request that must succeed. */
  json(path: string, asking?: StudioAsking): Promise<Record<string, unknown>>;
  /** A generation, begun. */
  begin(
    request: Readonly<Record<string, unknown>>,
    files?: Readonly<Record<string, Uint8Array>>,
    key?: string,
  ): Promise<Response>;
  events(query?: string, lastId?: string): Promise<EventReader>;
}

export async function openStudio(world: World, words: readonly string[] = []): Promise<OpenStudio> {
  const served = await startServe(world, words);
  const link = await (await served.ask("/api/links", { method: "POST" })).json();
  const opened = await fetch(String(parseObject(JSON.stringify(link)).url), { redirect: "manual" });
  const cookie = (opened.headers.get("set-cookie") ?? "").split(";", 1)[0] ?? "";
  return useStudio(served, cookie);
}

export function useStudio(served: Served, cookie: string): OpenStudio {
  const { url } = served;
  const ask = async (path: string, { json, extra, ...init }: StudioAsking = {}): Promise<Response> =>
    fetch(`${url}${path}`, {
      ...(json === undefined ? {} : { method: "POST", body: JSON.stringify(json) }),
      ...init,
      redirect: "manual",
      headers: {
        cookie,
        "x-limn": "studio",
        origin: url,
        "sec-fetch-site": "same-origin",
        ...(json === undefined ? {} : { "content-type": "application/json" }),
        ...extra,
      },
    });
  let keys = 0;
  return {
    served,
    cookie,
    ask,
    json: async (path, asking) => {
      const response = await ask(path, asking);
      const text = await response.text();
      if (!response.ok) throw new Error(`${response.status} ${text.slice(0, 500)}`);
      return parseObject(text);
    },
    begin: async (request, files = {}, key = `key-${(keys += 1)}`) => {
      const form = new FormData();
      form.append("request", JSON.stringify(request));
      for (const [part, bytes] of Object.entries(files))
        form.append(part, new Blob([new Uint8Array(bytes)]), `${part}.png`);
      return ask("/api/generations", { method: "POST", body: form, extra: { "idempotency-key": key } });
    },
    events: async (query = "", lastId) => {
      const controller = new AbortController();
      onTestFinished(() => controller.abort());
      const response = await ask(`/api/events${query}`, {
        signal: controller.signal,
        ...(lastId === undefined ? {} : { extra: { "last-event-id": lastId } }),
      });
      return new EventReader(response);
    },
  };
}

export interface StudioEventSeen {
  readonly id: string | null;
  readonly data: Record<string, unknown>;
}

/** Reads an event stream, one event after the other. */
export class EventReader {
  readonly #pieces: AsyncIterator<Uint8Array>;
  readonly #decoder = new TextDecoder();
  #text = "";
  /** Of the newest event that has one. */
  lastId = "";

  constructor(response: Response) {
    if (response.body === null) throw new TypeError("no body");
    this.#pieces = response.body[Symbol.asyncIterator]();
  }

  async next(): Promise<StudioEventSeen> {
    for (;;) {
      const end = this.#text.indexOf("\n\n");
      if (end >= 0) {
        const block = this.#text.slice(0, end);
        this.#text = this.#text.slice(end + 2);
        const id = /^id: (.*)$/m.exec(block)?.[1] ?? null;
        const data = /^data: (.*)$/m.exec(block)?.[1];
        if (id !== null) this.lastId = id;
        if (data !== undefined) return { id, data: parseObject(data) };
        continue;
      }
      const { done, value } = await this.#pieces.next();
      if (done === true) throw new Error("the stream ended");
      this.#text += this.#decoder.decode(value, { stream: true });
    }
  }

  async until(matches: (data: Record<string, unknown>) => boolean): Promise<Record<string, unknown>> {
    for (;;) {
      const { data } = await this.next();
      if (matches(data)) return data;
    }
  }
}

/** An entry of an answer. */
export function entryOf(value: unknown): LibraryEntry {
  if (typeof value !== "object" || value === null || !("id" in value) || !("images" in value))
    throw new TypeError(`no entry: ${JSON.stringify(value)}`);
  // The page trusts the contract as well; what is in it is what the tests look at.
  return Object.assign(Object.create(null), value);
}

/** Entries of a page of the list. */
export function entriesOf(page: Record<string, unknown>): LibraryEntry[] {
  return Array.isArray(page.entries) ? page.entries.map(entryOf) : [];
}

/** Resolves when the generation is no longer running. */
export async function ended(studio: OpenStudio, response: Response): Promise<LibraryEntry> {
  const { id } = parseObject(await response.text());
  const { setTimeout: pause } = await import("node:timers/promises");
  for (;;) {
    const { entry } = await studio.json(`/api/generations/${String(id)}`);
    const found = entryOf(entry);
    if (found.status !== "running") return found;
    await pause(10);
  }
}
