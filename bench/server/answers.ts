import { responsesStream } from "./event-stream.ts";
import { bytesPerMegabyte, createPicture } from "./picture.ts";

/** Which answer a path asks for: `/<megabytes>/<sliceBytes>[/<previews>][/distinct]/images/generations`. */
export interface Wanted {
  readonly megabytes: number;
  /** 0 sends the body in one piece with its length; anything else in pieces of that many bytes, each an HTTP chunk of its own. */
  readonly sliceBytes: number;
  /** Previews before the picture, each as large as it; in event streams only. */
  readonly previews: number;
  /** No two pictures are the same. */
  readonly isDistinct: boolean;
  readonly kind: "images" | "responses";
}

export function parsePath(path: string): Wanted | null {
  const match = /^\/(\d+)\/(\d+)(?:\/(\d+))?(\/distinct)?\/(images\/generations|images\/edits|responses)$/.exec(path);
  if (match === null) return null;
  return {
    megabytes: Number(match[1]),
    sliceBytes: Number(match[2]),
    previews: Number(match[3] ?? 0),
    isDistinct: match[4] !== undefined,
    kind: match[5] === "responses" ? "responses" : "images",
  };
}

/** Built once and kept, so that the server has next to nothing to do while somebody is measured. */
export class Answers {
  readonly #bodies = new Map<string, Buffer>();

  body({ megabytes, previews, kind }: Wanted): Buffer {
    const name = `${megabytes} ${previews} ${kind}`;
    const known = this.#bodies.get(name);
    if (known !== undefined) return known;
    const picture = Buffer.from(createPicture(megabytes * bytesPerMegabyte).toString("base64"), "latin1");
    const body = kind === "images" ? imagesDocument(picture) : responsesStream(picture, previews);
    this.#bodies.set(name, body);
    return body;
  }
}

/** A body with another picture in it, as three pieces: a few characters of its noise are the number. */
export function distinctBody(body: Buffer, number: number): readonly [Buffer, Buffer, Buffer] {
  const at = body.indexOf(pictureField) + pictureField.length + noiseCharacters;
  const digits = Buffer.from(String(number).padStart(8, "0"), "latin1");
  return [body.subarray(0, at), digits, body.subarray(at + digits.length)];
}

const pictureField = '"b64_json":"';
/** Far enough from the beginning to be noise, and whole groups of four. */
const noiseCharacters = 4000;

/** The document of the image routes, with the fields that the live service sends. */
function imagesDocument(picture: Buffer): Buffer {
  const before = '{"created":1790000000,"background":"opaque","data":[{"b64_json":"';
  const after =
    '"}],"output_format":"png","quality":"medium","size":"1024x1024","usage":{"input_tokens":12,"input_tokens_details":{"image_tokens":5,"text_tokens":12},"output_tokens":1056,"total_tokens":1068}}';
  return Buffer.concat([Buffer.from(before, "latin1"), picture, Buffer.from(after, "latin1")]);
}
