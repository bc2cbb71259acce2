import type { Browser, BrowserContext, BrowserContextOptions, Page } from "playwright-core";
import { onTestFinished } from "vitest";
import { startServe } from "../../e2e/support/serve.ts";
import type { Served } from "../../e2e/support/serve.ts";
import { parseObject } from "../../e2e/support/world.ts";
import type { World } from "../../e2e/support/world.ts";

/** A person's browser at the studio, and what they would not put up with. */
export interface Visit {
  readonly context: BrowserContext;
  readonly page: Page;
  /** What the browser's console is expected to complain of, such as a refused request that the page then explains. */
  expectComplaint(pattern: RegExp): void;
}

export interface VisitOptions extends BrowserContextOptions {
  /** Path of the page. @default "/" */
  readonly path?: string;
  /** Another page of this browser does what the console may well complain of. @default false */
  readonly isAttacked?: boolean;
}

const desktop = { width: 1280, height: 800 } as const;
export const phone = { width: 390, height: 844 } as const;

/** Opens the studio by a one-time link. The test fails when a request leaves this machine or the page's own policy is broken. */
export async function visit(browser: Browser, served: Served, options: VisitOptions = {}): Promise<Visit> {
  const { path = "/", isAttacked = false, ...more } = options;
  const context = await browser.newContext({ viewport: desktop, locale: "en-GB", reducedMotion: "reduce", ...more });
  const watch = new ConsoleWatch(context);
  onTestFinished(async () => {
    await context.close();
    if (!isAttacked) watch.check();
  });
  const page = await context.newPage();
  await page.goto(await linkTo(served));
  if (path !== "/") await page.goto(`${served.url}${path}`);
  return { context, page, expectComplaint: (pattern) => watch.expected.push(pattern) };
}

/** What `limn studio` opens; good once. */
async function linkTo(served: Served): Promise<string> {
  const answer = await served.ask("/api/links", { method: "POST" });
  const text = await answer.text();
  const { url } = parseObject(text);
  if (typeof url !== "string") throw new Error(`${answer.status} ${text}`);
  return url;
}

/** `limn serve --sandbox` over what the world's history holds. */
export async function startStudio(world: World, words: readonly string[] = ["--sandbox"]): Promise<Served> {
  return startServe(world, words);
}

class ConsoleWatch {
  readonly expected: RegExp[] = [];
  readonly #complaints: string[] = [];
  readonly #strangers: string[] = [];

  constructor(context: BrowserContext) {
    context.on("request", (request) => {
      const { protocol, hostname } = new URL(request.url());
      const isInside = protocol === "blob:" || protocol === "data:" || hostname === "127.0.0.1";
      if (!isInside) this.#strangers.push(request.url());
    });
    context.on("console", (message) => {
      if (message.type() === "error" || message.type() === "warning")
        this.#complaints.push(`${message.type()}: ${message.text()} (${message.location().url})`);
    });
    context.on("weberror", (error) => this.#complaints.push(`thrown: ${String(error.error().stack)}`));
  }

  check(): void {
    if (this.#strangers.length > 0) throw new Error(`requests to others:\n${this.#strangers.join("\n")}`);
    const surprising = this.#complaints.filter((text) => !this.expected.some((pattern) => pattern.test(text)));
    if (surprising.length > 0) throw new Error(`the browser's console:\n${surprising.join("\n")}`);
  }
}
