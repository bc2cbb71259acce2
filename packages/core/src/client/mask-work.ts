import type { CutRegion, ImageTools, MaskFacts } from "../contracts/image-tools.ts";

/** A mask that was checked against its picture, and the part of the picture that will be sent in its place. */
export interface MaskWork {
  /** The picture that is changed. */
  readonly base: string;
  readonly file: string;
  readonly facts: MaskFacts;
  readonly cut: CutRegion;
  /** The part, as PNG. */
  readonly cutFile: string;
}

/** @throws input_not_an_image, invalid_option; nothing has been sent then */
export async function prepareMask(tools: ImageTools, base: string, file: string, cutFile: string): Promise<MaskWork> {
  const facts = await tools.readMask({ mask: file, base });
  const cut = await tools.cutForMask({ base, mask: file, target: cutFile });
  return { base, file, facts, cut, cutFile };
}
