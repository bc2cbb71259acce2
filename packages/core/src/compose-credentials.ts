import { join } from "node:path";
import type { RenewCodex } from "./compose-renewal.ts";
import { askCodexForToken, childEnvironment, findCodexProgram } from "./codex-program/index.ts";
import { codexHome, loginPlaces, variable } from "./config/index.ts";
import type { Config, Environment, LimnFolders } from "./config/index.ts";
import type { CredentialReport, CredentialSource } from "./contracts/credential.ts";
import type { TokenService } from "./contracts/sign-in.ts";
import {
  OwnLoginFile,
  createBorrowedSource,
  createCodexSource,
  createOwnSource,
  createTokenSource,
  isProfileName,
  openKeyring,
  readHermesEntry,
  readOpencodeEntry,
  readPiEntry,
  tokenVariable,
} from "./credentials/index.ts";
import type { RankedSource } from "./credentials/index.ts";
import { LimnError } from "./errors/index.ts";
import { version } from "./version.ts";

export interface CredentialParts {
  readonly environment: Environment;
  readonly config: Config;
  readonly folders: LimnFolders;
  readonly tokens: TokenService;
  readonly clock: () => number;
  /** Given with `--profile`; then only this profile counts. */
  readonly profile: string | null;
  readonly renewCodex: RenewCodex;
}

const defaultProfile = "default";

/** The profile that was named, with `--profile` or in the settings; null when it is the default one because nobody said otherwise. */
export function namedProfile(config: Config, profile: string | null): string | null {
  const setting = config.get("profile")?.value;
  return profile ?? (typeof setting === "string" ? setting : null);
}

/** @throws invalid_option for a name that no file can have */
export function ownLoginFile(folders: LimnFolders, config: Config, profile: string | null): OwnLoginFile {
  const name = namedProfile(config, profile) ?? defaultProfile;
  if (isProfileName(name)) {
    return new OwnLoginFile(join(folders.config, "auth"), name, {
      wantsKeyring: config.get("login.store")?.value === "keyring",
      openKeyring,
    });
  }
  throw new LimnError("invalid_option", {
    message: `"${name.slice(0, 40)}" cannot be the name of a profile.`,
    hint: "Use up to 64 letters, digits, dots, hyphens and underscores, beginning with a letter or digit.",
  });
}

/**
 * In order of preference: a token for this run, limn's own login, then what may be borrowed, in a fixed order. A login that was chosen on
 * purpose (a token, a profile by name, a source by name) stands alone.
 */
export function rankSources(parts: CredentialParts): readonly RankedSource[] {
  const { environment, config, folders, tokens, clock, profile } = parts;
  const token = variable(environment, tokenVariable);
  const own: RankedSource = {
    source: createOwnSource({ file: ownLoginFile(folders, config, profile), tokens, clock }),
    onProblem: "stop",
  };
  const handedIn: RankedSource[] =
    token === null ? [] : [{ source: createTokenSource(token, clock), onProblem: "stop" }];
  const namesProfile = namedProfile(config, profile) !== null;
  return [...handedIn, own, ...(namesProfile ? [] : borrowedSources(parts))];
}

function borrowedSources({ environment, config, clock, renewCodex }: CredentialParts): RankedSource[] {
  const wanted = config.get("borrow.source")?.value ?? "auto";
  const places = loginPlaces(environment);
  const all: CredentialSource[] = [
    createCodexSource({
      codexHome: codexHome(environment),
      clock,
      askForToken: async () => askCodex(environment),
      renew: config.get("borrow.renew")?.value === true ? renewCodex : null,
    }),
    createBorrowedSource(
      {
        id: "pi",
        owner: "Pi",
        path: places.pi,
        parse: readPiEntry,
        renewCommand: "pi auth check --provider openai-codex",
        signInCommand: "pi auth login",
      },
      clock,
    ),
    createBorrowedSource(
      {
        id: "opencode",
        owner: "opencode",
        path: places.opencode,
        ...(places.opencodeContent === null
          ? {}
          : { content: { text: places.opencodeContent, from: "OPENCODE_AUTH_CONTENT" } }),
        parse: readOpencodeEntry,
        renewCommand: "opencode auth login -p openai",
        signInCommand: "opencode auth login -p openai",
      },
      clock,
    ),
    createBorrowedSource(
      {
        id: "hermes",
        owner: "Hermes",
        path: places.hermes,
        parse: readHermesEntry,
        renewCommand: "hermes auth refresh openai-codex",
        signInCommand: "hermes auth add openai-codex",
      },
      clock,
    ),
  ];
  if (wanted === "auto") return all.map((source) => ({ source, onProblem: "next" }));
  return all.filter(({ id }) => id === wanted).map((source) => ({ source, onProblem: "stop" }));
}

/** The Codex program in this environment, without any key. Null when it is not installed. */
export function codexProgram(environment: Environment): {
  readonly program: string;
  readonly codexHome: string;
  readonly environment: Record<string, string | undefined>;
  readonly version: string;
} | null {
  const home = codexHome(environment);
  const program = findCodexProgram({
    given: variable(environment, "LIMN_CODEX_BIN"),
    path: variable(environment, "PATH"),
    platform: environment.platform,
  });
  return home === null || program === null
    ? null
    : { program, codexHome: home, environment: childEnvironment(environment.variables), version };
}

async function askCodex(environment: Environment): Promise<string | null> {
  const codex = codexProgram(environment);
  return codex === null ? null : askCodexForToken(codex);
}

/** Which login a picture would be paid with, and why; from reports, so without asking anything twice. */
export interface LoginChoice {
  /** Null when none can be used. */
  readonly source: string | null;
  readonly reason: string;
}

const reasons: Readonly<Record<string, string>> = {
  token: "LIMN_ACCESS_TOKEN is set, and goes before everything else",
  sandbox: "the sandbox has a made-up login",
  limn: "limn's own login goes before borrowed ones",
};

export function chooseLogin(sources: readonly RankedSource[], reports: readonly CredentialReport[]): LoginChoice {
  for (const { source, onProblem } of sources) {
    const report = reports.find((candidate) => candidate.source === source.id);
    if (report === undefined || report.state === "absent") continue;
    if (report.state === "usable")
      return {
        source: source.id,
        reason: reasons[source.id] ?? "the first usable login to borrow, in the order Codex, Pi, opencode, Hermes",
      };
    if (onProblem === "stop") return { source: null, reason: `the login "${source.id}" was chosen and cannot be used` };
  }
  return { source: null, reason: "no login was found that can be used" };
}
