import { LimnError, limnFolders } from "@limn/core";
import type { HostContext } from "../host-context.ts";
import { findServers, portOfServer, serveKeyFile } from "../loopback/index.ts";
import type { RunningServer } from "../loopback/index.ts";
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
  if (options.print === true) throw nothingToPrint(context, options);
  const { port, sandbox } = options;
  return serve(
    context,
    { ...(port === undefined ? {} : { port }), ...(sandbox === undefined ? {} : { sandbox }) },
    async (newLink) => {
      terminal.say("Opening the studio in your browser …");
      await openBrowser(newLink);
    },
    "limn studio",
  );
}

function nothingToPrint({ environment }: HostContext, { port, sandbox }: StudioCommandOptions): LimnError {
  const others = findServers(limnFolders(environment).config).map(
    (server) => `limn studio --port ${portOfServer(server)}${server.emulated ? " (sandbox)" : ""}`,
  );
  return new LimnError("connection_failed", {
    message: `No limn serve${sandbox === true ? " --sandbox" : ""} runs${port === undefined ? "" : ` on port ${port}`}, so there is no link to print.`,
    hint: others.length === 0 ? "Start one: limn serve" : `What runs: ${others.join(", ")}`,
    retryable: false,
  });
}

async function show({ terminal }: HostContext, link: string, { print }: StudioCommandOptions): Promise<void> {
  terminal.data(link);
  terminal.say("The link is good once, within ten minutes.");
  if (print !== true) await openBrowser(link);
}

/** Of the newest server that is meant and answers; null when there is none. */
async function linkOfRunning(
  { environment, terminal }: HostContext,
  { port, sandbox }: StudioCommandOptions,
): Promise<string | null> {
  const { config } = limnFolders(environment);
  const key = serveKeyFile(config).current();
  if (key === "") return null;
  const meant = findServers(config).filter(
    (server) => (sandbox !== true || server.emulated) && (port === undefined || String(portOfServer(server)) === port),
  );
  for (const server of meant) {
    const link = await newLinkOf(server, key);
    if (link === null) continue;
    if (server.emulated && sandbox !== true)
      terminal.say("SANDBOX: the limn serve that runs draws with the built-in emulator; nothing is spent.");
    return link;
  }
  return null;
}

/** Null when it ended just now, or hangs. */
async function newLinkOf({ url }: RunningServer, key: string): Promise<string | null> {
  try {
    const response = await fetch(`${url}/api/links`, {
      method: "POST",
      headers: { authorization: `Bearer ${key}` },
      signal: AbortSignal.timeout(patienceMs),
    });
    if (!response.ok) return null;
    const answer: unknown = await response.json();
    const isLink = typeof answer === "object" && answer !== null && "url" in answer && typeof answer.url === "string";
    return isLink ? String(answer.url) : null;
  } catch {
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
