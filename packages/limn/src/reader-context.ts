import { isSecretVariable, loadConfig, openLibrary, readEnvironment } from "@limn/core";
import type { Config, Environment, Library } from "@limn/core";
import { Terminal } from "./terminal/terminal.ts";

/** What a command works with that only looks at what is there: nothing that makes pictures has to be loaded. */
export interface ReaderContext {
  readonly environment: Environment;
  readonly terminal: Terminal;
  /** Read when first asked for, so that `--help` works beside a broken file. @throws config_invalid */
  config(): Config;
  /** The history alone, which needs no login; the caller closes it. */
  library(): Promise<Library>;
}

export function createReaderContext(): ReaderContext {
  const current = readEnvironment();
  const environment: Environment = { ...current, variables: { ...current.variables } };
  // From here on no child process can inherit a key, whoever starts it.
  for (const name of Object.keys(process.env)) if (isSecretVariable(name)) delete process.env[name];
  let config: Config | null = null;
  return {
    environment,
    terminal: new Terminal(environment.variables),
    config: () => (config ??= loadConfig(environment)),
    library: async () => openLibrary(environment),
  };
}
