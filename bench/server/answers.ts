import { responsesStream } from "./event-stream.ts";
import { bytesPerMegabyte, createPicture } from "./picture.ts";

/** Which answer a path asks for: `/<megabytes>/<sliceBytes>[/<previews>]/images/generations`. */
export interface Wanted {
  readonly megabytes: number;
  /** 0 sends the body in one piece with its length; anything else in pieces of that many bytes, each an HTTP chunk of its own. */
  readonly sliceBytes: number;
  /** Previews before the picture, each as large as it; in event streams only. */
  readonly previews: number;
  readonly kind: "images" | "responses";
}

export function parsePath(path: string): Wanted | null {
  const match = /^\/(\d+)\/(\d+)(?:\/(\d+))?\/(images\/generations|images\/edits|responses)$/.exec(path);
  if (match === null) return null;
  return {
    megabytes: Number(match[1]),
    sliceBytes: Number(match[2]),
    previews: Number(match[3] ?? 0),
    kind: match[4] === "responses" ? "responses" : "images",
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

/** The document of the image routes, with the fields that the live service sends. */
function imagesDocument(picture: Buffer): Buffer {
  const before = '{"created":1790000000,"background":"opaque","data":[{"b64_json":"';
  const after =
    '"}],"output_format":"png","quality":"medium","size":"1024x1024","usage":{"input_tokens":12,"input_tokens_details":{"image_tokens":5,"text_tokens":12},"output_tokens":1056,"total_tokens":1068}}';
  return Buffer.concat([Buffer.from(before, "latin1"), picture, Buffer.from(after, "latin1")]);
}
