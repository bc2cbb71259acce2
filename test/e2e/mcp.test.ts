import { mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import sharp from "sharp";
import { describe, expect, it } from "vitest";
import { proves } from "./requirements.ts";
import { call, connectHttp, connectStdio, idOf, jobFolders, startHttp } from "./support/mcp.ts";
import type { Connected, Era } from "./support/mcp.ts";
import { World, imageCalls, smallPicture, until } from "./support/world.ts";

const tools = ["generate_image", "edit_image", "get_generation", "list_generations", "image_status"];

const doors: readonly { readonly name: string; readonly era: Era; open(world: World): Promise<Connected> }[] = [
  { name: "stdio, older era", era: "legacy", open: async (world) => connectStdio(world, { era: "legacy" }) },
  { name: "stdio, newer era", era: "auto", open: async (world) => connectStdio(world, { era: "auto" }) },
  {
    name: "HTTP, older era",
    era: "legacy",
    open: async (world) => connectHttp(await startHttp(world), { era: "legacy" }),
  },
  {
    name: "HTTP, newer era",
    era: "auto",
    open: async (world) => connectHttp(await startHttp(world), { era: "auto", headers: { "limn-session": "one" } }),
  },
];

describe.each(doors)("over $name", ({ era, open }) => {
  it(`every tool does its work, and the emulator sees two calls ${proves("mcp-tools")}`, async () => {
    const world = new World();
    const emulator = await world.startService();
    const agent = await open(world);
    expect(agent.client.getNegotiatedProtocolVersion()).toBe(era === "legacy" ? "2025-11-25" : "2026-07-28");
    expect(agent.client.getServerVersion()).toMatchObject({ name: "limn" });

    const { tools: listed } = await agent.client.listTools();
    expect(listed.map(({ name }) => name)).toEqual(tools);
    expect(listed.map(({ outputSchema }) => outputSchema)).toEqual(tools.map(() => undefined));
    expect(listed.map(({ annotations }) => annotations?.readOnlyHint)).toEqual([false, false, true, true, true]);
    // Every client pays for this with each turn.
    expect(JSON.stringify(listed).length).toBeLessThan(10_000);
    expect((await agent.client.listTools()).tools).toEqual(listed);

    const progress: { readonly progress: number; readonly message?: string | undefined }[] = [];
    const made = await call(
      agent,
      "generate_image",
      { prompt: "a fox" },
      { onprogress: (note) => progress.push(note) },
    );
    const id = idOf(made);
    const path = join(world.limnHome, "generations", id, "image-1.png");
    expect(made.answer).toEqual({
      id,
      status: "done",
      images: [
        {
          path,
          width: 64,
          height: 48,
          type: "image/png",
          bytes: statSync(path).size,
          sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
        },
      ],
      limits: { used_percent: 2, window_minutes: 1440, resets_at: expect.any(String) },
      next: "Look at the preview before you say it is done. The file at path is the picture itself: give the user its path; to use it elsewhere, copy it and leave the original in place.",
    });
    expect(made.types).toEqual(["text", "image", "resource_link"]);
    expect(made.text.length).toBeLessThan(800);
    expect(progress.length).toBeGreaterThan(1);
    expect(progress.map((note) => note.progress)).toEqual(
      [...new Set(progress.map((note) => note.progress))].sort((a, b) => a - b),
    );

    const edited = await call(agent, "edit_image", { prompt: "make it night", last: 1, return: "path" });
    expect(edited).toMatchObject({ isError: false, types: ["text", "resource_link"] });
    expect(world.manifest(idOf(edited))).toMatchObject({ operation: "edit", parents: [id] });

    expect((await call(agent, "get_generation", { id })).answer).toEqual(made.answer);
    expect((await call(agent, "list_generations")).answer).toMatchObject({
      generations: [
        { id: idOf(edited), status: "done", prompt: "make it night" },
        { id, status: "done", prompt: "a fox", paths: [path] },
      ],
    });
    expect((await call(agent, "image_status")).answer).toMatchObject({
      ready: true,
      plan: "plus",
      login: "token",
      image_allowance: { used_percent: 4 },
    });

    const { resources } = await agent.client.listResources();
    expect(resources.map(({ uri }) => uri)).toEqual([`limn://generation/${idOf(edited)}`, `limn://generation/${id}`]);
    expect((await agent.client.listResourceTemplates()).resourceTemplates).toHaveLength(2);
    const [text] = (await agent.client.readResource({ uri: `limn://generation/${id}` })).contents;
    expect(JSON.parse(text !== undefined && "text" in text ? text.text : "")).toEqual({
      ...made.answer,
      next: expect.stringMatching(/^The file at path/),
    });
    const [picture] = (await agent.client.readResource({ uri: `limn://generation/${id}/image/1` })).contents;
    expect(picture).toMatchObject({ mimeType: "image/jpeg" });

    expect(imageCalls(emulator)).toHaveLength(2);
    // What was collected is in the history only.
    expect(jobFolders(world)).toEqual([]);
  });
});

describe("an answer", () => {
  it(`of an 8 MB picture costs less than half a megabyte, and the picture itself is never base64 ${proves("mcp-answers")}`, async () => {
    const world = new World();
    await world.startService({ scenario: { name: "huge-image", megabytes: 8 } });
    const agent = await connectStdio(world);
    const result = await agent.client.callTool({ name: "generate_image", arguments: { prompt: "noise" } });
    const stored = world.keptFiles().find(({ path }) => path.endsWith("image-1.png"));
    expect(stored?.content.length).toBeGreaterThan(7_900_000);
    expect(JSON.stringify(result).length).toBeLessThan(500_000);
  });

  it(`has a preview of at most 1024 pixels, with a checkerboard behind what is transparent ${proves("mcp-answers")}`, async () => {
    const world = new World();
    await world.startService({ scenario: "ok" });
    const agent = await connectStdio(world);
    const { image, answer } = await call(agent, "generate_image", { prompt: "a leaf", transparent_background: true });
    expect(answer).toMatchObject({ images: [{ alpha: true }] });
    expect(image?.mimeType).toBe("image/jpeg");
    expect(image?.bytes.length).toBeLessThan(350_000);
    const { data, info } = await sharp(image?.bytes).raw().toBuffer({ resolveWithObject: true });
    expect(Math.max(info.width, info.height)).toBe(1024);
    const grey = (x: number, y: number): number =>
      Math.round((data[(y * info.width + x) * info.channels] ?? 0) / 50) * 50;
    // The corner is outside of the leaf.
    expect([grey(8, 8), grey(24, 8), grey(8, 24), grey(24, 24)]).toEqual([250, 200, 200, 250]);
  });

  it(`of several pictures has one contact sheet ${proves("mcp-answers")}`, async () => {
    const world = new World();
    await world.startService();
    const agent = await connectStdio(world);
    const { types, image, answer } = await call(agent, "generate_image", { prompt: "moods", n: 4 });
    expect(types).toEqual(["text", "image", "resource_link"]);
    expect(answer.images).toHaveLength(4);
    expect(await sharp(image?.bytes).metadata()).toMatchObject({ width: 1024, height: 1024 });
  });

  it(`has as much as return says ${proves("mcp-answers")}`, async () => {
    const world = new World();
    await world.startService();
    const agent = await connectStdio(world);
    expect((await call(agent, "generate_image", { prompt: "a fox", return: "path" })).types).toEqual([
      "text",
      "resource_link",
    ]);
    const none = await call(agent, "generate_image", { prompt: "a fox", return: "none" });
    expect(none.types).toEqual(["text"]);
    expect(none.answer).toEqual({ id: idOf(none), status: "done", images: 1 });
  });

  it(`tells what was asked and what came ${proves("mcp-answers")}`, async () => {
    const world = new World();
    await world.startService();
    const agent = await connectStdio(world);
    const { answer } = await call(agent, "generate_image", {
      prompt: "a fox",
      size: "32x32",
      format: "webp",
      quality: "high",
    });
    expect(answer).toMatchObject({
      images: [{ width: 32, height: 32, type: "image/webp" }],
      asked_and_got: expect.arrayContaining([
        expect.objectContaining({ property: "size", asked: "32x32", outcome: "done-locally" }),
      ]),
      done_here: expect.any(Array),
    });
  });

  it(`from the sandbox says so, and nothing is sent ${proves("mcp-answers")}`, async () => {
    const world = new World();
    const emulator = await world.startService();
    const agent = await connectStdio(world, { words: ["--sandbox"] });
    const { answer } = await call(agent, "generate_image", { prompt: "a fox", return: "path" });
    expect(answer).toMatchObject({ status: "done", sandbox: "made by the emulator; nothing was spent" });
    expect((await call(agent, "image_status")).answer).toMatchObject({ ready: true, sandbox: expect.any(String) });
    expect(emulator.calls).toEqual([]);
    const other = await connectStdio(world, { env: { LIMN_SANDBOX: "1" } });
    expect((await call(other, "generate_image", { prompt: "a fox", return: "path" })).answer).toHaveProperty("sandbox");
  });
});

describe("the history", () => {
  it(`off leaves no words behind, and every picture ${proves("mcp-tools")}`, async () => {
    const world = new World();
    await world.startService();
    writeFileSync(world.path("limn.config.json"), JSON.stringify({ history: false }));
    const agent = await connectStdio(world, { words: ["--handover", "0"] });
    const kept = idOf(await call(agent, "generate_image", { prompt: "a secret fox" }));
    const copied = idOf(await call(agent, "generate_image", { prompt: "a secret fox", output: "fox.png" }));
    const holding = (words: string): number =>
      world.keptFiles().filter(({ path, content }) => !path.endsWith(".png") && content.includes(words)).length;
    await until(() => holding('"outcome"') === 2 && holding("secret fox") === 0);
    expect((await call(agent, "get_generation", { id: kept, wait_seconds: 50 })).answer).toMatchObject({
      status: "done",
      images: [{ width: 64 }],
    });
    expect((await call(agent, "get_generation", { id: copied, wait_seconds: 50 })).answer).toMatchObject({
      status: "done",
      images: [{ path: world.path("fox.png") }],
    });
  });

  it(`of the folder is listed when it is asked for ${proves("mcp-tools")}`, async () => {
    const world = new World();
    await world.startService();
    const id = idOf(await call(await connectStdio(world), "generate_image", { prompt: "a fox", return: "none" }));
    const agent = await connectStdio(world);
    expect((await call(agent, "list_generations", { scope: "folder" })).answer).toMatchObject({
      generations: [{ id }],
    });
    const other = await connectHttp(await startHttp(world));
    expect((await call(other, "list_generations", { scope: "folder" })).answer).toMatchObject({
      generations: [],
      note: expect.any(String),
    });
  });
});

describe("pictures that go in", () => {
  it(`are the session's last ones in the order in which they were made ${proves("mcp-inputs", "mcp-sessions")}`, async () => {
    const world = new World();
    const emulator = await world.startService();
    const agent = await connectStdio(world);
    const ids: string[] = [];
    for (const prompt of ["one", "two", "three"])
      ids.push(idOf(await call(agent, "generate_image", { prompt, return: "none" })));
    const edited = await call(agent, "edit_image", {
      prompt: "together",
      num_last_images_to_include: 2,
      return: "none",
    });
    expect(world.manifest(idOf(edited)).parents).toEqual(ids.slice(1));
    expect(imageCalls(emulator).map(({ route }) => route)).toEqual([
      "images.generations",
      "images.generations",
      "images.generations",
      "images.edits",
    ]);
  });

  it(`are paths and ids, in their order, also under the names that Codex's tool has ${proves("mcp-inputs")}`, async () => {
    const world = new World();
    await world.startService();
    const agent = await connectStdio(world);
    const first = idOf(await call(agent, "generate_image", { prompt: "one", output: "one.png", return: "none" }));
    const second = idOf(await call(agent, "generate_image", { prompt: "two", return: "none" }));
    const edited = await call(agent, "edit_image", {
      prompt: "both",
      images: [second, world.path("one.png")],
      return: "none",
    });
    expect(world.manifest(idOf(edited)).inputs).toMatchObject([
      { origin: { kind: "generation", id: second } },
      { origin: { kind: "file", path: world.path("one.png") } },
    ]);
    const again = await call(agent, "generate_image", {
      prompt: "both",
      referenced_image_paths: ["one.png"],
      num_last_images_to_include: null,
      size: null,
      gif: null,
      return: "none",
    });
    expect(again.isError).toBe(false);
    expect(first).not.toBe(second);
  });

  it(`may come from folders that the client offers, in both eras, but never from the home itself ${proves("mcp-inputs")}`, async () => {
    for (const era of ["legacy", "auto"] as const) {
      const world = new World();
      await world.startService();
      const png = await sharp({ create: { width: 32, height: 32, channels: 3, background: "red" } })
        .png()
        .toBuffer();
      writeFileSync(join(world.home, "red.png"), png);
      const without = await connectStdio(world, { era });
      const path = join(world.home, "red.png");
      expect((await call(without, "edit_image", { prompt: "x", images: [path] })).answer).toMatchObject({
        error: "invalid_option",
      });
      const shared = join(world.folder, "shared");
      writeFileSync(join(world.folder, "elsewhere.png"), png);
      mkdirSync(shared);
      writeFileSync(join(shared, "red.png"), png);
      const agent = await connectStdio(world, { era, roots: [shared, world.home, "/"] });
      expect(
        (await call(agent, "edit_image", { prompt: "x", images: [join(shared, "red.png")], return: "none" })).isError,
      ).toBe(false);
      // The home itself and the root of the system are nobody's project.
      for (const outside of [path, join(world.folder, "elsewhere.png"), "/etc/hostname"])
        expect((await call(agent, "edit_image", { prompt: "x", images: [outside] })).answer).toMatchObject({
          error: "invalid_option",
          what_happened: expect.stringContaining("outside"),
          quota_spent: "no",
        });
    }
  });
});

describe("an output", () => {
  it(`lands below the working folder and overwrites nothing ${proves("mcp-output")}`, async () => {
    const world = new World();
    await world.startService();
    writeFileSync(world.path("fox.png"), "mine");
    const agent = await connectStdio(world);
    const { answer } = await call(agent, "generate_image", { prompt: "a fox", output: "fox.png", return: "path" });
    expect(answer).toMatchObject({
      images: [{ path: world.path("fox-2.png") }],
      notes: [expect.stringContaining("fox-2.png")],
    });
    expect(readFileSync(world.path("fox.png"), "utf8")).toBe("mine");
    expect(world.files()).toEqual(["fox-2.png", "fox.png"]);
  });

  it(`is the scenario's small picture in the store without one ${proves("mcp-output")}`, async () => {
    const world = new World();
    await world.startService({ scenario: smallPicture });
    const agent = await connectStdio(world);
    await call(agent, "generate_image", { prompt: "a fox", return: "none" });
    expect(world.files()).toEqual([]);
  });
});
