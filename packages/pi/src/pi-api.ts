/**
 * What this extension uses of Pi's extension interface, by structure: Pi brings its own modules, so nothing of it is installed here.
 * Held against Pi 0.84.0, 0.87.1 and 1.5.2.
 */

export interface TextBlock {
  readonly type: "text";
  readonly text: string;
}

export interface ImageBlock {
  readonly type: "image";
  /** Bare base64. */
  readonly data: string;
  readonly mimeType: string;
}

export type ContentBlock = TextBlock | ImageBlock;

/** What a tool returns, and what it tells while it works. */
export interface ToolResult {
  readonly content: ContentBlock[];
  /** Kept in the session file, never sent to the model; no image bytes. */
  readonly details: unknown;
}

export type OnUpdate = (partial: ToolResult) => void;

export type PiMode = "tui" | "rpc" | "json" | "print";

export interface PiUi {
  notify(message: string, type?: "info" | "warning" | "error"): void;
  setStatus(key: string, text: string | undefined): void;
  /** Terminal only. */
  custom<T>(factory: (tui: unknown, theme: unknown, keys: unknown, done: (value: T) => void) => unknown): Promise<T>;
}

export interface ProviderAuth {
  readonly auth: {
    readonly apiKey?: string | undefined;
    readonly headers?: Readonly<Record<string, string | null | undefined>> | undefined;
    readonly baseUrl?: string | undefined;
  };
  readonly source?: string | undefined;
}

export interface PiModelRegistry {
  /** Undefined when nothing is stored; rejects with the cause when a refresh fails. */
  getProviderAuth(provider: string): Promise<ProviderAuth | undefined>;
  getProvider?(provider: string): { readonly baseUrl?: string | undefined } | undefined;
}

export interface PiSession {
  getSessionId(): string;
  /** Entries of the current branch, oldest first; their shapes are looked at where they are used. */
  getBranch(): readonly unknown[];
}

export interface PiContext {
  readonly ui: PiUi;
  readonly mode?: PiMode | undefined;
  readonly hasUI: boolean;
  readonly cwd: string;
  readonly sessionManager: PiSession;
  readonly modelRegistry: PiModelRegistry;
  readonly signal?: AbortSignal | undefined;
  isProjectTrusted?(): boolean;
}

export interface ToolDefinition {
  readonly name: string;
  readonly label: string;
  readonly description: string;
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly promptSnippet?: string;
  readonly promptGuidelines?: readonly string[];
  readonly executionMode?: "parallel" | "sequential";
  /** Pi 1.x. */
  readonly annotations?: Readonly<Record<string, boolean>>;
  execute(
    toolCallId: string,
    parameters: Readonly<Record<string, unknown>>,
    signal: AbortSignal | undefined,
    onUpdate: OnUpdate | undefined,
    context: PiContext,
  ): Promise<ToolResult>;
}

export interface CustomMessage {
  readonly customType: string;
  readonly content: string | ContentBlock[];
  readonly display: boolean;
  readonly details?: unknown;
}

export type MessageRenderer = (
  message: { readonly content: unknown; readonly details?: unknown },
  options: { readonly expanded?: boolean; readonly outputPad?: number },
  theme: PiTheme,
) => unknown;

export interface PiTheme {
  fg(color: string, text: string): string;
}

export interface ExtensionApi {
  on(event: "session_start" | "session_shutdown", handler: (event: unknown, context: PiContext) => unknown): unknown;
  registerTool(tool: ToolDefinition): void;
  registerCommand(
    name: string,
    command: { readonly description: string; handler(parameters: string, context: PiContext): Promise<void> },
  ): void;
  getAllTools(): readonly { readonly name: string }[];
  sendMessage(message: CustomMessage, options?: { readonly triggerTurn?: boolean }): void;
  registerMessageRenderer?(customType: string, renderer: MessageRenderer): void;
}
