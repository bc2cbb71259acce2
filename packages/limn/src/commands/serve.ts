import { join } from "node:path";
import { LimnError, limnFolders } from "@limn/core";
import type { Config } from "@limn/core";
import type { HostContext } from "../host-context.ts";
import { Interrupted, watchInterruption } from "../interruption.ts";
import { startSandbox } from "../sandbox.ts";
import {
  announceServer,
  findServers,
  isLoopback,
  portOfServer,
  serveKeyFile,
  withdrawServer,
} from "../loopback/index.ts";
import { makeThumbnail } from "../image-tools.ts";
import { startImageServer } from "../serve/index.ts";
import { createStudioSite, pageFolder } from "../studio/index.ts";
import type { StudioSite } from "../studio/index.ts";
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

/**
 * `limn serve`: OpenAI's images API on the plan, and the studio, until it is interrupted. `opened` gets a link to the studio when all is
 * ready. `command` is what its user typed, for hints.
 */
export async function serve(
  context: HostContext,
  options: ServeCommandOptions,
  opened: (studioLink: string) => Promise<void> = async () => undefined,
  command: "limn serve" | "limn studio" = "limn serve",
): Promise<number> {
  const { terminal } = context;
  const port = portOf(options.port);
  const host = hostOf(options.host);
  const folder = limnFolders(context.environment).config;
  const keyFile = serveKeyFile(folder);
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
    const mounted = Promise.withResolvers<StudioSite>();
    const server = await startImageServer({
      limn,
      host,
      port,
      key: () => keyFile.current(),
      stateFolder: join(limn.folders.data, "serve"),
      emulated: sandbox !== null,
      keepHistory: config.get("history")?.value !== false,
      defaults: {
        ...text(config, "engine"),
        ...text(config, "quality"),
        ...text(config, "background"),
      },
      site: ({ url }) => {
        const site = createStudioSite({
          limn,
          library: async () => limn.library(),
          makeThumbnail,
          url,
          key: () => keyFile.current(),
          pageFolder: pageFolder(),
          keepHistory: config.get("history")?.value !== false,
          emulated: sandbox !== null,
          defaults: {
            ...text(config, "engine"),
            ...text(config, "quality"),
            ...text(config, "background"),
            ...text(config, "aspect"),
            ...text(config, "model"),
          },
          clock: Date.now,
        });
        mounted.resolve(site);
        return site;
      },
    }).catch((error: unknown) => {
      throw portTaken(error, { folder, port, command, emulated: sandbox !== null });
    });
    const studio = await mounted.promise;
    announceServer(folder, { url: server.url, emulated: sandbox !== null }, Date.now());
    // Before the address is printed: who reads it may stop the program at once.
    const { signal, stop } = watchInterruption();
    if (options.json === true) terminal.data(JSON.stringify({ url: server.url, keyFile: keyFile.path }));
    else {
      terminal.data(server.url);
      terminal.say(`OpenAI clients: base URL ${server.url}/v1, API key in ${keyFile.path} (limn serve --show-key)`);
      terminal.say(`Studio, once within ten minutes: ${studio.newLink()} (another link: limn studio)`);
      if (sandbox !== null) terminal.say("SANDBOX: pictures are drawn by the built-in emulator; nothing is spent.");
      if (!isLoopback(host))
        terminal.say(
          `Other machines can reach ${host}; what they send, the key included, is not encrypted on its way.`,
        );
      terminal.say("Stop it with Ctrl-C; pictures that were asked for already are awaited.");
    }
    await opened(studio.newLink());
    await new Promise<void>((resolve) => {
      if (signal.aborted) resolve();
      signal.addEventListener("abort", () => resolve(), { once: true });
    });
    withdrawServer(folder);
    const busy = server.busy() + studio.busy();
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

/** What to do instead, where a port is taken; any other failure as it is. */
function portTaken(
  error: unknown,
  wanted: {
    readonly folder: string;
    readonly port: number;
    readonly command: "limn serve" | "limn studio";
    readonly emulated: boolean;
  },
): unknown {
  const { cause } = error instanceof LimnError ? error : {};
  if (!(cause instanceof Error && "code" in cause && cause.code === "EADDRINUSE")) return error;
  const { folder, port, command, emulated } = wanted;
  const another = `${command}${emulated ? " --sandbox" : ""} --port 0`;
  const holder = findServers(folder).find((server) => portOfServer(server) === port);
  if (holder === undefined)
    return new LimnError("connection_failed", {
      message: `The port ${port} is taken by another program.`,
      hint: `Let the system choose one: ${another}`,
      retryable: false,
      cause,
    });
  return new LimnError("connection_failed", {
    message: `limn serve${holder.emulated ? " --sandbox" : ""} runs already: ${holder.url}`,
    hint: `Open its studio: limn studio --port ${port} — or start another one: ${another}`,
    retryable: false,
    cause,
  });
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
