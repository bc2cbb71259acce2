import type { LimnError } from "../../errors/index.ts";

/** Where the Codex program is. */
export interface CodexProgram {
  /** Absolute path of what is started: the native program where npm's launcher was found. */
  readonly path: string;
  /** Without keys, and with Node's folder on its PATH. */
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** What Codex's own files tell about its login and settings; read without starting it. */
export interface CodexLoginFacts {
  /** Who pays; null when the login is kept where only Codex can read it (an OS keychain). */
  readonly account: { readonly plan: string | null; readonly accountKey: string | null } | null;
  /** The user turned images off: `features.image_generation = false`. */
  readonly imageGenerationOff: boolean;
  /** Names of the MCP servers of the user's settings; none of them is started for a picture. */
  readonly mcpServers: readonly string[];
}

/** An HTTP answer that Codex tells of. */
export interface ToldAnswer {
  readonly status: number;
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
  readonly nowMs: number;
  readonly privateTexts: readonly string[];
}

export const sandboxModes = ["read-only", "workspace-write", "danger-full-access"] as const;
export type SandboxMode = (typeof sandboxModes)[number];

/** Everything that the engine has from outside. */
export interface CodexEngineParts {
  /** Null when it is not installed. */
  readonly program: () => CodexProgram | null;
  /** Codex's folder, absolute; null without a home. */
  readonly codexHome: string | null;
  /** @throws login_missing, login_refused, login_unreadable: the refusals, each with the command that helps */
  readonly login: () => Promise<CodexLoginFacts>;
  /** The one place where a status and a body become a code. */
  readonly errorFromAnswer: (answer: ToldAnswer) => LimnError;
  /** `LIMN_CODEX_SANDBOX`; read when it is needed. @default "read-only" @throws config_invalid */
  readonly sandbox: () => SandboxMode;
  /** `LIMN_CODEX_PLUGINS`: leave the user's plugins and apps as they are. @default off */
  readonly plugins: boolean;
  /** `LIMN_CODEX_CLEAN`: remove this call's own picture from Codex's folder once it is safe in limn's. @default kept */
  readonly cleanGenerated: boolean;
  /** Where private folders are made. */
  readonly temporaryFolder: string;
  readonly limits: { readonly totalMs: number };
  readonly clock: () => number;
  /** limn's own, told to Codex. */
  readonly version: string;
}
