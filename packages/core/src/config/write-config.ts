import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { LimnError, nearest } from "../errors/index.ts";
import { describeErrno, errno, writeFileAtomically } from "../files/index.ts";
import type { Environment } from "./environment.ts";
import { configKeys, userFileName } from "./keys.ts";
import type { ConfigKey } from "./keys.ts";
import { parseText } from "./load-config.ts";
import { limnFolders } from "./paths.ts";

/** @throws invalid_option for an unknown name, with the nearest known one */
export function configKey(name: string): ConfigKey {
  const key = configKeys.find((candidate) => candidate.name === name);
  if (key !== undefined) return key;
  const meant = nearest(
    name,
    configKeys.map((candidate) => candidate.name),
  );
  throw new LimnError("invalid_option", {
    message: `There is no setting "${name}".${meant === null ? "" : ` Did you mean "${meant}"?`}`,
    hint: "All settings: limn config list",
  });
}

/** Absolute path of the user's own settings; the file may be missing. */
export function userConfigFile(environment: Environment): string {
  return join(limnFolders(environment).config, userFileName);
}

/**
 * Set, or with null remove, one setting of the user's own file. Entries that this version does not know are kept.
 * @throws invalid_option, config_invalid, artifact_write_failed
 */
export function writeUserSetting(environment: Environment, name: string, text: string | null): void {
  const key = configKey(name);
  const file = userConfigFile(environment);
  const content = readContent(file);
  if (text === null) {
    delete content[key.name];
  } else {
    const { value, fault } = parseText(key, text);
    if (fault !== null)
      throw new LimnError("invalid_option", {
        message: `The setting "${name}" ${fault}.`,
        hint: `limn config set ${name} …`,
      });
    content[key.name] = value;
  }
  try {
    mkdirSync(limnFolders(environment).config, { recursive: true, mode: 0o700 });
    writeFileAtomically(file, `${JSON.stringify(content, null, 2)}\n`, { durable: true });
  } catch (error) {
    throw new LimnError("artifact_write_failed", {
      message: `The config file ${file} could not be written.`,
      hint: "Check the folder's rights and space.",
      cause: error,
    });
  }
}

function readContent(file: string): Record<string, unknown> {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    if (errno(error) === "ENOENT" || errno(error) === "ENOTDIR") return {};
    throw new LimnError("config_invalid", {
      message: `The config file ${file} cannot be read, so it is not replaced: ${describeErrno(error)}.`,
      hint: "Correct its rights, or move it away.",
      cause: error,
    });
  }
  try {
    const content: unknown = JSON.parse(text.replace(/^\uFEFF/, ""));
    if (typeof content === "object" && content !== null && !Array.isArray(content)) return { ...content };
  } catch {
    // Told below: a broken file is not overwritten.
  }
  throw new LimnError("config_invalid", {
    message: `The config file ${file} is not a JSON object.`,
    hint: "Correct it, or move it away.",
  });
}
