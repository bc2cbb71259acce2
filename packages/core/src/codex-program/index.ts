export { askCodexForToken, letCodexRenew } from "./ask-token.ts";
export { childEnvironment, isSecretVariable } from "./child-environment.ts";
export { findCodexProgram } from "./find-program.ts";
export { runningCodex } from "./running-codex.ts";
