import { join } from "node:path";
import { LimnError, limnFolders } from "@limn/core";
import type { Config } from "@limn/core";
import type { HostContext } from "../host-context.ts";
import { Interrupted, watchInterruption } from "../interruption.ts";
import { startSandbox } from "../sandbox.ts";
import { KeyFile, isLoopback, startImageServer } from "../serve/index.ts";
import type { JsonOption } from "./account.ts";

interface ServeCommandOptions extends JsonOption {
  readonly port?: string;
  readonly host?: string;
  readonly showKey?: boolean;
  readonly rotateKey?: boolean;
  readonly sandbox?: boolean;
}

const defaultPort = 4310;
const defaultHost = "127.0.0.1";

/** `limn serve`: OpenAI's images API on the plan, until it is interrupted. */
export async function serve(context: HostContext, options: ServeCommandOptions): Promise<number> {
  const { terminal } = context;
  const port = portOf(options.port);
  const host = hostOf(options.host);
  const keyFile = new KeyFile(join(limnFolders(context.environment).config, "serve-key"));
  if (options.showKey === true || options.rotateKey === true) {
    const key = options.rotateKey === true ? keyFile.rotate() : keyFile.ensure();
    if (options.json === true)
      terminal.data(JSON.stringify({ keyFile: keyFile.path, ...(options.showKey === true ? { key } : {}) }));
    else terminal.data(options.showKey === true ? key : keyFile.path);
    return 0;
  }
  keyFile.ensure();
  const config = context.config();
  const sandbox = options.sandbox === true || config.get("sandbox")?.value === true ? await startSandbox() : null;
  try {
    const limn = context.limn({
      limits: { totalMs: number(config, "timeout", 330) * 1000 },
      retries: number(config, "retries", 2),
      ...sandbox?.options,
    });
    const server = await startImageServer({
      limn,
      host,
      port,
      key: () => keyFile.current(),
      keepHistory: config.get("history")?.value !== false,
      defaults: {
        ...text(config, "engine"),
        ...text(config, "quality"),
        ...text(config, "background"),
      },
    });
    // Before the address is printed: who reads it may stop the program at once.
    const { signal, stop } = watchInterruption();
    if (options.json === true) terminal.data(JSON.stringify({ url: server.url, keyFile: keyFile.path }));
    else {
      terminal.data(server.url);
      terminal.say(`OpenAI clients: base URL ${server.url}/v1, API key in ${keyFile.path} (limn serve --show-key)`);
      if (sandbox !== null) terminal.say("SANDBOX: pictures are drawn by the built-in emulator; nothing is spent.");
      if (!isLoopback(host))
        terminal.say(
          `Other machines can reach ${host}; what they send, the key included, is not encrypted on its way.`,
        );
      terminal.say("Stop it with Ctrl-C; pictures that were asked for already are awaited.");
    }
    await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
    const busy = server.busy();
    if (busy > 0)
      terminal.say(
        `${busy} ${busy === 1 ? "picture is" : "pictures are"} being made and awaited; Ctrl-C again ends now.`,
      );
    await server.close();
    stop();
    return signal.reason instanceof Interrupted ? signal.reason.exitStatus : 0;
  } finally {
    await sandbox?.close();
  }
}

function portOf(given: string | undefined): number {
  if (given === undefined) return defaultPort;
  const value = /^\d{1,5}$/.test(given) ? Number(given) : -1;
  if (value >= 0 && value <= 65_535) return value;
  throw new LimnError("invalid_option", {
    message: "--port must be a whole number from 0 to 65535.",
    hint: "See: limn serve --help",
  });
}

function hostOf(given: string | undefined): string {
  if (given === undefined) return defaultHost;
  const host = given.replaceAll(/^\[|\]$/g, "");
  if (/^[\w.:-]{1,253}$/.test(host)) return host;
  throw new LimnError("invalid_option", {
    message: "--host must be an address of this machine, such as 0.0.0.0.",
    hint: "Leave it out to serve this machine only.",
  });
}

function number(config: Config, name: string, fallback: number): number {
  const value = config.get(name)?.value;
  return typeof value === "number" ? value : fallback;
}

function text<Name extends string>(config: Config, name: Name): { readonly [K in Name]?: string } {
  const value = config.get(name)?.value;
  const found: { [K in Name]?: string } = {};
  if (typeof value === "string") found[name] = value;
  return found;
}
