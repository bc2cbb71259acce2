import type { HostContext } from "../host-context.ts";
import { makePreview } from "../worker/preview.ts";
import { runWorker } from "../worker/run-worker.ts";

/**
 * `limn internal-worker JOBFOLDER`, started by servers of limn's own: one generation in a process that nobody waits for. With `--preview` a small
 * JPEG of files on stdout instead.
 */
export async function worker(
  context: HostContext,
  folder: string | undefined,
  { preview }: { readonly preview?: readonly string[] },
): Promise<number> {
  if (preview === undefined) return folder === undefined ? 2 : runWorker(context, folder);
  const data = await makePreview(preview);
  return data !== null && (await context.terminal.bytes(data)) ? 0 : 1;
}
