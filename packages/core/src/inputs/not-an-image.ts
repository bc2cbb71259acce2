import { LimnError } from "../errors/index.ts";
import type { OtherKind } from "../media/index.ts";
import { asArgument, capitalised, outputArgument } from "./words.ts";
import type { InputName } from "./words.ts";

type Help = (name: InputName, platform: NodeJS.Platform) => string;

const useFile = "Give a PNG, JPEG, WebP, GIF, AVIF, TIFF or SVG file: -i FILE";

/** ImageMagick everywhere; macOS has a program of its own. */
const convert: Help = (name, platform) =>
  platform === "darwin"
    ? `Convert it first: sips -s format png ${asArgument(name)} --out ${outputArgument(name, ".png")}`
    : `Convert it first: magick ${asArgument(name)} ${outputArgument(name, ".png")}`;
const convertFirst: Help = (name) =>
  `Convert it first: magick ${asArgument(name)}'[0]' ${outputArgument(name, ".png")}`;
const takeFrame: Help = (name) =>
  `Take a frame out of it: ffmpeg -i ${asArgument(name)} -frames:v 1 ${outputArgument(name, ".png")}`;
const none: Help = () => useFile;

const kinds: Readonly<Record<OtherKind, readonly [what: string, help: Help]>> = {
  heic: ["a HEIC picture, which the service does not take", convert],
  bmp: ["a BMP picture, which the service does not take", convert],
  ico: ["an icon file", convertFirst],
  pdf: [
    "a PDF document",
    (name) =>
      `Turn a page into a picture: pdftoppm -png -singlefile -r 150 ${asArgument(name)} ${outputArgument(name, "")}`,
  ],
  psd: ["a Photoshop document", convertFirst],
  jxl: [
    "a JPEG XL picture, which the service does not take",
    (name) => `Convert it first: djxl ${asArgument(name)} ${outputArgument(name, ".png")}`,
  ],
  jp2: ["a JPEG 2000 picture, which the service does not take", convert],
  exr: ["a high dynamic range picture, which the service does not take", convert],
  raw: ["a camera's raw file", convert],
  xcf: [
    "a GIMP document",
    (name) => `Export it from GIMP, or: magick ${asArgument(name)} -flatten ${outputArgument(name, ".png")}`,
  ],
  icns: ["a macOS icon file", convert],
  pnm: ["a PNM picture, which the service does not take", convert],
  qoi: ["a QOI picture, which the service does not take", convert],
  dds: ["a texture file", convert],
  video: ["a video", takeFrame],
  audio: ["a sound file", none],
  archive: ["an archive", () => "Unpack it and give a picture of it: -i FILE"],
  gzip: [
    "compressed with gzip",
    (name) => `Unpack it first: gunzip -c ${asArgument(name)} > ${outputArgument(name, "")}`,
  ],
  program: ["a program", none],
  script: ["a script", none],
  database: ["a database", none],
  key: ["a key or a certificate", none],
  html: ["an HTML page", () => "Open it, save the picture itself, and give that: -i FILE"],
  xml: ["an XML file that is no drawing", none],
  json: ["a JSON file", none],
  "lfs-pointer": ["a pointer of Git LFS; the picture itself was not fetched", () => "Fetch it: git lfs pull"],
  "side-file": [
    "a side file that macOS keeps next to a picture",
    () => "Give the file of the same name without ._ before it.",
  ],
  text: ["a text", none],
  unknown: ["of no known type", none],
};

/** Never a byte of the content: it may be a key. */
export function notAnImage(name: InputName, kind: OtherKind, platform: NodeJS.Platform): LimnError {
  const [what, help] = kinds[kind];
  return new LimnError("input_not_an_image", {
    message: `${capitalised(name.label)} is ${what}, so it cannot go in. Nothing of it was sent.`,
    hint: help(name, platform),
    details: { found: kind },
  });
}

export function emptyInput(name: InputName): LimnError {
  return new LimnError("input_not_an_image", {
    message: `${capitalised(name.label)} is empty (0 bytes). Nothing was sent.`,
    hint: useFile,
  });
}

export function cutInput(name: InputName, type: string, bytes: number): LimnError {
  return new LimnError("input_not_an_image", {
    message: `${capitalised(name.label)} is a ${type} file that is cut short: its end is missing after ${bytes} bytes. Nothing of it was sent.`,
    hint: "Copy, download or export it again.",
    details: { bytes },
  });
}

export function damagedInput(name: InputName, type: string): LimnError {
  return new LimnError("input_not_an_image", {
    message: `${capitalised(name.label)} begins like a ${type} file and is damaged. Nothing of it was sent.`,
    hint: "Copy, download or export it again.",
  });
}
