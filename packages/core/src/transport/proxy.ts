import type { Agent } from "node:http";

/** The agent that goes through the proxy for an address, or null for a direct connection. */
export type ProxyChoice = (url: URL) => Promise<Agent | null>;

const proxyVariables = ["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"] as const;

/** Whether any proxy is configured; the proxy code is loaded only then. */
export function hasProxySettings(variables: Readonly<Record<string, string | undefined>>): boolean {
  return proxyVariables.some((name) => (variables[name] ?? "") !== "");
}

/**
 * `HTTPS_PROXY`, `ALL_PROXY` and `NO_PROXY` as other tools read them. Plain http goes to this machine only and never through a proxy.
 * Agents are kept, one per proxy.
 */
export function createProxyChoice(variables: Readonly<Record<string, string | undefined>>): ProxyChoice {
  if (!hasProxySettings(variables)) return async () => null;
  const agents = new Map<string, Agent>();
  return async (url) => {
    if (url.protocol !== "https:") return null;
    const { getProxyForUrl } = await import("proxy-from-env");
    const address = getProxyForUrl(url.href);
    if (address === "") return null;
    const known = agents.get(address);
    if (known !== undefined) return known;
    const { HttpsProxyAgent } = await import("https-proxy-agent");
    const agent = new HttpsProxyAgent(address);
    agents.set(address, agent);
    return agent;
  };
}
