import type { DriverUsage, LimitWindow } from "../../contracts/result.ts";

/** A picture as an item of this thread. */
export interface FoundImage {
  readonly savedPath: string | null;
  /** Base64; empty when the item brings none. */
  readonly result: string;
  /** The prompt that the tool was called with. */
  readonly prompt: string | null;
  readonly isTransparent: boolean | null;
  readonly serviceImageId: string | null;
  /** Hashes of the files that the tool read; null where this version does not tell. */
  readonly inputHashes: readonly string[] | null;
}

export interface TurnError {
  readonly message: string;
  /** Codex's own word for it, where it has one (`codexErrorInfo`). */
  readonly info: string | null;
  readonly httpStatus: number | null;
}

/** What is known of a turn; both drivers fill it. */
export interface TurnReport {
  threadId: string | null;
  /** The model that drove. */
  model: string | null;
  /** The image tool was called. */
  imageBegan: boolean;
  image: FoundImage | null;
  /** A typed failure of the image tool: a limit of the plan. */
  limitHit: { readonly limitId: string | null; readonly resetsAt: number | null } | null;
  /** What the image tool answered instead of a picture. */
  toolTexts: string[];
  /** Whether the agent was offered the image tool; null when nothing tells. */
  toolOffered: boolean | null;
  /** The agent's last message. */
  words: string;
  error: TurnError | null;
  ending: "open" | "completed" | "failed" | "interrupted";
  usage: DriverUsage;
  windows: readonly LimitWindow[];
  activeLimit: string | null;
}

export function emptyReport(): TurnReport {
  return {
    threadId: null,
    model: null,
    imageBegan: false,
    image: null,
    limitHit: null,
    toolTexts: [],
    toolOffered: null,
    words: "",
    error: null,
    ending: "open",
    usage: {},
    windows: [],
    activeLimit: null,
  };
}
