import type { LoadImageTools } from "@limn/core";

/** Loaded when a picture has to be looked at or changed: it brings sharp, which costs tens of milliseconds. */
export const loadImageTools: LoadImageTools = async () => (await import("@limn/finish")).createImageTools();
