import { maxPartials, toLimnError } from "@limn/core";
import type { Limn, StudioEngine } from "@limn/core";

const patienceMs = 10_000;

/** What each engine honours, and whether it could be used now; spends nothing. */
export async function listEngines(limn: Pick<Limn, "capabilities" | "checkEngine">): Promise<readonly StudioEngine[]> {
  return Promise.all(
    limn.capabilities.map(async ({ engine, maxInputImages, partials, rows, explicitOnly, alsoSpends }) => {
      const problem = await limn.checkEngine(engine, AbortSignal.timeout(patienceMs)).then(
        () => null,
        (error: unknown) => (error instanceof DOMException ? "It does not answer." : toLimnError(error).message),
      );
      const notes = [
        ...(explicitOnly ? ["Only taken when it is chosen."] : []),
        ...(alsoSpends === null ? [] : [`Also spends ${alsoSpends}.`]),
      ];
      return {
        id: engine,
        isUsable: problem === null,
        note: problem ?? (notes.length === 0 ? "Chosen where nothing asks for another." : notes.join(" ")),
        maxImages: maxInputImages,
        maxPartials: partials ? maxPartials : 0,
        rows,
      };
    }),
  );
}
