import type { GenerationDetail } from "@limn/core";
import { imageAddress } from "../api/addresses.ts";

/** A picture that this one can be laid over. */
export interface Comparable {
  readonly address: string;
  readonly name: string;
  readonly kind: "input" | "parent" | "original" | "child";
}

/** What went in first, then the untouched original, then what was made from it. */
export function comparables(detail: GenerationDetail): readonly Comparable[] {
  const { entry, inputs, parents, children } = detail;
  const given = inputs.flatMap((input): Comparable[] =>
    input.role === "image" && input.address !== null
      ? [{ address: input.address, name: promptOf(detail, input) ?? input.from, kind: "input" }]
      : [],
  );
  const known = new Set(
    inputs.flatMap(({ artifact, address }) => (artifact === null || address === null ? [] : [artifact.id])),
  );
  const first = (list: GenerationDetail["parents"], kind: "parent" | "child"): Comparable[] =>
    list.flatMap((other) => {
      const [image] = other.images;
      if (image === undefined || known.has(other.id)) return [];
      return [{ address: imageAddress(other, image), name: other.prompt ?? other.id, kind }];
    });
  const originals = entry.images
    .slice(0, 1)
    .flatMap((image): Comparable[] =>
      image.isFinished ? [{ address: imageAddress(entry, image, "original"), name: "", kind: "original" }] : [],
    );
  return [...given, ...first(parents, "parent"), ...originals, ...first(children, "child")];
}

/** What the picture that went in was asked for as; null for one that limn did not make, or no longer has. */
export function promptOf(
  { parents }: Pick<GenerationDetail, "parents">,
  { artifact }: Pick<GenerationDetail["inputs"][number], "artifact">,
): string | null {
  return parents.find(({ id }) => id === artifact?.id)?.prompt ?? null;
}
