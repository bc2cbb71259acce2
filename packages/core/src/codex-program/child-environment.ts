import { delimiter, dirname } from "node:path";

/** Variables that carry a key or token of OpenAI: no child process needs one, and none gets one. */
const secretVariables =
  /^(?:AZURE_)?OPENAI_(?:\w*_)?(?:KEY|TOKEN|SECRET)S?$|^CODEX_(?:API_KEY|ACCESS_TOKEN)$|^LIMN_ACCESS_TOKEN$/i;

/** Whether a variable holds a key that no child process may inherit. */
export function isSecretVariable(name: string): boolean {
  return secretVariables.test(name);
}

type Variables = Readonly<Record<string, string | undefined>>;

/** The environment for a child process: everything but keys. */
export function childEnvironment(variables: Variables): Record<string, string | undefined> {
  return Object.fromEntries(Object.entries(variables).filter(([name]) => !isSecretVariable(name)));
}

/**
 * `environment` with the folder of the Node that runs this at the end of its PATH: a program that is a script for Node can then start in a
 * process of a desktop, whose PATH is minimal.
 */
export function withNodeOnPath(
  environment: Variables,
  nodePath: string = process.execPath,
): Record<string, string | undefined> {
  // Windows spells it `Path`.
  const name = Object.keys(environment).find((candidate) => candidate.toUpperCase() === "PATH") ?? "PATH";
  const folders = (environment[name] ?? "").split(delimiter).filter((folder) => folder !== "");
  const own = dirname(nodePath);
  return { ...environment, [name]: (folders.includes(own) ? folders : [...folders, own]).join(delimiter) };
}
