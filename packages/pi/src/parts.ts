import type { LoadImageTools } from "@limn/core";
import type { Host } from "./host.ts";

/** The library; loaded when a picture is first asked for, so that Pi's start costs nothing and survives whatever is wrong with it. */
export type Core = typeof import("@limn/core");

/** What the extension is made of; put together in `index.ts`, replaced in tests. */
export interface ExtensionParts {
  readonly host: Host;
  readonly loadCore: () => Promise<Core>;
  readonly loadFinish: () => Promise<LoadImageTools | null>;
  readonly variables: () => Readonly<Record<string, string | undefined>>;
  /** Asked anew for every picture: Pi may replace its own. */
  readonly fetch: () => typeof globalThis.fetch;
}
