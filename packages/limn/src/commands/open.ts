import { LimnError } from "@limn/core";
import type { HostContext } from "../host-context.ts";
import { scopeOf } from "./scope.ts";

/** `limn open ID`: the first picture in the system's viewer. */
export async function open(
  context: HostContext,
  reference: string,
  options: { readonly sandbox?: boolean } = {},
): Promise<number> {
  const { store } = context.limn();
  const found = store.find(reference, scopeOf(context, options));
  const image = found.manifest.images[0];
  if (image === undefined)
    throw new LimnError("artifact_not_found", {
      message: `The generation ${found.id} has no picture (${found.status}).`,
      hint: `See: limn show ${found.id}`,
    });
  const path = store.imagePath(found, image);
  context.terminal.data(path);
  const { default: openWithSystem } = await import("open");
  withholdSecrets();
  try {
    const viewer = await openWithSystem(path);
    viewer.unref();
  } catch {
    context.terminal.say("no program to open pictures was found; the path is above");
  }
  return 0;
}

/** The viewer inherits this process's own variables, and nothing else can be handed to it. */
function withholdSecrets(): void {
  for (const name of Object.keys(process.env))
    if (/_API_KEY$|_TOKEN$/i.test(name)) Reflect.deleteProperty(process.env, name);
}
