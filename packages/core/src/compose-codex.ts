import { readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { isAbsolute, join, resolve } from "node:path";
import {
  childEnvironment,
  findCodexProgram,
  nativeCodexProgram,
  wellKnownFolders,
  withNodeOnPath,
} from "./codex-program/index.ts";
import { codexHome, isTrue, variable } from "./config/index.ts";
import type { Environment } from "./config/index.ts";
import { createCodexSource } from "./credentials/index.ts";
import { sandboxModes } from "./engines/codex/index.ts";
import type { CodexEngineParts, CodexLoginFacts, CodexProgram, SandboxMode } from "./engines/codex/index.ts";
import { LimnError } from "./errors/index.ts";
import { isObject, member, textOf } from "./json/index.ts";
import { accountKeyOf, errorFromAnswer } from "./transport/index.ts";
import { version } from "./version.ts";

export interface CodexWiring {
  readonly environment: Environment;
  readonly clock: () => number;
  readonly limits: { readonly totalMs: number };
}

/** What the engine `codex` is made of. Reads no file and starts nothing until the engine is used. */
export function codexEngineParts({ environment, clock, limits }: CodexWiring): CodexEngineParts {
  return {
    program: () => findProgram(environment),
    codexHome: codexHome(environment),
    login: async () => readLoginFacts(environment),
    errorFromAnswer,
    sandbox: () => sandboxMode(environment),
    plugins: isTrue(variable(environment, "LIMN_CODEX_PLUGINS")),
    cleanGenerated: isTrue(variable(environment, "LIMN_CODEX_CLEAN")),
    temporaryFolder: tmpdir(),
    limits,
    clock,
    version,
  };
}

function findProgram(environment: Environment): CodexProgram | null {
  const { variables, platform, home, workingFolder } = environment;
  const given = variable(environment, "LIMN_CODEX_BIN");
  const found = findCodexProgram({
    given: given === null || isAbsolute(given) ? given : resolve(workingFolder, given),
    path: variable(environment, "PATH"),
    platform,
    folders: wellKnownFolders({ home, platform, variables }),
  });
  // The child has another working folder.
  return found === null
    ? null
    : {
        path: nativeCodexProgram(resolve(workingFolder, found), platform),
        environment: withNodeOnPath(childEnvironment(variables)),
      };
}

function sandboxMode(environment: Environment): SandboxMode {
  const given = variable(environment, "LIMN_CODEX_SANDBOX");
  if (given === null) return "read-only";
  const mode = sandboxModes.find((candidate) => candidate === given);
  if (mode !== undefined) return mode;
  throw new LimnError("config_invalid", {
    message: `LIMN_CODEX_SANDBOX is "${given.slice(0, 40)}", and must be one of ${sandboxModes.join(", ")}.`,
    hint: "Unset it for read-only, which is enough for pictures.",
    details: { variable: "LIMN_CODEX_SANDBOX" },
  });
}

async function readLoginFacts(environment: Environment): Promise<CodexLoginFacts> {
  const folder = codexHome(environment);
  const settings = await readSettings(folder);
  const provider = textOf(member(settings, "model_provider"));
  let mayBeInKeychain = false;
  const source = createCodexSource({
    codexHome: folder,
    // Codex renews an expired login by itself, so none is refused for its age.
    clock: () => 0,
    askForToken: async () => {
      mayBeInKeychain = true;
      return null;
    },
    renew: null,
  });
  const credential = await source.find();
  const shared = {
    imageGenerationOff: member(member(settings, "features"), "image_generation") === false,
    mcpServers: Object.keys(objectOf(member(settings, "mcp_servers"))),
  };
  if (credential !== null) {
    // Not the key that limn's own calls have: Codex's chat has limits of its own.
    const accountKey = accountKeyOf(credential.accountId, "codex program");
    return { ...shared, account: { plan: credential.plan, accountKey } };
  }
  if (!mayBeInKeychain)
    throw new LimnError("login_missing", {
      message: `Codex is not signed in: there is no login in ${folder ?? "~/.codex"}.`,
      hint: "Sign in with ChatGPT: codex login",
      details: { codexHome: folder },
    });
  if (provider !== null && provider.toLowerCase() !== "openai")
    throw new LimnError("login_refused", {
      message: `Codex is set to the model provider "${provider}" (model_provider in ${join(folder ?? "", "config.toml")}), which has no ChatGPT plan to use.`,
      hint: 'Remove model_provider there, or set it to "openai", and sign in with: codex login',
      details: { kind: "third_party_provider", provider },
    });
  return { ...shared, account: null };
}

/** Codex's `config.toml`; undefined when there is none or it cannot be read, of which Codex itself tells. */
async function readSettings(folder: string | null): Promise<unknown> {
  if (folder === null) return undefined;
  try {
    const { parse } = await import("smol-toml");
    return parse(readFileSync(join(folder, "config.toml"), "utf8"));
  } catch {
    return undefined;
  }
}

function objectOf(value: unknown): Readonly<Record<string, unknown>> {
  return isObject(value) ? value : {};
}
