import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, statSync } from "node:fs";
import { join, resolve } from "node:path";

const root = resolve(import.meta.dirname, "../../..");

const packages = readdirSync(join(root, "packages")).filter((name) => existsSync(join(root, "packages", name, "src")));

/** Vitest's global setup for tests of what is built: builds once when the build is missing or older than a source. */
export function setup(): void {
  const program = join(root, "packages/limn/dist/main.cjs");
  const page = join(root, "packages/limn/dist/studio/index.html");
  const built = packages.map((name) =>
    name === "limn" ? program : name === "studio" ? page : join(root, "packages", name, "dist/index.js"),
  );
  if (built.every((file) => existsSync(file)) && statSync(program).mtimeMs >= newestSource()) return;
  execFileSync("npm", ["run", "--silent", "build"], { cwd: root, stdio: "inherit" });
}

function newestSource(): number {
  let newest = 0;
  for (const name of packages) {
    const folder = join(root, "packages", name, "src");
    for (const file of readdirSync(folder, { recursive: true, encoding: "utf8" })) {
      if (/\.(?:tsx?|css)$/.test(file) && !file.endsWith(".test.ts"))
        newest = Math.max(newest, statSync(join(folder, file)).mtimeMs);
    }
  }
  return newest;
}
