import { homedir } from "node:os";
import { join, resolve } from "node:path";

/** What of Pi's own modules is used. They are Pi's to bring (P4); each part has a stand-in where one is missing. */
export interface Host {
  /** `PI_CODING_AGENT_DIR` or `~/.pi/agent`. */
  readonly agentFolder: string;
  /** `.pi`, or what a rebranded Pi calls it. */
  readonly projectFolderName: string;
  /** One at a time with Pi's own edit and write tools. */
  inFileQueue<T>(path: string, work: () => Promise<T>): Promise<T>;
  readonly terminal: Terminal | null;
}

/** For drawing in Pi's terminal. */
export interface Terminal {
  text(text: string): unknown;
  picture(data: string, mimeType: string, color: (text: string) => string): unknown;
  column(parts: readonly unknown[]): unknown;
  /** A box that waits and can be left with Escape; null where this Pi has none. */
  readonly waitingBox: ((tui: unknown, theme: unknown, message: string) => WaitingBox) | null;
}

export interface WaitingBox {
  readonly signal: AbortSignal;
  onAbort: (() => void) | undefined;
}

/** A module's exports, whose shapes are looked at. */
export type ModuleExports = Readonly<Record<string, unknown>>;

export function createHost(
  pi: ModuleExports,
  tui: ModuleExports,
  variables: Readonly<Record<string, string | undefined>>,
): Host {
  const name = pi["CONFIG_DIR_NAME"];
  const queue = pi["withFileMutationQueue"];
  return {
    agentFolder: agentFolder(pi["getAgentDir"], variables),
    projectFolderName: typeof name === "string" && name !== "" ? name : ".pi",
    inFileQueue: async <T>(path: string, work: () => Promise<T>): Promise<T> => {
      if (typeof queue !== "function") return work();
      let outcome: { readonly value: T } | null = null;
      await Reflect.apply(queue, undefined, [
        path,
        async (): Promise<void> => {
          outcome = { value: await work() };
        },
      ]);
      return filled(outcome);
    },
    terminal: terminalOf(pi, tui),
  };
}

function filled<T>(outcome: { readonly value: T } | null): T {
  if (outcome === null) throw new TypeError("Pi's file queue did not run the work");
  return outcome.value;
}

function agentFolder(getAgentDir: unknown, variables: Readonly<Record<string, string | undefined>>): string {
  const told: unknown = typeof getAgentDir === "function" ? Reflect.apply(getAgentDir, undefined, []) : null;
  if (typeof told === "string" && told !== "") return told;
  const given = variables["PI_CODING_AGENT_DIR"];
  if (given === undefined || given === "") return join(homedir(), ".pi", "agent");
  return expandHome(given) ?? resolve(given);
}

/** `~` and `~/x` are the home; null for every other path. */
export function expandHome(path: string): string | null {
  if (path === "~") return homedir();
  return path.startsWith("~/") ? join(homedir(), path.slice(2)) : null;
}

function terminalOf(pi: Readonly<Record<string, unknown>>, tui: Readonly<Record<string, unknown>>): Terminal | null {
  const { Text, Image, Container } = tui;
  const { BorderedLoader } = pi;
  if (typeof Text !== "function" || typeof Image !== "function" || typeof Container !== "function") return null;
  return {
    text: (text) => Reflect.construct(Text, [text, 1, 0]),
    picture: (data, mimeType, color) =>
      Reflect.construct(Image, [data, mimeType, { fallbackColor: color }, { maxWidthCells: 60 }]),
    column: (parts) => {
      const container: unknown = Reflect.construct(Container, []);
      const add: unknown = isObject(container) ? Reflect.get(container, "addChild") : null;
      if (typeof add === "function") for (const part of parts) Reflect.apply(add, container, [part]);
      return container;
    },
    waitingBox:
      typeof BorderedLoader === "function"
        ? (screen, theme, message) => waitingBoxOf(Reflect.construct(BorderedLoader, [screen, theme, message]))
        : null,
  };
}

function waitingBoxOf(box: unknown): WaitingBox {
  if (isWaitingBox(box)) return box;
  throw new TypeError("Pi's BorderedLoader has no signal");
}

function isWaitingBox(box: unknown): box is WaitingBox {
  return isObject(box) && Reflect.get(box, "signal") instanceof AbortSignal;
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}
