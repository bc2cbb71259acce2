import { accessSync, constants, readdirSync, realpathSync, statSync } from "node:fs";
import { basename, delimiter, dirname, join } from "node:path";

export interface ProgramSearch {
  /** Names the program outright; nothing else is tried then. */
  readonly given: string | null;
  readonly path: string | null;
  readonly platform: NodeJS.Platform;
  /** Folders to look into after PATH, see {@link wellKnownFolders}. @default none */
  readonly folders?: readonly string[];
}

/** The Codex program: the one that was named, else the first on PATH, else in a well-known place. Null when there is none that can be run. */
export function findCodexProgram({ given, path, platform, folders = [] }: ProgramSearch): string | null {
  if (given !== null) return isProgram(given) ? given : null;
  const names = platform === "win32" ? ["codex.exe", "codex.cmd"] : ["codex"];
  for (const folder of [...(path ?? "").split(delimiter), ...folders]) {
    if (folder === "") continue;
    for (const name of names) {
      const candidate = join(folder, name);
      if (isProgram(candidate)) return candidate;
    }
  }
  return null;
}

export interface InstallPlaces {
  readonly home: string | null;
  readonly platform: NodeJS.Platform;
  readonly variables: Readonly<Record<string, string | undefined>>;
}

/** Where installers put programs: a process that a desktop started often has a PATH without them. */
export function wellKnownFolders({ home, platform, variables }: InstallPlaces): string[] {
  const below = (...names: string[]): string[] => (home === null ? [] : [join(home, ...names)]);
  if (platform === "win32") {
    const { APPDATA, LOCALAPPDATA } = variables;
    return [
      ...(APPDATA === undefined ? [] : [join(APPDATA, "npm")]),
      ...(LOCALAPPDATA === undefined ? [] : [join(LOCALAPPDATA, "pnpm"), join(LOCALAPPDATA, "Programs", "codex")]),
      ...below(".bun", "bin"),
    ];
  }
  return [
    ...below(".local", "bin"),
    ...below(".npm-global", "bin"),
    ...below(".bun", "bin"),
    ...below(".volta", "bin"),
    ...below(".local", "share", "pnpm"),
    ...below("Library", "pnpm"),
    "/opt/homebrew/bin",
    "/usr/local/bin",
    ...(home === null ? [] : nvmFolders(join(home, ".nvm", "versions", "node"))),
  ];
}

/** Every Node of nvm has programs of its own; the newest first. */
function nvmFolders(versions: string): string[] {
  try {
    return readdirSync(versions)
      .toSorted((one, other) => other.localeCompare(one, "en", { numeric: true }))
      .map((version) => join(versions, version, "bin"));
  } catch {
    return [];
  }
}

const targets: Readonly<Record<string, readonly [packageName: string, triple: string]>> = {
  "linux x64": ["codex-linux-x64", "x86_64-unknown-linux-musl"],
  "linux arm64": ["codex-linux-arm64", "aarch64-unknown-linux-musl"],
  "darwin x64": ["codex-darwin-x64", "x86_64-apple-darwin"],
  "darwin arm64": ["codex-darwin-arm64", "aarch64-apple-darwin"],
  "win32 x64": ["codex-win32-x64", "x86_64-pc-windows-msvc"],
  "win32 arm64": ["codex-win32-arm64", "aarch64-pc-windows-msvc"],
};

/**
 * The native program behind npm's launcher, which is a Node script (codex-backend contract 7.2): starts faster, needs no Node, and gets
 * signals itself. `program` when it is none of npm's or its native part is not where npm puts it.
 */
export function nativeCodexProgram(
  program: string,
  platform: NodeJS.Platform = process.platform,
  architecture: string = process.arch,
): string {
  const target = targets[`${platform} ${architecture}`];
  const root = target === undefined ? null : packageRoot(program, platform);
  if (target === undefined || root === null) return program;
  const [name, triple] = target;
  const file = join("vendor", triple, "bin", platform === "win32" ? "codex.exe" : "codex");
  const candidates = [
    join(root, "node_modules", "@openai", name, file),
    join(dirname(root), name, file),
    // Older packages brought every platform along.
    join(root, file),
  ];
  return candidates.find(isProgram) ?? program;
}

/** The folder of the package `@openai/codex` that `program` is the launcher of; null when it is not. */
function packageRoot(program: string, platform: NodeJS.Platform): string | null {
  if (platform === "win32")
    return /\.cmd$/i.test(program) ? join(dirname(program), "node_modules", "@openai", "codex") : null;
  try {
    const real = realpathSync(program);
    return basename(real) === "codex.js" ? dirname(dirname(real)) : null;
  } catch {
    return null;
  }
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
