import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, statSync } from "node:fs";
import { join, resolve } from "node:path";

const root = resolve(import.meta.dirname, "../../..");

/** Vitest's global setup for tests of what is built: builds once when the build is missing or older than a source. */
export function setup(): void {
  const built = ["limn/dist/main.cjs", "pi/dist/index.js", "ai-sdk/dist/index.js"].map((name) =>
    join(root, "packages", name),
  );
  const newest = newestSource();
  if (built.every((file) => existsSync(file)) && statSync(join(root, "packages/limn/dist/main.cjs")).mtimeMs >= newest)
    return;
  execFileSync("npm", ["run", "--silent", "build"], { cwd: root, stdio: "inherit" });
}

function newestSource(): number {
  let newest = 0;
  for (const name of ["core", "emulator", "finish", "limn", "pi", "ai-sdk"]) {
    const folder = join(root, "packages", name, "src");
    for (const file of readdirSync(folder, { recursive: true, encoding: "utf8" })) {
      if (file.endsWith(".ts") && !file.endsWith(".test.ts"))
        newest = Math.max(newest, statSync(join(folder, file)).mtimeMs);
    }
  }
  return newest;
}
