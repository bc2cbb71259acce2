import { mkdirSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { brotliCompressSync, gzipSync } from "node:zlib";
import { createLimn, limnFolders, loadConfig } from "@limn/core";
import type { Environment } from "@limn/core";
import { expect, it, onTestFinished } from "vitest";
import { temporaryFolder } from "../../../../test/support/temporary-folder.ts";
import { createStudioSite } from "./create-studio-site.ts";

const script = "console.log('the page');";

/** The site alone, as a server hands requests to it; nothing of it needs the library. */
async function start(
  files: Readonly<Record<string, string | Buffer>>,
): Promise<(path: string, headers?: Record<string, string>) => Promise<Response>> {
  const folder = temporaryFolder();
  const pageFolder = join(folder, "studio");
  mkdirSync(join(pageFolder, "assets"), { recursive: true });
  for (const [name, content] of Object.entries(files)) writeFileSync(join(pageFolder, name), content);
  writeFileSync(join(folder, "secret.js"), "secret");
  const environment: Environment = {
    variables: { LIMN_HOME: folder },
    home: folder,
    workingFolder: folder,
    platform: "linux",
  };
  const limn = createLimn({ environment, config: loadConfig(environment) });
  const server = createServer((request, response) => {
    const route = site.find((request.url ?? "/").split("?", 1)[0] ?? "/");
    if (route === null) {
      response.writeHead(404);
      response.end();
      return;
    }
    void route.serve(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  const address = server.address();
  const url = `http://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}`;
  const site = createStudioSite({
    limn,
    url,
    key: () => "k".repeat(43),
    pageFolder,
    library: async () => {
      throw new Error("nobody asked for it");
    },
    makeThumbnail: async () => undefined,
    emulated: false,
    keepHistory: true,
    defaults: {},
    clock: Date.now,
  });
  expect(limnFolders(environment).data).toBe(folder);
  const opened = await fetch(site.newLink(), { redirect: "manual" });
  const cookie = (opened.headers.get("set-cookie") ?? "").split(";", 1)[0] ?? "";
  return async (path, headers = {}) => fetch(`${url}${path}`, { redirect: "manual", headers: { cookie, ...headers } });
}

it("serves the page at its own addresses, and its files for good", async () => {
  const ask = await start({ "index.html": "<!doctype html>", "assets/index-abc123.js": script, "icon.svg": "<svg/>" });
  for (const path of ["/", "/g/gen_01m7x1v080qqwymjpkbm", "/trash", "/compose"]) {
    const page = await ask(path);
    expect([path, page.status, await page.text()]).toEqual([path, 200, "<!doctype html>"]);
    expect(Object.fromEntries(page.headers)).toMatchObject({
      "content-type": "text/html; charset=utf-8",
      "cache-control": "no-cache",
      "content-security-policy": expect.stringMatching(
        /default-src 'none'; script-src 'self'; style-src 'self'.*frame-ancestors 'none'/,
      ),
      "cross-origin-opener-policy": "same-origin",
      "referrer-policy": "no-referrer",
    });
  }
  const file = await ask("/assets/index-abc123.js");
  expect([await file.text(), file.headers.get("cache-control"), file.headers.get("content-type")]).toEqual([
    script,
    "private, max-age=31536000, immutable",
    "text/javascript; charset=utf-8",
  ]);
  const again = await ask("/", { "if-none-match": (await ask("/")).headers.get("etag") ?? "" });
  expect(again.status).toBe(304);
  expect((await ask("/icon.svg")).headers.get("content-type")).toBe("image/svg+xml");
});

it("takes what the build has packed where the browser understands it", async () => {
  const name = "assets/index-abc123.js";
  const ask = await start({
    [name]: script,
    [`${name}.br`]: brotliCompressSync(script),
    [`${name}.gz`]: gzipSync(script),
  });
  for (const [accepted, used] of [
    ["gzip, deflate, br", "br"],
    ["gzip", "gzip"],
    ["br;q=0, gzip;q=0.5", "gzip"],
    ["identity", null],
    ["", null],
  ] as const) {
    const file = await ask(`/${name}`, { "accept-encoding": accepted });
    expect([accepted, file.headers.get("content-encoding"), await file.text()]).toEqual([accepted, used, script]);
    expect(file.headers.get("vary")).toBe("accept-encoding");
  }
});

it("serves nothing else, whatever the path looks like", async () => {
  const ask = await start({ "index.html": "x" });
  for (const path of [
    "/secret.js",
    "/../secret.js",
    "/assets/../../secret.js",
    "/assets/..%2f..%2fsecret.js",
    "/%2e%2e/secret.js",
    "/assets/.hidden.js",
    "/assets/none.js",
    "/index.html/x",
    "/etc/passwd",
    "/.env",
    "/assets/",
  ]) {
    const answer = await ask(path);
    expect([path, answer.status]).toEqual([path, 404]);
    expect(await answer.text()).not.toContain("secret\n");
  }
  // Only the page itself asks for its files.
  expect((await ask("/index.html", { "sec-fetch-site": "cross-site" })).status).toBe(404);
});

it("says so when the page was not built", async () => {
  const ask = await start({});
  const answer = await ask("/");
  expect([answer.status, await answer.text()]).toEqual([503, expect.stringContaining("npm run build")]);
});
