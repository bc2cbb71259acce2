import type { Outgoing } from "../exchange.ts";
import { madeUpUuid } from "../identifiers.ts";
import { pngChunk } from "../picture/png-encode.ts";
import { createRandom } from "../picture/random.ts";
import type { ImageTurn } from "../scenarios/image-turn.ts";
import { drawAnswer } from "./good-answer.ts";

const END_BYTES = 12;
// Decoders refuse a single ancillary chunk of many megabytes, so the filling is many chunks of one.
const FILLING_BYTES = 1_000_000;

/** Base64 of a picture that is filled up with noise; made while it is read. */
export interface NoisyBase64 {
  /** Characters. */
  readonly length: number;
  open(): Iterable<Uint8Array>;
}

/** Fills a PNG up to `totalBytes` with noise in private chunks. */
export function noisyBase64(picture: Uint8Array, totalBytes: number, seed: number): NoisyBase64 {
  const plan = planFilling(totalBytes - picture.length);
  const bytes = picture.length + plan.reduce((sum, each) => sum + each + END_BYTES, 0);
  return { length: 4 * Math.ceil(bytes / 3), open: () => toBase64(fill(picture, plan, seed)) };
}

/** A good answer whose PNG is filled up to `totalBytes` with noise in private chunks, made while it is sent. */
export async function hugeAnswer(turn: ImageTurn, totalBytes: number): Promise<Outgoing> {
  const { pictures, document, headers } = await drawAnswer(turn, {});
  const picture = pictures[0] ?? new Uint8Array(0);
  const { created, background, ...rest } = document;
  const data = [{ b64_json: "\0", generation_id: madeUpUuid(turn.state.options.seed, "generation-0", turn.ordinal) }];
  const [before = "", after = ""] = JSON.stringify({ created, background, data, ...rest }).split("\\u0000");
  const base64 = noisyBase64(picture, totalBytes, turn.state.options.seed);
  const length = Buffer.byteLength(before) + base64.length + Buffer.byteLength(after);
  return {
    status: 200,
    headers: { "content-type": "application/json", ...headers },
    body: {
      length,
      *open() {
        yield Buffer.from(before);
        yield* base64.open();
        yield Buffer.from(after);
      },
    },
  };
}

function planFilling(bytes: number): number[] {
  const plan: number[] = [];
  for (let left = bytes; left > 1000; left -= FILLING_BYTES + END_BYTES)
    plan.push(Math.min(FILLING_BYTES, left - END_BYTES));
  return plan;
}

function* fill(picture: Uint8Array, plan: readonly number[], seed: number): Generator<Uint8Array, void, undefined> {
  yield picture.subarray(0, picture.length - END_BYTES);
  const random = createRandom(seed);
  for (const bytes of plan) {
    const noise = new Uint32Array(Math.ceil(bytes / 4)).map(() => random() * 0x1_0000_0000);
    yield pngChunk("noIs", new Uint8Array(noise.buffer, 0, bytes));
  }
  yield picture.subarray(picture.length - END_BYTES);
}

function* toBase64(parts: Iterable<Uint8Array>): Generator<Uint8Array, void, undefined> {
  let carried: Uint8Array = new Uint8Array(0);
  for (const part of parts) {
    const joined = Buffer.concat([carried, part]);
    const whole = joined.length - (joined.length % 3);
    carried = joined.subarray(whole);
    yield Buffer.from(joined.toString("base64", 0, whole), "latin1");
  }
  if (carried.length > 0) yield Buffer.from(Buffer.from(carried).toString("base64"), "latin1");
}
