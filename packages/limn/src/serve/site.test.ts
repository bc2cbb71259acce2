import { request as ask } from "node:http";
import type { IncomingMessage } from "node:http";
import { LimnError } from "@limn/core";
import { expect, onTestFinished, test } from "vitest";
import { HttpError } from "../loopback/index.ts";
import type { Route, Site } from "../loopback/index.ts";
import { startImageServer } from "./server.ts";
import type { ImageServer } from "./server.ts";

const key = "k".repeat(43);
const withKey = { authorization: `Bearer ${key}` };
const withSession = { cookie: "session=mine" };

interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage["headers"];
  readonly text: string;
}

async function start(routes: Readonly<Record<string, Route>>, close?: () => void): Promise<ImageServer> {
  const server = await startImageServer({
    limn: {
      images: { generate: async () => Promise.reject(new Error("not asked")) },
      store: { list: () => [], imagePath: () => "" },
    },
    host: "127.0.0.1",
    port: 0,
    key: () => key,
    keepHistory: true,
    defaults: {},
    site: ({ url }): Site => ({
      find: (path) => (path === "/url" ? page(url, "open") : (routes[path] ?? null)),
      hasSession: ({ headers }) => headers.cookie === "session=mine",
      close: async () => close?.(),
    }),
  });
  onTestFinished(async () => server.close());
  return server;
}

function page(text: string, access: Route["access"], methods: readonly string[] = ["GET"]): Route {
  return {
    name: "page",
    methods,
    access,
    serve: (_, response) => {
      response.writeHead(200, { "content-type": "text/html", "cache-control": "public, max-age=60" });
      response.end(text);
    },
  };
}

async function get(
  { url }: ImageServer,
  path: string,
  headers: Readonly<Record<string, string>> = {},
  method = "GET",
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    // Not fetch: it sets Host by itself, and tidies paths.
    const { hostname: host, port } = new URL(url);
    const asked = ask({ host, port, path, method, headers, agent: false }, (answer) => {
      let text = "";
      answer.on("data", (piece: Buffer) => (text += piece.toString("utf8")));
      answer.on("end", () => resolve({ status: answer.statusCode ?? 0, headers: answer.headers, text }));
      answer.on("error", reject);
    });
    asked.on("error", reject);
    asked.end();
  });
}

function codeOf({ text }: Answer): unknown {
  const { error }: { readonly error?: { readonly code?: unknown } } = JSON.parse(text);
  return error?.code;
}

test("a site knows the address, and answers where the API does not, with its own headers", async () => {
  const server = await start({
    "/": page("home", "open"),
    "/models": page("no", "open"),
    "/v1/models": page("no", "open"),
    "/%2e%2e/a": page("never decoded", "open"),
  });
  expect(await get(server, "/url?x=1")).toMatchObject({ status: 200, text: server.url });
  expect(await get(server, "/")).toMatchObject({ text: "home", headers: { "cache-control": "public, max-age=60" } });
  expect((await get(server, "/%2e%2e/a")).text).toBe("never decoded");
  for (const path of ["/models", "/v1/models"]) expect((await get(server, path)).status).toBe(401);
  expect(JSON.parse((await get(server, "/models", withKey)).text)).toMatchObject({ object: "list" });
});

test("HEAD is answered where GET is, and other methods are told what a route takes", async () => {
  const server = await start({ "/": page("home", "open"), "/act": page("done", "open", ["POST"]) });
  expect(await get(server, "/", {}, "HEAD")).toMatchObject({ status: 200, text: "" });
  expect(await get(server, "/", {}, "DELETE")).toMatchObject({ status: 405, headers: { allow: "GET, HEAD" } });
  expect(await get(server, "/act", {}, "HEAD")).toMatchObject({ status: 405, headers: { allow: "POST" } });
});

test("a session opens what is for sessions and nothing else; the key opens everything; a foreign page gets nothing", async () => {
  const server = await start({ "/open": page("", "open"), "/page": page("", "session"), "/key": page("", "key") });
  const status = async (path: string, headers = {}): Promise<number> => (await get(server, path, headers)).status;
  expect([await status("/open"), await status("/page"), await status("/key"), await status("/none")]).toEqual([
    200, 401, 401, 401,
  ]);
  for (const [path, expected] of [
    ["/page", 200],
    ["/key", 401],
    ["/none", 404],
    ["/v1/models", 401],
    ["/metrics", 401],
  ] as const)
    expect({ path, status: await status(path, withSession) }).toEqual({ path, status: expected });
  for (const path of ["/open", "/page", "/key"]) expect(await status(path, withKey)).toBe(200);
  for (const foreign of [{ host: "evil.example" }, { origin: "http://evil.example" }])
    for (const path of ["/open", "/page"])
      expect(await status(path, { ...withKey, ...withSession, ...foreign })).toBe(403);
});

test("what a site throws is told in the API's shape, without the headers of the answer that did not come", async () => {
  const thrower = (error: unknown): Route => ({
    name: "thrower",
    methods: ["GET"],
    access: "open",
    serve: (_, response) => {
      response.setHeader("content-length", "3");
      response.setHeader("set-cookie", "session=mine");
      response.setHeader("cache-control", "public");
      throw error;
    },
  });
  const server = await start({
    "/http": thrower(new HttpError(418, { message: "No.", code: "no_coffee" })),
    "/limn": thrower(new LimnError("artifact_not_found", { message: "There is no such picture." })),
    "/bug": thrower(new Error("at /home/somebody/secret")),
  });
  for (const [path, status, code] of [
    ["/http", 418, "no_coffee"],
    ["/limn", 404, "artifact_not_found"],
    ["/bug", 500, "bug"],
  ] as const) {
    const answer = await get(server, path);
    expect({ status: answer.status, code: codeOf(answer), cookie: answer.headers["set-cookie"] }).toEqual({
      status,
      code,
      cookie: undefined,
    });
    expect(answer.headers).toMatchObject({
      "cache-control": "no-store",
      "x-content-type-options": "nosniff",
      "x-request-id": expect.stringMatching(/^req_/),
    });
    expect(answer.text).not.toContain("secret");
  }
});

test("a site's event streams are ended by it when the server closes", async () => {
  const open = new Set<() => void>();
  const begun = Promise.withResolvers<null>();
  const server = await start(
    {
      "/events": {
        name: "events",
        methods: ["GET"],
        access: "session",
        serve: (_, response) => {
          response.writeHead(200, { "content-type": "text/event-stream" });
          response.write("data: hello\n\n");
          open.add(() => response.end("data: bye\n\n"));
          begun.resolve(null);
        },
      },
    },
    () => {
      for (const end of open) end();
    },
  );
  const stream = get(server, "/events", withSession);
  await begun.promise;
  await server.close();
  expect((await stream).text).toBe("data: hello\n\ndata: bye\n\n");
});
