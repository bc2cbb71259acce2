import type { Limn } from "@limn/core";
import type { HostContext } from "../host-context.ts";
import { GenerationRunner } from "./generation-runner.ts";

export interface McpSettings {
  /** Seconds until a call is handed over; null = by client. */
  readonly handoverSeconds: number | null;
  readonly sandbox: boolean;
}

/** Whom a call belongs to. */
export interface McpSession {
  readonly key: string;
  /** False where the connection does not tell calls of one client from those of another: then "the last pictures" are nobody's. */
  readonly isOwn: boolean;
  /** The client works where this process does, so that what was made there is its own. */
  readonly isInFolder: boolean;
  /** Nothing older is of this session, in ms; null where a session outlives its server. */
  readonly since: number | null;
}

/** What the tools work with; nothing is read before the first of them needs it. */
export class McpServices {
  readonly context: HostContext;
  readonly settings: McpSettings;
  #limn: Limn | null = null;
  #runner: GenerationRunner | null = null;

  constructor(context: HostContext, settings: McpSettings) {
    this.context = context;
    this.settings = settings;
  }

  /** @throws config_invalid */
  get limn(): Limn {
    this.#limn ??= this.context.limn();
    return this.#limn;
  }

  get runner(): GenerationRunner {
    this.#runner ??= new GenerationRunner(this.limn.folders.data, this.context.environment);
    return this.#runner;
  }

  /** By flag, variable or setting. */
  get sandbox(): boolean {
    return this.settings.sandbox || this.limn.config.get("sandbox")?.value === true;
  }

  setting(name: string): string | null {
    const value = this.limn.config.get(name)?.value;
    return typeof value === "string" ? value : null;
  }

  /** The user's own wish in seconds, by flag or setting. */
  get handoverSeconds(): number | null {
    if (this.settings.handoverSeconds !== null) return this.settings.handoverSeconds;
    const value = this.limn.config.get("mcp.handover")?.value;
    return typeof value === "number" ? value : null;
  }
}
