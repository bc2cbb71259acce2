import { AppServer, isAtLeast, readCodexAccount, readProgramVersion } from "../../codex-program/index.ts";
import type { Payer } from "../../contracts/engine.ts";
import { LimnError } from "../../errors/index.ts";
import { exited } from "./failure.ts";
import type { CodexEngineParts, CodexLoginFacts, CodexProgram } from "./parts.ts";

/** The oldest version whose ways are known (codex-backend contract 11): since then every turn asks for the account's workspace first. */
const oldestVersion = "0.157.0";
/** Since when the image tool takes `transparent_background`. */
const transparencySince = "0.160.0";

/** Codex waits for its workspace for 15 s, and then tells so. */
const accountLimitMs = 25_000;

/** What is known before anything is spent. */
export interface Readiness {
  readonly program: CodexProgram;
  readonly codexHome: string;
  readonly version: string;
  readonly facts: CodexLoginFacts;
  readonly payer: Payer;
}

/**
 * Login first: from Codex's files, without a process. Then the program and its version; and where the login is in a keychain, Codex's own
 * word. @throws the login codes, plan_not_included, engine_disabled, engine_unavailable, engine_exited
 */
export async function prepareCodex(parts: CodexEngineParts, signal: AbortSignal): Promise<Readiness> {
  const facts = await parts.login();
  if (facts.imageGenerationOff) throw disabled(parts.codexHome);
  refuseFreePlan(facts.account?.plan ?? null);
  const program = parts.program();
  const { codexHome } = parts;
  if (program === null || codexHome === null) throw notFound();
  const answer = await readProgramVersion({ program: program.path, environment: program.environment }, signal);
  if (answer.kind === "unknown") throw exited(answer.how, answer.lastErrors, false, { privateTexts: [] });
  const { version } = answer;
  if (!isAtLeast(version, oldestVersion)) throw tooOld(version, program.path);
  const account = facts.account ?? (await askForAccount(parts, program, codexHome, signal));
  refuseFreePlan(account.plan);
  return { program, codexHome, version, facts, payer: { ...account, source: "codex" } };
}

async function askForAccount(
  parts: CodexEngineParts,
  program: CodexProgram,
  codexHome: string,
  signal: AbortSignal,
): Promise<{ readonly plan: string | null; readonly accountKey: string | null }> {
  const limit = AbortSignal.timeout(accountLimitMs);
  let server: AppServer | null = null;
  try {
    server = await AppServer.start({
      program: program.path,
      codexHome,
      environment: program.environment,
      version: parts.version,
      signal: AbortSignal.any([signal, limit]),
    });
    const account = await readCodexAccount(server);
    if (account.kind === "chatgpt")
      return { plan: account.plan, accountKey: account.userId === null ? null : keyOf(account.userId) };
    throw account.kind === "none" && account.requiresOpenaiAuth
      ? new LimnError("login_missing", {
          message: "Codex is not signed in.",
          hint: "Sign in with ChatGPT: codex login",
        })
      : new LimnError("login_refused", {
          message: `Codex's login is of the kind "${account.kind === "other" ? account.type : "another provider"}", which has no ChatGPT plan to use.`,
          hint: "Sign in with ChatGPT: codex login",
          details: { kind: account.kind === "other" ? account.type : "third_party_provider" },
        });
  } catch (error) {
    if (!limit.aborted || signal.aborted) throw error;
    throw new LimnError("engine_exited", {
      message: `Codex did not tell within ${accountLimitMs / 1000} s who is signed in, and was ended; nothing was spent.`,
      hint: "Try it by itself: codex login status",
      details: { limitMs: accountLimitMs },
    });
  } finally {
    await server?.close();
  }
}

/** No id is kept, only that it is the same one. */
function keyOf(userId: string): string {
  return process
    .getBuiltinModule("node:crypto")
    .createHash("sha256")
    .update(`codex ${userId}`)
    .digest("hex")
    .slice(0, 16);
}

/** Codex itself hides its image tool from this plan (codex-backend contract 5.2), so that a turn would only cost tokens. */
function refuseFreePlan(plan: string | null): void {
  if (plan?.toLowerCase() !== "free") return;
  throw new LimnError("plan_not_included", {
    message: "Codex is signed in with the plan Free, and hides its image tool from it. Nothing was sent.",
    hint: "Sign in with another account: codex logout && codex login",
    details: { plan },
  });
}

function disabled(codexHome: string | null): LimnError {
  return new LimnError("engine_disabled", {
    message: `Images are turned off in Codex's settings (image_generation under [features] in ${codexHome ?? "~/.codex"}/config.toml). limn does not override that.`,
    hint: "Turn them on: codex features enable image_generation",
    details: { setting: "features.image_generation" },
  });
}

function notFound(): LimnError {
  return new LimnError("engine_unavailable", {
    message:
      "The Codex program was not found: neither by LIMN_CODEX_BIN, nor on PATH, nor where it is usually installed.",
    hint: "Install it: npm install -g @openai/codex — or name it: LIMN_CODEX_BIN=/path/to/codex. No OPENAI_API_KEY is needed.",
    details: { kind: "not_found" },
  });
}

function tooOld(version: string, path: string): LimnError {
  return new LimnError("engine_unavailable", {
    message: `Codex ${version} (${path}) is too old; limn drives ${oldestVersion} and later.`,
    hint: "Update it: npm install -g @openai/codex@latest",
    details: { kind: "too_old", version, oldest: oldestVersion },
  });
}

/** @throws unsupported_option when this version's image tool cannot do what is asked */
export function refuseWhatIsTooNew(version: string, wantsTransparency: boolean): void {
  if (!wantsTransparency || isAtLeast(version, transparencySince)) return;
  throw new LimnError("unsupported_option", {
    message: `Codex ${version} cannot draw on a transparent background; that came with ${transparencySince}. Nothing was spent.`,
    hint: "Update it: npm install -g @openai/codex@latest — or: --engine images",
    details: { option: "background", version },
  });
}
