import type { LastScope } from "@limn/core";
import type { HostContext } from "../host-context.ts";

/** `@last` is this folder's. */
export function scopeOf(context: HostContext, { sandbox }: { readonly sandbox?: boolean }): LastScope {
  return {
    folder: context.environment.workingFolder,
    session: null,
    emulated: sandbox === true || context.config().get("sandbox")?.value === true,
  };
}
