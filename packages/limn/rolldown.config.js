/**
 * The program as one piece with all that `limn generate` needs, and lazily loaded pieces for the rest. Everything of ours is bundled,
 * since the tarball must install by itself; sharp has native parts and open brings files of its own, so they stay dependencies.
 *
 * CommonJS, because it starts in two thirds of the time (bench/README.md): an ESM import of a module of Node's reads each of its
 * exports, and that loads streams, undici and terminals that nobody asked for.
 */
import { resolve } from "node:path";

const roots = new Set(
  ["src/main.ts", "src/commands/generate.ts", "src/commands/run-request.ts"].map((path) =>
    resolve(import.meta.dirname, path),
  ),
);

/** Modules of Node that most runs never use, 1 to 3 ms each: loaded at the first call. Their functions only, which is all that is used. */
const lazyModules = {
  name: "lazy-modules",
  resolveId: {
    filter: { id: /^node:(?:child_process|fs\/promises|timers\/promises)$/ },
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

/** Whether `limn generate` loads the module: static imports lead to it. */
function isAlwaysLoaded(id, graph, seen = new Set()) {
  if (roots.has(id)) return true;
  seen.add(id);
  const importers = graph.getModuleInfo(id)?.importers ?? [];
  return importers.some((importer) => !seen.has(importer) && isAlwaysLoaded(importer, graph, seen));
}

export default {
  input: { main: "src/main.ts" },
  platform: "node",
  external: ["sharp", "open"],
  resolve: {
    // Its UMD build asks for its own parts in a way that no bundle can follow.
    alias: {
      "jsonc-parser": "jsonc-parser/lib/esm/main.js",
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
        {
          debugName: "program",
          name: (id, graph) => (isAlwaysLoaded(id, graph) ? "program" : null),
        },
      ],
    },
  },
};
