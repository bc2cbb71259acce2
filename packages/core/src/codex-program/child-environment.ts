/** Variables that carry a key or token of OpenAI: no child process needs one, and none gets one. */
const secretVariables =
  /^(?:AZURE_)?OPENAI_(?:\w*_)?(?:KEY|TOKEN|SECRET)S?$|^CODEX_(?:API_KEY|ACCESS_TOKEN)$|^LIMN_ACCESS_TOKEN$/i;

export function isSecretVariable(name: string): boolean {
  return secretVariables.test(name);
}

type Variables = Readonly<Record<string, string | undefined>>;

/** The environment for a child process: everything but keys. */
export function childEnvironment(variables: Variables): Record<string, string | undefined> {
  return Object.fromEntries(Object.entries(variables).filter(([name]) => !isSecretVariable(name)));
}
