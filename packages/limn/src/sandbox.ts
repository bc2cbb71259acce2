import type { LimnOptions } from "@limn/core";

export interface Sandbox {
  readonly options: Required<Pick<LimnOptions, "sandbox">>;
  close(): Promise<void>;
}

/** The emulator inside this process, on a loopback port of its own, so that the very same code path runs as for the service. */
export async function startSandbox(): Promise<Sandbox> {
  const { createEmulator } = await import("@limn/emulator");
  const emulator = createEmulator();
  const { baseURL } = await emulator.listen({ port: 0 });
  return { options: { sandbox: { baseURL, accessToken: emulator.accessToken } }, close: async () => emulator.close() };
}
