import { member, textOf } from "../json/index.ts";
import { AppServer } from "./app-server.ts";
import type { AppServerOptions } from "./app-server.ts";

/** Starting Codex and letting it look at a keychain takes a while. */
const timeLimitMs = 15_000;

/**
 * The access token of a login that only Codex can read, from an OS keychain; `getAuthStatus` is its supported way to hand one out (codex-backend
 * contract 7.3). Null when nobody is signed in with ChatGPT. Nothing is refreshed. @throws engine_exited, engine_unavailable
 */
export async function askCodexForToken(options: Omit<AppServerOptions, "signal">): Promise<string | null> {
  const server = await AppServer.start({ ...options, signal: AbortSignal.timeout(timeLimitMs) });
  try {
    const status = await server.request("getAuthStatus", { includeToken: true, refreshToken: false });
    return textOf(member(status, "authMethod"))?.startsWith("chatgpt") === true
      ? textOf(member(status, "authToken"))
      : null;
  } finally {
    await server.close();
  }
}

/**
 * Let Codex renew its own login, with its own rules and locks (codex-backend contract 6.4): the user's explicit act, never done by itself.
 * @throws engine_exited, engine_unavailable
 */
export async function letCodexRenew(options: Omit<AppServerOptions, "signal">): Promise<void> {
  const server = await AppServer.start({ ...options, signal: AbortSignal.timeout(4 * timeLimitMs) });
  try {
    await server.request("account/read", { refreshToken: true });
  } finally {
    await server.close();
  }
}
