import type { Server } from "node:http";
import { LimnError } from "@limn/core";

/** Returns the port, which the system chooses for 0. @throws connection_failed */
export async function listen(
  server: Server,
  options: {
    readonly host: string;
    readonly port: number;
    /** For the hint. */
    readonly command: string;
  },
): Promise<number> {
  const { host, port, command } = options;
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, () => {
      server.off("error", reject);
      resolve();
    });
  }).catch((error: unknown) => {
    throw new LimnError("connection_failed", {
      message: `The port ${port} of ${host} cannot be used.`,
      hint: `Let the system choose one: ${command} --port 0`,
      retryable: false,
      cause: error,
    });
  });
  const address = server.address();
  return typeof address === "object" && address !== null ? address.port : port;
}
