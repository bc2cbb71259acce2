import type { InspectOptions } from "node:util";

/** A string that no logger, serialiser or inspector prints. Compare {@link Secret.reveal} only where it leaves the process. */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  reveal(): string {
    return this.#value;
  }

  equals(other: Secret): boolean {
    return this.#value === other.#value;
  }

  toString(): string {
    return "[secret]";
  }

  toJSON(): string {
    return "[secret]";
  }

  [Symbol.for("nodejs.util.inspect.custom")](_depth: number, _options: InspectOptions): string {
    return "[secret]";
  }
}
