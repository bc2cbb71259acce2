import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, readdirSync, rmSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import type { IncomingMessage } from "node:http";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { proves } from "./requirements.ts";
import { Gate, startServe } from "./support/serve.ts";
import { ended, openStudio, useStudio } from "./support/studio.ts";
import type { OpenStudio } from "./support/studio.ts";
import { World, imageCalls, parseObject, until } from "./support/world.ts";

interface Started {
  readonly world: World;
  readonly studio: OpenStudio;
  /** Of a finished generation with one picture. */
  readonly id: string;
  /** A file in that generation's folder. */
  file(name: string): string;
  sent(): number;
}

async function start(): Promise<Started> {
  const world = new World();
  const emulator = await world.startService();
  const studio = await openStudio(world);
  const { id } = await ended(studio, await studio.begin({ operation: "generate", prompt: "a fox" }, {}, "first"));
  return {
    world,
    studio,
    id,
    file: (name) => join(world.limnHome, "generations", id, name),
    sent: () => imageCalls(emulator).length,
  };
}

/** A file that nobody gave to limn. */
function secretOf(world: World): string {
  const secret = world.path("secret.txt");
  writeFileSync(secret, "a secret");
  return secret;
}

const statusOf = async (studio: OpenStudio, path: string): Promise<readonly [string, number]> => [
  path,
  (await studio.ask(path)).status,
];

describe.skipIf(process.platform === "win32")("a history that somebody else has filled", () => {
  it(`shows nothing that its links lead to, unless it is the very picture ${proves("studio-pictures")}`, async () => {
    const { world, studio, id, file } = await start();
    const picture = file("image-1.png");
    const moved = world.path("moved.png");
    writeFileSync(moved, readFileSync(picture));
    const link = (target: string): void => {
      rmSync(picture, { force: true });
      symlinkSync(target, picture);
    };
    const addresses = [`/api/images/${id}/0`, `/api/images/${id}/0?which=original`, `/api/thumbnails/${id}/0`];
    link(secretOf(world));
    for (const path of addresses) expect(await statusOf(studio, path)).toEqual([path, 404]);
    const items = [{ id, index: 0 }];
    const saved = await studio.ask("/api/downloads", { json: { items, which: "original" } });
    expect(saved.status).toBe(404);
    expect(await studio.json(`/api/generations/${id}`)).toMatchObject({ damaged: [{ index: 0, state: "changed" }] });
    // Some keep their large files elsewhere, with a link in the place of each.
    link(moved);
    for (const path of addresses) expect(await statusOf(studio, path)).toEqual([path, 200]);
    symlinkSync(secretOf(world), file("preview-1-1.png"));
    expect(await statusOf(studio, `/api/previews/${id}/0/0`)).toEqual([`/api/previews/${id}/0/0`, 404]);
  });

  it("does not stop the server with pipes and folders in the place of pictures", async () => {
    const { studio, id, file } = await start();
    const picture = file("image-1.png");
    const text = readFileSync(file("manifest.json"), "utf8");
    rmSync(picture);
    execFileSync("mkfifo", [picture, file("preview-1-1.png")]);
    const addresses = [`/api/images/${id}/0`, `/api/thumbnails/${id}/0`, `/api/previews/${id}/0/0`];
    for (const path of [...addresses, ...addresses, ...addresses])
      expect(await statusOf(studio, path)).toEqual([path, 404]);
    for (const name of ["..", ".", "../manifest.json/.."]) {
      writeFileSync(file("manifest.json"), text.replace('"file": "image-1.png"', `"file": ${JSON.stringify(name)}`));
      expect(await statusOf(studio, `/api/images/${id}/0`)).toEqual([`/api/images/${id}/0`, 404]);
    }
    expect((await studio.ask("/api/generations")).status).toBe(200);
  });

  it("takes no path where a hash belongs", async () => {
    const { world, studio, id, file } = await start();
    const text = readFileSync(file("manifest.json"), "utf8");
    const hash = createHash("sha256")
      .update(readFileSync(file("image-1.png")))
      .digest("hex");
    const record = secretOf(world);
    for (const path of ["/../../../elsewhere/secret.txt", `${hash}\r\nset-cookie: x=y`, ""]) {
      writeFileSync(file("manifest.json"), text.replaceAll(JSON.stringify(hash), JSON.stringify(path)));
      for (const address of [`/api/images/${id}/0`, `/api/thumbnails/${id}/0?width=320`, `/api/inputs/${id}/0`])
        expect(await statusOf(studio, address)).toEqual([address, 404]);
    }
    expect(existsSync(record)).toBe(true);
  });
});

describe("a record with something else in a field", () => {
  /** For each top-level field and each of one image, of one input and of one delivered copy. */
  const strange: readonly unknown[] = [undefined, null, 7, "x", [], [null], ["x"], {}, { kind: "file" }];

  it(`is told as broken or as what it is, and takes neither the list nor the status bar with it ${proves("studio-bad-input")}`, async () => {
    const { studio, id, file } = await start();
    const made = await studio.ask(`/api/generations/${id}/again`, {
      json: { vary: true },
      extra: { "idempotency-key": "vary" },
    });
    const child = (await ended(studio, made)).id;
    for (const each of [id, child]) {
      const path = file(join("..", each, "manifest.json"));
      const text = readFileSync(path, "utf8");
      const manifest = parseObject(text);
      const [image] = listOf(manifest.images);
      const [input] = listOf(manifest.inputs);
      const broken: [string, Record<string, unknown>][] = [];
      for (const value of strange) {
        for (const field of Object.keys(manifest)) broken.push([field, { [field]: value }]);
        for (const field of Object.keys(image ?? {}))
          broken.push([`image ${field}`, { images: [{ ...image, [field]: value }] }]);
        for (const field of Object.keys(input ?? {}))
          broken.push([`input ${field}`, { inputs: [{ ...input, [field]: value }] }]);
      }
      for (const [field, change] of broken) {
        writeFileSync(path, JSON.stringify({ ...manifest, ...change }));
        for (const address of ["/api/status", "/api/generations"])
          expect([field, change, ...(await statusOf(studio, address))]).toEqual([field, change, address, 200]);
        for (const address of ["generations", "images", "thumbnails", "inputs"]) {
          const place = `/api/${address}/${each}${address === "generations" ? "" : "/0"}`;
          const { status } = await studio.ask(place);
          expect([field, change, place, [200, 404, 422].includes(status)]).toEqual([field, change, place, true]);
        }
      }
      writeFileSync(path, text);
    }
  });
});

function listOf(value: unknown): readonly Readonly<Record<string, unknown>>[] {
  return Array.isArray(value) ? value.map((each) => parseObject(JSON.stringify(each))) : [];
}

/** The head of an answer whose body nobody reads. */
async function headOf(studio: OpenStudio, path: string, method = "GET"): Promise<IncomingMessage> {
  const { url, key } = studio.served;
  return new Promise((resolve, reject) => {
    request(`${url}${path}`, { method, agent: false, headers: { authorization: `Bearer ${key}` } }, resolve)
      .on("error", reject)
      .end();
  });
}

/** More than the system takes in advance of a reader. */
const largeBytes = 30_000_000;

describe("a picture that is being sent", () => {
  it("ends with its connection when the file is cut, so that nothing else is taken for the rest of it", async () => {
    const { studio, id, file } = await start();
    writeFileSync(file("image-1.png"), Buffer.alloc(largeBytes));
    const answer = await headOf(studio, `/api/images/${id}/0`);
    truncateSync(file("image-1.png"), 1000);
    let received = 0;
    answer.on("data", (piece: Buffer) => {
      received += piece.length;
    });
    await expect(new Promise((_resolve, reject) => answer.on("error", reject))).rejects.toMatchObject({
      code: "ECONNRESET",
    });
    expect(received).toBeLessThan(largeBytes);
  });

  it.skipIf(process.platform !== "linux")("leaves no file open when its reader goes, in a ZIP too", async () => {
    const { studio, id, file } = await start();
    const other = await ended(studio, await studio.begin({ operation: "generate", prompt: "other" }));
    writeFileSync(file("image-1.png"), Buffer.alloc(largeBytes));
    const items = [id, other.id].map((each) => ({ id: each, index: 0 }));
    const open = (): readonly string[] =>
      readdirSync(`/proc/${studio.served.running.child.pid}/fd`, { withFileTypes: true }).map(({ name }) => name);
    const paths = async (): Promise<string[]> => {
      const { address } = await studio.json("/api/downloads", { json: { items, which: "original" } });
      return [String(address), `/api/images/${id}/0`];
    };
    await studio.json("/api/status");
    const before = open().length;
    for (const method of ["GET", "HEAD"])
      for (let round = 0; round < 10; round += 1)
        for (const path of await paths()) {
          const answer = await headOf(studio, path, method);
          expect([answer.statusCode, answer.headers["content-length"]]).toEqual([200, expect.any(String)]);
          answer.destroy();
        }
    // Each leaver's socket is one more for a moment.
    while (open().length > before + 5) await pause(10);
  });

  it("is refused as gone when it went between the asking and the saving", async () => {
    const { studio, id, file } = await start();
    const other = await ended(studio, await studio.begin({ operation: "generate", prompt: "other" }));
    const items = [id, other.id].map((each) => ({ id: each, index: 0 }));
    const { address } = await studio.json("/api/downloads", { json: { items, which: "original" } });
    rmSync(file("image-1.png"));
    const refused = await studio.ask(String(address));
    expect([refused.status, parseObject(await refused.text())]).toMatchObject([
      404,
      { error: { code: "artifact_not_found" } },
    ]);
  });
});

describe("a key that began something", () => {
  it(`begins nothing else, and says what it began ${proves("studio-repeat")}`, async () => {
    const { studio, id, sent } = await start();
    const other = await studio.begin({ operation: "generate", prompt: "a hen" }, {}, "first");
    expect([other.status, parseObject(await other.text())]).toMatchObject([
      409,
      { error: { code: "invalid_option", details: { generation: id } } },
    ]);
    const again = await studio.ask(`/api/generations/${id}/again`, {
      method: "POST",
      extra: { "idempotency-key": "first" },
    });
    expect([again.status, sent()]).toEqual([409, 1]);
  });

  it(`sends nothing again when its server was killed while it was drawn ${proves("studio-repeat")}`, async () => {
    const world = new World();
    await world.startService();
    const gate = await Gate.before(world);
    const studio = await openStudio(world);
    const wish = { operation: "generate", prompt: "lost" };
    const { id } = parseObject(await (await studio.begin(wish, {}, "lost")).text());
    await until(() => gate.held === 1);
    studio.served.running.kill("SIGKILL");
    await studio.served.running.finished;
    const port = new URL(studio.served.url).port;
    const next = useStudio(await startServe(world, ["--port", port]), studio.cookie);
    const repeated = await next.begin(wish, {}, "lost");
    expect([repeated.status, parseObject(await repeated.text()).id]).toEqual([200, id]);
    expect((await next.begin({ ...wish, n: 2 }, {}, "lost")).status).toBe(409);
    expect(await next.json(`/api/generations/${String(id)}`)).toMatchObject({ entry: { status: "unknown" } });
    expect([gate.held, world.generations()]).toEqual([1, [id]]);
  });

  it("gives an answer also when what it was made from has gone since", async () => {
    const { studio, id, sent } = await start();
    const repeat = { method: "POST", extra: { "idempotency-key": "second" } };
    const begun = await ended(studio, await studio.ask(`/api/generations/${id}/again`, repeat));
    await studio.json("/api/trash", { json: { ids: [id] } });
    const repeated = await studio.ask(`/api/generations/${id}/again`, repeat);
    expect([repeated.status, parseObject(await repeated.text()).id, sent()]).toEqual([200, begun.id, 2]);
  });
});

it("a request of nothing but faults is refused in few words", async () => {
  const { studio } = await start();
  const fields = Object.fromEntries(Array.from({ length: 60_000 }, (_, place) => [`field${place}`, 1]));
  const many: Readonly<Record<string, unknown>>[] = [
    fields,
    { operation: "generate", prompt: "x", images: Array.from({ length: 100_000 }, () => 0) },
    { operation: "generate", prompt: "x", tags: Array.from({ length: 100_000 }, () => "") },
  ];
  for (const json of many) {
    const refused = await studio.ask("/api/plan", { json });
    expect(refused.status).toBe(400);
    expect((await refused.text()).length).toBeLessThan(1000);
  }
});
