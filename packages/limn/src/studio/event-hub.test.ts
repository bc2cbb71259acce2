import { createServer, get } from "node:http";
import type { IncomingMessage } from "node:http";
import type { LibraryChanges, LibraryEntry, LibraryListener, LibraryPlace } from "@limn/core";
import { expect, it, onTestFinished } from "vitest";
import { EventHub } from "./event-hub.ts";

function entry(id: string, revision: number, emulated = false, prompt = "<b>x</b>\n\ndata: y"): LibraryEntry {
  return {
    id,
    revision,
    operation: "generate",
    status: "done",
    createdAt: "2026-11-01T00:00:00.000Z",
    endedAt: null,
    engine: "images",
    model: "gpt-image-2",
    emulated,
    prompt,
    n: 1,
    folder: "/projects",
    parents: [],
    images: [],
    failure: null,
    trashedAt: null,
    imported: null,
    favourite: false,
    tags: [],
    kit: null,
    altTexts: {},
  };
}

/** A library in memory: what changed, in order. */
class Changing {
  epoch = "one";
  isBroken = false;
  /** Of what is added. */
  prompt = "<b>x</b>\n\ndata: y";
  watchers = 0;
  readonly #log: (LibraryEntry | string)[] = [];
  #listener: LibraryListener | null = null;

  add(...changes: readonly (string | { readonly emulated: string } | { readonly gone: string })[]): void {
    for (const change of changes) {
      const revision = this.#log.length + 1;
      if (typeof change === "string") this.#log.push(entry(change, revision, false, this.prompt));
      else if ("gone" in change) this.#log.push(change.gone);
      else this.#log.push(entry(change.emulated, revision, true));
    }
    this.#listener?.changed();
  }

  progress(id: string): void {
    this.#listener?.progress({ id, index: 0, stage: "sent" });
  }

  changesSince(place: LibraryPlace | null, limit: number): LibraryChanges {
    if (this.isBroken) throw new Error("disk I/O error");
    const { epoch } = this;
    if (place === null || place.epoch !== epoch || place.revision > this.#log.length)
      return { epoch, revision: this.#log.length, entries: [], gone: [], isReset: true };
    const changes = this.#log.slice(place.revision, place.revision + limit);
    return {
      epoch,
      revision: place.revision + changes.length,
      entries: changes.filter((change) => typeof change !== "string"),
      gone: changes.filter((change) => typeof change === "string"),
      isReset: false,
    };
  }

  watch(listener: LibraryListener): () => void {
    this.watchers += 1;
    this.#listener = listener;
    return () => {
      this.watchers -= 1;
      this.#listener = null;
    };
  }
}

interface Told {
  readonly id: string | null;
  readonly type: string;
  readonly about: unknown;
}

/** A window that looks at the studio. */
class Reader {
  readonly told: Told[] = [];
  readonly #answer: IncomingMessage;
  #text = "";
  #wake: () => void = () => undefined;

  constructor(answer: IncomingMessage) {
    this.#answer = answer;
    answer.setEncoding("utf8").on("data", (piece: string) => {
      this.#text += piece;
      const blocks = this.#text.split("\n\n");
      this.#text = blocks.pop() ?? "";
      for (const block of blocks) this.#take(block);
      this.#wake();
    });
    answer.on("error", () => undefined);
  }

  get lastId(): string {
    return this.told.findLast(({ id }) => id !== null)?.id ?? "";
  }

  async until(type: string, about?: unknown): Promise<readonly Told[]> {
    while (!this.told.some((event) => event.type === type && (about === undefined || event.about === about)))
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    return this.told.splice(0);
  }

  /** Nothing is taken from the socket any more. */
  stop(): void {
    this.#answer.pause();
  }

  leave(): void {
    this.#answer.destroy();
  }

  async ended(): Promise<void> {
    if (!this.#answer.closed) await new Promise<void>((resolve) => this.#answer.once("close", () => resolve()));
  }

  #take(block: string): void {
    const fields = new Map(
      block
        .split("\n")
        .map((line): [string, string] => [line.slice(0, line.indexOf(":")), line.slice(line.indexOf(":") + 2)]),
    );
    const data = fields.get("data");
    if (data === undefined) return;
    const event: unknown = JSON.parse(data);
    const { entry: changed, id, progress } = Object(event);
    this.told.push({
      id: fields.get("id") ?? null,
      type: fields.get("event") ?? "",
      about: changed?.id ?? id ?? progress?.id,
    });
  }
}

async function start(
  library: Changing,
  key: () => string = () => "key",
): Promise<{ hub: EventHub; read(query?: string, lastId?: string): Promise<Reader> }> {
  const hub = new EventHub(library, key);
  const server = createServer((request, response) => {
    const parameters = new URL(request.url ?? "/", "http://x").searchParams;
    hub.attach(request, response, {
      emulated: parameters.has("all") ? "with" : "without",
      since: parameters.get("since"),
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    hub.close();
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return {
    hub,
    read: async (query = "", lastId) =>
      new Promise((resolve, reject) => {
        get(
          {
            host: "127.0.0.1",
            port,
            path: `/?${query}`,
            headers: lastId === undefined ? {} : { "last-event-id": lastId },
          },
          (answer) => resolve(new Reader(answer)),
        ).on("error", reject);
      }),
  };
}

it("tells everybody what changes, from where they came in", async () => {
  const library = new Changing();
  library.add("before");
  const { read } = await start(library);
  const first = await read();
  expect(await first.until("hello")).toEqual([{ id: "one.1", type: "hello", about: undefined }]);
  library.add("a", "b");
  const second = await read();
  await second.until("hello");
  library.progress("b");
  library.add({ gone: "a" });
  expect(await first.until("gone")).toEqual([
    { id: null, type: "entry", about: "a" },
    { id: "one.3", type: "entry", about: "b" },
    { id: null, type: "progress", about: "b" },
    { id: "one.4", type: "gone", about: "a" },
  ]);
  expect(await second.until("gone")).toEqual([
    { id: null, type: "progress", about: "b" },
    { id: "one.4", type: "gone", about: "a" },
  ]);
});

it("tells a reader that was away what it missed, also one that opens a new stream", async () => {
  const library = new Changing();
  const { read } = await start(library);
  const reader = await read();
  await reader.until("hello");
  library.add("a");
  await reader.until("entry");
  reader.leave();
  library.add("b", "c", { gone: "a" });
  const missed = [
    { id: null, type: "hello", about: undefined },
    { id: null, type: "entry", about: "b" },
    { id: null, type: "entry", about: "c" },
    { id: "one.4", type: "gone", about: "a" },
  ];
  expect(await (await read("", "one.1")).until("gone")).toEqual(missed);
  expect(await (await read("since=one.1")).until("gone")).toEqual(missed);
  // What the browser knows is newer than the address that it asks again.
  expect(await (await read("since=one.1", "one.3")).until("gone")).toEqual([missed[0], missed[3]]);
});

it("sends a reader to the beginning when what it missed is unknown or too much", async () => {
  const library = new Changing();
  const { read } = await start(library);
  const reader = await read();
  await reader.until("hello");
  library.add(...Array.from({ length: 501 }, (_, place) => `g${place}`));
  for (const last of ["one.0", "other.3", "one.9999"])
    expect(await (await read("", last)).until("reset")).toEqual([
      { id: null, type: "hello", about: undefined },
      { id: "one.501", type: "reset", about: undefined },
    ]);
  expect((await (await read("", "nonsense")).until("hello"))[0]?.id).toBe("one.501");
  await reader.until("entry", "g500");
  library.epoch = "two";
  library.add("new");
  expect((await reader.until("reset")).at(-1)).toEqual({ id: "two.502", type: "reset", about: undefined });
});

it("sends a reader to the beginning when what it missed is too long to be told at once", async () => {
  const library = new Changing();
  const { read } = await start(library);
  const first = await read();
  const [hello] = await first.until("hello");
  first.leave();
  library.prompt = "長".repeat(32_000);
  library.add(...Array.from({ length: 300 }, (_, index) => `long-${index}`));
  const back = await read("", hello?.id ?? "");
  const told = await back.until("reset");
  expect(told.map(({ type }) => type)).toEqual(["hello", "reset"]);
  library.prompt = "short";
  library.add("next");
  await back.until("entry", "next");
});

it("tells nothing more to whoever came in with a key that is no longer the server's", async () => {
  const library = new Changing();
  let key = "old";
  const { hub, read } = await start(library, () => key);
  const reader = await read();
  await reader.until("hello");
  key = "new";
  const next = await read();
  await next.until("hello");
  library.add("secret");
  await next.until("entry", "secret");
  await reader.ended();
  expect([reader.told.map(({ type }) => type), hub.readers]).toEqual([[], 1]);
});

it("keeps no place for a reader that left before its stream began", async () => {
  const library = new Changing();
  const hub = new EventHub(library, () => "key");
  const attached = Promise.withResolvers<number>();
  const server = createServer((request, response) => {
    request.socket.once("close", () => {
      hub.attach(request, response, { emulated: "without", since: null });
      attached.resolve(hub.readers);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    hub.close();
    server.close();
  });
  const address = server.address();
  const asking = get({ host: "127.0.0.1", port: typeof address === "object" ? address?.port : 0 });
  asking.on("error", () => undefined);
  server.once("request", () => asking.destroy());
  expect([await attached.promise, library.watchers]).toEqual([0, 0]);
});

it("goes on after the library could not be read, and leaves nothing out", async () => {
  const library = new Changing();
  const { read } = await start(library);
  const reader = await read();
  await reader.until("hello");
  library.isBroken = true;
  library.add("a");
  library.isBroken = false;
  library.add("b");
  expect((await reader.until("entry", "b")).map(({ about }) => about)).toEqual(["a", "b"]);
});

it("shows pictures of the sandbox to whoever asked for them", async () => {
  const library = new Changing();
  const { read } = await start(library);
  const [without, all] = [await read(), await read("all")];
  await Promise.all([without.until("hello"), all.until("hello")]);
  library.add({ emulated: "drawn" }, "real");
  expect((await without.until("entry", "real")).map(({ about }) => about)).toEqual(["real"]);
  expect((await all.until("entry", "real")).map(({ about }) => about)).toEqual(["drawn", "real"]);
});

it("lets a reader go that does not read, and keeps nothing of it", async () => {
  const library = new Changing();
  const { hub, read } = await start(library);
  const lively = await read();
  await lively.until("hello");
  const stuck = await read();
  await stuck.until("hello");
  stuck.stop();
  for (let count = 0; hub.readers > 1; count += 1) {
    library.add(...Array.from({ length: 150 }, (_, place) => `g${count}-${place}`));
    await lively.until("entry", `g${count}-149`);
  }
  expect(hub.readers).toBe(1);
});

it("watches the library as long as somebody looks, and ends all streams when it is closed", async () => {
  const library = new Changing();
  const { hub, read } = await start(library);
  expect(library.watchers).toBe(0);
  const readers = [await read(), await read()];
  await Promise.all(readers.map(async (reader) => reader.until("hello")));
  expect(library.watchers).toBe(1);
  hub.close();
  await Promise.all(readers.map(async (reader) => reader.ended()));
  expect([library.watchers, hub.readers]).toEqual([0, 0]);
});
