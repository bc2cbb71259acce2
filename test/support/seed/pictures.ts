import { createHash } from "node:crypto";
import { availableParallelism } from "node:os";
import { crc32 } from "node:zlib";
import sharp from "sharp";
import { drawScene, sceneKinds } from "./scenes.ts";
import type { SceneKind, SceneOptions } from "./scenes.ts";

/** The bytes of a picture with what a manifest says about them. */
export interface PictureFile {
  readonly content: Buffer;
  readonly mediaType: string;
  readonly width: number;
  readonly height: number;
  readonly hasAlpha: boolean;
  readonly sha256: string;
}

/** A picture as the service would send it, and what limn would finish it to. */
export interface SeedPicture {
  readonly kind: SceneKind;
  readonly original: PictureFile;
  readonly finished: PictureFile;
  /** What an edit makes of it: the same scene in another light. */
  readonly edited: PictureFile;
}

/** Shapes that the service draws. */
const shapes: readonly (readonly [width: number, height: number])[] = [
  [1254, 1254],
  [1536, 1024],
  [1024, 1536],
  [1672, 941],
  [1122, 1402],
];

/** What a finished picture was asked to be. */
export const finishedSize = { width: 1200, height: 630 } as const;

export async function drawPictures(count: number, seed: number): Promise<readonly SeedPicture[]> {
  const places = Array.from({ length: count }, (_, place) => place);
  const drawn: SeedPicture[] = [];
  await Promise.all(
    Array.from({ length: availableParallelism() }, async () => {
      for (let place = places.pop(); place !== undefined; place = places.pop()) drawn[place] = await draw(place, seed);
    }),
  );
  return drawn;
}

async function draw(place: number, seed: number): Promise<SeedPicture> {
  const kind = sceneKinds[place % sceneKinds.length] ?? "mountains";
  const [width, height] = kind === "sticker" ? [1254, 1254] : (shapes[(place + seed) % shapes.length] ?? [1254, 1254]);
  const scene = { kind, seed: seed + Math.floor(place / sceneKinds.length), width, height };
  const hasAlpha = kind === "sticker";
  const facts = { mediaType: "image/png", width, height, hasAlpha };
  const content = await paint(scene);
  const edited = await paint({ ...scene, isInOtherLight: true });
  const finished = await sharp(content)
    .resize({ ...finishedSize, fit: "cover" })
    .webp({ quality: 90, effort: 0 })
    .toBuffer();
  return {
    kind,
    original: { ...hashed(content), ...facts },
    edited: { ...hashed(edited), ...facts },
    finished: { ...hashed(finished), mediaType: "image/webp", ...finishedSize, hasAlpha },
  };
}

async function paint(scene: SceneOptions): Promise<Buffer> {
  const picture = sharp(Buffer.from(drawScene(scene)));
  // An alpha channel that says nothing is none, as in what the service sends.
  if (scene.kind !== "sticker") picture.removeAlpha();
  return picture.png({ compressionLevel: 4 }).toBuffer();
}

/** The same pixels under another hash: a text chunk before the last one. */
export function withOwnBytes(picture: PictureFile, note: string): PictureFile {
  const end = picture.content.length - 12;
  const chunk = textChunk(`Comment\0${note}`);
  const content = Buffer.concat([picture.content.subarray(0, end), chunk, picture.content.subarray(end)]);
  return { ...picture, ...hashed(content) };
}

function textChunk(text: string): Buffer {
  const body = Buffer.concat([Buffer.from("tEXt"), Buffer.from(text, "latin1")]);
  const chunk = Buffer.alloc(body.length + 8);
  chunk.writeUInt32BE(body.length - 4, 0);
  body.copy(chunk, 4);
  chunk.writeUInt32BE(crc32(body), body.length + 4);
  return chunk;
}

function hashed(content: Buffer): Pick<PictureFile, "content" | "sha256"> {
  return { content, sha256: createHash("sha256").update(content).digest("hex") };
}
