import type { LoadImageTools } from "@limn/core";

/**
 * `@limn/finish` where it is installed and its image library loads on this machine; null elsewhere. Then what needs no pixels still
 * works, and the rest is `unsupported_option` before anything is sent.
 */
export async function loadFinish(): Promise<LoadImageTools | null> {
  try {
    const { createImageTools } = await import("@limn/finish");
    const tools = createImageTools();
    return async () => tools;
  } catch {
    return null;
  }
}
