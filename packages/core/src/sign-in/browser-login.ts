import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { TokenGrant } from "../contracts/sign-in.ts";
import { LimnError, publicServiceMessage } from "../errors/index.ts";
import { errno } from "../files/index.ts";
import { Pages } from "./callback-pages.ts";
import type { Page } from "./callback-pages.ts";
import { createPkcePair, createState, isSameState } from "./pkce.ts";
import type { SignInService } from "./sign-in-service.ts";

/** The callback ports that the service accepts (codex-backend contract 6.6). */
const callbackPorts = [1455, 1457];

export interface BrowserLoginOptions {
  readonly service: SignInService;
  readonly signal: AbortSignal;
  /** Show the address, and open it where there is a browser. */
  readonly onUrl: (url: URL) => void;
  /** An address that the user pastes instead, as over SSH, where the browser cannot reach this machine. Null when there is nobody to paste. */
  readonly pastedAddress: Promise<string | null>;
}

interface Callback {
  readonly code: string;
}

interface Settle {
  readonly resolve: (callback: Callback) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Sign in with the browser: authorization code with PKCE, answered on a loopback port. A port that is held by somebody else, such as a
 * sign-in of Codex, is left alone.
 * @throws login_refused, connection_failed when both ports are taken, and the service codes
 */
export async function loginWithBrowser({
  service,
  signal,
  onUrl,
  pastedAddress,
}: BrowserLoginOptions): Promise<TokenGrant> {
  signal.throwIfAborted();
  const pkce = createPkcePair();
  const state = createState();
  let settle: Settle = { resolve: () => undefined, reject: () => undefined };
  const callback = new Promise<Callback>((resolve, reject) => {
    settle = { resolve, reject };
  });
  // Only the race below looks at it; a failure before that is not lost but early.
  callback.catch(() => undefined);
  const pages = new Pages();
  const { server, port } = await listen((request, response) => {
    answer(request, pages.begin(response), state, settle);
  });
  const abort = (): void => settle.reject(signal.reason);
  signal.addEventListener("abort", abort, { once: true });
  const redirectUri = `http://127.0.0.1:${port}/auth/callback`;
  try {
    onUrl(service.authorizeUrl({ redirectUri, state, pkce }));
    const pasted = pastedAddress.then((text) => (text === null ? callback : readPastedAddress(text, state)));
    const { code } = await Promise.race([callback, pasted]);
    const grant = await service.exchangeCode(code, redirectUri, pkce.verifier, signal);
    pages.finish("signedIn");
    return grant;
  } catch (error) {
    pages.finish("notSignedIn");
    throw error;
  } finally {
    signal.removeEventListener("abort", abort);
    server.close();
    await pages.delivered();
    // Browsers open connections in advance and leave them empty; those would keep the program waiting.
    server.closeAllConnections();
  }
}

async function listen(
  handler: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<{ server: Server; port: number }> {
  const { createServer } = process.getBuiltinModule("node:http");
  for (const port of callbackPorts) {
    const server = createServer(handler);
    const isListening = await new Promise<boolean>((resolve, reject) => {
      server.once("listening", () => resolve(true));
      server.once("error", (error) =>
        errno(error) === "EADDRINUSE" || errno(error) === "EACCES" ? resolve(false) : reject(error),
      );
      server.listen(port, "127.0.0.1");
    });
    if (isListening) return { server, port };
  }
  throw new LimnError("connection_failed", {
    message: `The ports ${callbackPorts.join(" and ")} of this machine are both in use, and the sign-in service answers on no others.`,
    hint: "End the other sign-in (of Codex, perhaps), or use a code: limn login --device",
    retryable: false,
    details: { ports: callbackPorts },
  });
}

function answer(request: IncomingMessage, shown: Page, state: string, settle: Settle): void {
  const url = URL.parse(request.url ?? "/", "http://127.0.0.1");
  // Another program asks for the port, as Codex does of a holder (6.6).
  if (url?.pathname === "/cancel") {
    shown.now("ended");
    settle.reject(
      new LimnError("login_refused", {
        message: "Another program asked to end this sign-in.",
        hint: "Start over: limn login",
        details: { kind: "cancelled" },
      }),
    );
    return;
  }
  if (url?.pathname !== "/auth/callback") {
    shown.now("nothing");
    return;
  }
  const outcome = readCallback(url.searchParams, state);
  if (outcome.kind === "foreign") {
    shown.now("foreign");
  } else if (outcome.kind === "refused") {
    shown.now("notSignedIn");
    settle.reject(outcome.error);
  } else {
    // Whether it is true is known after the exchange.
    shown.later();
    settle.resolve({ code: outcome.code });
  }
}

type Outcome =
  | { readonly kind: "code"; readonly code: string }
  | { readonly kind: "foreign" }
  | { readonly kind: "refused"; readonly error: LimnError };

function readCallback(parameters: URLSearchParams, state: string): Outcome {
  if (!isSameState(parameters.get("state") ?? "", state)) return { kind: "foreign" };
  const failure = parameters.get("error");
  if (failure !== null) {
    const said = publicServiceMessage(parameters.get("error_description") ?? "", []);
    const name = /^[\w.-]{1,64}$/.test(failure) ? failure : "unknown";
    return {
      kind: "refused",
      error: new LimnError("login_refused", {
        message: `The sign-in was not completed (${name}).${said === null ? "" : ` The service says: ${said}`}`,
        hint: "Start over: limn login — or use a code: limn login --device",
        details: { kind: name },
      }),
    };
  }
  const code = parameters.get("code");
  if (code !== null && code !== "") return { kind: "code", code };
  return {
    kind: "refused",
    error: new LimnError("login_refused", {
      message: "The sign-in service came back without a code.",
      hint: "Start over: limn login",
      details: { kind: "code_missing" },
    }),
  };
}

function readPastedAddress(text: string, state: string): Callback {
  const trimmed = text.trim();
  const parameters = URL.canParse(trimmed)
    ? new URL(trimmed).searchParams
    : new URLSearchParams(trimmed.replace(/^[^?]*\?/, ""));
  const outcome = readCallback(parameters, state);
  if (outcome.kind === "code") return { code: outcome.code };
  if (outcome.kind === "refused") throw outcome.error;
  throw new LimnError("login_refused", {
    message: "The pasted address does not belong to this sign-in.",
    hint: "Start over with limn login, and paste the whole address that the browser shows at the end (http://127.0.0.1:1455/auth/callback?code=…).",
    details: { kind: "state_mismatch" },
  });
}
