/** @packageDocumentation The Pi extension of limn: images with the ChatGPT plan that Pi is signed in with. */
// Static on purpose: Pi's loader resolves its own modules only for files that Node alone cannot load.
import * as piModule from "@earendil-works/pi-coding-agent";
import * as tuiModule from "@earendil-works/pi-tui";
import { createExtension } from "./extension.ts";
import { loadFinish } from "./finish-tools.ts";
import { createHost } from "./host.ts";
import type { ExtensionApi } from "./pi-api.ts";

/** What Pi calls when it loads the package. */
// oxlint-disable-next-line import/no-default-export -- Pi's contract (P1)
export default function limnForPi(pi: ExtensionApi): void {
  createExtension(pi, {
    host: createHost(piModule, tuiModule, process.env),
    loadCore: async () => import("@limn/core"),
    loadFinish,
    variables: () => process.env,
    fetch: () => globalThis.fetch,
  });
}
