import { afterEach, beforeEach, expect, test } from "vitest";
import { createEmulator, type Emulator, type RunningEmulator } from "../index.ts";
import { clientHeaders, readError } from "../testing/requests.ts";

let emulator: Emulator;
let running: RunningEmulator;

beforeEach(async () => {
  emulator = createEmulator();
  running = await emulator.listen();
});
afterEach(() => emulator.close());

// What codex-backend contract 2.1 lists beside sign-in, models, usage, accounts and images.
test.each([
  ["GET", "/backend-api/wham/config/bundle", 200, "wham.config-bundle"],
  ["GET", "/api/codex/config/bundle", 200, "wham.config-bundle"],
  ["GET", "/backend-api/wham/settings/user", 404, "wham.settings-user"],
  ["GET", "/api/codex/settings/user", 404, "wham.settings-user"],
  ["GET", "/backend-api/ps/plugins/installed?limit=200", 404, "ps"],
  ["GET", "/ps/plugins/suggested/codex?scope=GLOBAL", 404, "ps"],
  ["POST", "/backend-api/ps/mcp", 404, "ps"],
  ["GET", "/backend-api/plugins/export/curated", 404, "ps"],
  ["POST", "/backend-api/codex/analytics-events/events", 200, "analytics"],
])("%s %s is %i with JSON", async (method, path, status, route) => {
  const response = await fetch(running.url + path, { method, headers: clientHeaders(emulator) });
  expect([response.status, response.headers.get("content-type")]).toEqual([status, "application/json"]);
  const body: unknown = await response.json();
  if (status === 200) expect(body).toEqual({});
  expect(emulator.calls[0]).toMatchObject({ route, group: "program" });
});

test("a websocket is refused with 426 on the connection that asked, and what belongs to none is 501", async () => {
  const http = process.getBuiltinModule("node:http");
  const status = await new Promise<number | undefined>((resolve, reject) => {
    const headers = {
      ...clientHeaders(emulator),
      connection: "Upgrade",
      upgrade: "websocket",
      "sec-websocket-version": "13",
      "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
    };
    http
      .get(`${running.baseURL}/responses`, { headers, agent: false }, (response) =>
        resolve(response.resume().statusCode),
      )
      .on("upgrade", () => reject(new Error("upgraded")))
      .on("error", reject);
  });
  expect(status).toBe(426);
  expect(emulator.calls[0]).toMatchObject({ route: "responses.websocket", group: "other" });
  const plain = await fetch(`${running.baseURL}/responses/compact`, { method: "POST", body: "{}" });
  expect([plain.status, (await readError(plain))["code"]]).toEqual([501, "not_emulated"]);
});

test("the running emulator names the issuer", () => {
  expect(running.authURL).toBe(running.url);
});
