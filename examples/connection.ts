import type { LimnOptions } from "@limn/core";

/** What the examples hand to limn, and what ends it. */
export interface Connection {
  readonly options: LimnOptions;
  close(): Promise<void>;
}

/** With `--sandbox` or `LIMN_SANDBOX=1` the pretend service inside this process, else your own login. */
export async function connect(): Promise<Connection> {
  const isSandbox = process.argv.includes("--sandbox") || process.env["LIMN_SANDBOX"] === "1";
  if (!isSandbox) return { options: {}, close: async () => undefined };
  const { createEmulator } = await import("@limn/emulator");
  const emulator = createEmulator();
  const { baseURL } = await emulator.listen();
  return {
    options: { sandbox: { baseURL, accessToken: emulator.accessToken } },
    close: async () => emulator.close(),
  };
}
