import type { GenerationEvent, Stage } from "@limn/core";
import { formatBytes, formatDuration } from "./format.ts";
import type { Terminal } from "./terminal.ts";

interface ImageState {
  stage: Stage | "done" | "failed";
  bytes: number;
  attempt: number;
}

const frames = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"];
const frameMs = 120;
const words: Readonly<Record<Stage, string>> = {
  connecting: "connecting",
  sent: "sent, the service is drawing",
  receiving: "receiving",
  saving: "saving",
  finishing: "finishing it here",
  waiting: "that did not work, waiting to try again",
};

/** Shows how a generation stands: one redrawn line with elapsed time on a terminal, a few plain lines elsewhere. */
export class Progress {
  readonly #terminal: Terminal;
  readonly #isQuiet: boolean;
  readonly #isVerbose: boolean;
  readonly #images: Map<number, ImageState> = new Map();
  readonly #startedAt: number = performance.now();
  #count = 1;
  #timer: NodeJS.Timeout | null = null;
  #frame = 0;
  #saidSent = false;
  /** The second Ctrl-C ends the process wherever it is; the terminal gets its cursor back all the same. */
  readonly #showCursor = (): void => this.#terminal.draw("\r\x1b[K\x1b[?25h");

  constructor(terminal: Terminal, options: { readonly quiet: boolean; readonly verbose: boolean }) {
    this.#terminal = terminal;
    this.#isQuiet = options.quiet;
    this.#isVerbose = options.verbose;
  }

  handle(event: GenerationEvent): void {
    if (event.type === "generation-start") {
      this.#count = event.n;
      // The pretend service answers at once; the remark about waiting is for the real one.
      this.#saidSent = event.emulated;
      if (this.#isVerbose) this.#line(`generation ${event.id}, engine ${event.engine}`);
      this.#start();
    } else if (event.type === "image-progress") {
      this.#images.set(event.index, { stage: event.stage, bytes: event.bytes ?? 0, attempt: event.attempt });
      this.#tell(event.index, event.stage, event.delayMs ?? null, event.bytes ?? null);
    } else if (event.type === "extra-image") {
      // Announced before it is sent: it costs.
      this.#line(`image ${event.index + 1}: spending one more image of the plan, as allowed: ${event.reason}`);
    } else if (event.type === "image-partial") {
      if (this.#isVerbose) this.#line(`preview ${event.partialIndex + 1}: ${event.path}`);
    } else if (event.type === "image-end") {
      this.#images.set(event.index, {
        stage: event.failure === null ? "done" : "failed",
        bytes: event.image?.bytes ?? 0,
        attempt: 1,
      });
      if (this.#count > 1 && !this.#isQuiet && event.failure !== null)
        this.#line(`image ${event.index + 1} failed: ${event.failure.code}`);
    }
  }

  /** Clear the line; must be called before anything else is written. */
  stop(): void {
    if (this.#timer === null) return;
    clearInterval(this.#timer);
    this.#timer = null;
    process.off("exit", this.#showCursor);
    this.#showCursor();
  }

  get elapsedMs(): number {
    return performance.now() - this.#startedAt;
  }

  #start(): void {
    if (this.#isQuiet || !this.#terminal.isLive) return;
    this.#terminal.draw("\x1b[?25l");
    process.once("exit", this.#showCursor);
    this.#timer = setInterval(() => this.#redraw(), frameMs);
    this.#timer.unref();
    this.#redraw();
  }

  #redraw(): void {
    this.#frame = (this.#frame + 1) % frames.length;
    const text = `${frames[this.#frame] ?? ""} ${this.#describe()} ${formatDuration(this.elapsedMs)}`;
    this.#terminal.draw(`\r\x1b[K${text.slice(0, this.#terminal.columns - 1)}`);
  }

  #describe(): string {
    const states = [...this.#images.values()];
    const active = states.filter(({ stage }) => stage !== "done" && stage !== "failed");
    const newest = active.at(-1);
    const stage =
      newest === undefined || newest.stage === "done" || newest.stage === "failed" ? "connecting" : newest.stage;
    const received = active.reduce((sum, { bytes }) => sum + bytes, 0);
    const what = stage === "receiving" && received > 0 ? `receiving ${formatBytes(received)}` : words[stage];
    const done = states.filter(({ stage: state }) => state === "done").length;
    return `${this.#count > 1 ? `${done}/${this.#count} done, ` : ""}${what}`;
  }

  /** Without a live terminal: each thing once. */
  #tell(index: number, stage: Stage, delayMs: number | null, bytes: number | null): void {
    if (this.#isQuiet || bytes !== null) return;
    const place = this.#count > 1 ? `image ${index + 1}: ` : "";
    if (stage === "waiting") this.#line(`${place}that did not work; trying again in ${formatDuration(delayMs ?? 0)}`);
    else if (this.#isVerbose) this.#line(`${place}${words[stage]} (${formatDuration(this.elapsedMs)})`);
    else if (stage === "sent" && !this.#saidSent && this.#timer === null)
      this.#line("sent; pictures take 15 to 60 seconds");
    if (stage === "sent") this.#saidSent = true;
  }

  #line(text: string): void {
    if (this.#timer !== null) this.#terminal.draw("\r\x1b[K");
    this.#terminal.say(text);
  }
}
