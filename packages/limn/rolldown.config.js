/**
 * The program as one piece with all that `limn generate` needs, and lazily loaded pieces for the rest. Everything of ours is bundled,
 * since the tarball must install by itself; sharp has native parts and open brings files of its own, so they stay dependencies.
 *
 * CommonJS, because it starts in two thirds of the time (bench/README.md): an ESM import of a module of Node's reads each of its
 * exports, and that loads streams, undici and terminals that nobody asked for.
 */
import { createRequire } from "node:module";
import { resolve } from "node:path";

const { resolve: resolveRequire } = createRequire(import.meta.url);

const roots = new Set(["src/main.ts"].map((path) => resolve(import.meta.dirname, path)));

/** Modules of Node that most runs never use, 1 to 3 ms each: loaded at the first call. Their functions only, which is all that is used. */
const lazyModules = {
  name: "lazy-modules",
  resolveId: {
    filter: { id: /^node:(?:child_process|fs\/promises|readline|timers\/promises)$/ },
    handler: (id) => `\0lazy:${id}`,
  },
  load: {
    filter: { id: /^\0lazy:/ },
    handler: (id) => {
      const module = id.slice("\0lazy:".length);
      const names = Object.entries(process.getBuiltinModule(module))
        .filter(([name, value]) => typeof value === "function" && /^[a-z]/.test(name))
        .map(([name]) => name);
      return [
        `const load = () => process.getBuiltinModule("${module}");`,
        ...names.map((name) => `export const ${name} = (...parameters) => load().${name}(...parameters);`),
        `export default { ${names.join(", ")} };`,
      ].join("\n");
    },
  },
};

/** What `limn history` shares with the rest, so that a list need not read the code that makes pictures. */
const isShared = (id) =>
  [
    /\/core\/src\/(?:config|contracts|errors|files|json)\//,
    /\/core\/src\/(?:open-library|version|codex-program\/child-environment)\.ts$/,
    /\/limn\/src\/(?:reader-context|report-failure|terminal\/(?:terminal|format|report-error))\.ts$/,
    /\/core\/src\/artifacts\/(?:generation-id|hash-records|journal|manifest-name|owner|read-manifest)\.ts$/,
    /^\0lazy:/,
  ].some((pattern) => pattern.test(id));

/** The command framework, which a plain `limn generate` does without (src/plain-line.ts). */
const isFramework = (id) =>
  /\/node_modules\/commander\//.test(id) ||
  /\/limn\/src\/(?:run-program|history-command|help-text|usage-error)\.ts$/.test(id);

/** What a list needs besides, in one piece: each file costs half a millisecond. */
const isLibrary = (id) =>
  /\/core\/src\/library\/(?!import|leftovers|prune)[\w-]+\.ts$/.test(id) ||
  /\/limn\/src\/commands\/(?:find-id|history|history-query)\.ts$/.test(id);

/** Whether `limn generate` loads the module: static imports lead to it. */
function isAlwaysLoaded(id, graph, seen = new Set()) {
  if (roots.has(id)) return true;
  seen.add(id);
  const importers = graph.getModuleInfo(id)?.importers ?? [];
  return importers.some((importer) => !seen.has(importer) && isAlwaysLoaded(importer, graph, seen));
}

export default {
  input: { main: "src/main.ts", history: "src/history-main.ts" },
  platform: "node",
  external: ["sharp", "open"],
  resolve: {
    // Its UMD build asks for its own parts in a way that no bundle can follow.
    alias: {
      "jsonc-parser": "jsonc-parser/lib/esm/main.js",
      // yazl requires it, and would get the namespace of its ESM build.
      "buffer-crc32": createRequire(resolveRequire("yazl")).resolve("buffer-crc32"),
      "@modelcontextprotocol/server/_shims": resolve(import.meta.dirname, "src/mcp/server-shims.ts"),
    },
    conditionNames: ["source", "node", "import", "default"],
  },
  plugins: [lazyModules],
  preserveEntrySignatures: "allow-extension",
  output: {
    dir: "dist",
    format: "cjs",
    entryFileNames: "[name].cjs",
    chunkFileNames: "[name]-[hash].cjs",
    minify: "dce-only",
    comments: { legal: true, annotation: false, jsdoc: false },
    codeSplitting: {
      includeDependenciesRecursively: false,
      groups: [
        { debugName: "shared", name: (id) => (isShared(id) ? "shared" : null), priority: 2 },
        { debugName: "framework", name: (id) => (isFramework(id) ? "framework" : null), priority: 2 },
        { debugName: "library", name: (id) => (isLibrary(id) ? "library" : null), priority: 2 },
        {
          debugName: "program",
          name: (id, graph) => (isAlwaysLoaded(id, graph) ? "program" : null),
        },
      ],
    },
  },
};
