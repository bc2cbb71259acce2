import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { embeddedRecipe, recipeOfFile } from "@limn/core";
import type { GenerationEvent } from "@limn/core";
import { describe, expect, test } from "vitest";
import { intoFiles, placeWithEmulator } from "../support/limn-at-emulator.ts";
import type { Place } from "../support/limn-at-emulator.ts";
import { limnErrorOf, reasonOf } from "../support/rejection.ts";

const ok = { name: "ok", size: "64x48" } as const;
const fox = { operation: "generate", prompt: "a red fox" } as const;
const began = { name: "server-error-with-request-id" } as const;

function onlyRecord(place: Place): ReturnType<ReturnType<Place["limn"]>["store"]["find"]> {
  const [record, ...others] = place.limn().store.list();
  if (record === undefined || others.length > 0) throw new Error(`${others.length} records`);
  return record;
}

describe("several images", () => {
  test("come in the request's order, and one failure does not lose the others", async () => {
    const place = await placeWithEmulator({ emulator: { scenario: [ok, began, ok, ok] } });
    const events: GenerationEvent[] = [];
    const options = {
      delivery: intoFiles,
      concurrency: 1,
      onEvent: (event: GenerationEvent) => void events.push(event),
    };
    const result = await place.limn().images.generate({ ...fox, n: 4 }, options);
    expect([result.status, result.imagesSpent]).toEqual(["partial", 3]);
    expect(result.images.map(({ index, path }) => [index, path])).toEqual(
      [0, 2, 3].map((index) => [index, join(place.out, `a-red-fox-${index + 1}.png`)]),
    );
    expect(result.failures.map(({ index, code }) => [index, code])).toEqual([[1, "outcome_unknown"]]);
    expect(place.delivered()).toEqual(["a-red-fox-1.png", "a-red-fox-3.png", "a-red-fox-4.png"]);
    const { manifest, status } = onlyRecord(place);
    expect([status, manifest.calls.map(({ state, attempts }) => [state, attempts])]).toEqual([
      "partial",
      [
        ["done", 1],
        ["sent", 1],
        ["done", 1],
        ["done", 1],
      ],
    ]);
    expect(events.map(({ type }) => type).filter((type) => type !== "image-progress")).toEqual([
      "generation-start",
      "image-end",
      "image-end",
      "image-end",
      "image-end",
      "usage",
      "generation-end",
    ]);
    expect(events.at(-1)).toEqual({ type: "generation-end", id: result.id, result });
  });

  test("are asked for side by side, at most as many as was said", async () => {
    const place = await placeWithEmulator({ emulator: { scenario: ok } });
    let open = 0;
    let most = 0;
    await place.limn().images.generate(
      { ...fox, n: 5 },
      {
        concurrency: 2,
        onEvent: (event) => {
          if (event.type === "image-progress" && event.stage === "connecting") open += 1;
          if (event.type === "image-end") open -= 1;
          most = Math.max(most, open);
        },
      },
    );
    expect([most, place.imageCalls().length]).toEqual([2, 5]);
  });

  test("that all fail are the first one's error, with the record's id", async () => {
    const place = await placeWithEmulator({ emulator: { scenario: ["moderation", "bad-request"] } });
    const error = await limnErrorOf(place.limn().images.generate({ ...fox, n: 2 }, { concurrency: 1 }));
    expect([error.code, error.details["generation"], place.imageCalls().length]).toEqual([
      "content_refused",
      onlyRecord(place).id,
      1,
    ]);
  });

  test("end where the plan's limit is reached: no further one is asked for", async () => {
    const place = await placeWithEmulator({ emulator: { scenario: [ok, "usage-limit"] } });
    const result = await place.limn().images.generate({ ...fox, n: 4 }, { concurrency: 1 });
    expect([
      result.status,
      result.images.length,
      result.failures.map(({ code }) => code),
      place.imageCalls().length,
    ]).toEqual(["partial", 1, ["usage_limit_reached", "usage_limit_reached", "usage_limit_reached"], 2]);
    expect(onlyRecord(place).manifest.calls.map(({ attempts }) => attempts)).toEqual([1, 1, 0, 0]);
  });
});

describe("what was repeated", () => {
  test.each([
    ["an error at once", [{ name: "server-error" }, ok]],
    ["lack of capacity", [{ name: "capacity", retryAfterSeconds: 0 }, ok]],
    ["an empty 404", [{ name: "empty-404" }, ok]],
  ])("after %s is in the record", async (_, scenario) => {
    const place = await placeWithEmulator({ emulator: { scenario } });
    const waits: number[] = [];
    const result = await place.limn().images.generate(fox, {
      onEvent: (event) =>
        void (event.type === "image-progress" && event.stage === "waiting" && waits.push(event.attempt)),
    });
    expect([result.status, waits, place.imageCalls().length]).toEqual(["done", [1], 2]);
    expect(onlyRecord(place).manifest.calls).toEqual([{ index: 0, attempts: 2, state: "done" }]);
  });

  test("with no retries is nothing", async () => {
    const place = await placeWithEmulator({ emulator: { scenario: ["server-error", ok] } });
    expect((await limnErrorOf(place.limn({ retries: 0 }).images.generate(fox))).code).toBe("service_error");
    expect(place.imageCalls()).toHaveLength(1);
  });
});

describe("--strict", () => {
  test.each([
    ["quality", { quality: "high" }, "quality_not_honoured"],
    ["aspect", { aspect: "9:16" }, "aspect_not_honoured"],
    ["transparency", { background: "transparent" }, "alpha_missing"],
  ] as const)("makes an error of another %s, and the picture is kept", async (_, wish, code) => {
    const place = await placeWithEmulator({ emulator: { scenario: { name: "no-alpha", size: "64x48" } } });
    const error = await limnErrorOf(
      place.limn().images.generate({ ...fox, ...wish, strict: true }, { delivery: intoFiles }),
    );
    expect([error.code, error.details["warnings"]]).toEqual(["not_honoured", [expect.objectContaining({ code })]]);
    expect(error.message).toContain(join(place.out, "a-red-fox.png"));
    expect([place.delivered(), onlyRecord(place).status]).toEqual([["a-red-fox.png"], "done"]);
  });

  test("says nothing when all was honoured", async () => {
    const place = await placeWithEmulator();
    const result = await place
      .limn()
      .images.generate({ ...fox, aspect: "1:1", background: "transparent", strict: true });
    expect(result.warnings).toEqual([]);
  });
});

describe("delivery", () => {
  test("to a name that is taken adds a counter and says so", async () => {
    const place = await placeWithEmulator({ emulator: { scenario: ok } });
    writeFileSync(join(place.out, "fox.png"), "mine");
    const result = await place.limn().images.generate(fox, { delivery: { ...intoFiles, output: "fox.png" } });
    expect([result.images[0]?.path, result.warnings.map(({ code }) => code)]).toEqual([
      join(place.out, "fox-2.png"),
      ["output_renamed"],
    ]);
    expect([place.delivered(), readFileSync(join(place.out, "fox.png"), "utf8")]).toEqual([
      ["fox-2.png", "fox.png"],
      "mine",
    ]);
  });

  test("under another extension says that the picture is what it is", async () => {
    const place = await placeWithEmulator({ emulator: { scenario: ok } });
    const result = await place.limn().images.generate(fox, { delivery: { ...intoFiles, output: "fox.picture" } });
    expect([result.images[0]?.mediaType, place.delivered(), result.warnings.map(({ code }) => code)]).toEqual([
      "image/png",
      ["fox.picture"],
      ["output_extension_differs"],
    ]);
  });

  test("under the extension of another type needs what makes that type, and says so before anything is sent", async () => {
    const place = await placeWithEmulator({ emulator: { scenario: ok } });
    const delivery = { ...intoFiles, output: "fox.jpg" };
    const error = await limnErrorOf(place.limn().images.generate(fox, { delivery }));
    expect([error.code, error.hint, place.emulator.calls, place.delivered()]).toEqual([
      "unsupported_option",
      "Install it beside this program: npm install @limn/finish",
      [],
      [],
    ]);
    const withTools = place.limn({ imageTools: async () => (await import("@limn/finish")).createImageTools() });
    const result = await withTools.images.generate(fox, { delivery });
    expect([result.images[0]?.mediaType, result.steps, place.delivered(), result.truth]).toEqual([
      "image/jpeg",
      ["convert jpeg"],
      ["fox.jpg"],
      [{ property: "format", asked: "jpeg", outcome: "done-locally", got: "jpeg" }],
    ]);
  });

  test("that fails leaves the picture in the store, and is the error", async () => {
    const place = await placeWithEmulator({ emulator: { scenario: ok } });
    const folder = mkdtempSync(join(tmpdir(), "limn-vanishing-"));
    // The folder goes away when the request is on its way.
    const onEvent = (event: GenerationEvent): void => {
      if (event.type === "image-progress" && event.stage === "sent") rmSync(folder, { recursive: true, force: true });
    };
    const delivery = { ...intoFiles, output: join(folder, "fox.png") };
    const error = await limnErrorOf(place.limn().images.generate(fox, { delivery, onEvent }));
    expect(error.code).toBe("artifact_write_failed");
    const original = error.details["original"];
    if (typeof original !== "string") throw new Error("no original");
    expect([existsSync(original), error.message.includes(original)]).toEqual([true, true]);
    const [record] = place.limn().store.list();
    expect([record?.status, record?.manifest.failures.map(({ code }) => code)]).toEqual([
      "done",
      ["artifact_write_failed"],
    ]);
  });

  test("under a name that no file system takes sends nothing", async () => {
    const place = await placeWithEmulator({ emulator: { scenario: ok } });
    const delivery = { ...intoFiles, output: `${"x".repeat(300)}.png` };
    const error = await limnErrorOf(place.limn().images.generate(fox, { delivery }));
    expect([error.code, place.emulator.calls]).toEqual(["artifact_write_failed", []]);
  });

  test("into a folder that is not there sends nothing and leaves nothing", async () => {
    const place = await placeWithEmulator({ emulator: { scenario: ok } });
    const delivery = { ...intoFiles, output: "missing/fox.png" };
    const error = await limnErrorOf(place.limn().images.generate(fox, { delivery }));
    expect([error.code, place.emulator.calls, place.delivered(), existsSync(place.data)]).toEqual([
      "artifact_write_failed",
      [],
      [],
      false,
    ]);
  });

  test("to a host's own stream gives the original's path, and nothing else is written", async () => {
    const place = await placeWithEmulator({ emulator: { scenario: ok } });
    const written: Buffer[] = [];
    const write = async (path: string): Promise<void> => void written.push(readFileSync(path));
    const result = await place.limn().images.generate(fox, { delivery: { kind: "stream", write } });
    const { folder } = onlyRecord(place);
    expect([result.images[0]?.path, place.delivered()]).toEqual([join(folder, "image-1.png"), []]);
    expect(written).toEqual([readFileSync(join(folder, "image-1.png"))]);
  });
});

describe("the recipe", () => {
  test("of a delivered file is found by its bytes", async () => {
    const place = await placeWithEmulator({ emulator: { scenario: ok } });
    const limn = place.limn();
    const result = await limn.images.generate({ ...fox, n: 2 }, { delivery: intoFiles, concurrency: 1 });
    const recipe = recipeOfFile(await limn.store.findByFile(join(place.out, "a-red-fox-2.png")));
    expect(recipe).toMatchObject({
      foundIn: "history",
      id: result.id,
      index: 1,
      prompt: "a red fox",
      sent: result.sent,
    });
  });

  test("can be written into the file, and then the original stays in the store as it was", async () => {
    const place = await placeWithEmulator({ emulator: { scenario: ok } });
    const limn = place.limn();
    const result = await limn.images.generate(fox, { delivery: { ...intoFiles, embedRecipe: true } });
    const path = join(place.out, "a-red-fox.png");
    expect([result.steps, result.images[0]?.bytes]).toEqual([["embed recipe"], statSync(path).size]);
    expect(embeddedRecipe(path)).toMatchObject({ foundIn: "file", id: result.id, prompt: "a red fox" });
    const { folder, manifest } = onlyRecord(place);
    expect([readdirSync(folder).sort(), embeddedRecipe(join(folder, "image-1.png"))]).toEqual([
      ["image-1.png", "manifest.json"],
      null,
    ]);
    expect(manifest.images[0]?.delivered).toEqual([{ path, sha256: result.images[0]?.sha256 }]);
    const found = [await limn.store.findByFile(path), await limn.store.findByFile(join(folder, "image-1.png"))];
    expect(found.map(({ generation }) => generation?.id)).toEqual([result.id, result.id]);
  });

  test("cannot be written into the file without history", async () => {
    const place = await placeWithEmulator({ emulator: { scenario: ok } });
    const options = { delivery: { ...intoFiles, embedRecipe: true }, keepHistory: false };
    const error = await limnErrorOf(place.limn().images.generate(fox, options));
    expect([error.code, place.emulator.calls]).toEqual(["invalid_option", []]);
  });
});

describe("without history", () => {
  test("only a hash record is left of what was delivered", async () => {
    const place = await placeWithEmulator({ emulator: { scenario: ok } });
    const limn = place.limn();
    const result = await limn.images.generate(fox, { delivery: intoFiles, keepHistory: false });
    expect([[...limn.store.list()], readdirSync(join(place.data, "generations"))]).toEqual([[], []]);
    const recipe = recipeOfFile(await limn.store.findByFile(join(place.out, "a-red-fox.png")));
    expect(recipe).toEqual({
      schemaVersion: 1,
      foundIn: "hash-record",
      id: result.id,
      index: 0,
      createdAt: expect.any(String),
      engine: "images",
      emulated: false,
      sha256: result.images[0]?.sha256,
    });
  });

  test("what failed is kept, without the prompt", async () => {
    const place = await placeWithEmulator({ emulator: { scenario: "moderation" } });
    await limnErrorOf(place.limn().images.generate(fox, { delivery: intoFiles, keepHistory: false }));
    const { manifest, status } = onlyRecord(place);
    expect([status, manifest.prompt, manifest.sent, JSON.stringify(manifest).includes("red fox")]).toEqual([
      "failed",
      null,
      {},
      false,
    ]);
  });
});

describe("cancelling (abort)", () => {
  const mine = { why: "mine" };

  test("after sending ends the request, and the record says so", async () => {
    const place = await placeWithEmulator({ emulator: { scenario: "never" } });
    const stop = new AbortController();
    const generating = place.limn().images.generate(fox, {
      signal: stop.signal,
      delivery: intoFiles,
      onEvent: (event) =>
        void (event.type === "image-progress" && event.stage === "sent" && setImmediate(() => stop.abort(mine))),
    });
    expect(await reasonOf(generating)).toBe(mine);
    await place.emulator.idle();
    const { manifest, status } = onlyRecord(place);
    expect([status, manifest.owner, manifest.calls.map(({ attempts }) => attempts)]).toEqual(["cancelled", null, [1]]);
    expect([place.imageCalls().every(({ aborted }) => aborted), place.delivered()]).toEqual([true, []]);
  });

  test("within the answer's body leaves nothing half-written", async () => {
    const place = await placeWithEmulator({ emulator: { scenario: { name: "stalled-body", size: "640x480" } } });
    const stop = new AbortController();
    const generating = place.limn().images.generate(fox, {
      signal: stop.signal,
      delivery: intoFiles,
      onEvent: (event) => void (event.type === "image-progress" && event.bytes !== undefined && stop.abort(mine)),
    });
    expect(await reasonOf(generating)).toBe(mine);
    await place.emulator.idle();
    const { folder } = onlyRecord(place);
    expect([place.imageCalls().map(({ aborted }) => aborted), readdirSync(folder), place.delivered()]).toEqual([
      [true],
      ["manifest.json"],
      [],
    ]);
  });

  test("before the start sends and leaves nothing", async () => {
    const place = await placeWithEmulator({ emulator: { scenario: ok } });
    expect(await reasonOf(place.limn().images.generate(fox, { signal: AbortSignal.abort(mine) }))).toBe(mine);
    expect([place.emulator.calls, [...place.limn().store.list()]]).toEqual([[], []]);
  });

  test("keeps the pictures that had come", async () => {
    const place = await placeWithEmulator({ emulator: { scenario: [ok, "never"] } });
    const stop = new AbortController();
    const generating = place.limn().images.generate(
      { ...fox, n: 2 },
      {
        signal: stop.signal,
        concurrency: 1,
        delivery: intoFiles,
        onEvent: (event) =>
          void (event.type === "image-progress" && event.index === 1 && event.stage === "sent" && stop.abort(mine)),
      },
    );
    expect(await reasonOf(generating)).toBe(mine);
    const { manifest, folder } = onlyRecord(place);
    expect([place.delivered(), readdirSync(folder).sort(), manifest.images.map(({ index }) => index)]).toEqual([
      ["a-red-fox-1.png"],
      ["image-1.png", "manifest.json"],
      [0],
    ]);
  });
});

describe("a stream of events", () => {
  test("is what a call emits", async () => {
    const place = await placeWithEmulator({ emulator: { scenario: ok } });
    const types: string[] = [];
    for await (const { type } of place.limn().images.stream(fox)) if (type !== "image-progress") types.push(type);
    expect(types).toEqual(["generation-start", "image-end", "usage", "generation-end"]);
  });

  test("throws what the call throws, after the events before it", async () => {
    const place = await placeWithEmulator({ emulator: { scenario: "moderation" } });
    const types: string[] = [];
    const reading = (async (): Promise<void> => {
      for await (const { type } of place.limn().images.stream(fox)) if (type !== "image-progress") types.push(type);
    })();
    expect((await limnErrorOf(reading)).code).toBe("content_refused");
    expect(types).toEqual(["generation-start", "image-end"]);
  });

  test("that is left early ends the work before the loop is over", async () => {
    const place = await placeWithEmulator({ emulator: { scenario: "never" } });
    for await (const event of place.limn().images.stream(fox))
      if (event.type === "image-progress" && event.stage === "sent") break;
    await place.emulator.idle();
    expect([onlyRecord(place).manifest.state, place.imageCalls().every(({ aborted }) => aborted)]).toEqual([
      "cancelled",
      true,
    ]);
  });

  test("does no work before it is read", async () => {
    const place = await placeWithEmulator({ emulator: { scenario: ok } });
    place.limn().images.stream(fox);
    await place.emulator.idle();
    expect([place.emulator.calls, existsSync(place.data)]).toEqual([[], false]);
  });
});

describe("a borrowed login", () => {
  async function withCodexLogin(scenario: string): Promise<Place & { readonly authFile: string }> {
    const place = await placeWithEmulator({ emulator: { scenario: [scenario, ok] } });
    const home = join(place.out, "..", "codex");
    mkdirSync(home);
    const authFile = join(home, "auth.json");
    writeFileSync(authFile, JSON.stringify(place.emulator.codexAuthFile()));
    const { LIMN_ACCESS_TOKEN: _token, ...variables } = place.environment.variables;
    const environment = { ...place.environment, variables: { ...variables, CODEX_HOME: home } };
    return { ...place, environment, limn: (change) => place.limn({ environment, ...change }), authFile };
  }

  test("that its owner renewed meanwhile is taken after a 401, and its file stays as it is", async () => {
    const place = await withCodexLogin("refresh-needed");
    const renewed = (): void => {
      place.emulator.renewAccessToken();
      writeFileSync(place.authFile, JSON.stringify(place.emulator.codexAuthFile()));
    };
    let before = "";
    const result = await place.limn().images.generate(fox, {
      onEvent: (event) => {
        if (event.type !== "image-progress" || event.stage !== "sent" || event.attempt > 1) return;
        // The request is on its way with the old token: it is judged before or after, and both times turned away.
        renewed();
        before = readFileSync(place.authFile, "utf8");
      },
    });
    expect([result.status, result.account]).toEqual(["done", { plan: "plus", source: "codex" }]);
    expect(place.imageCalls().map(({ answered }) => answered.status)).toEqual([401, 200]);
    expect(readFileSync(place.authFile, "utf8")).toBe(before);
    expect(onlyRecord(place).manifest.calls).toEqual([{ index: 0, attempts: 2, state: "done" }]);
  });

  test("that nobody renewed is told as expired after one request", async () => {
    const place = await withCodexLogin("unauthorized");
    const before = statSync(place.authFile);
    const error = await limnErrorOf(place.limn().images.generate(fox));
    expect([error.code, place.imageCalls().length]).toEqual(["login_expired", 1]);
    expect([statSync(place.authFile).mtimeMs, statSync(place.authFile).ino]).toEqual([before.mtimeMs, before.ino]);
  });
});
