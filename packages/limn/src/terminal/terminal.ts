import { styleText } from "node:util";

type Style = Parameters<typeof styleText>[0];
type Variables = Readonly<Record<string, string | undefined>>;

/**
 * Where output goes. stdout carries data only; everything for eyes goes to stderr. A reader who leaves (EPIPE) is not an error.
 */
export class Terminal {
  readonly #colours: boolean;
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
    for (const stream of [process.stdout, process.stderr]) {
      stream.on("error", (error: NodeJS.ErrnoException) => {
        if (error.code === "EPIPE") process.exit(process.exitCode ?? 0);
        throw error;
      });
    }
  }

  get columns(): number {
    return process.stderr.columns ?? 80;
  }

  /** A line of data. */
  data(line: string): void {
    process.stdout.write(`${line}\n`);
  }

  /** Bytes of data; resolves when they were taken. */
  async bytes(chunk: Uint8Array): Promise<void> {
    return new Promise((resolve) => {
      process.stdout.write(chunk, () => resolve());
    });
  }

  /** A line for eyes. */
  say(line: string): void {
    process.stderr.write(`${line}\n`);
  }

  /** Raw control text for eyes. */
  draw(text: string): void {
    process.stderr.write(text);
  }

  style(style: Style, text: string): string {
    return this.#colours ? styleText(style, text, { validateStream: false }) : text;
  }
}

/** Text of others (prompts, service names) for one line of a terminal: no control characters, not longer than `limit`. */
export function oneLine(text: string, limit: number): string {
  const clean = text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, " ").trim();
  return clean.length <= limit ? clean : `${clean.slice(0, limit - 1)}…`;
}
