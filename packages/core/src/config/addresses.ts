import { LimnError } from "../errors/index.ts";
import type { Config } from "./load-config.ts";

/** The backend, unless `LIMN_BASE_URL` names another. */
export const defaultBaseURL = "https://chatgpt.com/backend-api/codex";
const defaultAuthURL = "https://auth.openai.com";

/** An address of the service and how far it is trusted. */
export interface ServiceAddress {
  /** Without a trailing slash. */
  readonly url: string;
  /** Whether a stored login, own or borrowed, may be sent there. A token handed in by variable always may. */
  readonly mayReceiveStoredLogin: boolean;
  readonly isDefault: boolean;
}

/**
 * An address that is neither the default nor loopback must be https, and gets no stored login until the user put it into the
 * settings with `limn config set`: a variable alone is too easily planted.
 * @throws config_invalid
 */
export function serviceAddress(config: Config, name: "baseUrl" | "authUrl"): ServiceAddress {
  const fallback = name === "baseUrl" ? defaultBaseURL : defaultAuthURL;
  const setting = config.get(name);
  const url = typeof setting?.value === "string" ? setting.value.replace(/\/+$/, "") : fallback;
  if (url === fallback) return { url, mayReceiveStoredLogin: true, isDefault: true };
  const parsed = new URL(url);
  if (isLoopback(parsed.hostname)) return { url, mayReceiveStoredLogin: true, isDefault: false };
  if (parsed.protocol !== "https:") {
    throw new LimnError("config_invalid", {
      message: `The address ${parsed.origin} (${setting?.from ?? "default"}) is not https, so no token may be sent there.`,
      hint: "Use an https address; plain http is for this machine only.",
    });
  }
  return { url, mayReceiveStoredLogin: setting?.layer === "user", isDefault: false };
}

/** A name or number of this machine itself. */
export function isLoopback(hostname: string): boolean {
  const host = hostname.replace(/^\[|\]$/g, "").toLowerCase();
  return host === "localhost" || host === "::1" || /^127(?:\.\d{1,3}){3}$/.test(host);
}
