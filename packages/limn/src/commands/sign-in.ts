import { createInterface } from "node:readline";
import { LimnError } from "@limn/core";
import type { SignedIn } from "@limn/core";
import type { HostContext } from "../host-context.ts";
import { Interrupted, watchInterruption } from "../interruption.ts";
import { formatDuration } from "../terminal/format.ts";
import type { JsonOption } from "./account.ts";

interface LoginOptions extends JsonOption {
  readonly device?: boolean;
  readonly browser?: boolean;
  readonly renew?: string;
  readonly profile?: string;
}

interface LogoutOptions extends JsonOption {
  readonly keepSession?: boolean;
  readonly profile?: string;
}

/** `limn login`: a login of limn's own, which it renews by itself. */
export async function login(context: HostContext, options: LoginOptions): Promise<number> {
  const { terminal } = context;
  const { ownLogin } = context.limn(options.profile === undefined ? {} : { profile: options.profile });
  if (options.renew !== undefined) return renew(context, options.renew, ownLogin);
  const interruption = watchInterruption();
  terminal.say(
    "limn signs in with the public OAuth client of Codex, so the page will say Codex. That is tolerated, not guaranteed.",
  );
  terminal.say(`The login is kept in ${ownLogin.file} and is limn's alone; the one of Codex stays as it is.`);
  try {
    const signedIn =
      options.device === true
        ? await loginWithCode(context, interruption.signal, ownLogin)
        : await loginInBrowser(context, interruption.signal, ownLogin, options.browser !== false);
    if (context.config().get("login.store")?.value === "keyring" && signedIn.store === "file") {
      terminal.say(`note: the system's keyring does not open here, so the tokens are in ${signedIn.file} (mode 0600)`);
    }
    if (options.json === true) terminal.data(JSON.stringify({ schemaVersion: 1, ...signedIn, accountId: undefined }));
    else
      terminal.data(
        `signed in${signedIn.email === null ? "" : ` as ${signedIn.email}`}${signedIn.plan === null ? "" : `, plan ${signedIn.plan}`}${signedIn.profile === "default" ? "" : `, profile ${signedIn.profile}`}`,
      );
    return 0;
  } catch (error) {
    if (!(error instanceof Interrupted)) throw error;
    terminal.say("interrupted; nobody was signed in and nothing was changed");
    return error.exitStatus;
  } finally {
    interruption.stop();
  }
}

type OwnLogin = ReturnType<HostContext["limn"]>["ownLogin"];

/** `limn login --renew codex`: the user's explicit wish that Codex renews its own login now. */
async function renew({ terminal }: HostContext, owner: string, ownLogin: OwnLogin): Promise<number> {
  if (owner !== "codex")
    throw new LimnError("invalid_option", {
      message: `--renew takes "codex", the only program that can be asked; not "${owner.slice(0, 40)}".`,
      hint: "limn login --renew codex",
    });
  const { renewed } = await ownLogin.renewCodex();
  terminal.say(
    renewed ? "Codex has renewed its login" : "the login of Codex is good for more than five minutes; nothing was done",
  );
  return 0;
}

async function loginWithCode({ terminal }: HostContext, signal: AbortSignal, ownLogin: OwnLogin): Promise<SignedIn> {
  return ownLogin.withDeviceCode({
    signal,
    onCode: ({ verificationUrl, userCode, expiresAtMs }) => {
      terminal.say("");
      terminal.say(`Open   ${terminal.style("cyan", verificationUrl)}`);
      terminal.say(`Enter  ${terminal.style("bold", userCode)}`);
      terminal.say("");
      terminal.say(
        `The code is good for ${formatDuration(expiresAtMs - Date.now())}. Never enter a code that somebody else sent you. Waiting …`,
      );
    },
  });
}

async function loginInBrowser(
  { terminal }: HostContext,
  signal: AbortSignal,
  ownLogin: OwnLogin,
  opensBrowser: boolean,
): Promise<SignedIn> {
  const lines = process.stdin.isTTY === true ? createInterface({ input: process.stdin }) : null;
  const pastedAddress =
    lines === null
      ? Promise.resolve(null)
      : new Promise<string | null>((resolve) => {
          // An empty line is a slip, not an address.
          lines.on("line", (line) => {
            if (line.trim() !== "") resolve(line);
          });
        });
  try {
    return await ownLogin.withBrowser({
      signal,
      pastedAddress,
      onUrl: (url) => {
        terminal.say("");
        terminal.say(
          opensBrowser
            ? "Open this address in a browser, if it does not open by itself:"
            : "Open this address in a browser:",
        );
        terminal.say(`  ${url.href}`);
        terminal.say("");
        if (lines !== null)
          terminal.say(
            "Over SSH: sign in anyway; when the browser cannot reach the last page, paste that page's address here and press Enter.",
          );
        terminal.say("Waiting …");
        if (opensBrowser) void openBrowser(url);
      },
    });
  } finally {
    lines?.close();
    // Only pipes and terminals can be let go of; files and /dev/null hold nothing up.
    if ("unref" in process.stdin && typeof process.stdin.unref === "function") process.stdin.unref();
  }
}

/** The address is printed anyway, so a browser that does not open is no failure. */
async function openBrowser(url: URL): Promise<void> {
  try {
    const { default: openWithSystem } = await import("open");
    const browser = await openWithSystem(url.href);
    browser.on("error", () => undefined);
    browser.unref();
  } catch {
    // As above.
  }
}

/** `limn logout`: deletes limn's own login, and ends what limn itself obtained. */
export async function logout(context: HostContext, options: LogoutOptions): Promise<number> {
  const { terminal } = context;
  const { ownLogin } = context.limn(options.profile === undefined ? {} : { profile: options.profile });
  const { wasSignedIn, revoked } = await ownLogin.signOut({
    keepSession: options.keepSession === true,
    signal: new AbortController().signal,
  });
  if (options.json === true) {
    terminal.data(JSON.stringify({ schemaVersion: 1, profile: ownLogin.profile, wasSignedIn, revoked }));
    return 0;
  }
  if (!wasSignedIn)
    terminal.say(
      `nobody was signed in to limn${ownLogin.profile === "default" ? "" : ` as ${ownLogin.profile}`}; other programs' logins are not limn's to end`,
    );
  else if (revoked === true)
    terminal.say(
      "signed out; the session was ended at the service. Whether that touches other sessions of the account is not known.",
    );
  else if (revoked === false)
    terminal.say("signed out here; the service could not be told, so the session there ends when it runs out");
  else terminal.say("signed out here; the session at the service was left as it is");
  return 0;
}
