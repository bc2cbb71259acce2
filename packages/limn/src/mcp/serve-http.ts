import { limnFolders } from "@limn/core";
import type { HostContext } from "../host-context.ts";
import { mcpKeyFile } from "../loopback/index.ts";
import { startHttpServer } from "./http.ts";
import type { McpHttpServer } from "./http.ts";
import { McpServices } from "./services.ts";

export async function serveOnHttp(
  context: HostContext,
  options: { readonly port: number; readonly handoverSeconds: number | null; readonly sandbox: boolean },
): Promise<McpHttpServer & { readonly keyFile: string }> {
  const { port, handoverSeconds, sandbox } = options;
  const services = new McpServices(context, { handoverSeconds, sandbox });
  const keyFile = mcpKeyFile(limnFolders(context.environment).config);
  keyFile.ensure();
  const server = await startHttpServer(services, { port, key: () => keyFile.current() });
  return { ...server, keyFile: keyFile.path };
}
