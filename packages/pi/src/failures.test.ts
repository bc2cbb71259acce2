import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { ownLogin } from "../../../test/support/own-login.ts";
import { temporaryFolder } from "../../../test/support/temporary-folder.ts";
import { codexAddress } from "./login.ts";
import { placeWithPi, textIn } from "../test-support/fake-pi.ts";
import type { PiPlace } from "../test-support/fake-pi.ts";

async function messageOf(work: Promise<unknown>): Promise<string> {
  try {
    await work;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  throw new Error("it did not fail");
}

describe("errors say what happened, what was spent and what helps", () => {
  it.each([
    [
      { name: "usage-limit", resetsInSeconds: 11_520 },
      /used up\. It resets at \d{4}-\d\d-\d\d \d\d:\d\d UTC \(in 3 h 1\d min\)\. Do not try again before then\. This call was not charged\.$/,
    ],
    [{ name: "usage-not-included" }, /do not include image generation.*Trying again does not help/],
    [{ name: "moderation" }, /content policy refused the prompt.*other words/],
    [
      { name: "unauthorized" },
      /did not accept Pi's openai-codex login.*Run \/login openai-codex.*No other login was tried/,
    ],
    [{ name: "cloudflare" }, /Cloudflare challenge/],
    [{ name: "reset" }, /may have been made and charged, so nothing was repeated/],
    [{ name: "not-an-image" }, /may have been charged; do not repeat/],
    [{ name: "bad-request" }, /status 400/],
  ] as const)("%o", async (scenario, words) => {
    const place = await placeWithPi({ emulator: { scenario } });
    expect(await messageOf(place.call({ prompt: "a secret wish" }))).toMatch(words);
  });

  it("and a known limit is told without asking again", async () => {
    const place = await placeWithPi({ emulator: { scenario: "usage-limit" } });
    await messageOf(place.call({ prompt: "x" }));
    const before = place.imageCalls();
    expect(await messageOf(place.call({ prompt: "x" }))).toMatch(/It resets at .* UTC/);
    expect(place.imageCalls()).toBe(before);
  });

  it("and hold neither the prompt nor the token", async () => {
    const names = ["usage-limit", "moderation", "unauthorized", "bad-request", "server-error", "not-json", "cut-body"];
    for (const name of names) {
      const place = await placeWithPi({ emulator: { scenario: name } });
      const message = await messageOf(place.call({ prompt: "planted-secret-wish" }));
      expect(message).not.toContain("planted-secret-wish");
      expect(message).not.toContain(place.emulator.accessToken);
      expect(JSON.stringify(place.updates)).not.toContain(place.emulator.accessToken);
    }
  });
});

describe("a stop", () => {
  async function whenAsked(place: PiPlace): Promise<void> {
    for (let tries = 0; tries < 500 && place.imageCalls() === 0; tries += 1)
      await new Promise((resolve) => setTimeout(resolve, 10));
  }

  it.each([
    ["while nothing is answered", { name: "never" }, {}],
    ["while the body comes", { name: "stalled-body" }, {}],
    ["while the stream comes", { name: "stalled-stream" }, { model: "gpt-5.5" }],
    ["while it waits for capacity", { name: "capacity", retryAfterSeconds: 30 }, {}],
  ] as const)("%s ends the call within a second", async (_when, scenario, given) => {
    const place = await placeWithPi({ emulator: { scenario } });
    const controller = new AbortController();
    const ended = messageOf(place.call({ prompt: "x", ...given }, { signal: controller.signal }));
    await whenAsked(place);
    const start = performance.now();
    controller.abort();
    expect(await ended).toBe("Image generation was aborted.");
    expect(performance.now() - start).toBeLessThan(1000);
  });

  it("while Pi renews its login ends the call, and before it begins nothing is done", async () => {
    const place = await placeWithPi();
    const context = {
      ...place.context,
      modelRegistry: { getProviderAuth: async () => new Promise<never>(() => undefined) },
    };
    const controller = new AbortController();
    const tool = place.pi.tools.get("limn_image");
    const ended = messageOf(
      tool?.execute("1", { prompt: "x" }, controller.signal, undefined, context) ?? Promise.resolve(),
    );
    controller.abort();
    expect(await ended).toBe("Image generation was aborted.");
    expect(await messageOf(place.call({ prompt: "x" }, { signal: AbortSignal.abort() }))).toBe(
      "Image generation was aborted.",
    );
    expect(place.emulator.calls).toEqual([]);
  });
});

describe("the login", () => {
  const refused = (message: string) => (): never => {
    throw new Error(message);
  };

  it("that Pi cannot renew ends the call; no other login is tried, no token is told", async () => {
    const token = "eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIn0.c2ln";
    const place = await placeWithPi({
      login: refused(`refresh of ${token} failed`),
      variables: { LIMN_ACCESS_TOKEN: "at-other" },
    });
    const message = await messageOf(place.call({ prompt: "x" }));
    expect(message).toMatch(
      /^Pi could not renew its openai-codex login: refresh of \S+ failed\. Run \/login openai-codex/,
    );
    expect(message).not.toContain(token);
    expect(place.emulator.calls).toEqual([]);
  });

  it("is limn's own when Pi has none, and is named", async () => {
    const place = await placeWithPi({ login: () => undefined, variables: { LIMN_ACCESS_TOKEN: "" } });
    expect(await messageOf(place.call({ prompt: "x" }))).toMatch(/^Missing openai-codex credentials\. Run \/login/);
    expect(place.emulator.calls).toEqual([]);

    const own = await ownLogin({ folder: join(temporaryFolder(), "auth") });
    const variables = {
      LIMN_HOME: dirname(own.folder),
      LIMN_BASE_URL: `${own.origin}/backend-api/codex`,
      LIMN_AUTH_URL: own.origin,
    };
    const withOwn = await placeWithPi({ login: () => undefined, variables });
    const result = await withOwn.call({ prompt: "x" });
    expect(result.details).toMatchObject({ limn: { login: { source: "limn" } } });
    expect(textIn(result)).toContain("Paid with limn's own login, because Pi has no openai-codex login.");
    // Its token had ended, so it was renewed by Pi's network.
    expect(own.emulator.count("refresh", 200)).toBe(1);

    const token = { ...variables, LIMN_ACCESS_TOKEN: own.emulator.accessToken };
    const withToken = await placeWithPi({ login: () => undefined, variables: token });
    expect(textIn(await withToken.call({ prompt: "x" }))).toContain("Paid with the token in LIMN_ACCESS_TOKEN");
  });

  it("of Pi goes to Pi's address, whatever LIMN_BASE_URL says, with the user's own headers", async () => {
    const place = await placeWithPi({
      variables: { LIMN_BASE_URL: "https://elsewhere.example.test", LIMN_ACCESS_TOKEN: "at-other" },
    });
    const { modelRegistry } = place.context;
    const auth = await modelRegistry.getProviderAuth("openai-codex");
    const context = {
      ...place.context,
      modelRegistry: {
        ...modelRegistry,
        getProviderAuth: async () => ({
          auth: { ...auth?.auth, headers: { "x-gateway": "mine", authorization: "Bearer other", originator: "me" } },
        }),
      },
    };
    const result = await place.pi.tools.get("limn_image")?.execute("1", { prompt: "x" }, undefined, undefined, context);
    expect(result?.details).toMatchObject({ limn: { login: { source: "pi" } } });
    expect(place.emulator.calls.at(-1)?.headers).toMatchObject({ "x-gateway": "mine", originator: "limn" });
  });

  it.each([
    [undefined, "https://chatgpt.com/backend-api/codex"],
    ["https://chatgpt.com/backend-api/", "https://chatgpt.com/backend-api/codex"],
    ["https://gateway.example.test/codex", "https://gateway.example.test/codex"],
    ["https://gateway.example.test/codex/responses", "https://gateway.example.test/codex"],
  ])("of Pi with the base URL %s goes to %s", (baseUrl, address) => {
    expect(codexAddress(baseUrl)).toBe(address);
  });

  it("of Pi is not written anywhere", async () => {
    const place = await placeWithPi();
    mkdirSync(join(place.agentFolder, "x"));
    writeFileSync(join(place.agentFolder, "auth.json"), '{"openai-codex": {"type": "oauth"}}', { mode: 0o600 });
    const hash = (): string =>
      createHash("sha256")
        .update(readFileSync(join(place.agentFolder, "auth.json")))
        .digest("hex");
    const before = hash();
    await place.call({ prompt: "x" });
    expect(hash()).toBe(before);
    for (const folder of [place.data, place.agentFolder, place.project])
      for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true }))
        if (entry.isFile())
          expect(readFileSync(join(entry.parentPath, entry.name)).includes(place.emulator.accessToken)).toBe(false);
  });
});

describe("/image and /images", () => {
  it("put a picture into the conversation and list it; --last changes it", async () => {
    const place = await placeWithPi();
    await place.command("images", "");
    await place.command("image", "--aspect=16:9 a red fox -- at night");
    await place.command("image", "--last --save=project make it day");
    await place.command("images", "");
    expect(place.branch).toMatchObject([
      { customType: "limn-image", display: true, details: { saveMode: "global", limn: { operation: "generate" } } },
      { customType: "limn-image", details: { saveMode: "project", inputImageCount: 1, limn: { operation: "edit" } } },
    ]);
    expect(place.emulator.calls.at(0)?.body).toMatchObject({
      prompt: expect.stringContaining("a red fox -- at night"),
    });
    expect(place.notices[0]).toContain("No image was made");
    expect(place.notices[1]?.split("\n")).toEqual([
      expect.stringMatching(/generated-images.*\.png {2}\d+x\d+ PNG, \d+ kB$/),
      expect.stringContaining(join(place.project, ".pi/generated-images")),
    ]);
  });

  it("tell what is wrong", async () => {
    const place = await placeWithPi({ emulator: { scenario: "usage-limit" } });
    await expect(place.command("image", "")).rejects.toThrow(/^Usage: \/image/);
    await expect(place.command("image", "--sice=1 x")).rejects.toThrow(/does not understand --sice/);
    await expect(place.command("image", "--last=9 x")).rejects.toThrow(/whole number from 1 to 5/);
    await place.command("image", "a red fox");
    expect(place.notices.at(-1)).toMatch(/It resets at/);
    expect(place.branch).toEqual([]);
  });

  it("stop on request and with the session", async () => {
    for (const stop of ["command", "shutdown"] as const) {
      const place = await placeWithPi({ emulator: { scenario: "never" } });
      const ended = place.command("image", "a red fox");
      for (let tries = 0; tries < 500 && place.imageCalls() === 0; tries += 1)
        await new Promise((resolve) => setTimeout(resolve, 10));
      if (stop === "command") await place.command("image", "stop");
      else await place.pi.emit("session_shutdown", place.context);
      await ended;
      expect(place.notices.at(-1)).toBe("Image generation was aborted.");
    }
  });
});

describe("what was paid for", () => {
  it("is named when a stop comes between two pictures", async () => {
    const place = await placeWithPi({ emulator: { scenario: [{ name: "ok", size: "64x48" }, { name: "never" }] } });
    const controller = new AbortController();
    const ended = messageOf(place.call({ prompt: "x", n: 2 }, { signal: controller.signal }));
    for (let tries = 0; tries < 500 && !place.updates.map(textIn).includes("Codex image stage: saving."); tries += 1)
      await new Promise((resolve) => setTimeout(resolve, 10));
    await new Promise((resolve) => setTimeout(resolve, 100));
    controller.abort();
    const message = await ended;
    expect(message).toMatch(/^Image generation was aborted\. One picture had come and is kept as it came: \//);
    expect(readFileSync(message.split("came: ")[1] ?? "").length).toBeGreaterThan(1000);
  });

  it("is not spent where the sandbox was wished for", async () => {
    const place = await placeWithPi({ variables: { LIMN_SANDBOX: "1" } });
    expect(await messageOf(place.call({ prompt: "x" }))).toMatch(/^LIMN_SANDBOX is set/);
    expect(place.emulator.calls).toEqual([]);
  });
});

describe("ten calls at once", () => {
  it("end in ten pictures", async () => {
    const place = await placeWithPi();
    const results = await Promise.all(
      Array.from({ length: 10 }, async (_, index) => place.call({ prompt: `fox ${index}` })),
    );
    expect(new Set(results.map((result) => textIn(result).split("Saved image to: ")[1])).size).toBe(10);
    expect(place.imageCalls()).toBe(10);
  });
});
