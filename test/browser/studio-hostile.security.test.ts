import { createServer } from "node:http";
import { expect, it, onTestFinished } from "vitest";
import { World } from "../e2e/support/world.ts";
import { seedLibrary } from "../support/seed-library.ts";
import { startStudio, visit } from "./support/studio.ts";
import { describeInBrowser } from "./support/suite.ts";

/** What a page of somebody else could try, each with the answer that it got; run in that page. */
const attack = (studio: string, id: string, sha256: string): string => `(async () => {
  const tried = {};
  const attempt = async (name, work) => {
    try { tried[name] = String(await work()); } catch (error) { tried[name] = "refused"; }
  };
  const loads = (element, address) => new Promise((resolve) => {
    element.onload = () => resolve("loaded");
    element.onerror = () => resolve("refused");
    element.src = address;
    document.body.append(element);
  });
  const image = "${studio}/api/images/${id}/0?v=${sha256}";
  await attempt("read with cookie", async () => (await fetch("${studio}/api/generations", { credentials: "include" })).text());
  await attempt("read the page", async () => (await fetch("${studio}/", { credentials: "include" })).text());
  await attempt("throw away", async () => (await fetch("${studio}/api/trash", { method: "POST", credentials: "include", headers: { "X-Limn": "studio", "Content-Type": "application/json" }, body: '{"ids":["${id}"]}' })).text());
  await attempt("throw away as text", async () => (await fetch("${studio}/api/trash", { method: "POST", mode: "no-cors", credentials: "include", headers: { "Content-Type": "text/plain" }, body: '{"ids":["${id}"]}' })).type);
  await attempt("make a picture by form", async () => { const form = new FormData(); form.append("request", '{"operation":"generate","prompt":"x"}'); return (await fetch("${studio}/api/generations", { method: "POST", mode: "no-cors", credentials: "include", body: form })).type; });
  await attempt("show a picture", () => loads(new Image(), image));
  await attempt("show a thumbnail", () => loads(new Image(), "${studio}/api/thumbnails/${id}/0?v=${sha256}&width=320"));
  await attempt("run the list as a script", () => loads(document.createElement("script"), "${studio}/api/generations"));
  await attempt("listen to events", () => new Promise((resolve) => { const source = new EventSource("${studio}/api/events", { withCredentials: true }); source.onmessage = () => resolve("heard"); source.addEventListener("hello", () => resolve("heard")); source.onerror = () => { source.close(); resolve("refused"); }; }));
  await attempt("open a socket", () => new Promise((resolve) => { const socket = new WebSocket("${studio.replace("http", "ws")}/api/events"); socket.onopen = () => resolve("open"); socket.onerror = () => resolve("refused"); }));
  await attempt("look into a frame", async () => { const frame = document.createElement("iframe"); await loads(frame, "${studio}/"); return frame.contentWindow.length + " " + frame.contentDocument?.body?.textContent; });
  await attempt("look into a window", async () => { const other = open("${studio}/"); while (other !== null && !other.closed) { void other.document.title; await new Promise(requestAnimationFrame); } return "refused"; });
  return tried;
})()`;

describeInBrowser("a page of somebody else in the browser of a studio's user", (browser) => {
  // Another port of this machine is the same site for a browser, which then sends strict cookies along.
  it.each(["127.0.0.1", "localhost"])("gets nothing and changes nothing: served from %s", async (host) => {
    const world = new World();
    const entries = await seedLibrary({ folder: world.limnHome, count: 3, trashedShare: 0, isAllDone: true });
    const before = world.generations();
    const [image] = entries[0]?.manifest.images ?? [];
    const served = await startStudio(world);
    const { context, page } = await visit(browser(), served, { isAttacked: true });
    await page.getByText("3 entries").waitFor();
    const answers: (readonly [string, number])[] = [];
    const hostile = await context.newPage();
    hostile.on("response", (response) => {
      if (response.url().startsWith(served.url)) answers.push([response.url(), response.status()]);
    });
    await hostile.goto(await serveEmptyPage(host));
    const tried = await hostile.evaluate<Record<string, string>>(
      attack(served.url, entries[0]?.manifest.id ?? "", image?.sha256 ?? ""),
    );
    expect(tried).toEqual({
      "read with cookie": "refused",
      "read the page": "refused",
      "throw away": "refused",
      "throw away as text": expect.stringMatching(/^(?:opaque|refused)$/),
      "make a picture by form": expect.stringMatching(/^(?:opaque|refused)$/),
      "show a picture": "refused",
      "show a thumbnail": "refused",
      "run the list as a script": "refused",
      "listen to events": "refused",
      "open a socket": "refused",
      "look into a frame": expect.stringMatching(/^(?:refused|0 (?:undefined|null))$/),
      "look into a window": "refused",
    });
    // The frame's page comes and is not shown: it may be in no frame at all.
    expect(answers.filter(([url, status]) => status < 400 && url !== `${served.url}/`)).toEqual([]);
    expect(world.generations()).toEqual(before);
    await page.getByRole("button", { name: "Favourites" }).click();
  });
});

async function serveEmptyPage(host: string): Promise<string> {
  const server = createServer((_, response) => {
    response.writeHead(200, { "content-type": "text/html" });
    response.end("<!doctype html><title>hostile</title><body>");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  if (typeof address !== "object" || address === null) throw new Error("no address");
  return `http://${host}:${address.port}/`;
}
