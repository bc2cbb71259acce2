import { describe, expect, test } from "vitest";
import type { ImageSink, StoredImage } from "../contracts/engine.ts";
import type { ImageStart, ImageTap } from "../contracts/image-tap.ts";
import { LimnError } from "../errors/index.ts";
import { TappedSink } from "./tapped-sink.ts";

/** The first 33 bytes of a PNG of 30x20 with transparency. */
const header = Buffer.from("89504e470d0a1a0a0000000d494844520000001e000000140806000000000000ff", "hex");
const stored: StoredImage = {
  index: 2,
  path: "/somewhere/image-3.png",
  mediaType: "image/png",
  width: 30,
  height: 20,
  hasAlpha: true,
  c2pa: false,
  bytes: 0,
  sha256: "",
  savedElsewhere: false,
};

/** Everything that happens to the file and to the tap, in order. */
class Log {
  readonly lines: string[] = [];
  finish: () => Promise<StoredImage> = async () => stored;

  sink(): ImageSink {
    return {
      bytesWritten: 7,
      write: (bytes) => void this.lines.push(`saved ${bytes.length}`),
      finish: async () => this.finish(),
      discard: () => void this.lines.push("discarded"),
    };
  }

  readonly open = ({ index, mediaType, width, height, hasAlpha }: ImageStart): ImageTap => {
    this.lines.push(`begins ${index} ${mediaType} ${width}x${height} ${hasAlpha}`);
    return {
      text: (piece) => void this.lines.push(`text ${Buffer.from(piece).toString("latin1")}`),
      cancel: () => void this.lines.push("cancelled"),
    };
  };
}

const piece = (text: string): Buffer => Buffer.from(text, "latin1");

describe("a tapped picture", () => {
  test("is saved first, and is handed on from the moment its header is whole", async () => {
    const log = new Log();
    const sink = new TappedSink(log.sink(), 2, log.open);
    sink.writeText(piece("aaaa"));
    sink.write(header.subarray(0, 20));
    sink.writeText(piece("bbbb"));
    sink.writeText(piece("cc"));
    sink.write(header.subarray(20));
    sink.writeText(piece("dddd"));
    sink.write(Buffer.alloc(3));
    expect(await sink.finish()).toBe(stored);
    expect(sink.bytesWritten).toBe(7);
    expect(log.lines).toEqual([
      "saved 20",
      "saved 13",
      "begins 2 image/png 30x20 true",
      "text aaaa",
      "text bbbb",
      "text cc",
      "saved 3",
      "text dddd",
    ]);
  });

  test("is not handed on when it is no PNG, when nobody wants it, or when its engine has no text", () => {
    const log = new Log();
    const other = new TappedSink(log.sink(), 0, log.open);
    other.writeText(piece("aaaa"));
    other.write(Buffer.alloc(64, 0xff));
    const unwanted = new TappedSink(log.sink(), 0, () => null);
    unwanted.writeText(piece("aaaa"));
    unwanted.write(header);
    unwanted.writeText(piece("bbbb"));
    unwanted.write(Buffer.alloc(5));
    const textless = new TappedSink(log.sink(), 0, log.open);
    textless.write(header);
    expect(log.lines).toEqual(["saved 64", "saved 33", "saved 5", "saved 33"]);
  });

  test("that is discarded, or is broken at its end, is cancelled once and hands on no more", async () => {
    const log = new Log();
    const sink = new TappedSink(log.sink(), 0, log.open);
    sink.writeText(piece("aaaa"));
    sink.write(header);
    log.finish = async () => Promise.reject(new LimnError("image_corrupt", { message: "cut" }));
    await expect(sink.finish()).rejects.toThrow("cut");
    sink.discard();
    sink.writeText(piece("bbbb"));
    sink.write(Buffer.alloc(3));
    expect(log.lines).toEqual([
      "saved 33",
      "begins 0 image/png 30x20 true",
      "text aaaa",
      "cancelled",
      "discarded",
      "saved 3",
    ]);
  });
});
