import { execFileSync, spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import sharp from "sharp";
import { describe, expect, it, onTestFinished } from "vitest";
import { proves } from "./requirements.ts";
import { call, connectHttp, connectStdio, idOf, startHttp } from "./support/mcp.ts";
import type { Connected } from "./support/mcp.ts";
import { World, imageCalls } from "./support/world.ts";

async function start(): Promise<{ world: World; agent: Connected; sent(): number }> {
  const world = new World();
  const emulator = await world.startService();
  return { world, agent: await connectStdio(world), sent: () => imageCalls(emulator).length };
}

const png = async (): Promise<Buffer> =>
  sharp({ create: { width: 32, height: 32, channels: 3, background: "red" } })
    .png()
    .toBuffer();

describe("arguments", () => {
  it(`that are unknown, wrong or contradict each other are named, and nothing is sent ${proves("mcp-bad-arguments")}`, async () => {
    const { agent, sent } = await start();
    for (const [tool, given, ...words] of [
      [
        "generate_image",
        { prompt: "x", sise: "1K" },
        "sise is not an argument of generate_image",
        'did you mean "size"?',
      ],
      ["generate_image", { prompt: "x", force: true }, "force is not an argument"],
      [
        "generate_image",
        { prompt: "x", ignore_limit: true, "--ignore-plan": true },
        "ignore_limit is not",
        "--ignore-plan is not",
      ],
      ["generate_image", {}, "prompt"],
      ["generate_image", { prompt: "  " }, "prompt"],
      ["generate_image", { prompt: "x", n: 11, quality: "best" }, "n is wrong", "quality is wrong"],
      ["generate_image", { prompt: "x", size: "9x9" }, "sides from 16 to 8192"],
      ["generate_image", { prompt: "x", format: "jpeg", background: "transparent" }, "jpeg"],
      [
        "generate_image",
        { prompt: "x", transparent_background: true, background: "opaque" },
        "transparent_background contradicts",
      ],
      ["generate_image", { prompt: "x", gif: { frame_count: 4 } }, "GIF output is unavailable"],
      ["edit_image", { prompt: "x" }, "needs the picture to change"],
      ["edit_image", { prompt: "x", images: ["a.png"], last: 1 }, "give only one of them"],
      [
        "edit_image",
        { prompt: "x", referenced_image_paths: ["a.png"], num_last_images_to_include: 1 },
        "give only one of them",
      ],
      ["edit_image", { prompt: "x", num_last_images_to_include: 6 }, "between 1 and 5"],
      ["edit_image", { prompt: "x", num_last_images_to_include: 0 }, "between 1 and 5"],
      [
        "edit_image",
        { prompt: "x", images: ["1", "2", "3", "4", "5", "6"] },
        "6 pictures were given, and 5 is the most",
      ],
      ["edit_image", { prompt: "x", last: 2 }, "no pictures yet"],
      ["edit_image", { prompt: "x", images: ["gen_00000000000000000000"] }, "no generation"],
      ["edit_image", { prompt: "x", images: ["data:image/png;base64,AAAA"] }, "not as addresses or base64"],
      ["edit_image", { prompt: "x", images: ["https://example.test/a.png"] }, "not as addresses or base64"],
      ["get_generation", { id: "gen_00000000000000000000" }, "There is no generation"],
      ["get_generation", { id: "../../etc/passwd" }, "There is no generation"],
      ["generate_picture", { prompt: "x" }, "There is no tool generate_picture"],
    ] as const) {
      const { isError, answer, types } = await call(agent, tool, given);
      expect({ given, isError, types, quota: answer.quota_spent, retry: answer.retry }).toEqual({
        given,
        isError: true,
        types: ["text"],
        quota: "no",
        retry: "no",
      });
      for (const word of words) expect(answer.what_happened).toContain(word);
      // Nothing that only a command line has.
      expect(`${String(answer.next)}${String(answer.command_for_user)}`).not.toMatch(/ -{1,2}\w/);
    }
    expect(sent()).toBe(0);
  });
});

describe("a path", () => {
  it(`outside, of a folder, a pipe, a login or another file than a picture is refused, whatever its name is ${proves("mcp-bad-paths")}`, async () => {
    const { world, agent, sent } = await start();
    writeFileSync(join(world.home, "private.png"), await png());
    symlinkSync(join(world.home, "private.png"), world.path("link.png"));
    symlinkSync(world.home, world.path("folder-link"));
    mkdirSync(world.path("folder.png"));
    execFileSync("mkfifo", [world.path("pipe.png")]);
    writeFileSync(world.path("passwd.png"), readFileSync("/etc/passwd"));
    writeFileSync(world.path("key.png"), "-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA");
    writeFileSync(world.path("text.png"), "hello");
    writeFileSync(world.path("empty.png"), "");
    writeFileSync(world.path("drawing.svg"), "<svg xmlns='http://www.w3.org/2000/svg'/>");
    writeFileSync(world.path("auth.json"), await png());
    writeFileSync(world.path(".env"), await png());
    mkdirSync(world.path(".ssh"));
    writeFileSync(world.path(".ssh/id.png"), await png());
    const outside = "outside of what limn may read";
    for (const [path, words] of [
      [join(world.home, "private.png"), outside],
      [join(world.home, "missing.png"), outside],
      ["../home/private.png", outside],
      ["link.png", outside],
      ["folder-link/private.png", outside],
      ["/etc/passwd", outside],
      ["/proc/self/environ", outside],
      [`file://${world.home}/private.png`, outside],
      [join(world.limnHome, "generations", "..", "auth", "default.json"), outside],
      ["folder.png", "is a folder"],
      [".", "is a folder"],
      ["pipe.png", "is not a regular file"],
      ["passwd.png", "looks like a login or a key"],
      ["key.png", "looks like a login or a key"],
      ["text.png", "is not a picture"],
      ["empty.png", "is not a picture"],
      ["drawing.svg", "is not a picture of a type that agents may give"],
      ["auth.json", "logins and keys have"],
      [".env", "logins and keys have"],
      [".ssh/id.png", "logins and keys have"],
      ["missing.png", "There is no file"],
    ] as const) {
      const { isError, answer } = await call(agent, "edit_image", { prompt: "x", images: [path] });
      expect({ path, isError, quota: answer.quota_spent }).toEqual({ path, isError: true, quota: "no" });
      expect({ path, text: answer.what_happened }).toEqual({ path, text: expect.stringContaining(words) });
    }
    expect(sent()).toBe(0);
  });

  it(`elsewhere is taken when the user allowed its folder, and nothing beside it ${proves("mcp-bad-paths")}`, async () => {
    const world = new World();
    const emulator = await world.startService();
    const shared = join(world.folder, "shared");
    mkdirSync(shared);
    writeFileSync(join(shared, "red.png"), await png());
    writeFileSync(join(world.folder, "beside.png"), await png());
    expect((await world.run(["config", "set", "mcp.read", shared])).status).toBe(0);
    const agent = await connectStdio(world);
    const allowed = await call(agent, "edit_image", { prompt: "x", images: [join(shared, "red.png")] });
    const refused = await call(agent, "edit_image", { prompt: "x", images: [join(world.folder, "beside.png")] });
    expect([allowed.isError, refused.isError, imageCalls(emulator).length]).toEqual([false, true, 1]);
  });

  it(`is not taken from the working folder when that is the home ${proves("mcp-bad-paths")}`, async () => {
    const world = new World();
    await world.startService();
    writeFileSync(join(world.home, "red.png"), await png());
    const agent = await connectStdio(world, { cwd: world.home });
    expect((await call(agent, "edit_image", { prompt: "x", images: ["red.png"] })).answer).toMatchObject({
      error: "invalid_option",
    });
    expect((await call(agent, "generate_image", { prompt: "x", output: "x.png" })).answer).toMatchObject({
      error: "invalid_option",
    });
  });

  it(`of an output stays below the working folder, out of hidden folders, and is a picture's ${proves("mcp-bad-paths", "mcp-output")}`, async () => {
    const { world, agent, sent } = await start();
    mkdirSync(world.path(".git"));
    symlinkSync(world.home, world.path("way-out"));
    for (const output of [
      "../x.png",
      "/tmp/x.png",
      ".git/x.png",
      ".git/",
      ".hidden.png",
      "way-out/x.png",
      "missing/x.png",
      "x.sh",
      "Makefile",
      "-",
      join(world.limnHome, "x.png"),
      "x\0.png",
    ]) {
      const { isError, answer } = await call(agent, "generate_image", { prompt: "x", output });
      expect({ output, isError, quota: answer.quota_spent }).toEqual({ output, isError: true, quota: "no" });
    }
    expect(sent()).toBe(0);
  });
});

describe("resources", () => {
  it(`are the store's only ${proves("mcp-bad-paths")}`, async () => {
    const { agent } = await start();
    for (const uri of [
      "file:///etc/passwd",
      "limn://generation/../../etc/passwd",
      "limn://generation/gen_00000000000000000000",
      "limn://generation/gen_00000000000000000000/image/1",
    ])
      await expect(agent.client.readResource({ uri })).rejects.toThrow();
  });
});

/** In a namespace of its own, which ends with the command. */
const canMount = spawnSync("sh", ["-c", "unshare -m mount -t tmpfs tmpfs /mnt"]).status === 0;

describe("a failure", () => {
  it(`tells what happened, what was spent and what helps, and never to ask anew into a limit ${proves("mcp-errors")}`, async () => {
    for (const [scenario, expected] of [
      [
        { name: "usage-limit", resetsInSeconds: 3600 },
        {
          error: "usage_limit_reached",
          quota_spent: "no",
          retry: "no",
          resets_at: expect.stringMatching(/^\d{4}-/),
          command_for_user: "limn status",
        },
      ],
      ["usage-not-included", { error: "plan_not_included", quota_spent: "no", retry: "no" }],
      ["moderation", { error: "content_refused", quota_spent: "no", retry: "no" }],
      ["unauthorized", { quota_spent: "no", retry: "no", command_for_user: expect.any(String) }],
      ["cut-body", { quota_spent: "maybe", retry: "no" }],
      ["not-an-image", { quota_spent: "maybe", retry: "no" }],
    ] as const) {
      const world = new World();
      await world.startService({ scenario });
      const agent = await connectStdio(world);
      for (const attempt of [1, 2]) {
        const { isError, answer, text } = await call(agent, "generate_image", { prompt: `a secret fox ${attempt}` });
        expect({ scenario, isError, answer }).toMatchObject({ scenario, isError: true, answer: expected });
        expect(text).not.toContain("secret fox");
        if (String(answer.error).startsWith("usage") || String(answer.error).startsWith("plan"))
          expect(text).not.toMatch(/try again|once more|--ignore/i);
      }
    }
  });

  it(`of a missing login names the command for the user ${proves("mcp-errors")}`, async () => {
    const world = new World();
    await world.startService({}, "none");
    const agent = await connectStdio(world);
    expect(await call(agent, "generate_image", { prompt: "a fox" })).toMatchObject({
      isError: true,
      answer: { error: "login_missing", quota_spent: "no", retry: "no", command_for_user: "limn login" },
    });
    expect((await call(agent, "image_status")).answer).toMatchObject({
      ready: false,
      error: "login_missing",
      command_for_user: "limn login",
    });
  });

  it(`of a broken setting is an answer, and the tools are listed all the same ${proves("mcp-errors")}`, async () => {
    const world = new World();
    await world.startService();
    mkdirSync(world.limnHome);
    writeFileSync(join(world.limnHome, "config.json"), "{");
    const agent = await connectStdio(world);
    expect((await agent.client.listTools()).tools).toHaveLength(5);
    expect(await call(agent, "generate_image", { prompt: "a fox" })).toMatchObject({
      isError: true,
      answer: { error: "config_invalid", quota_spent: "no" },
    });
  });

  it.skipIf(!canMount)("of a full disk says so, and nothing was sent (needs the right to mount)", async () => {
    const world = new World();
    const emulator = await world.startService();
    const folder = join(world.folder, "small");
    mkdirSync(folder);
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=1m", "tmpfs", folder]);
    onTestFinished(() => void execFileSync("umount", ["-l", folder]));
    const agent = await connectStdio(world, { env: { LIMN_HOME: folder } });
    expect(await call(agent, "generate_image", { prompt: "a fox" })).toMatchObject({
      isError: true,
      answer: { error: "artifact_write_failed", quota_spent: "no", retry: "no" },
    });
    expect(imageCalls(emulator)).toEqual([]);
  });
});

describe("sessions", () => {
  it(`do not see each other's pictures, over both doors ${proves("mcp-sessions")}`, async () => {
    const world = new World();
    await world.startService();
    const server = await startHttp(world);
    const agents = [
      await connectStdio(world),
      await connectStdio(world, { era: "auto" }),
      await connectHttp(server),
      await connectHttp(server),
      await connectHttp(server, { era: "auto", headers: { "limn-session": "one" } }),
      await connectHttp(server, { era: "auto", headers: { "limn-session": "two" } }),
    ];
    const [first] = agents;
    if (first === undefined) throw new Error("no agent");
    const id = idOf(await call(first, "generate_image", { prompt: "a secret fox" }));
    for (const agent of agents.slice(1)) {
      expect((await call(agent, "edit_image", { prompt: "x", last: 1 })).answer).toMatchObject({
        error: "artifact_not_found",
      });
      expect((await call(agent, "list_generations")).answer).toEqual({ generations: [] });
      expect((await agent.client.listResources()).resources).toEqual([]);
    }
    expect((await call(first, "list_generations")).answer).toMatchObject({ generations: [{ id }] });
  });

  it(`that cannot be told apart have no last pictures and no list ${proves("mcp-sessions")}`, async () => {
    const world = new World();
    await world.startService();
    const server = await startHttp(world);
    const agent = await connectHttp(server, { era: "auto" });
    const id = idOf(await call(agent, "generate_image", { prompt: "a fox", return: "none" }));
    expect((await call(agent, "edit_image", { prompt: "x", last: 1 })).answer).toMatchObject({
      error: "invalid_option",
      next: expect.stringContaining("ids"),
    });
    expect((await call(agent, "list_generations")).answer).toMatchObject({ generations: [], note: expect.any(String) });
    expect((await call(agent, "get_generation", { id })).answer).toMatchObject({ id, status: "done" });
  });
});

describe("over HTTP", () => {
  it(`nobody gets anything without the key, from another origin or host, at another path, or with more than 4 MiB ${proves("mcp-http-guard")}`, async () => {
    const world = new World();
    const emulator = await world.startService();
    const { url, key, keyFile } = await startHttp(world);
    expect(execFileSync("stat", ["-c", "%a", keyFile], { encoding: "utf8" })).toBe("600\n");
    const list = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tools/list" });
    const ask = async (headers: Readonly<Record<string, string>>, body = list, address = url): Promise<number> => {
      const answer = await fetch(address, {
        method: "POST",
        body,
        headers: { "content-type": "application/json", accept: "application/json, text/event-stream", ...headers },
      });
      expect(await answer.text()).not.toContain(key);
      return answer.status;
    };
    const authorization = `Bearer ${key}`;
    expect(await ask({})).toBe(401);
    expect(await ask({ authorization: "Bearer wrong" })).toBe(401);
    expect(await ask({ authorization: `Bearer ${key}x` })).toBe(401);
    expect(await ask({ authorization, origin: "https://evil.example" })).toBe(403);
    expect(await ask({ authorization, origin: "http://localhost:1" })).toBe(403);
    expect(await ask({ authorization, origin: "null" })).toBe(403);
    expect(await ask({ authorization }, list, url.replace("/mcp", "/"))).toBe(404);
    expect(await ask({ authorization }, `"${"x".repeat(4 * 1024 * 1024)}"`)).toBe(413);
    expect(await ask({ authorization, "mcp-session-id": "made-up" })).toBe(404);
    expect(await ask({ authorization }, "{")).toBe(400);
    // A name that leads here by DNS. fetch does not let a host be set.
    const { request } = await import("node:http");
    const status = await new Promise<number | undefined>((resolve, reject) => {
      request(url, { method: "POST", headers: { host: "evil.example", authorization } }, (answer) => {
        answer.resume();
        resolve(answer.statusCode);
      })
        .on("error", reject)
        .end(list);
    });
    expect(status).toBe(403);
    expect(emulator.calls).toEqual([]);
  });

  it(`the key stays the same from start to start, and is kept private ${proves("mcp-http-guard")}`, async () => {
    const world = new World();
    const first = await startHttp(world);
    chmodSync(first.keyFile, 0o644);
    const second = await startHttp(world);
    expect(second.key).toBe(first.key);
    expect(execFileSync("stat", ["-c", "%a", first.keyFile], { encoding: "utf8" })).toBe("600\n");
  });

  it(`says what a wrong port or option is ${proves("mcp-http-guard")}`, async () => {
    const world = new World();
    expect(await world.run(["mcp", "--http", "--port", "99999"])).toMatchObject({ status: 2 });
    expect(await world.run(["mcp", "--port", "1"])).toMatchObject({ status: 2, stdout: "" });
    expect(await world.run(["mcp", "--handover", "soon"])).toMatchObject({ status: 2, stdout: "" });
  });
});
