/**
 * `scan SCANNER SLICE_BYTES MEGABYTES...`: in this process alone, how long the built scanner takes for answers of these sizes that
 * arrive in slices of that many bytes. Prints one JSON array of CPU times in ms, the best of five each.
 */
import { createHash } from "node:crypto";

const rounds = 5;

async function main(): Promise<void> {
  const [scanner = "", sliceBytes = "", ...sizes] = process.argv.slice(2);
  const module: unknown = await import(scanner);
  if (!isScannerModule(module)) throw new TypeError(`${scanner} has no scanner`);
  const documents = sizes.map((megabytes) => documentOf(Number(megabytes)));
  const best = documents.map(() => Number.POSITIVE_INFINITY);
  // The sizes take turns, so that a slow moment of the machine meets them all.
  for (let round = 0; round <= rounds; round += 1) {
    for (const [index, document] of documents.entries()) {
      const cpuMs = scan(module, document, Number(sliceBytes));
      // The first round warms up.
      if (round > 0) best[index] = Math.min(best[index] ?? cpuMs, cpuMs);
    }
  }
  process.stdout.write(`${JSON.stringify(best)}\n`);
}

/** A document like that of the image routes; its text is not random, which no scanner can tell. */
function documentOf(megabytes: number): Buffer {
  const block = Buffer.from(createHash("sha512").update("noise").digest("base64").slice(0, 84), "latin1");
  const picture = Buffer.alloc(Math.ceil((megabytes * 1_000_000) / 63) * 84, block);
  return Buffer.concat([Buffer.from('{"created":1,"data":[{"b64_json":"'), picture, Buffer.from('"}],"usage":{}}')]);
}

function scan({ Base64Scanner }: ScannerModule, document: Buffer, sliceBytes: number): number {
  let decodedBytes = 0;
  let ended = false;
  const before = process.cpuUsage();
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
  for (let offset = 0; offset < document.length; offset += sliceBytes)
    scanner.push(document.subarray(offset, offset + sliceBytes));
  const { user, system } = process.cpuUsage(before);
  if (!ended || decodedBytes === 0) throw new Error("the scanner lost the picture");
  return (user + system) / 1000;
}

type ScannerModule = typeof import("../../packages/core/src/media/base64-scanner.ts");

function isScannerModule(value: unknown): value is ScannerModule {
  return typeof value === "object" && value !== null && "Base64Scanner" in value;
}

void main();
