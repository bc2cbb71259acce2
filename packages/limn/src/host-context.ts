import { createLimn } from "@limn/core";
import type { Limn, LimnOptions } from "@limn/core";
import { loadImageTools } from "./image-tools.ts";
import { createReaderContext } from "./reader-context.ts";
import type { ReaderContext } from "./reader-context.ts";

/** What every command works with. */
export interface HostContext extends ReaderContext {
  limn(options?: LimnOptions): Limn;
}

export function createHostContext(): HostContext {
  const context = createReaderContext();
  const { environment } = context;
  return {
    ...context,
    limn: (options = {}) =>
      createLimn({ environment, config: context.config(), imageTools: loadImageTools, ...options }),
  };
}
