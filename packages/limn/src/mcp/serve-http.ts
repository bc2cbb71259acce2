import { join } from "node:path";
import { limnFolders } from "@limn/core";
import type { HostContext } from "../host-context.ts";
import { httpKey, startHttpServer } from "./http.ts";
import type { McpHttpServer } from "./http.ts";
import { McpServices } from "./services.ts";

export async function serveOnHttp(
  context: HostContext,
  options: { readonly port: number; readonly handoverSeconds: number | null; readonly sandbox: boolean },
): Promise<McpHttpServer & { readonly keyFile: string }> {
  const { port, handoverSeconds, sandbox } = options;
  const services = new McpServices(context, { handoverSeconds, sandbox });
  const keyFile = join(limnFolders(context.environment).config, "mcp-key");
  const server = await startHttpServer(services, { port, key: httpKey(keyFile) });
  return { ...server, keyFile };
}
