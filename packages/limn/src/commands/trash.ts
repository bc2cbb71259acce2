import type { HostContext } from "../host-context.ts";
import type { JsonOption } from "./account.ts";
import { changeEach } from "./change-each.ts";
import { findId } from "./find-id.ts";
import { scopeOf } from "./scope.ts";

interface TrashOptions extends JsonOption {
  readonly sandbox?: boolean;
}

/** `limn trash ID…`: out of the history, and back with `limn restore`. */
export async function trash(
  context: HostContext,
  references: readonly string[],
  options: TrashOptions,
): Promise<number> {
  const { store } = context.limn();
  const scope = scopeOf(context, options);
  return changeEach(
    context,
    references,
    options,
    (reference) => store.find(reference, scope).id,
    async (library, id) => library.trash(id),
    ({ id }) => `in the trash; back: limn restore ${id}`,
  );
}

/** `limn restore ID…`: back from the trash. */
export async function restore(
  context: HostContext,
  references: readonly string[],
  options: JsonOption,
): Promise<number> {
  return changeEach(
    context,
    references,
    options,
    (reference, library) => findId(library, reference, true),
    async (library, id) => library.restore(id),
    () => "back in the history",
  );
}
