import type { Metadata } from "sharp";
import type { Picture } from "../pictures/open-picture.ts";
import { carriesC2pa } from "../pictures/provenance.ts";

/** What the source carries and the written file does not, in words. Read from both files, not assumed. */
export async function whatIsLost(source: Picture, target: Metadata): Promise<string[]> {
  const before = source.metadata;
  const lost: [boolean, string][] = [
    [await carriesC2pa(source), "C2PA provenance"],
    [before.exif !== undefined && target.exif === undefined, "EXIF"],
    [before.xmp !== undefined && target.xmp === undefined, "XMP"],
    [before.iptc !== undefined && target.iptc === undefined, "IPTC"],
    [before.icc !== undefined && target.icc === undefined, "colour profile"],
    [(before.comments ?? []).length > (target.comments ?? []).length, "text comments"],
    [before.gainMap !== undefined && target.gainMap === undefined, "HDR gain map"],
    [is16Bit(before) && !is16Bit(target), "16-bit depth"],
    [(before.pages ?? 1) > 1, `frames 2 to ${before.pages ?? 1}`],
  ];
  return lost.filter(([is]) => is).map(([, words]) => words);
}

export function is16Bit(metadata: Metadata): boolean {
  return metadata.depth !== "uchar";
}
