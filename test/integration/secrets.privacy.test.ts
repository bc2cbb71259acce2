import { mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { inspect } from "node:util";
import { createLimn } from "@limn/core";
import type { Environment, Limn } from "@limn/core";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { createCodexSource } from "../../packages/core/src/credentials/codex-source.ts";
import { createTokenSource } from "../../packages/core/src/credentials/token-source.ts";
import { createNodeClient } from "../../packages/core/src/transport/node-client.ts";
import { defaultTimeLimits } from "../../packages/core/src/transport/time-limits.ts";
import { createTransport } from "../../packages/core/src/transport/transport.ts";
import { intoFiles } from "../support/limn-at-emulator.ts";
import { madeUpToken } from "../support/made-up-token.ts";
import { closedPort, recordingServer } from "../support/recording-server.ts";
import type { Answer } from "../support/recording-server.ts";
import { reasonOf } from "../support/rejection.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const email = "planted.person@private.test";
const accountId = "acc-planted-0123456789";
const refreshToken = "rt_planted_refresh_0001";
const prompt = "a planted and very private picture of Aunt Minna";
const token = madeUpToken({
  exp: Math.floor(Date.now() / 1000) + 864_000,
  email,
  "https://api.openai.com/auth": { chatgpt_account_id: accountId, chatgpt_plan_type: "plus" },
});
const codexLogin = {
  auth_mode: "chatgpt",
  OPENAI_API_KEY: "sk-planted-key-0001",
  tokens: { id_token: token, access_token: token, refresh_token: refreshToken, account_id: accountId },
};
/** Parts as well, since a cut secret is a secret. */
const secrets: readonly string[] = [
  token,
  token.split(".")[1] ?? "",
  token.slice(0, 40),
  refreshToken,
  "sk-planted-key-0001",
  email,
];
const privateWords: readonly string[] = [prompt, "very private picture", "Aunt Minna"];

/** Everything that a logger, a crash report or a paste into an issue could show of a value. */
function printed(value: unknown): string {
  const shown: string[] = [];
  for (let current = value; current !== undefined && current !== null;) {
    shown.push(
      inspect(current, { depth: 12, showHidden: true, getters: false }),
      inspect(current, { depth: 12, customInspect: false }),
      JSON.stringify(current) ?? "",
      current instanceof Error ? `${current.message}\n${current.stack ?? ""}` : "",
    );
    current = current instanceof Error ? current.cause : null;
  }
  return shown.join("\n");
}

function leaks(text: string, words: readonly string[]): readonly string[] {
  return words.filter((word) => text.includes(word));
}

function readAll(folder: string): string {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => `${entry.name}\n${readFileSync(join(entry.parentPath, entry.name), "latin1")}`)
    .join("\n");
}

interface Planted {
  readonly limn: Limn;
  readonly data: string;
  readonly codexHome: string;
}

function planted(baseURL: string): Planted {
  const folder = temporaryFolder();
  const [data, codexHome] = [join(folder, "data"), join(folder, "codex")];
  mkdirSync(codexHome);
  writeFileSync(join(codexHome, "auth.json"), JSON.stringify(codexLogin));
  const environment: Environment = {
    variables: { LIMN_HOME: data, LIMN_BASE_URL: baseURL, CODEX_HOME: codexHome },
    platform: process.platform,
    home: folder,
    workingFolder: folder,
  };
  return { limn: createLimn({ environment, retries: 1 }), data, codexHome };
}

beforeEach(() => void vi.spyOn(Math, "random").mockReturnValue(0));
afterEach(() => void vi.restoreAllMocks());

/** A service that repeats whatever it was told. */
const echo =
  (status: number, headers: Readonly<Record<string, string>> = {}): Answer =>
  (response, request) => {
    const authorization = request.headers.authorization ?? "";
    const message = `You sent ${authorization} with ${request.body.toString()} as ${email}`;
    response.writeHead(status, { "x-echo": authorization, ...headers });
    response.end(
      JSON.stringify({ error: { message, code: message, type: message, plan_type: message }, detail: message }),
    );
  };

const services: readonly (readonly [string, Answer])[] = [
  ["an echoed 400", echo(400)],
  ["an echoed 401", echo(401)],
  ["an echoed 403 page", echo(403, { "content-type": "text/html", "cf-mitigated": "challenge" })],
  ["an echoed 404", echo(404)],
  ["an echoed 413", echo(413)],
  ["an echoed 429", echo(429, { "retry-after": "0" })],
  ["an echoed 500", echo(500)],
  ["an echoed 500 after it had begun", echo(500, { "x-codex-imagegen-request-id": "i" })],
  ["an echoed 307", echo(307, { location: `https://elsewhere.example.test/?token=${token}` })],
  ["an echoed 200", echo(200)],
  [
    "a usage limit with a private plan",
    (response) =>
      void response
        .writeHead(429)
        .end(JSON.stringify({ error: { type: "usage_limit_reached", plan_type: token, resets_at: prompt } })),
  ],
  [
    "a moderation that quotes",
    (response) =>
      void response.writeHead(400).end(
        JSON.stringify({
          error: {
            code: "moderation_blocked",
            message: prompt,
            moderation_details: { moderation_stage: prompt, categories: [prompt, token] },
          },
        }),
      ),
  ],
  [
    "a bare quotation",
    (response) =>
      void response.writeHead(400).end(JSON.stringify({ detail: `No: ${prompt.toUpperCase().toLowerCase()}` })),
  ],
  [
    "a quotation on several lines",
    (response) => void response.writeHead(400).end(JSON.stringify({ detail: prompt.replaceAll(" ", "\n") })),
  ],
  ["a text of many kilobytes", (response) => void response.writeHead(400).end(`${token} ${prompt} `.repeat(5000))],
  ["a reset", (response) => void response.socket?.resetAndDestroy()],
  [
    "a cut body",
    (response, request) => {
      response
        .writeHead(200, { "content-length": "9999" })
        .write(JSON.stringify({ prompt, token: request.headers.authorization }));
      response.socket?.end();
    },
  ],
];

describe("what a failed generation shows", () => {
  test.each(services)("after %s holds no secret and no prompt", async (_, answer) => {
    const server = await recordingServer(answer);
    const { limn, data } = planted(server.origin);
    const events: unknown[] = [];
    const error = await reasonOf(
      limn.images.generate(
        { operation: "generate", prompt },
        { keepHistory: false, delivery: intoFiles, onEvent: (event) => events.push(event) },
      ),
    );
    // The secrets did go out, or the test would prove nothing.
    expect(server.requests[0]?.headers.authorization).toBe(`Bearer ${token}`);
    expect(server.requests[0]?.body.toString()).toContain(prompt);
    expect(leaks(printed(error), [...secrets, ...privateWords])).toEqual([]);
    expect(leaks(printed(events), [...secrets, ...privateWords])).toEqual([]);
    expect(leaks(readAll(data), [...secrets, ...privateWords, accountId])).toEqual([]);
  });

  test("without a connection holds no secret and no prompt", async () => {
    const { limn } = planted(`http://127.0.0.1:${await closedPort()}`);
    const error = await reasonOf(limn.images.generate({ operation: "generate", prompt }));
    expect(leaks(printed(error), [...secrets, ...privateWords])).toEqual([]);
  });

  test("for a fault of the request holds no prompt", async () => {
    const { limn } = planted("http://127.0.0.1:1");
    const errors = await Promise.all(
      [{ prompt: prompt.repeat(2000) }, { prompt, n: 99 }, { prompt, model: "nothing" }].map(async (change) =>
        reasonOf(limn.images.generate({ operation: "generate", ...change })),
      ),
    );
    expect(leaks(errors.map(printed).join("\n"), privateWords)).toEqual([]);
  });
});

describe("what is kept of a picture", () => {
  const png = Buffer.from(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
    "base64",
  );
  const picture: Answer = (response) =>
    void response
      .writeHead(200, { "content-type": "application/json" })
      .end(JSON.stringify({ data: [{ b64_json: png.toString("base64") }] }));

  test("without history holds neither prompt nor login", async () => {
    const { limn, data } = planted((await recordingServer(picture)).origin);
    const result = await limn.images.generate(
      { operation: "generate", prompt },
      { keepHistory: false, delivery: { ...intoFiles, output: "x.png" } },
    );
    expect(result.status).toBe("done");
    expect(leaks(readAll(data), [...secrets, ...privateWords, accountId])).toEqual([]);
    expect(readdirSync(data).sort()).toEqual(["generations", "hashes"]);
  });

  test("with history holds the prompt, and no login", async () => {
    const { limn, data } = planted((await recordingServer(picture)).origin);
    const result = await limn.images.generate({ operation: "generate", prompt });
    expect(leaks(readAll(data), [prompt])).toEqual([prompt]);
    expect(leaks(readAll(data) + printed(result), [...secrets, accountId])).toEqual([]);
  });
});

describe("what a program holds", () => {
  test("prints no secret", async () => {
    const { limn, codexHome } = planted("http://127.0.0.1:1");
    const source = createCodexSource({ codexHome, clock: Date.now, askForToken: async () => null, renew: null });
    const handedIn = createTokenSource(token, Date.now);
    const credentials = [await source.find(), await handedIn.find()];
    expect(credentials.map((credential) => credential?.revealToken())).toEqual([token, token]);
    const transport = createTransport({
      http: createNodeClient(async () => null),
      credentials: {
        get: async () => handedIn.find().then((found) => found ?? Promise.reject(new Error("none"))),
        recover: async () => null,
        reports: async () => [],
      },
      baseURL: "http://127.0.0.1:1",
      limits: defaultTimeLimits,
      retries: 0,
      userAgent: "x",
      clock: Date.now,
      random: () => 0,
    });
    const text = [limn, limn.images, limn.store, source, handedIn, transport, ...credentials].map(printed).join("\n");
    expect(text).toContain("ChatGptCredential");
    expect(leaks(text, secrets)).toEqual([]);
  });

  test("reports whose login it is, and no token", async () => {
    const { limn } = planted("http://127.0.0.1:1");
    const reports = await limn.credentialReports();
    expect(reports.find(({ source }) => source === "codex")).toMatchObject({
      state: "usable",
      email,
      accountSuffix: "…6789",
    });
    expect(leaks(printed(reports), [...secrets.filter((secret) => secret !== email), accountId])).toEqual([]);
  });
});
