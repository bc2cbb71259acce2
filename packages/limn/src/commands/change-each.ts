import { isLimnError } from "@limn/core";
import type { Library, LibraryEntry, LimnError } from "@limn/core";
import type { HostContext } from "../host-context.ts";
import type { JsonOption } from "./account.ts";

/**
 * Change several generations, one after the other: one that cannot be changed leaves the others alone, is told, and makes the exit status
 * that of the first failure. Every reference is understood before anything changes.
 */
export async function changeEach(
  context: HostContext,
  references: readonly string[],
  { json }: JsonOption,
  idOf: (reference: string, library: Library) => string,
  change: (library: Library, id: string) => Promise<LibraryEntry>,
  describe: (entry: LibraryEntry) => string,
): Promise<number> {
  const { terminal } = context;
  const library = await context.library();
  const done: LibraryEntry[] = [];
  const failed: { readonly id: string; readonly error: LimnError }[] = [];
  try {
    const ids = new Set(references.map((reference) => idOf(reference, library)));
    for (const id of ids) {
      try {
        const entry = await change(library, id);
        done.push(entry);
        if (json !== true) terminal.data(`${id}  ${describe(entry)}`);
      } catch (error) {
        // One of one is the command's own error.
        if (!isLimnError(error) || ids.size === 1) throw error;
        failed.push({ id, error });
      }
    }
  } finally {
    library.close();
  }
  if (json === true)
    terminal.data(
      JSON.stringify({
        schemaVersion: 1,
        generations: done.map(({ revision: _revision, ...entry }) => entry),
        failures: failed.map(({ id, error }) => ({ id, error: error.toJSON() })),
      }),
    );
  else
    for (const { error } of failed)
      terminal.say(`${terminal.style("red", "error:")} ${error.message} ${terminal.style("dim", `[${error.code}]`)}`);
  return failed[0]?.error.exitStatus ?? 0;
}
