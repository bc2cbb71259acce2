import { serveStdio } from "@modelcontextprotocol/server/stdio";
import { z } from "zod";
import type { HostContext } from "../host-context.ts";
import { createMcpServer } from "./server.ts";
import { McpServices } from "./services.ts";
import type { McpSession } from "./services.ts";

let key: string | null = null;

/** One process has one client; a new process is a new session. Named when it is first asked for, since cryptography takes time to load. */
const processSession: McpSession = {
  since: Math.floor(performance.timeOrigin),
  isOwn: true,
  isInFolder: true,
  get key() {
    key ??= `mcp-${process.getBuiltinModule("node:crypto").randomUUID()}`;
    return key;
  },
};

/** Until the client closes stdin. Workers go on. */
export async function serveOnStdio(
  context: HostContext,
  { handoverSeconds, sandbox }: { readonly handoverSeconds: number | null; readonly sandbox: boolean },
): Promise<number> {
  const services = new McpServices(context, { handoverSeconds, sandbox });
  // Compiling each schema takes longer than the few messages of a client take without.
  z.config({ jitless: true });
  const closed = new Promise<void>((resolve) => process.stdin.once("close", resolve).once("end", resolve));
  const handle = serveStdio(() => createMcpServer(services, processSession));
  const stop = (): void => void handle.close().then(() => process.exit(0));
  for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(name, stop);
  await closed;
  for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.off(name, stop);
  return 0;
}
