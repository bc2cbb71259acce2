import { backgrounds, engineIds, qualities } from "../contracts/request.ts";

/** One setting. The table is all there is: files, variables, `limn config` and the documentation read it. */
export interface ConfigKey {
  readonly name: string;
  readonly kind: "string" | "integer" | "boolean" | "url";
  readonly choices?: readonly string[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly variable?: string;
  /** A project file may set it. Never an address, a token or a program: a cloned repository must not be able to send a login elsewhere. */
  readonly project: boolean;
  readonly meaning: string;
}

/** Every setting there is. */
export const configKeys: readonly ConfigKey[] = [
  {
    name: "engine",
    kind: "string",
    choices: ["auto", ...engineIds],
    variable: "LIMN_ENGINE",
    project: true,
    meaning: "default of --engine",
  },
  { name: "model", kind: "string", variable: "LIMN_MODEL", project: true, meaning: "default of --model" },
  {
    name: "output",
    kind: "string",
    variable: "LIMN_OUTPUT",
    project: true,
    meaning: "default of --output: a file or a folder",
  },
  { name: "aspect", kind: "string", project: true, meaning: "default of --aspect" },
  { name: "background", kind: "string", choices: backgrounds, project: true, meaning: "default of --background" },
  { name: "quality", kind: "string", choices: qualities, project: true, meaning: "default of --quality" },
  {
    name: "timeout",
    kind: "integer",
    minimum: 1,
    maximum: 3600,
    project: true,
    meaning: "default of --timeout, in seconds",
  },
  { name: "retries", kind: "integer", minimum: 0, maximum: 10, project: true, meaning: "default of --retries" },
  { name: "concurrency", kind: "integer", minimum: 1, maximum: 10, project: true, meaning: "default of --concurrency" },
  {
    name: "preview",
    kind: "string",
    choices: ["auto", "always", "never"],
    project: true,
    meaning: "default of --preview",
  },
  { name: "history", kind: "boolean", project: true, meaning: "false: as if --no-history were always given" },
  { name: "embedRecipe", kind: "boolean", project: true, meaning: "true: as if --embed-recipe were always given" },
  {
    name: "sandbox",
    kind: "boolean",
    variable: "LIMN_SANDBOX",
    project: false,
    meaning: "true: as if --sandbox were always given",
  },
  {
    name: "profile",
    kind: "string",
    variable: "LIMN_PROFILE",
    project: true,
    meaning: "default of --profile: which of limn's own logins",
  },
  {
    name: "login.store",
    kind: "string",
    choices: ["file", "keyring"],
    project: false,
    meaning: "where the tokens of a new login of limn's own go; a keyring that does not open falls back to the file",
  },
  {
    name: "borrow.source",
    kind: "string",
    choices: ["auto", "none", "codex", "pi", "opencode", "hermes"],
    project: false,
    meaning: "whose login may be borrowed when limn has none of its own (auto: the first usable in this order)",
  },
  {
    name: "borrow.renew",
    kind: "boolean",
    project: false,
    meaning:
      "true: an expired login of Codex may be renewed by asking the Codex program, as limn login --renew codex does",
  },
  {
    name: "mcp.read",
    kind: "string",
    project: false,
    meaning:
      "folders whose pictures agents may read beside the working folder; several are separated by : (on Windows by ;)",
  },
  {
    name: "mcp.handover",
    kind: "integer",
    minimum: 0,
    maximum: 3600,
    project: false,
    meaning: "default of limn mcp --handover, in seconds",
  },
  { name: "baseUrl", kind: "url", variable: "LIMN_BASE_URL", project: false, meaning: "the backend's address" },
  { name: "authUrl", kind: "url", variable: "LIMN_AUTH_URL", project: false, meaning: "the sign-in service's address" },
];

export const projectFileName = "limn.config.json";
export const userFileName = "config.json";
