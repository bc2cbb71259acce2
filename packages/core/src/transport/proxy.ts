import type { Agent } from "node:http";

/** The agent that goes through the proxy for an address, or null for a direct connection. The signal ends a tunnel that is being built, too. */
export type ProxyChoice = (url: URL, signal: AbortSignal) => Promise<Agent | null>;

/** The proxy answered, and opened no tunnel: nothing of the request went anywhere. */
export class ProxyRefusal extends Error {
  override readonly name: string = "ProxyRefusal";
  readonly code: string;

  constructor(status: number) {
    super(`the proxy refused with status ${status}`);
    this.code = `PROXY_${status}`;
  }
}

const proxyVariables = ["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"] as const;

/** Whether any proxy is configured; the proxy code is loaded only then. */
export function hasProxySettings(variables: Readonly<Record<string, string | undefined>>): boolean {
  return proxyVariables.some((name) => (variables[name] ?? "") !== "");
}

/**
 * `HTTPS_PROXY`, `ALL_PROXY` and `NO_PROXY` as other tools read them. Plain http goes to this machine only and never through a proxy.
 * An agent serves one request, so that cancelling it also closes a connection on which the proxy has not answered yet.
 */
export function createProxyChoice(variables: Readonly<Record<string, string | undefined>>): ProxyChoice {
  if (!hasProxySettings(variables)) return async () => null;
  return async (url, signal) => {
    if (url.protocol !== "https:") return null;
    const { getProxyForUrl } = await import("proxy-from-env");
    const address = getProxyForUrl(url.href);
    if (address === "") return null;
    const { HttpsProxyAgent } = await import("https-proxy-agent");
    return new HttpsProxyAgent(address, { signal });
  };
}
