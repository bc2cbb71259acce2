import { defineConfig } from "vite";

/**
 * No preset: Preact needs nothing but its JSX import. Small files stay files, so that the policy can forbid everything inline.
 *
 * To work on the page with hot reloading, beside a running `limn serve --sandbox`:
 * `LIMN_SERVE_KEY=$(limn serve --show-key) npx vite packages/studio`
 */
export default defineConfig({
  root: import.meta.dirname,
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  build: {
    outDir: "../limn/dist/studio",
    emptyOutDir: true,
    target: "es2022",
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
  },
  server: {
    host: "127.0.0.1",
    proxy: {
      "/api": {
        target: process.env["LIMN_SERVE_URL"] ?? "http://127.0.0.1:4310",
        changeOrigin: true,
        // The server takes a page of another address for a hostile one, rightly; here the proxy is the client, with the key.
        configure: (proxy) => {
          proxy.on("proxyReq", (request) => {
            for (const name of ["origin", "referer", "sec-fetch-site", "sec-fetch-mode", "sec-fetch-dest"]) {
              request.removeHeader(name);
            }
            request.setHeader("authorization", `Bearer ${process.env["LIMN_SERVE_KEY"] ?? ""}`);
          });
        },
      },
    },
  },
});
