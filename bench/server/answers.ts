import { bytesPerMegabyte, createPicture } from "./picture.ts";

/** Which answer a path asks for: `/<megabytes>/<sliceBytes>/images/generations`. */
export interface Wanted {
  readonly megabytes: number;
  /** 0 sends the body in one piece with its length; anything else in pieces of that many bytes, each an HTTP chunk of its own. */
  readonly sliceBytes: number;
  readonly kind: "images" | "responses";
}

export function parsePath(path: string): Wanted | null {
  const match = /^\/(\d+)\/(\d+)\/(images\/generations|responses)$/.exec(path);
  if (match === null) return null;
  return {
    megabytes: Number(match[1]),
    sliceBytes: Number(match[2]),
    kind: match[3] === "responses" ? "responses" : "images",
  };
}

/** Built once and kept, so that the server has next to nothing to do while somebody is measured. */
export class Answers {
  readonly #bodies = new Map<string, Buffer>();

  body({ megabytes, kind }: Wanted): Buffer {
    const name = `${megabytes} ${kind}`;
    const known = this.#bodies.get(name);
    if (known !== undefined) return known;
    const picture = createPicture(megabytes * bytesPerMegabyte).toString("base64");
    const body = Buffer.from(kind === "images" ? imagesDocument(picture) : responsesStream(picture), "latin1");
    this.#bodies.set(name, body);
    return body;
  }
}

/** The document of the image routes, with the fields that the live service sends. */
function imagesDocument(picture: string): string {
  const before = '{"created":1790000000,"background":"opaque","data":[{"b64_json":"';
  const after =
    '"}],"output_format":"png","quality":"medium","size":"1024x1024","usage":{"input_tokens":12,"input_tokens_details":{"image_tokens":0,"text_tokens":12},"output_tokens":1056,"total_tokens":1068}}';
  return before + picture + after;
}

/** The event stream of the Responses route, for peers that take their pictures there. */
function responsesStream(picture: string): string {
  const id = "resp_bench";
  const events: readonly (readonly [string, object])[] = [
    ["response.created", { response: { id } }],
    [
      "response.output_item.done",
      { item: { type: "image_generation_call", id: "ig_bench", status: "completed", result: picture } },
    ],
    ["response.completed", { response: { id, output: [] } }],
  ];
  return events.map(([type, fields]) => `event: ${type}\ndata: ${JSON.stringify({ type, ...fields })}\n\n`).join("");
}
