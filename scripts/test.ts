/**
 * `npm test`: every check there is, in the order in which a fault is cheapest to find, ending with one plain line. The Node 22 lane runs
 * where test/judges is installed (`npm ci --prefix test/judges`) and is counted as skipped where it is not.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

interface Tally {
  passed: number;
  failed: number;
  skipped: number;
}

const root = resolve(import.meta.dirname, "..");
const bin = (name: string): string => join(root, "node_modules/.bin", name);
const node22 = join(root, "test/judges/node_modules/node/bin/node");
const reports = mkdtempSync(join(tmpdir(), "limn-test-reports-"));
const tally: Tally = { passed: 0, failed: 0, skipped: 0 };

const packages = [
  "packages/core",
  "packages/emulator",
  "packages/finish",
  "packages/limn",
  "packages/pi",
  "packages/ai-sdk",
];
const checks: readonly (readonly [string, string, readonly string[]])[] = [
  ["types and build", "npm", ["run", "--silent", "build"]],
  ["types of tests and scripts", bin("tsc"), ["-p", "test/tsconfig.json"]],
  ["types of the studio page", bin("tsc"), ["-p", "packages/studio"]],
  ["types of integrations/open-design", bin("tsc"), ["-p", "integrations/open-design"]],
  ["lint", bin("oxlint"), ["--type-aware", "--deny-warnings"]],
  ["format", bin("oxfmt"), ["--check"]],
  ["unused files, exports and dependencies", bin("knip"), []],
  ["docs/reference.md is up to date", process.execPath, ["--conditions=source", "scripts/generate-docs.ts", "--check"]],
  ["JSON schemas are up to date", process.execPath, ["--conditions=source", "scripts/generate-schemas.ts", "--check"]],
  ...(existsSync(join(root, "tools/api-reference/node_modules"))
    ? [["docs/api is up to date", process.execPath, ["scripts/generate-api-reference.ts", "--check"]] as const]
    : []),
  ...packages.map((folder) => [`package ${folder}`, bin("publint"), ["--strict", folder]] as const),
  ...["packages/core", "packages/emulator", "packages/finish", "packages/pi", "packages/ai-sdk"].map(
    (folder) =>
      [`types of package ${folder}`, bin("attw"), ["--pack", folder, "--profile", "esm-only", "--quiet"]] as const,
  ),
];

for (const [name, program, parameters] of checks) {
  process.stdout.write(`• ${name}\n`);
  const { status } = spawnSync(program, parameters, { cwd: root, stdio: "inherit" });
  tally[status === 0 ? "passed" : "failed"] += 1;
  if (status !== 0) process.stdout.write(`  FAILED: ${name}\n`);
  // Without a build there is nothing to test.
  if (status !== 0 && name === "types and build") finish();
}

runTests("Node 24", process.execPath, []);
// What the program does on Node 22 is asked by the other suites; a browser would ask the same page for the same files again.
if (existsSync(node22)) runTests("Node 22", node22, ["--project", "!browser"]);
else {
  process.stdout.write("• tests on Node 22: skipped, not installed (npm ci --prefix test/judges)\n");
  tally.skipped += 1;
}
finish();

function runTests(name: string, node: string, choice: readonly string[]): void {
  const report = join(reports, `${name.replace(" ", "-")}.json`);
  process.stdout.write(`• tests on ${name} (${spawnSync(node, ["--version"], { encoding: "utf8" }).stdout.trim()})\n`);
  const parameters = [
    "node_modules/vitest/vitest.mjs",
    "run",
    ...choice,
    "--reporter=dot",
    "--reporter=json",
    `--outputFile.json=${report}`,
  ];
  const { status } = spawnSync(node, parameters, { cwd: root, stdio: "inherit" });
  const counts: unknown = existsSync(report) ? JSON.parse(readFileSync(report, "utf8")) : null;
  const passed = count(counts, "numPassedTests");
  const failed = count(counts, "numFailedTests");
  tally.passed += passed;
  tally.skipped += count(counts, "numPendingTests") + count(counts, "numTodoTests");
  // A suite that could not even be loaded fails no test of its own.
  tally.failed += failed === 0 && status !== 0 ? 1 : failed;
}

function count(report: unknown, name: string): number {
  if (typeof report !== "object" || report === null) return 0;
  const value: unknown = Object.getOwnPropertyDescriptor(report, name)?.value;
  return typeof value === "number" ? value : 0;
}

function finish(): never {
  rmSync(reports, { recursive: true, force: true });
  process.stdout.write(`${tally.passed} passed, ${tally.failed} failed, ${tally.skipped} skipped\n`);
  process.exit(tally.failed === 0 ? 0 : 1);
}
