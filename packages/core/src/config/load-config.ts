import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { LimnError, nearest } from "../errors/index.ts";
import { configKeys, projectFileName, userFileName } from "./keys.ts";
import type { ConfigKey } from "./keys.ts";
import { variable } from "./environment.ts";
import type { Environment } from "./environment.ts";
import { limnFolders } from "./paths.ts";

/** A setting's value. */
export type ConfigValue = string | number | boolean;

/** A value, and the layer that it came from. */
export interface Setting {
  readonly value: ConfigValue;
  /** `variable NAME`, or the file's path. */
  readonly from: string;
  readonly layer: "variable" | "project" | "user";
}

/** Settings by name; those that nobody set are absent. Flags come on top, defaults below. */
export type Config = ReadonlyMap<string, Setting>;

/**
 * Precedence: variable, project file (`limn.config.json` in this folder or the nearest above), user file.
 * @throws config_invalid naming every fault of the file or variable
 */
export function loadConfig(environment: Environment): Config {
  const config = new Map<string, Setting>();
  const userFile = join(limnFolders(environment).config, userFileName);
  for (const [name, value] of readFile(userFile, false)) config.set(name, { value, from: userFile, layer: "user" });
  const projectFile = findProjectFile(environment.workingFolder);
  if (projectFile !== null) {
    for (const [name, value] of readFile(projectFile, true))
      config.set(name, { value, from: projectFile, layer: "project" });
  }
  for (const key of configKeys) {
    const text = key.variable === undefined ? null : variable(environment, key.variable);
    if (text === null || key.variable === undefined) continue;
    const parsed = parseText(key, text);
    if (parsed.fault !== null) {
      throw new LimnError("config_invalid", {
        message: `The variable ${key.variable} ${parsed.fault}.`,
        hint: `Correct or unset ${key.variable}.`,
      });
    }
    config.set(key.name, { value: parsed.value, from: `variable ${key.variable}`, layer: "variable" });
  }
  return config;
}

function findProjectFile(from: string): string | null {
  for (let folder = from; ; folder = dirname(folder)) {
    const path = join(folder, projectFileName);
    if (readText(path) !== null) return path;
    if (dirname(folder) === folder) return null;
  }
}

function readText(path: string): string | null {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if (
      error instanceof Error &&
      "code" in error &&
      (error.code === "ENOENT" || error.code === "ENOTDIR" || error.code === "EISDIR")
    )
      return null;
    throw new LimnError("config_invalid", {
      message: `The config file ${path} cannot be read.`,
      hint: "Check its rights.",
      cause: error,
    });
  }
}

function readFile(path: string, isProject: boolean): Map<string, ConfigValue> {
  const text = readText(path);
  if (text === null) return new Map();
  const { values, faults } = checkConfigObject(parseJson(path, text), isProject);
  if (faults.length === 0) return values;
  throw new LimnError("config_invalid", {
    message: `The config file ${path} has ${faults.length === 1 ? "a fault" : `${faults.length} faults`}: ${faults.join("; ")}.`,
    hint: isProject
      ? "Edit the file. Addresses belong into your own settings: limn config set baseUrl …"
      : "See: limn config list",
    details: { file: path, faults },
  });
}

function parseJson(path: string, text: string): unknown {
  try {
    return JSON.parse(text.replace(/^\uFEFF/, ""));
  } catch (error) {
    throw new LimnError("config_invalid", {
      message: `The config file ${path} is not valid JSON.`,
      hint: "Correct it, or move it away.",
      cause: error,
    });
  }
}

/** Checks a whole file's content and reports all faults at once. */
function checkConfigObject(
  content: unknown,
  isProject: boolean,
): { values: Map<string, ConfigValue>; faults: string[] } {
  const values = new Map<string, ConfigValue>();
  const faults: string[] = [];
  if (typeof content !== "object" || content === null || Array.isArray(content))
    return { values, faults: ["it is not a JSON object"] };
  for (const [name, value] of Object.entries(content)) {
    if (name === "$schema") continue;
    const key = configKeys.find((candidate) => candidate.name === name);
    if (key === undefined) {
      const meant = nearest(
        name,
        configKeys.map((candidate) => candidate.name),
      );
      faults.push(`unknown setting "${name}"${meant === null ? "" : ` (did you mean "${meant}"?)`}`);
    } else if (isProject && !key.project) {
      faults.push(`"${name}" may not be set by a project file`);
    } else {
      const fault = checkValue(key, value);
      if (fault !== null) faults.push(`"${name}" ${fault}`);
      else if (isConfigValue(value)) values.set(name, value);
    }
  }
  return { values, faults };
}

function isConfigValue(value: unknown): value is ConfigValue {
  return typeof value === "string" || typeof value === "number" || typeof value === "boolean";
}

/** What is wrong with a value, or null. */
export function checkValue(key: ConfigKey, value: unknown): string | null {
  switch (key.kind) {
    case "boolean":
      return typeof value === "boolean" ? null : "must be true or false";
    case "integer": {
      const range = `must be a whole number from ${key.minimum ?? 0} to ${key.maximum ?? Number.MAX_SAFE_INTEGER}`;
      const fits =
        typeof value === "number" &&
        Number.isInteger(value) &&
        value >= (key.minimum ?? 0) &&
        value <= (key.maximum ?? Infinity);
      return fits ? null : range;
    }
    case "url":
      return typeof value === "string" && isPlainAddress(value)
        ? null
        : "must be an http or https address without a user name or a query";
    case "string":
      if (typeof value !== "string" || value === "") return "must be a text";
      return key.choices === undefined || key.choices.includes(value)
        ? null
        : `must be one of ${key.choices.join(", ")}`;
  }
}

/** `https://chatgpt.com@evil.example` reads like one host and is another, so no address with a user name is taken. */
function isPlainAddress(text: string): boolean {
  if (!/^https?:\/\/[^/\s]/.test(text) || !URL.canParse(text)) return false;
  const { username, password, search, hash } = new URL(text);
  return username === "" && password === "" && search === "" && hash === "";
}

/** A value from a variable or the command line, which only know text. */
export function parseText(
  key: ConfigKey,
  text: string,
): { readonly value: ConfigValue; readonly fault: string | null } {
  let value: ConfigValue = text;
  if (key.kind === "integer" && /^-?\d+$/.test(text)) value = Number(text);
  if (key.kind === "boolean" && /^(1|true|yes|on)$/i.test(text)) value = true;
  if (key.kind === "boolean" && /^(0|false|no|off)$/i.test(text)) value = false;
  return { value, fault: checkValue(key, value) };
}
