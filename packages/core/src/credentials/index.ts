export { createCodexSource } from "./codex-source.ts";
export { createCredentialProvider } from "./provider.ts";
export { createTokenSource, tokenVariable } from "./token-source.ts";
