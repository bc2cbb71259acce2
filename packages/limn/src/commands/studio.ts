import { LimnError, limnFolders } from "@limn/core";
import type { HostContext } from "../host-context.ts";
import { serveKeyFile } from "../loopback/index.ts";
import { findServer } from "../studio/index.ts";
import { serve } from "./serve.ts";

interface StudioCommandOptions {
  readonly port?: string;
  readonly sandbox?: boolean;
  readonly print?: boolean;
}

/** A server of this machine answers at once, or it is not there. */
const patienceMs = 3000;

/** `limn studio`: opens the page of the server that runs, or starts one and opens its page. */
export async function studio(context: HostContext, options: StudioCommandOptions): Promise<number> {
  const { terminal } = context;
  const link = await linkOfRunning(context, options);
  if (link !== null) {
    await show(context, link, options);
    return 0;
  }
  if (options.print === true)
    throw new LimnError("connection_failed", {
      message: `No limn serve${options.sandbox === true ? " --sandbox" : ""} runs${options.port === undefined ? "" : ` on port ${options.port}`}, so there is no link to print.`,
      hint: "Start one: limn serve",
      retryable: false,
    });
  const { port, sandbox } = options;
  return serve(
    context,
    { ...(port === undefined ? {} : { port }), ...(sandbox === undefined ? {} : { sandbox }) },
    async (newLink) => {
      terminal.say("Opening the studio in your browser …");
      await openBrowser(newLink);
    },
  );
}

async function show({ terminal }: HostContext, link: string, { print }: StudioCommandOptions): Promise<void> {
  terminal.data(link);
  terminal.say("The link is good once, within ten minutes.");
  if (print !== true) await openBrowser(link);
}

/** Null when no server runs that is meant. */
async function linkOfRunning(
  { environment, terminal }: HostContext,
  { port, sandbox }: StudioCommandOptions,
): Promise<string | null> {
  const { config } = limnFolders(environment);
  const server = findServer(config);
  if (server === null || (sandbox === true && !server.emulated)) return null;
  if (port !== undefined && new URL(server.url).port !== port) return null;
  const key = serveKeyFile(config).current();
  if (key === "") return null;
  try {
    const response = await fetch(`${server.url}/api/links`, {
      method: "POST",
      headers: { authorization: `Bearer ${key}` },
      signal: AbortSignal.timeout(patienceMs),
    });
    if (!response.ok) return null;
    const answer: unknown = await response.json();
    if (typeof answer !== "object" || answer === null || !("url" in answer) || typeof answer.url !== "string")
      return null;
    if (server.emulated && sandbox !== true)
      terminal.say("SANDBOX: the limn serve that runs draws with the built-in emulator; nothing is spent.");
    return answer.url;
  } catch {
    // It ended just now, or hangs: then one is started.
    return null;
  }
}

/** The address is printed anyway, so a browser that does not open is no failure. */
async function openBrowser(address: string): Promise<void> {
  try {
    const { default: openWithSystem } = await import("open");
    const browser = await openWithSystem(address);
    browser.on("error", () => undefined);
    browser.unref();
  } catch {
    // As above.
  }
}
