import { createLimn, isSecretVariable, loadConfig, readEnvironment } from "@limn/core";
import type { Config, Environment, Limn, LimnOptions } from "@limn/core";
import { loadImageTools } from "./image-tools.ts";
import { Terminal } from "./terminal/terminal.ts";

/** What every command works with. */
export interface HostContext {
  readonly environment: Environment;
  readonly terminal: Terminal;
  /** Read when first asked for, so that `--help` works beside a broken file. @throws config_invalid */
  config(): Config;
  limn(options?: LimnOptions): Limn;
}

export function createHostContext(): HostContext {
  const current = readEnvironment();
  const environment: Environment = { ...current, variables: { ...current.variables } };
  // From here on no child process can inherit a key, whoever starts it.
  for (const name of Object.keys(process.env)) if (isSecretVariable(name)) delete process.env[name];
  let config: Config | null = null;
  const context: HostContext = {
    environment,
    terminal: new Terminal(environment.variables),
    config: () => {
      config ??= loadConfig(environment);
      return config;
    },
    limn: (options = {}) =>
      createLimn({ environment, config: context.config(), imageTools: loadImageTools, ...options }),
  };
  return context;
}
