/**
 * The program as one small entry and lazily loaded pieces. Everything of ours is bundled, since the tarball must install by itself;
 * sharp has native parts and open brings files of its own, so they stay dependencies.
 */
export default {
  input: { main: "src/main.ts" },
  platform: "node",
  external: ["sharp", "open"],
  resolve: { conditionNames: ["source", "node", "import", "default"] },
  output: {
    dir: "dist",
    format: "esm",
    entryFileNames: "[name].js",
    chunkFileNames: "[name]-[hash].js",
    minify: "dce-only",
  },
};
