import { createHash } from "node:crypto";
import { existsSync, readFileSync, readdirSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import sharp from "sharp";
import { describe, expect, it } from "vitest";
import { canMount, makeReadOnly, smallDisk } from "../support/small-disk.ts";
import { proves } from "./requirements.ts";
import { Gate, startServe } from "./support/serve.ts";
import { codeIn, worldWithSignIn } from "./support/sign-in.ts";
import { ended, entriesOf, entryOf, openStudio, useStudio } from "./support/studio.ts";
import type { OpenStudio } from "./support/studio.ts";
import { World, imageCalls, parseObject, until } from "./support/world.ts";

async function png(width = 64, height = 48, background = "red"): Promise<Buffer> {
  return sharp({ create: { width, height, channels: 3, background } })
    .png()
    .toBuffer();
}

async function start(): Promise<{ world: World; studio: OpenStudio; sent(): number }> {
  const world = new World();
  const emulator = await world.startService();
  return { world, studio: await openStudio(world), sent: () => imageCalls(emulator).length };
}

const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");
const bytesOf = async (response: Response): Promise<Buffer> => Buffer.from(await response.arrayBuffer());
const imageFile = (world: World, id: string, name = "image-1.png"): string =>
  join(world.limnHome, "generations", id, name);

describe("a generation of the page", () => {
  it(`is written down, drawn, and in the list, with what was noted about it ${proves("studio-generate")}`, async () => {
    const { world, studio, sent } = await start();
    const response = await studio.begin({
      operation: "generate",
      prompt: "<img src=x onerror=alert(1)>\u0007\n狐",
      n: 2,
      size: "100x50",
      kit: "foxes",
      tags: ["red", "wild"],
    });
    expect(response.status).toBe(202);
    const entry = await ended(studio, response);
    expect(entry).toMatchObject({
      status: "done",
      prompt: "<img src=x onerror=alert(1)>\u0007\n狐",
      kit: "foxes",
      tags: ["red", "wild"],
      images: [
        { index: 0, width: 100, height: 50, isFinished: true },
        { index: 1, width: 100, height: 50, isFinished: true },
      ],
    });
    expect(sent()).toBe(2);
    expect(world.manifest(entry.id)).toMatchObject({ state: "done", asked: { n: 2, size: "100x50" } });
    expect(world.files()).toEqual([]);
    const page = await studio.json("/api/generations?text=fox&kit=foxes");
    expect([page.total, entriesOf(page).map(({ id }) => id)]).toEqual([1, [entry.id]]);
    expect((await studio.json("/api/generations?kit=owls")).total).toBe(0);
    expect(await studio.json("/api/facets")).toMatchObject({
      tags: [{ count: 1 }, { count: 1 }],
      kits: [{ value: "foxes" }],
    });
  });

  it(`with pictures keeps them, and can be shown, asked again, varied and copied as a command ${proves("studio-generate")}`, async () => {
    const { world, studio } = await start();
    const parent = await ended(studio, await studio.begin({ operation: "generate", prompt: "a fox" }));
    const upload = await png(40, 30, "blue");
    const images = [
      { kind: "artifact", id: parent.id, index: 0 },
      { kind: "upload", part: "p1", name: "my sky.png" },
    ];
    const made = await ended(
      studio,
      await studio.begin({ operation: "edit", prompt: "it's night", images }, { p1: upload }),
    );
    const detail = await studio.json(`/api/generations/${made.id}`);
    expect(detail).toMatchObject({
      entry: { parents: [parent.id] },
      parents: [{ id: parent.id }],
      inputs: [
        { from: `@${parent.id}:1`, artifact: { id: parent.id, index: 0 }, width: 64 },
        { from: "p1.png", artifact: null, width: 40, height: 30, sha256: sha256(upload) },
      ],
    });
    const [, input] = Array.isArray(detail.inputs) ? detail.inputs : [];
    const shown = await studio.ask(String(Object(input).address));
    expect([shown.headers.get("content-type"), sha256(await bytesOf(shown))]).toEqual(["image/png", sha256(upload)]);
    expect(await studio.json(`/api/generations/${parent.id}`)).toMatchObject({ children: [{ id: made.id }] });
    // Nothing of the upload is left in the folder for temporary files.
    expect(readdirSync(world.env.TMPDIR ?? "").filter((name) => name.startsWith("limn-studio-"))).toEqual([]);

    const path = `/api/generations/${made.id}/again`;
    const again = await ended(
      studio,
      await studio.ask(path, { method: "POST", extra: { "idempotency-key": "again" } }),
    );
    expect(again).toMatchObject({ operation: "edit", prompt: "it's night", parents: [parent.id] });
    const vary = { json: { vary: true }, extra: { "idempotency-key": "vary" } };
    expect(await ended(studio, await studio.ask(path, vary))).toMatchObject({ parents: [made.id] });

    // The command that the page offers to copy, in a real shell, asks for the very same.
    const script = `limn() { "$NODE" "$LIMN" "$@"; }; ${String(detail.command)} --dry-run --json`;
    const { stdout, stderr } = await world.startOther("/bin/sh", ["-c", script], {
      env: { NODE: process.execPath, LIMN: join(import.meta.dirname, "../../packages/limn/bin/limn.js") },
    }).finished;
    expect([stderr, parseObject(stdout)]).toMatchObject(["", { dryRun: true, asked: { images: 2 } }]);
    expect(stdout).toContain("it's night");
  });

  it(`of the same key is made once, also when both come at once or the server was killed in between ${proves("studio-repeat")}`, async () => {
    const { world, studio, sent } = await start();
    const request = { operation: "generate", prompt: "once" };
    const answers = await Promise.all([1, 2, 3].map(async () => studio.begin(request, {}, "same")));
    expect(answers.map(({ status }) => status).sort((left, right) => left - right)).toEqual([200, 200, 202]);
    const ids = await Promise.all(answers.map(async (response) => parseObject(await response.text()).id));
    expect(new Set(ids).size).toBe(1);
    await until(() => world.manifest(String(ids[0])).state === "done");
    studio.served.running.kill("SIGKILL");
    await studio.served.running.finished;
    const port = new URL(studio.served.url).port;
    const next = useStudio(await startServe(world, ["--port", port]), studio.cookie);
    const repeated = await next.begin(request, {}, "same");
    expect([repeated.status, parseObject(await repeated.text()).id]).toEqual([200, ids[0]]);
    expect([sent(), world.generations().length]).toEqual([1, 1]);
  });

  it(`that cannot begin says why, writes nothing down, and leaves its key free ${proves("studio-generate")}`, async () => {
    const { world, studio } = await start();
    const refused = await studio.begin({ operation: "generate", prompt: "x", size: "huge", colour: "red" }, {}, "k");
    expect(refused.status).toBe(400);
    expect(parseObject(await refused.text())).toMatchObject({
      error: {
        code: "invalid_option",
        category: "request",
        details: { faults: [{ field: "size" }, { field: "colour" }] },
      },
    });
    const long = await studio.begin({ operation: "generate", prompt: "x".repeat(40_000) }, {}, "k");
    expect(parseObject(await long.text())).toMatchObject({ error: { message: expect.stringContaining("32,000") } });
    for (const wish of [{ kit: "a\nb" }, { tags: ["x".repeat(51)] }, { kit: 7 }])
      expect((await studio.begin({ operation: "generate", prompt: "x", ...wish }, {}, "k")).status).toBe(400);
    const noPicture = { operation: "edit", prompt: "x", images: [{ kind: "upload", part: "p1", name: "x.png" }] };
    expect((await studio.begin(noPicture, { p1: Buffer.from("no picture") }, "k")).status).toBe(400);
    expect(world.generations()).toEqual([]);
    expect((await studio.begin({ operation: "generate", prompt: "x" }, {}, "k")).status).toBe(202);
  });

  it(`can be stopped while it is drawn; one of another program only there ${proves("studio-generate")}`, async () => {
    const world = new World();
    await world.startService();
    const gate = await Gate.before(world);
    const studio = await openStudio(world);
    const { id } = parseObject(await (await studio.begin({ operation: "generate", prompt: "slow" })).text());
    const other = world.start(["generate", "elsewhere"]);
    await until(() => gate.held === 2);
    const mine = await studio.ask(`/api/generations/${String(id)}/cancel`, { method: "POST" });
    const theirs = world.generations().find((name) => name !== id) ?? "";
    const refused = await studio.ask(`/api/generations/${theirs}/cancel`, { method: "POST" });
    expect([mine.status, refused.status]).toEqual([204, 409]);
    expect(parseObject(await refused.text())).toMatchObject({
      error: { message: expect.stringContaining("Another process") },
    });
    await until(() => world.manifest(String(id)).state === "cancelled");
    gate.open();
    expect((await other.finished).status).toBe(0);
    const again = await studio.ask(`/api/generations/${String(id)}/cancel`, { method: "POST" });
    expect(again.status).toBe(409);
  });

  it(`whose outcome is unknown says what happened ${proves("studio-generate")}`, async () => {
    const world = new World();
    await world.startService();
    const gate = await Gate.before(world);
    const killed = world.start(["generate", "lost"]);
    await until(() => gate.held === 1);
    killed.kill("SIGKILL");
    await killed.finished;
    const studio = await openStudio(world);
    const [entry] = entriesOf(await studio.json("/api/generations"));
    expect(entry).toMatchObject({ status: "unknown", prompt: "lost" });
    expect((await studio.json(`/api/generations/${entry?.id ?? ""}`)).unknown).toMatch(
      /^The program that asked ended while 1 request of it was out\. A picture may have been made and paid for/,
    );
  });
});

it(`a plan reads and sends nothing, and says what would be done ${proves("studio-generate")}`, async () => {
  const { world, studio, sent } = await start();
  const plan = await studio.json("/api/plan", {
    json: {
      operation: "edit",
      prompt: "x",
      n: 3,
      size: "1200x630",
      format: "webp",
      images: [{ kind: "upload", part: "p", name: "a b.png" }],
    },
  });
  expect(plan).toMatchObject({
    engine: "images",
    calls: 3,
    command: "limn edit --count 3 --size 1200x630 --format webp --image './a b.png' x",
    notes: [
      expect.stringContaining("in words"),
      expect.stringContaining("1200x630"),
      expect.stringMatching(/^3 calls, 3 images/),
    ],
  });
  expect(plan.snippet).toContain('images: ["./a b.png"]');
  expect([sent(), world.generations()]).toEqual([0, []]);
});

describe("pictures", () => {
  it(`come whole or in part, are kept by their hash, and are not sent twice ${proves("studio-pictures")}`, async () => {
    const { world, studio } = await start();
    const { id, images } = await ended(
      studio,
      await studio.begin({ operation: "generate", prompt: "x", size: "100x50" }),
    );
    const hash = images[0]?.sha256 ?? "";
    const whole = await studio.ask(`/api/images/${id}/0?v=${hash}`);
    expect(Object.fromEntries(whole.headers)).toMatchObject({
      "content-type": "image/png",
      "cache-control": "private, max-age=31536000, immutable",
      "accept-ranges": "bytes",
      "content-security-policy": expect.stringContaining("sandbox"),
      "cross-origin-resource-policy": "same-origin",
    });
    const bytes = await bytesOf(whole);
    expect(sha256(bytes)).toBe(hash);
    const etag = whole.headers.get("etag") ?? "";
    expect((await studio.ask(`/api/images/${id}/0`)).headers.get("cache-control")).toBe("private, no-cache");
    expect((await studio.ask(`/api/images/${id}/0`, { extra: { "if-none-match": etag } })).status).toBe(304);
    const part = await studio.ask(`/api/images/${id}/0`, { extra: { range: "bytes=5-9", "if-range": etag } });
    expect([part.status, part.headers.get("content-range"), await bytesOf(part)]).toEqual([
      206,
      `bytes 5-9/${bytes.length}`,
      bytes.subarray(5, 10),
    ]);
    expect((await studio.ask(`/api/images/${id}/0`, { extra: { range: `bytes=${bytes.length}-` } })).status).toBe(416);
    const original = await bytesOf(await studio.ask(`/api/images/${id}/0?which=original`));
    expect(original.equals(readFileSync(imageFile(world, id)))).toBe(true);
    const head = await studio.ask(`/api/images/${id}/0`, { method: "HEAD" });
    expect([head.status, head.headers.get("content-length")]).toEqual([200, String(bytes.length)]);
  });

  it(`have small versions, made once for everybody ${proves("studio-pictures")}`, async () => {
    const { world, studio } = await start();
    const { id, images } = await ended(
      studio,
      await studio.begin({ operation: "generate", prompt: "x", size: "800x400" }),
    );
    const hash = images[0]?.sha256 ?? "";
    const address = `/api/thumbnails/${id}/0?v=${hash}&width=320`;
    const all = await Promise.all([1, 2, 3, 4].map(async () => studio.ask(address)));
    const [first = Buffer.alloc(0), ...others] = await Promise.all(all.map(bytesOf));
    expect(others.every((other) => other.equals(first))).toBe(true);
    expect(await sharp(first).metadata()).toMatchObject({ format: "webp", width: 320, height: 160 });
    expect(all[0]?.headers.get("cache-control")).toContain("immutable");
    expect(readdirSync(join(world.limnHome, "thumbnails"))).toEqual([`${hash}-320.webp`]);
    expect((await studio.ask(`/api/thumbnails/${id}/0?width=321`)).status).toBe(400);
  });

  it(`that are gone, broken or changed on the disk are told as what they are ${proves("studio-bad-input")}`, async () => {
    const { world, studio } = await start();
    const made = await Promise.all(
      ["gone", "broken", "changed"].map(async (prompt) =>
        ended(studio, await studio.begin({ operation: "generate", prompt })),
      ),
    );
    const [gone = "", broken = "", changed = ""] = made.map(({ id }) => id);
    rmSync(imageFile(world, gone));
    truncateSync(imageFile(world, broken), 200);
    writeFileSync(imageFile(world, changed), await png(64, 48, "green"));
    const statuses = await Promise.all(
      [gone, broken, changed].map(async (id) => [
        (await studio.ask(`/api/images/${id}/0`)).status,
        (await studio.ask(`/api/thumbnails/${id}/0`)).status,
        (await studio.json(`/api/generations/${id}`)).damaged,
      ]),
    );
    expect(statuses).toEqual([
      [404, 404, [{ index: 0, state: "missing" }]],
      [200, 422, [{ index: 0, state: "changed" }]],
      [200, 200, [{ index: 0, state: "changed" }]],
    ]);
    const hash = made[1]?.images[0]?.sha256 ?? "";
    expect((await studio.ask(`/api/images/${broken}/0?v=${hash}`)).headers.get("cache-control")).toBe(
      "private, no-cache",
    );
    for (const path of [`/api/images/${gone}/7`, `/api/images/gen_00000000000000000000/0`, `/api/thumbnails/${gone}/7`])
      expect([path, (await studio.ask(path)).status]).toEqual([path, 404]);
  });

  it(`of a record that leads elsewhere are shown only when they are what the record names ${proves("studio-bad-input")}`, async () => {
    const { world, studio } = await start();
    const { id } = await ended(studio, await studio.begin({ operation: "generate", prompt: "x" }));
    const secret = world.path("secret.txt");
    writeFileSync(secret, "a secret");
    const manifest = join(world.limnHome, "generations", id, "manifest.json");
    const text = readFileSync(manifest, "utf8");
    writeFileSync(manifest, text.replace('"file": "image-1.png"', `"file": ${JSON.stringify(secret)}`));
    for (const path of [`/api/images/${id}/0`, `/api/images/${id}/0?which=original`, `/api/thumbnails/${id}/0`])
      expect([path, (await studio.ask(path)).status]).toEqual([path, 404]);
    writeFileSync(manifest, text.replace('"file": "image-1.png"', '"file": "../../../elsewhere/secret.txt"'));
    expect((await studio.ask(`/api/images/${id}/0`)).status).toBe(404);
  });
});

describe("downloads", () => {
  it(`are one file as it is, or several as ZIP, once ${proves("studio-pictures")}`, async () => {
    const { studio } = await start();
    const one = await ended(studio, await studio.begin({ operation: "generate", prompt: "A Fox!", n: 2 }));
    const other = await ended(
      studio,
      await studio.begin({ operation: "generate", prompt: "a fox", size: "80x80", format: "webp" }),
    );
    const items = [
      { id: one.id, index: 0 },
      { id: one.id, index: 1 },
      { id: other.id, index: 0 },
    ];
    const single = await studio.json("/api/downloads", { json: { items: [items[0]], which: "finished" } });
    const file = await studio.ask(String(single.address));
    expect(file.headers.get("content-disposition")).toBe(
      `attachment; filename="a-fox.png"; filename*=UTF-8''a-fox.png`,
    );
    expect(sha256(await bytesOf(file))).toBe(one.images[0]?.sha256);
    expect((await studio.ask(String(single.address))).status).toBe(404);

    const several = await studio.json("/api/downloads", { json: { items, which: "finished" } });
    const zip = await studio.ask(String(several.address));
    const bytes = await bytesOf(zip);
    expect([zip.headers.get("content-type"), zip.headers.get("content-length")]).toEqual([
      "application/zip",
      String(bytes.length),
    ]);
    const hashes = [...one.images, ...other.images].map((image) => image.sha256);
    expect(unpacked(bytes)).toEqual([
      ["a-fox.png", hashes[0]],
      ["a-fox-2.png", hashes[1]],
      ["a-fox.webp", hashes[2]],
    ]);
    const originals = await studio.json("/api/downloads", { json: { items: [items[2]], which: "original" } });
    expect((await studio.ask(String(originals.address))).headers.get("content-type")).toBe("image/png");
  });

  it(`of pictures that are gone are refused before anything is saved ${proves("studio-bad-input")}`, async () => {
    const { world, studio } = await start();
    const { id } = await ended(studio, await studio.begin({ operation: "generate", prompt: "x" }));
    rmSync(imageFile(world, id));
    const refused = await studio.ask("/api/downloads", { json: { items: [{ id, index: 0 }], which: "finished" } });
    expect([refused.status, parseObject(await refused.text())]).toMatchObject([
      404,
      { error: { details: { missing: [{ id }] } } },
    ]);
    for (const items of [[], [{ id }], [{ id: "../x", index: 0 }], "all"])
      expect((await studio.ask("/api/downloads", { json: { items } })).ok).toBe(false);
  });
});

/** Names and hashes of what a ZIP file holds, read from its directory at the end; everything is stored as it is. */
function unpacked(zip: Buffer): [name: string, sha256: string][] {
  const end = zip.lastIndexOf(Buffer.from("PK\u0005\u0006", "latin1"));
  const files: [string, string][] = [];
  for (let at = zip.readUInt32LE(end + 16), left = zip.readUInt16LE(end + 10); left > 0; left -= 1) {
    const [size, name, extra, comment] = [20, 28, 30, 32].map((offset, place) =>
      place === 0 ? zip.readUInt32LE(at + offset) : zip.readUInt16LE(at + offset),
    );
    const local = zip.readUInt32LE(at + 42);
    const begin = local + 30 + zip.readUInt16LE(local + 26) + zip.readUInt16LE(local + 28);
    files.push([
      zip.toString("utf8", at + 46, at + 46 + (name ?? 0)),
      sha256(zip.subarray(begin, begin + (size ?? 0))),
    ]);
    at += 46 + (name ?? 0) + (extra ?? 0) + (comment ?? 0);
  }
  return files;
}

describe("the library in the page", () => {
  it(`is marked, thrown away, brought back and deleted, and every window is told ${proves("studio-library")}`, async () => {
    const { world, studio } = await start();
    const { id } = await ended(studio, await studio.begin({ operation: "generate", prompt: "x" }));
    const events = await studio.events();
    await events.until(({ type }) => type === "hello");
    const marked = await studio.json(`/api/generations/${id}/marks`, {
      method: "PATCH",
      json: { favourite: true, addTags: ["<b>"], altTexts: { 0: "a red fox" } },
    });
    expect(marked).toMatchObject({ id, favourite: true, tags: ["<b>"], altTexts: { 0: "a red fox" } });
    expect(await events.until(({ type }) => type === "entry")).toMatchObject({ entry: { favourite: true } });
    const nobody = "gen_00000000000000000000";
    expect(await studio.json("/api/trash", { json: { ids: [id, nobody] } })).toMatchObject({
      done: [id],
      failed: [{ id: nobody, error: { code: "artifact_not_found" } }],
    });
    expect(await events.until(({ type }) => type === "entry")).toMatchObject({
      entry: { trashedAt: expect.any(String) },
    });
    expect((await studio.json("/api/generations")).total).toBe(0);
    const [trashed] = entriesOf(await studio.json("/api/generations?trash=1"));
    expect([trashed?.id, (await studio.ask(`/api/thumbnails/${id}/0`)).status]).toEqual([id, 200]);
    await studio.json("/api/restore", { json: { ids: [id] } });
    expect((await studio.json("/api/generations")).total).toBe(1);
    expect(await studio.json("/api/delete", { json: { ids: [id] } })).toMatchObject({ done: [], failed: [{ id }] });
    await studio.json("/api/trash", { json: { ids: [id] } });
    expect(await studio.json("/api/delete", { json: { ids: [id] } })).toEqual({ done: [id], failed: [] });
    expect(await events.until(({ type }) => type === "gone")).toMatchObject({ id });
    expect([(await studio.ask(`/api/generations/${id}`)).status, world.generations()]).toEqual([404, []]);
    for (const json of [{ favourite: "yes" }, { colour: "red" }, { addTags: ["a\nb"] }])
      expect(
        (await studio.ask(`/api/generations/${id}/marks`, { method: "PATCH", json })).status,
      ).toBeGreaterThanOrEqual(400);
  });

  it(`shows what other programs draw while they draw it, with previews ${proves("studio-live")}`, async () => {
    const world = new World();
    await world.startService({ scenario: "ok" });
    const gate = await Gate.before(world);
    const studio = await openStudio(world);
    const events = await studio.events();
    await events.until(({ type }) => type === "hello");
    const other = world.start(["generate", "elsewhere", "--partials", "1", "--engine", "responses"]);
    const begun = await events.until(({ type }) => type === "entry");
    const { id, status } = entryOf(begun.entry);
    expect(status).toBe("running");
    gate.open();
    const notice = await events.until(({ type, progress }) => type === "progress" && Object(progress).partial === 0);
    expect(notice).toMatchObject({ progress: { id, index: 0, stage: "receiving" } });
    expect(await events.until(({ entry }) => Object(entry).status === "done")).toMatchObject({ entry: { id } });
    expect((await other.finished).status).toBe(0);
    // A preview is for looking at only, and gone with the last word.
    expect((await studio.ask(`/api/previews/${id}/0/0`)).status).toBe(404);
  });

  it(`tells a window that was cut off what it missed ${proves("studio-live")}`, async () => {
    const { world, studio } = await start();
    const events = await studio.events();
    await events.until(({ type }) => type === "hello");
    const place = events.lastId;
    await world.run(["generate", "meanwhile"]);
    const resumed = await studio.events("", place);
    expect(await resumed.until(({ type }) => type === "entry")).toMatchObject({ entry: { prompt: "meanwhile" } });
    const anew = await studio.events(`?since=${place}`);
    expect(await anew.until(({ type }) => type === "entry")).toMatchObject({ entry: { prompt: "meanwhile" } });
    const lost = await studio.events("?since=unknown.5");
    expect(await lost.until(({ type }) => type === "reset")).toEqual({ type: "reset" });
  });

  it(`comes in pages ${proves("studio-library")}`, async () => {
    const { world, studio } = await start();
    for (const prompt of ["one", "two", "three"]) await world.run(["generate", prompt]);
    const first = await studio.json("/api/generations?limit=2");
    const rest = await studio.json(`/api/generations?limit=2&cursor=${encodeURIComponent(String(first.nextCursor))}`);
    expect([...entriesOf(first), ...entriesOf(rest)].map(({ prompt }) => prompt)).toEqual(["three", "two", "one"]);
    expect([first.total, rest.nextCursor]).toEqual([3, null]);
    for (const query of ["cursor=nonsense", "limit=0", "colour=red"])
      expect((await studio.ask(`/api/generations?${query}`)).status).toBe(400);
  });

  it(`of the sandbox shows sandbox pictures; any other does not, unless it is asked to ${proves("studio-library")}`, async () => {
    const world = new World();
    await world.startService();
    const sandbox = await openStudio(world, ["--sandbox"]);
    const made = await ended(sandbox, await sandbox.begin({ operation: "generate", prompt: "x", size: "64x48" }));
    expect(made.emulated).toBe(true);
    expect((await sandbox.json("/api/generations")).total).toBe(1);
    const real = await openStudio(world);
    expect((await real.json("/api/generations")).total).toBe(0);
    expect((await real.json("/api/generations?emulated=only")).total).toBe(1);
  });

  it(`with a record that is broken, newer or half copied shows the others ${proves("studio-bad-input")}`, async () => {
    const { world, studio } = await start();
    const made = await Promise.all(
      ["good", "broken", "newer"].map(async (prompt) =>
        ended(studio, await studio.begin({ operation: "generate", prompt })),
      ),
    );
    const [, broken = "", newer = ""] = made.map(({ id }) => id);
    const manifest = (id: string): string => join(world.limnHome, "generations", id, "manifest.json");
    writeFileSync(manifest(broken), "{");
    writeFileSync(manifest(newer), JSON.stringify({ ...world.manifest(newer), schemaVersion: 2 }));
    const next = await openStudio(world);
    const page = await next.json("/api/generations");
    expect(entriesOf(page).map(({ prompt }) => prompt)).toContain("good");
    for (const id of [broken, newer]) {
      const statuses = [
        (await next.ask(`/api/generations/${id}`)).status,
        (await next.ask(`/api/images/${id}/0`)).status,
      ];
      expect(statuses).toEqual([404, 404]);
    }
  });
});

it.skipIf(!canMount())(
  "a library on a read-only disk is shown, and says that nothing can be changed there",
  async () => {
    const world = new World();
    const data = smallDisk(20);
    world.env.XDG_DATA_HOME = data;
    world.env.XDG_CONFIG_HOME = join(world.folder, "config");
    delete world.env.LIMN_HOME;
    await world.startService();
    expect((await world.run(["generate", "kept"])).status).toBe(0);
    makeReadOnly(data);
    const studio = await openStudio(world);
    const [entry] = entriesOf(await studio.json("/api/generations"));
    expect(entry).toMatchObject({ prompt: "kept", status: "done" });
    const id = entry?.id ?? "";
    const shown = await Promise.all(
      ["images", "thumbnails", "thumbnails"].map(async (kind) => studio.ask(`/api/${kind}/${id}/0`)),
    );
    expect(shown.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect(await studio.json("/api/status")).toMatchObject({ isReadOnly: true });
    const marked = await studio.ask(`/api/generations/${id}/marks`, { method: "PATCH", json: { favourite: true } });
    expect([marked.status, parseObject(await marked.text())]).toMatchObject([
      500,
      { error: { code: "artifact_write_failed" } },
    ]);
    expect(await studio.json("/api/trash", { json: { ids: [id] } })).toMatchObject({ done: [], failed: [{ id }] });
    expect((await studio.begin({ operation: "generate", prompt: "x" })).status).toBe(500);
  },
);

describe("the status bar", () => {
  it(`tells the plan and its windows ${proves("studio-status")}`, async () => {
    const { studio } = await start();
    expect(await studio.json("/api/status")).toMatchObject({
      emulated: false,
      online: true,
      login: { state: "signed-in", source: "token", plan: "plus" },
      windows: [{ usedPercent: 12 }, { usedPercent: 34 }],
      imageWindow: null,
      limit: null,
      signIn: null,
      isReadOnly: false,
    });
    await ended(studio, await studio.begin({ operation: "generate", prompt: "x" }));
    expect((await studio.json("/api/status")).imageWindow).toMatchObject({ seenAt: expect.any(String) });
    const engines = await (await studio.ask("/api/engines")).json();
    expect(engines).toMatchObject([{ id: "images", isUsable: true, maxImages: 5 }, {}, {}]);
  });

  it(`tells a limit that is known, with its reset, and sends nothing until then ${proves("studio-status")}`, async () => {
    const world = new World();
    const emulator = await world.startService({ scenario: "usage-limit" });
    const studio = await openStudio(world);
    expect(await ended(studio, await studio.begin({ operation: "generate", prompt: "x" }))).toMatchObject({
      status: "failed",
      failure: { code: "usage_limit_reached" },
    });
    expect((await studio.json("/api/status")).limit).toMatchObject({
      code: "usage_limit_reached",
      resetsAt: expect.stringMatching(/^\d{4}-/),
    });
    const sent = imageCalls(emulator).length;
    const refused = await studio.begin({ operation: "generate", prompt: "y" });
    expect([refused.status, parseObject(await refused.text())]).toMatchObject([
      429,
      { error: { code: "usage_limit_reached", details: { resetsAt: expect.any(String) } } },
    ]);
    expect([imageCalls(emulator).length, world.generations().length]).toEqual([sent, 1]);
  });

  it(`tells that the service cannot be reached ${proves("studio-status")}`, async () => {
    const world = new World();
    world.env.LIMN_BASE_URL = "http://127.0.0.1:9/backend-api/codex";
    world.env.LIMN_ACCESS_TOKEN = "made-up";
    const studio = await openStudio(world);
    expect(await studio.json("/api/status")).toMatchObject({ online: false, windows: [] });
    expect((await studio.json("/api/generations")).total).toBe(0);
  });

  it(`signs in with a code, and tells every window when that is done ${proves("studio-status")}`, async () => {
    const { world, emulator } = await worldWithSignIn();
    const studio = await openStudio(world);
    expect(await studio.json("/api/status")).toMatchObject({ login: { state: "missing", hint: expect.any(String) } });
    const refused = await studio.begin({ operation: "generate", prompt: "x" });
    expect([refused.status, parseObject(await refused.text())]).toMatchObject([
      503,
      { error: { code: "login_missing" } },
    ]);
    const events = await studio.events();
    await events.until(({ type }) => type === "hello");
    const code = await studio.json("/api/sign-in", { method: "POST" });
    expect(code).toMatchObject({ state: "waiting", verificationUrl: expect.stringMatching(/^http/), error: null });
    expect(await studio.json("/api/sign-in", { method: "POST" })).toEqual(code);
    expect((await studio.json("/api/status")).signIn).toEqual(code);
    emulator.approveDevice(codeIn(`Enter  ${String(code.userCode)}`));
    const told = await events.until(({ type, status }) => type === "status" && Object(status).signIn === null);
    expect(told).toMatchObject({ status: { login: { state: "signed-in", source: "limn", plan: "plus" } } });
    expect((await ended(studio, await studio.begin({ operation: "generate", prompt: "x" }))).status).toBe("done");
  });

  it(`gives a sign-in up when it is told to ${proves("studio-status")}`, async () => {
    const { world } = await worldWithSignIn();
    const studio = await openStudio(world);
    await studio.json("/api/sign-in", { method: "POST" });
    expect((await studio.ask("/api/sign-in", { method: "DELETE" })).status).toBe(204);
    expect(await studio.json("/api/status")).toMatchObject({ signIn: null, login: { state: "missing" } });
    expect(existsSync(join(world.limnHome, "auth", "default.json"))).toBe(false);
  });
});
