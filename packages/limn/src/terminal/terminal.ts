import { styleText } from "node:util";

type Style = Parameters<typeof styleText>[0];
type Variables = Readonly<Record<string, string | undefined>>;

/**
 * Where output goes. stdout carries data only; everything for eyes goes to stderr. A reader who leaves (EPIPE) is not an error and
 * ends nothing: a picture that is paid for is still to come, and to be saved.
 */
export class Terminal {
  readonly #colours: boolean;
  #outputFailure: NodeJS.ErrnoException | null = null;
  #isErrorStreamGone = false;
  /** stderr is a terminal that may be animated. */
  readonly isLive: boolean;
  readonly isOutputTerminal: boolean;

  constructor(variables: Variables) {
    const isTerminal = process.stderr.isTTY === true;
    const isDumb = variables.TERM === "dumb";
    const force = variables.FORCE_COLOR;
    const wantsColour = force !== undefined && force !== "0" && force !== "false";
    this.#colours =
      wantsColour || (isTerminal && !isDumb && (variables.NO_COLOR ?? "") === "" && force !== "0" && force !== "false");
    this.isLive = isTerminal && !isDumb && (variables.CI ?? "") === "";
    this.isOutputTerminal = process.stdout.isTTY === true;
    process.stdout.on("error", (error: NodeJS.ErrnoException) => {
      this.#outputFailure ??= error;
    });
    process.stderr.on("error", () => {
      this.#isErrorStreamGone = true;
    });
  }

  get columns(): number {
    // A pseudo-terminal that was given no size says 0.
    const { columns } = process.stderr;
    return columns === undefined || columns < 1 ? 80 : columns;
  }

  /** Why stdout takes no more; null while it does. `EPIPE`: its reader left. */
  get outputFailure(): NodeJS.ErrnoException | null {
    return this.#outputFailure;
  }

  /** A line of data. */
  data(line: string): void {
    if (this.#outputFailure === null) process.stdout.write(`${line}\n`);
  }

  /** Bytes of data; resolves when they were taken, with false when they were not. */
  async bytes(chunk: Uint8Array): Promise<boolean> {
    if (this.#outputFailure !== null) return false;
    return new Promise((resolve) => {
      process.stdout.write(chunk, (error) => resolve(error === null || error === undefined));
    });
  }

  /** A line for eyes. */
  say(line: string): void {
    this.draw(`${line}\n`);
  }

  /** Raw control text for eyes. */
  draw(text: string): void {
    if (!this.#isErrorStreamGone) process.stderr.write(text);
  }

  style(style: Style, text: string): string {
    return this.#colours ? styleText(style, text, { validateStream: false }) : text;
  }
}

/** Text of others (prompts, service names) for one line of a terminal: no control characters, not longer than `limit`. */
export function oneLine(text: string, limit: number): string {
  // Most texts have nothing that needs the tables of Unicode, which take milliseconds to build.
  const clean = /^[\x20-\x7e]*$/.test(text) ? text.trim() : text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, " ").trim();
  return clean.length <= limit ? clean : `${clean.slice(0, limit - 1)}…`;
}
