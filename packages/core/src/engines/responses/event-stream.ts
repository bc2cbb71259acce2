/**
 * Server-sent events as bytes. Every event's data is handed on piece by piece as it arrives, so that an event of 100 MB costs no more
 * memory than one of 100 bytes. Lines end in LF, CRLF or CR, however the stream is cut into pieces; comments and unknown fields are
 * passed over (HTML Standard, section 9.2.6 "Interpreting an event stream").
 */
export interface EventConsumer {
  /** A piece of the event's data, part of the chunk that was pushed. `name` is the event's name as far as it is known by now. */
  data(piece: Uint8Array, name: string | null): void;
  /** The event is whole. Never called for an event without data. */
  end(name: string | null): void;
}

const lineFeed = 0x0a;
const carriageReturn = 0x0d;
const colon = 0x3a;
const space = 0x20;
/** Field names and event names are short; a longer line that is no data is none of ours. */
const longestField = 256;
const newline = Buffer.from("\n");
/** Its three bytes, as they stand in a field's name. */
const byteOrderMark = "\u00EF\u00BB\u00BF";

export class EventStreamReader {
  readonly #consumer: EventConsumer;
  /** `field`: before the colon. `value`: within a kept short value. `data`: within data. `skip`: to the end of the line. */
  #state: "field" | "before-value" | "value" | "data" | "skip" = "field";
  #field = "";
  #value = "";
  #name: string | null = null;
  #hasData = false;
  /** The last byte was a carriage return, so a line feed belongs to it. */
  #afterReturn = false;
  /** Nothing but a byte order mark can have come yet. */
  #atStart = true;

  constructor(consumer: EventConsumer) {
    this.#consumer = consumer;
  }

  push(chunk: Uint8Array): void {
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length);
    let offset = 0;
    while (offset < bytes.length) {
      if (this.#afterReturn) {
        this.#afterReturn = false;
        if (bytes[offset] === lineFeed) {
          offset += 1;
          continue;
        }
      }
      offset = this.#state === "data" || this.#state === "skip" ? this.#rest(bytes, offset) : this.#head(bytes, offset);
    }
  }

  /** The stream has ended; data whose blank line never came is given its end, for the consumer to judge. */
  finish(): void {
    if (this.#state !== "field" || this.#field !== "") this.#endOfLine();
    if (this.#hasData) this.#consumer.end(this.#name);
    this.#hasData = false;
  }

  /** Data, or what is skipped, up to the end of its line: found by `indexOf`, not byte by byte. */
  #rest(bytes: Buffer, from: number): number {
    const feed = bytes.indexOf(lineFeed, from);
    const limit = feed < 0 ? bytes.length : feed;
    const back = bytes.subarray(from, limit).indexOf(carriageReturn);
    const end = back < 0 ? limit : from + back;
    if (this.#state === "data" && end > from) this.#consumer.data(bytes.subarray(from, end), this.#name);
    if (end === bytes.length) return end;
    this.#state = "field";
    this.#field = "";
    this.#value = "";
    this.#afterReturn = bytes[end] === carriageReturn;
    return end + 1;
  }

  /** A field's name or a short value, byte by byte. */
  #head(bytes: Buffer, from: number): number {
    const byte = bytes[from] ?? 0;
    if (byte === lineFeed || byte === carriageReturn) {
      this.#afterReturn = byte === carriageReturn;
      this.#endOfLine();
      return from + 1;
    }
    if (this.#state === "before-value") {
      if (this.#field === "data") {
        // Several data lines of one event are joined by line feeds.
        if (this.#hasData) this.#consumer.data(newline, this.#name);
        this.#hasData = true;
        this.#state = "data";
      } else this.#state = this.#field === "event" ? "value" : "skip";
      if (byte === space) return from + 1;
      return from;
    }
    if (this.#state === "field" && byte === colon) {
      this.#atStart = false;
      this.#state = this.#field === "" ? "skip" : "before-value";
      return from + 1;
    }
    if (this.#state === "value") this.#value += String.fromCharCode(byte);
    else this.#field += String.fromCharCode(byte);
    if (this.#atStart && this.#field.length === byteOrderMark.length) {
      this.#atStart = false;
      if (this.#field === byteOrderMark) this.#field = "";
    }
    if (this.#value.length > longestField || this.#field.length > longestField) this.#state = "skip";
    return from + 1;
  }

  #endOfLine(): void {
    const wasBlank = this.#state === "field" && this.#field === "";
    this.#atStart = false;
    // With nothing behind the colon, or without a colon, the value is empty.
    if ((this.#state === "before-value" || this.#state === "field") && this.#field === "data") {
      if (this.#hasData) this.#consumer.data(newline, this.#name);
      this.#hasData = true;
    }
    if (this.#field === "event" && this.#state !== "skip") this.#name = this.#value === "" ? null : this.#value;
    this.#state = "field";
    this.#field = "";
    this.#value = "";
    if (!wasBlank) return;
    if (this.#hasData) this.#consumer.end(this.#name);
    this.#hasData = false;
    this.#name = null;
  }
}
