export { AppServer } from "./app-server.ts";
export { readCodexAccount } from "./ask-account.ts";
export { askCodexForToken, letCodexRenew } from "./ask-token.ts";
export { childEnvironment, isSecretVariable, withNodeOnPath } from "./child-environment.ts";
export { findCodexProgram, nativeCodexProgram, wellKnownFolders } from "./find-program.ts";
export { ProgramProcess } from "./program-process.ts";
export { isAtLeast, readProgramVersion } from "./program-version.ts";
export { runningCodex } from "./running-codex.ts";
