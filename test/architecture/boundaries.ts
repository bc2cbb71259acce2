/**
 * Who may import whom, as data. A folder that is not here may not exist; a package that is not named may not be imported.
 * Dependencies point one way: from the program to the client, to the engines, to the contracts.
 */
export interface Zone {
  /** Relative to the repository; a file or a folder. The longest match counts. */
  readonly path: string;
  /** Other zones of the same package. */
  readonly zones: readonly string[];
  /** Packages beside Node's own modules. */
  readonly packages: readonly string[];
}

const core = "packages/core/src";

const zones: readonly Zone[] = [
  { path: `${core}/contracts`, zones: [], packages: [] },
  { path: `${core}/json`, zones: [], packages: [] },
  { path: `${core}/files`, zones: [], packages: [] },
  { path: `${core}/version.ts`, zones: [], packages: [] },
  { path: `${core}/errors`, zones: [`${core}/contracts`], packages: [] },
  { path: `${core}/media`, zones: [`${core}/contracts`], packages: [] },
  { path: `${core}/config`, zones: [`${core}/contracts`, `${core}/errors`, `${core}/files`], packages: [] },
  {
    path: `${core}/credentials`,
    zones: [`${core}/contracts`, `${core}/errors`, `${core}/files`, `${core}/json`],
    packages: ["smol-toml"],
  },
  {
    path: `${core}/transport`,
    zones: [`${core}/contracts`, `${core}/errors`, `${core}/json`],
    packages: ["https-proxy-agent", "proxy-from-env"],
  },
  {
    path: `${core}/artifacts`,
    zones: [`${core}/contracts`, `${core}/errors`, `${core}/files`, `${core}/json`, `${core}/media`],
    packages: [],
  },
  {
    path: `${core}/library`,
    zones: [
      `${core}/artifacts`,
      `${core}/contracts`,
      `${core}/errors`,
      `${core}/files`,
      `${core}/json`,
      `${core}/media`,
    ],
    packages: [],
  },
  {
    path: `${core}/account`,
    zones: [`${core}/contracts`, `${core}/errors`, `${core}/files`, `${core}/json`, `${core}/transport`],
    packages: [],
  },
  {
    path: `${core}/engines/images`,
    zones: [
      `${core}/contracts`,
      `${core}/engines/shape-words.ts`,
      `${core}/errors`,
      `${core}/json`,
      `${core}/media`,
      `${core}/transport`,
    ],
    packages: [],
  },
  { path: `${core}/engines/shape-words.ts`, zones: [`${core}/contracts`], packages: [] },
  {
    path: `${core}/engines/responses`,
    zones: [
      `${core}/contracts`,
      `${core}/engines/shape-words.ts`,
      `${core}/errors`,
      `${core}/json`,
      `${core}/media`,
      `${core}/transport`,
    ],
    packages: [],
  },
  {
    path: `${core}/engines/codex`,
    zones: [
      `${core}/codex-program`,
      `${core}/contracts`,
      `${core}/engines/shape-words.ts`,
      `${core}/errors`,
      `${core}/json`,
      `${core}/media`,
    ],
    packages: [],
  },
  { path: `${core}/engines/select.ts`, zones: [`${core}/contracts`, `${core}/errors`], packages: [] },
  {
    path: `${core}/engines/table.ts`,
    zones: [
      `${core}/contracts`,
      `${core}/transport`,
      `${core}/engines/codex`,
      `${core}/engines/images`,
      `${core}/engines/responses`,
    ],
    packages: [],
  },
  {
    path: `${core}/inputs`,
    zones: [`${core}/contracts`, `${core}/errors`, `${core}/files`, `${core}/json`, `${core}/media`],
    packages: [],
  },
  {
    path: `${core}/client`,
    zones: [
      `${core}/contracts`,
      `${core}/errors`,
      `${core}/files`,
      `${core}/json`,
      `${core}/media`,
      `${core}/artifacts`,
    ],
    packages: [],
  },
  {
    path: `${core}/sign-in`,
    zones: [`${core}/contracts`, `${core}/errors`, `${core}/files`, `${core}/json`, `${core}/transport`],
    packages: [],
  },
  {
    path: `${core}/codex-program`,
    zones: [`${core}/contracts`, `${core}/errors`, `${core}/json`],
    packages: [],
  },
  {
    path: `${core}/compose-credentials.ts`,
    zones: [
      `${core}/compose-renewal.ts`,
      `${core}/codex-program`,
      `${core}/config`,
      `${core}/contracts`,
      `${core}/credentials`,
      `${core}/errors`,
      `${core}/version.ts`,
    ],
    packages: [],
  },
  {
    path: `${core}/compose-renewal.ts`,
    zones: [`${core}/codex-program`, `${core}/contracts`, `${core}/credentials`, `${core}/errors`],
    packages: [],
  },
  {
    path: `${core}/compose-sign-in.ts`,
    zones: [
      `${core}/compose-renewal.ts`,
      `${core}/contracts`,
      `${core}/credentials`,
      `${core}/errors`,
      `${core}/sign-in`,
    ],
    packages: [],
  },
  {
    path: `${core}/compose-codex.ts`,
    zones: [
      `${core}/codex-program`,
      `${core}/config`,
      `${core}/credentials`,
      `${core}/engines/codex`,
      `${core}/errors`,
      `${core}/json`,
      `${core}/transport`,
      `${core}/version.ts`,
    ],
    packages: ["smol-toml"],
  },
  { path: `${core}/schema`, zones: [`${core}/contracts`], packages: ["zod"] },
  {
    path: `${core}/defaults.ts`,
    zones: [
      `${core}/account`,
      `${core}/artifacts`,
      `${core}/client`,
      `${core}/config`,
      `${core}/contracts`,
      `${core}/compose-codex.ts`,
      `${core}/compose-credentials.ts`,
      `${core}/compose-renewal.ts`,
      `${core}/compose-sign-in.ts`,
      `${core}/credentials`,
      `${core}/engines/select.ts`,
      `${core}/engines/table.ts`,
      `${core}/inputs`,
      `${core}/open-library.ts`,
      `${core}/sign-in`,
      `${core}/transport`,
      `${core}/version.ts`,
    ],
    packages: [],
  },
  {
    path: `${core}/open-library.ts`,
    zones: [`${core}/config`, `${core}/contracts`, `${core}/library`, `${core}/version.ts`],
    packages: [],
  },
  {
    path: `${core}/index.ts`,
    zones: [
      `${core}/account`,
      `${core}/artifacts`,
      `${core}/client`,
      `${core}/codex-program`,
      `${core}/config`,
      `${core}/contracts`,
      `${core}/compose-credentials.ts`,
      `${core}/compose-sign-in.ts`,
      `${core}/defaults.ts`,
      `${core}/errors`,
      `${core}/open-library.ts`,
      `${core}/transport`,
      `${core}/version.ts`,
    ],
    packages: [],
  },
  { path: "packages/emulator/src", zones: [], packages: [] },
  // Of the core the types only: boundaries.test.ts.
  {
    path: "packages/studio/src",
    zones: [],
    packages: ["@limn/core", "@preact/signals", "@tanstack/virtual-core", "photoswipe", "preact"],
  },
  { path: "packages/ai-sdk/src", zones: [], packages: ["@ai-sdk/provider", "@limn/core", "@limn/finish"] },
  { path: "packages/pi/src/finish-tools.ts", zones: [], packages: ["@limn/core", "@limn/finish"] },
  {
    path: "packages/pi/src/index.ts",
    zones: ["packages/pi/src", "packages/pi/src/finish-tools.ts"],
    packages: ["@limn/core", "@earendil-works/pi-coding-agent", "@earendil-works/pi-tui"],
  },
  { path: "packages/pi/src", zones: ["packages/pi/src/finish-tools.ts"], packages: ["@limn/core"] },
  { path: "packages/finish/src", zones: [], packages: ["@limn/core", "sharp"] },
  { path: "packages/limn/src/image-tools.ts", zones: [], packages: ["@limn/core", "@limn/finish"] },
  { path: "packages/limn/src/terminal", zones: [], packages: ["@limn/core", "sharp"] },
  { path: "packages/limn/src/sandbox.ts", zones: [], packages: ["@limn/core", "@limn/emulator"] },
  {
    path: "packages/limn/src/commands/emulator.ts",
    zones: ["packages/limn/src", "packages/limn/src/commands", "packages/limn/src/terminal"],
    packages: ["@limn/core", "@limn/emulator"],
  },
  { path: "packages/limn/src/loopback", zones: [], packages: ["@limn/core"] },
  {
    path: "packages/limn/src/setup",
    zones: ["packages/limn/src/loopback"],
    packages: ["@limn/core", "jsonc-parser", "smol-toml", "yaml"],
  },
  {
    path: "packages/limn/src/commands/setup.ts",
    zones: [
      "packages/limn/src",
      "packages/limn/src/commands",
      "packages/limn/src/loopback",
      "packages/limn/src/setup",
      "packages/limn/src/terminal",
    ],
    packages: ["@limn/core"],
  },
  {
    path: "packages/limn/src/worker",
    zones: ["packages/limn/src", "packages/limn/src/sandbox.ts"],
    packages: ["@limn/core", "sharp"],
  },
  {
    path: "packages/limn/src/commands/worker.ts",
    zones: ["packages/limn/src", "packages/limn/src/worker"],
    packages: [],
  },
  {
    path: "packages/limn/src/mcp",
    zones: ["packages/limn/src", "packages/limn/src/loopback", "packages/limn/src/worker"],
    packages: ["@limn/core", "@hono/node-server", "@modelcontextprotocol/server", "zod"],
  },
  {
    path: "packages/limn/src/commands/mcp.ts",
    zones: ["packages/limn/src", "packages/limn/src/commands", "packages/limn/src/mcp"],
    packages: ["@limn/core"],
  },
  {
    path: "packages/limn/src/serve",
    zones: ["packages/limn/src/loopback"],
    packages: ["@limn/core", "busboy"],
  },
  {
    path: "packages/limn/src/studio",
    zones: ["packages/limn/src/loopback"],
    packages: ["@limn/core", "busboy", "yazl"],
  },
  {
    path: "packages/limn/src/commands/studio.ts",
    zones: [
      "packages/limn/src",
      "packages/limn/src/commands/serve.ts",
      "packages/limn/src/loopback",
      "packages/limn/src/studio",
    ],
    packages: ["@limn/core", "open"],
  },
  {
    path: "packages/limn/src/commands/serve.ts",
    zones: [
      "packages/limn/src",
      "packages/limn/src/commands",
      "packages/limn/src/image-tools.ts",
      "packages/limn/src/loopback",
      "packages/limn/src/sandbox.ts",
      "packages/limn/src/serve",
      "packages/limn/src/studio",
    ],
    packages: ["@limn/core"],
  },
  {
    path: "packages/limn/src/commands",
    zones: ["packages/limn/src", "packages/limn/src/terminal", "packages/limn/src/sandbox.ts"],
    packages: ["@limn/core", "open"],
  },
  {
    path: "packages/limn/src",
    zones: [
      "packages/limn/src/commands",
      "packages/limn/src/commands/emulator.ts",
      "packages/limn/src/commands/mcp.ts",
      "packages/limn/src/commands/serve.ts",
      "packages/limn/src/commands/setup.ts",
      "packages/limn/src/commands/studio.ts",
      "packages/limn/src/commands/worker.ts",
      "packages/limn/src/image-tools.ts",
      "packages/limn/src/terminal",
      "packages/limn/src/sandbox.ts",
    ],
    packages: ["@limn/core", "commander", "@bomb.sh/tab"],
  },
];

export function zoneOf(file: string): Zone | null {
  const matches = zones.filter(({ path }) => file === path || file.startsWith(`${path}/`));
  return matches.sort((left, right) => right.path.length - left.path.length)[0] ?? null;
}
