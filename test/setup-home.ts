import { existsSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";

/**
 * Every folder that limn or a borrowed login could live in points into a temporary one, and the run fails if the real ones changed.
 */
const realHome = userInfo().homedir;
const watched = [".codex", ".config/limn", ".local/share/limn", ".pi", "limn"].map((name) => join(realHome, name));
const before = watched.map(stampOf);

const home = mkdtempSync(join(tmpdir(), "limn-test-home-"));
const folders: Readonly<Record<string, string>> = {
  HOME: home,
  USERPROFILE: home,
  LIMN_HOME: join(home, "limn"),
  CODEX_HOME: join(home, ".codex"),
  XDG_CONFIG_HOME: join(home, ".config"),
  XDG_DATA_HOME: join(home, ".local/share"),
  XDG_CACHE_HOME: join(home, ".cache"),
};
Object.assign(process.env, folders);
for (const name of Object.keys(process.env)) {
  const isSetting = name.startsWith("LIMN_") && name !== "LIMN_HOME";
  if (isSetting || /^(?:HTTPS?|ALL|NO)_PROXY$/i.test(name) || name === "OPENAI_API_KEY") delete process.env[name];
}

afterAll(() => {
  rmSync(home, { recursive: true, force: true });
  for (const [index, path] of watched.entries()) {
    if (stampOf(path) !== before[index]) throw new Error(`a test touched the real folder ${path}`);
  }
});

function stampOf(path: string): string {
  return existsSync(path) ? String(statSync(path).mtimeMs) : "absent";
}
