/** Writes docs/reference.md from the tables and the built program's own help. With --check, says whether it is up to date. */
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { configKeys, createLimn, errorCodes, exitStatusByCategory, warningCodes } from "@limn/core";

const root = resolve(import.meta.dirname, "..");
const file = join(root, "docs/reference.md");
const commands = [
  "generate",
  "edit",
  "again",
  "login",
  "logout",
  "status",
  "history",
  "show",
  "open",
  "recipe",
  "capabilities",
  "models",
  "mcp",
  "serve",
  "setup",
  "doctor",
  "config",
  "emulator",
  "completion",
];

function help(...words: readonly string[]): string {
  const text = execFileSync(process.execPath, [join(root, "packages/limn/bin/limn.js"), ...words, "--help"], {
    encoding: "utf8",
    env: { PATH: process.env.PATH, COLUMNS: "100", NO_COLOR: "1" },
  });
  return ["```", text.trimEnd(), "```"].join("\n");
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, head.map(() => "---"), ...rows].map((row) => `| ${row.join(" | ")} |`).join("\n");
}

const { capabilities } = createLimn({ config: new Map() });
const text = `# Reference

Made by \`npm run docs\` from the program itself; a check holds it up to date.

## Commands

${help()}

${commands.map((name) => `### limn ${name}\n\n${help(name)}`).join("\n\n")}

## What each engine honours

Nothing in this table was measured on the live service by limn itself; \`limn capabilities\` prints it with its sources.

${capabilities
  .map(
    ({ engine, title, rows }) =>
      `**${engine}**: ${title}\n\n${table(
        ["property", "honoured", "meaning", "as of"],
        rows.map(({ property, honoured, note, date }) => [property, honoured, note, date]),
      )}`,
  )
  .join("\n\n")}

## Settings

Order: flag, variable, \`limn.config.json\` (this folder or the nearest above), your own file (\`limn config path\`), default. A project file cannot
set an address, a token or a program to run.

${table(
  ["setting", "variable", "in a project file", "meaning"],
  configKeys.map(({ name, variable, project, meaning }) => [
    `\`${name}\``,
    variable === undefined ? "" : `\`${variable}\``,
    project ? "yes" : "no",
    meaning,
  ]),
)}

Further variables: \`LIMN_HOME\` (one folder for everything), \`LIMN_ACCESS_TOKEN\` (a token for one run), \`CODEX_HOME\`, \`HTTPS_PROXY\`, \`ALL_PROXY\`,
\`NO_PROXY\`, \`NODE_EXTRA_CA_CERTS\`, \`NO_COLOR\`, \`FORCE_COLOR\`, \`CI\`.

## Errors

${table(
  ["code", "exit status", "repeat helps", "meaning"],
  Object.entries(errorCodes).map(([code, { category, retryable, meaning }]) => [
    `\`${code}\``,
    `${exitStatusByCategory[category]} ${category}`,
    retryable ? "after a while" : "no",
    meaning,
  ]),
)}

Other exit statuses: 0 done, 11 partial (some of several images failed), 130 interrupted with Ctrl-C, 143 ended by SIGTERM.

## Warnings

${table(
  ["code", "meaning"],
  Object.entries(warningCodes).map(([code, meaning]) => [`\`${code}\``, meaning]),
)}
`;

if (!process.argv.includes("--check")) writeFileSync(file, text);
else if (readFileSync(file, "utf8") !== text) {
  process.stderr.write("docs/reference.md is not up to date; run: npm run docs\n");
  process.exitCode = 1;
}
