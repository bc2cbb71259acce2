import { LimnError } from "@limn/core";
import type { HostContext } from "../host-context.ts";
import { Interrupted, watchInterruption } from "../interruption.ts";
import type { JsonOption } from "./account.ts";

interface EmulatorOptions extends JsonOption {
  readonly port?: string;
  readonly scenario?: string;
  readonly seed?: string;
  readonly scenarios?: boolean;
  readonly honours?: string;
}

const defaultPort = 4311;

/** `limn emulator`: the pretend service on a loopback port, until it is interrupted. */
export async function emulator(context: HostContext, options: EmulatorOptions): Promise<number> {
  const { terminal } = context;
  const { createEmulator, scenarios } = await import("@limn/emulator");
  if (options.scenarios === true) {
    for (const { name, summary } of scenarios) terminal.data(`${name.padEnd(30)} ${summary}`);
    return 0;
  }
  const port = wholeNumber("port", options.port, defaultPort, 65_535);
  const seed = wholeNumber("seed", options.seed, 1, Number.MAX_SAFE_INTEGER);
  const pretend = start(() =>
    createEmulator({
      seed,
      capabilities: capabilitiesOf(options.honours),
      ...(options.scenario === undefined ? {} : { scenario: options.scenario }),
    }),
  );
  const running = await pretend.listen({ port }).catch((error: unknown) => {
    throw new LimnError("connection_failed", {
      message: `The port ${port} cannot be used.`,
      hint: "Let the system choose one: limn emulator --port 0",
      retryable: false,
      cause: error,
    });
  });
  // Before the address is printed: who reads it may stop the program at once.
  const { signal, stop } = watchInterruption();
  if (options.json === true) {
    terminal.data(JSON.stringify({ url: running.url, baseURL: running.baseURL, accessToken: pretend.accessToken }));
  } else {
    terminal.data(running.url);
    terminal.say("The pretend service runs; nothing here is real. In another terminal:");
    terminal.say(
      `  LIMN_BASE_URL=${running.baseURL} LIMN_ACCESS_TOKEN=${pretend.accessToken} limn generate "a red fox"`,
    );
    terminal.say("Stop it with Ctrl-C.");
  }
  await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
  stop();
  await pretend.close();
  return signal.reason instanceof Interrupted ? signal.reason.exitStatus : 0;
}

/** What the live service is reported to ignore, and a pretend one can honour. */
const honourable: Readonly<Record<string, string>> = {
  size: "honoursSize",
  quality: "honoursQuality",
  count: "honoursCount",
};

function capabilitiesOf(given: string | undefined): Readonly<Record<string, boolean>> {
  const names = given === undefined ? [] : given.split(",").map((name) => name.trim());
  const unknown = names.filter((name) => !Object.hasOwn(honourable, name));
  if (unknown.length > 0)
    throw new LimnError("invalid_option", {
      message: `--honours takes ${Object.keys(honourable).join(", ")}, and not ${unknown.join(", ")}.`,
      hint: "For example: limn emulator --honours size,quality",
    });
  return Object.fromEntries(names.map((name) => [honourable[name] ?? name, true]));
}

function start<T>(create: () => T): T {
  try {
    return create();
  } catch (error) {
    throw new LimnError("invalid_option", {
      message: error instanceof Error ? error.message : "The scenario is not known.",
      hint: "All scenarios: limn emulator --scenarios",
      cause: error,
    });
  }
}

function wholeNumber(name: string, given: string | undefined, fallback: number, maximum: number): number {
  if (given === undefined) return fallback;
  const value = /^\d{1,15}$/.test(given) ? Number(given) : -1;
  if (value >= 0 && value <= maximum) return value;
  throw new LimnError("invalid_option", {
    message: `--${name} must be a whole number from 0 to ${maximum}.`,
    hint: "See: limn emulator --help",
  });
}
