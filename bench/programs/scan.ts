/**
 * `scan MODULE SLICE_BYTES MEGABYTES...`: in this process alone, how long the built scanner, or the built reader of event streams, takes
 * for answers of these sizes that arrive in slices of that many bytes. Prints one JSON array of CPU times in ms, the best of several each.
 */
import { createHash } from "node:crypto";

/** Slices of a few bytes are slow, and steady; the others are over in milliseconds. */
const fewRounds = 5;
const manyRounds = 25;

/** Takes one answer apart; push by push, then once more when it is over. */
interface Run {
  readonly push: (slice: Buffer) => void;
  readonly isWhole: () => boolean;
}

async function main(): Promise<void> {
  const [path = "", sliceBytes = "", ...sizes] = process.argv.slice(2);
  const module: unknown = await import(path);
  const kind = isScannerModule(module) ? scannerOf(module) : isReaderModule(module) ? readerOf(module) : null;
  if (kind === null) throw new TypeError(`${path} has neither a scanner nor a reader`);
  const answers = sizes.map((megabytes) => answerOf(Number(megabytes), kind.before, kind.behind));
  const best = answers.map(() => Number.POSITIVE_INFINITY);
  // The sizes take turns, so that a slow moment of the machine meets them all.
  const rounds = Number(sliceBytes) < 1024 ? fewRounds : manyRounds;
  for (let round = 0; round <= rounds; round += 1) {
    for (const [index, answer] of answers.entries()) {
      const cpuMs = measure(kind.start(), answer, Number(sliceBytes));
      // The first round warms up.
      if (round > 0) best[index] = Math.min(best[index] ?? cpuMs, cpuMs);
    }
  }
  process.stdout.write(`${JSON.stringify(best)}\n`);
}

/** Its text is not random, which nobody here can tell. */
function answerOf(megabytes: number, before: string, behind: string): Buffer {
  const block = Buffer.from(createHash("sha512").update("noise").digest("base64").slice(0, 84), "latin1");
  const picture = Buffer.alloc(Math.ceil((megabytes * 1_000_000) / 63) * 84, block);
  return Buffer.concat([Buffer.from(before), picture, Buffer.from(behind)]);
}

function measure(run: Run, answer: Buffer, sliceBytes: number): number {
  const before = process.cpuUsage();
  for (let offset = 0; offset < answer.length; offset += sliceBytes)
    run.push(answer.subarray(offset, offset + sliceBytes));
  const isWhole = run.isWhole();
  const { user, system } = process.cpuUsage(before);
  if (!isWhole) throw new Error("the picture was lost");
  return (user + system) / 1000;
}

interface Kind {
  readonly before: string;
  readonly behind: string;
  readonly start: () => Run;
}

function scannerOf({ Base64Scanner }: ScannerModule): Kind {
  const start = (): Run => {
    let decodedBytes = 0;
    let ended = false;
    const scanner = new Base64Scanner({
      keys: new Set(["b64_json"]),
      open: () => ({
        bytes: (decoded) => {
          decodedBytes += decoded.length;
        },
        end: (valid) => {
          ended = valid;
        },
      }),
    });
    return { push: (slice) => scanner.push(slice), isWhole: () => ended && decodedBytes > 0 };
  };
  return { before: '{"created":1,"data":[{"b64_json":"', behind: '"}],"usage":{}}', start };
}

function readerOf({ ResponsesAnswerReader }: ReaderModule): Kind {
  const start = (): Run => {
    let decodedBytes = 0;
    const reader = new ResponsesAnswerReader({
      openImage: () => ({
        bytesWritten: 0,
        write: (decoded) => {
          decodedBytes += decoded.length;
        },
        finish: async () => Promise.reject(new TypeError("nothing is kept here")),
        discard: () => undefined,
      }),
      openPreview: () => null,
      onBytes: () => undefined,
      onPreview: () => undefined,
    });
    return {
      push: (slice) => reader.push(slice),
      isWhole: () => {
        reader.finish();
        return decodedBytes > 0 && reader.finished[0]?.isValidBase64 === true;
      },
    };
  };
  const type = "response.output_item.done";
  const before = `event: ${type}\ndata: {"type":"${type}","item":{"type":"image_generation_call","result":"`;
  return { before, behind: '"}}\n\n', start };
}

type ScannerModule = typeof import("../../packages/core/src/media/base64-scanner.ts");
type ReaderModule = typeof import("../../packages/core/src/engines/responses/answer.ts");

function isScannerModule(value: unknown): value is ScannerModule {
  return typeof value === "object" && value !== null && "Base64Scanner" in value;
}

function isReaderModule(value: unknown): value is ReaderModule {
  return typeof value === "object" && value !== null && "ResponsesAnswerReader" in value;
}

void main();
