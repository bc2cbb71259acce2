import { member, textOf } from "../json/index.ts";
import { LimnError } from "../errors/index.ts";
import { AppServer } from "./app-server.ts";
import type { AppServerOptions } from "./app-server.ts";

export type ProgramOptions = Omit<AppServerOptions, "signal"> & {
  /** In ms. @default 15 s; 60 s for a renewal */
  readonly timeLimitMs?: number;
};

/** Starting Codex and letting it look at a keychain takes a while. */
const timeLimitMs = 15_000;

/**
 * The access token of a login that only Codex can read, from an OS keychain; `getAuthStatus` is its supported way to hand one out (codex-backend
 * contract 7.3). Null when nobody is signed in with ChatGPT. Nothing is refreshed. @throws engine_exited, engine_unavailable
 */
export async function askCodexForToken(options: ProgramOptions): Promise<string | null> {
  return converse(options, timeLimitMs, async (server) => {
    const status = await server.request("getAuthStatus", { includeToken: true, refreshToken: false });
    return textOf(member(status, "authMethod"))?.startsWith("chatgpt") === true
      ? textOf(member(status, "authToken"))
      : null;
  });
}

/**
 * Let Codex renew its own login, with its own rules and locks (codex-backend contract 6.4): the user's explicit act, never done by itself.
 * @throws engine_exited, engine_unavailable
 */
export async function letCodexRenew(options: ProgramOptions): Promise<void> {
  await converse(options, 4 * timeLimitMs, async (server) => server.request("account/read", { refreshToken: true }));
}

async function converse<T>(
  options: ProgramOptions,
  defaultLimitMs: number,
  talk: (server: AppServer) => Promise<T>,
): Promise<T> {
  const { timeLimitMs: limitMs = defaultLimitMs, ...rest } = options;
  const signal = AbortSignal.timeout(limitMs);
  let server: AppServer | null = null;
  try {
    server = await AppServer.start({ ...rest, signal });
    return await talk(server);
  } catch (error) {
    if (!signal.aborted) throw error;
    throw new LimnError("engine_exited", {
      message: `The Codex program did not answer within ${limitMs / 1000} s and was ended.`,
      hint: "Try it by itself: codex login status",
      details: { limitMs },
    });
  } finally {
    await server?.close();
  }
}
