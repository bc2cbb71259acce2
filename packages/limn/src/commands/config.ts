import { configKey, configKeys, userConfigFile, validateRequest, writeUserSetting } from "@limn/core";
import type { HostContext } from "../host-context.ts";
import { formatTable } from "../terminal/format.ts";
import type { JsonOption } from "./account.ts";

export async function configPath({ environment, terminal }: HostContext): Promise<number> {
  terminal.data(userConfigFile(environment));
  return 0;
}

/** Prints nothing for a setting that nobody set. */
export async function configGet(context: HostContext, name: string): Promise<number> {
  const setting = context.config().get(configKey(name).name);
  if (setting !== undefined) context.terminal.data(String(setting.value));
  else context.terminal.say(`${name} is not set`);
  return 0;
}

export async function configSet(
  { environment, terminal }: HostContext,
  name: string,
  value: string | null,
): Promise<number> {
  // What every request would be refused for is not written down.
  if (name === "aspect" && value !== null)
    validateRequest({ operation: "generate", prompt: "x", aspect: value }, [], () => `the setting "${name}"`);
  writeUserSetting(environment, name, value);
  terminal.say(`${name} is ${value === null ? "not set" : "set"} in ${userConfigFile(environment)}`);
  return 0;
}

export async function configList(context: HostContext, { json }: JsonOption): Promise<number> {
  const { terminal } = context;
  const settings = context.config();
  if (json === true) {
    terminal.data(
      JSON.stringify({
        schemaVersion: 1,
        settings: configKeys.map(({ name, meaning }) => ({
          name,
          value: settings.get(name)?.value ?? null,
          from: settings.get(name)?.from ?? null,
          meaning,
        })),
      }),
    );
    return 0;
  }
  const rows = configKeys.map(({ name, meaning }) => {
    const setting = settings.get(name);
    return [
      name,
      setting === undefined ? "-" : String(setting.value),
      setting === undefined ? meaning : `${meaning} (from ${setting.from})`,
    ];
  });
  for (const line of formatTable(rows)) terminal.data(line);
  return 0;
}
