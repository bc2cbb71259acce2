import { LimnError } from "@limn/core";
import type { HostContext } from "../host-context.ts";
import { Interrupted, watchInterruption } from "../interruption.ts";
import type { JsonOption } from "./account.ts";

interface McpOptions extends JsonOption {
  readonly http?: boolean;
  readonly port?: string;
  readonly handover?: string;
  readonly sandbox?: boolean;
}

const defaultPort = 4312;
const maxHandoverSeconds = 3600;

/** `limn mcp`: the tools for agents, on stdin and stdout or on a loopback port. */
export async function mcp(context: HostContext, options: McpOptions): Promise<number> {
  const handoverSeconds =
    options.handover === undefined ? null : wholeNumber("handover", options.handover, maxHandoverSeconds);
  if (options.http === true) return serveHttp(context, options, handoverSeconds);
  if (options.port !== undefined || options.json === true)
    throw new LimnError("invalid_option", {
      message: `${options.port === undefined ? "--json" : "--port"} needs --http.`,
      hint: "Without --http the protocol is on stdin and stdout.",
    });
  if (process.stdin.isTTY)
    context.terminal.say(
      "limn mcp speaks the protocol of agents on stdin and stdout; they start it. To set one up: limn setup CLIENT",
    );
  const { serveOnStdio } = await import("../mcp/stdio.ts");
  return serveOnStdio(context, { handoverSeconds, sandbox: options.sandbox === true });
}

async function serveHttp(context: HostContext, options: McpOptions, handoverSeconds: number | null): Promise<number> {
  const { terminal } = context;
  const port = options.port === undefined ? defaultPort : wholeNumber("port", options.port, 65_535);
  const { serveOnHttp } = await import("../mcp/serve-http.ts");
  const { url, keyFile, close } = await serveOnHttp(context, {
    port,
    handoverSeconds,
    sandbox: options.sandbox === true,
  });
  // Before the address is printed: who reads it may stop the program at once.
  const { signal, stop } = watchInterruption();
  if (options.json === true) terminal.data(JSON.stringify({ url, keyFile }));
  else {
    terminal.data(url);
    terminal.say(`Clients send the header  Authorization: Bearer KEY  with the key in ${keyFile}`);
    terminal.say("Stop it with Ctrl-C; pictures that are being made are made all the same.");
  }
  await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
  stop();
  await close();
  return signal.reason instanceof Interrupted ? signal.reason.exitStatus : 0;
}

function wholeNumber(name: string, given: string, maximum: number): number {
  const value = /^\d{1,5}$/.test(given) ? Number(given) : -1;
  if (value >= 0 && value <= maximum) return value;
  throw new LimnError("invalid_option", {
    message: `--${name} must be a whole number from 0 to ${maximum}.`,
    hint: "See: limn mcp --help",
  });
}
