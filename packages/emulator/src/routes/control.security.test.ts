import { afterEach, beforeEach, expect, test } from "vitest";
import { createEmulator, scenarios, type Emulator, type RunningEmulator } from "../index.ts";
import { imageRequest, readError, readObject } from "../testing/requests.ts";

let emulator: Emulator;
let running: RunningEmulator;

beforeEach(async () => {
  emulator = createEmulator({ scenario: { name: "ok", size: "32x32" } });
  running = await emulator.listen();
});
afterEach(() => emulator.close());

function control(path: string, init: RequestInit = {}): Promise<Response> {
  return fetch(`${running.url}/__emulator/${path}`, init);
}

test("health, calls and scenarios are read without a bearer", async () => {
  await fetch(imageRequest(emulator, { baseURL: running.baseURL })).then((response) => response.text());
  expect(await readObject(await control("health"))).toEqual({ ok: true, emulator: "limn", calls: 1 });
  expect(await readObject(await control("calls"))).toEqual({ calls: JSON.parse(JSON.stringify(emulator.calls)) });
  expect(await readObject(await control("scenarios"))).toEqual({ scenarios });
});

test("calls can be forgotten, and control calls are not recorded", async () => {
  await fetch(imageRequest(emulator, { baseURL: running.baseURL })).then((response) => response.text());
  expect(await readObject(await control("calls", { method: "DELETE" }))).toEqual({ deleted: 1 });
  expect(emulator.calls).toEqual([]);
});

test.each([
  ['"server-error"', ["server-error"], 500],
  ['{"name":"unavailable","times":1}', ["unavailable"], 503],
  ['["empty-404",{"name":"ok","size":"32x32"}]', ["empty-404", "ok"], 404],
])("PUT scenario takes %s", async (body, names, status) => {
  expect(await readObject(await control("scenario", { method: "PUT", body }))).toEqual({ scenario: names });
  expect((await fetch(imageRequest(emulator, { baseURL: running.baseURL }))).status).toBe(status);
});

test("a wrong scenario is 400 with the nearest name and changes nothing", async () => {
  const response = await control("scenario", { method: "PUT", body: '"modration"' });
  expect([response.status, (await readError(response))["message"]]).toEqual([
    400,
    'There is no scenario "modration". Did you mean "moderation"?',
  ]);
  expect((await control("scenario", { method: "PUT", body: "server-error" })).status).toBe(400);
  expect((await fetch(imageRequest(emulator, { baseURL: running.baseURL }))).status).toBe(200);
});

test("PUT capabilities switches them, and refuses by name", async () => {
  const put = (body: string): Promise<Response> => control("capabilities", { method: "PUT", body });
  expect(await readObject(await put('{"honoursCount":true}'))).toEqual({
    capabilities: { honoursSize: false, honoursQuality: false, honoursCount: true },
  });
  expect((await put('{"honoursEverything":true}')).status).toBe(400);
});

test("PUT access-token replaces the token and says nothing about it", async () => {
  const response = await control("access-token", { method: "PUT", body: '{"accessToken":"renewed-elsewhere"}' });
  expect(await response.text()).toBe('{"ok":true}');
  expect(emulator.accessToken).toBe("renewed-elsewhere");
  expect((await control("access-token", { method: "PUT", body: '{"accessToken":"with space"}' })).status).toBe(400);
});

test("a request of a web page is refused", async () => {
  for (const origin of ["https://evil.example.test", running.url, "null"]) {
    const response = await control("calls", { headers: { origin } });
    expect(response.status).toBe(403);
  }
});

test("a request to another host name is refused, with or without a socket", async () => {
  const http = process.getBuiltinModule("node:http");
  const status = await new Promise((resolve) => {
    http.get(
      { port: running.port, host: "127.0.0.1", path: "/__emulator/calls", headers: { host: "rebound.example.test" } },
      (response) => resolve(response.resume().statusCode),
    );
  });
  expect(status).toBe(403);
  expect((await emulator.fetch(new Request("https://chatgpt.com/__emulator/calls"))).status).toBe(403);
  expect((await emulator.fetch(new Request("http://localhost:1/__emulator/calls"))).status).toBe(200);
});

test("an unknown control route is 404 and lists the others", async () => {
  const response = await control("nothing");
  expect([response.status, (await readError(response))["message"]]).toEqual([
    404,
    expect.stringContaining("PUT scenario"),
  ]);
});
