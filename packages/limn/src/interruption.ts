import { constants } from "node:os";

/** The reason of an abort by a signal of the system. */
export class Interrupted extends Error {
  override readonly name: string = "Interrupted";
  /** 130 for Ctrl-C, 143 for SIGTERM, as shells count. */
  readonly exitStatus: number;

  constructor(signal: "SIGINT" | "SIGTERM" | "SIGHUP") {
    super(`interrupted by ${signal}`);
    this.exitStatus = 128 + constants.signals[signal];
  }
}

/** Turns the first Ctrl-C into an abort that the work can end cleanly with; the second one ends at once. */
export function watchInterruption(): { readonly signal: AbortSignal; stop(): void } {
  const controller = new AbortController();
  const handlers = (["SIGINT", "SIGTERM", "SIGHUP"] as const).map((name) => {
    const handler = (): void => {
      if (controller.signal.aborted) process.exit(128 + constants.signals[name]);
      controller.abort(new Interrupted(name));
    };
    process.on(name, handler);
    return { name, handler };
  });
  return {
    signal: controller.signal,
    stop: () => {
      for (const { name, handler } of handlers) process.off(name, handler);
    },
  };
}
