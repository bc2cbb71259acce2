import type { LoadImageTools } from "@limn/core";

/** Loaded when a picture has to be looked at or changed: it brings sharp, which costs tens of milliseconds. */
export const loadImageTools: LoadImageTools = async () => (await import("@limn/finish")).createImageTools();

/** As {@link loadImageTools}: sharp is loaded by the first picture. */
export async function makeThumbnail(source: string, target: string, width: number): Promise<void> {
  const finish = await import("@limn/finish");
  await finish.makeThumbnail(source, target, width);
}
