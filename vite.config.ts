import { fileURLToPath } from "node:url";
import { defineConfig, type UserConfig } from "vite";
import { buildRegistry } from "./scripts/build.mjs";
import { readNpmConfig } from "./scripts/npm-config.mjs";
import { createRelay, RELAY } from "./scripts/relay.mjs";
import { ISOLATION } from "./scripts/serve.mjs";

const at = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** Builds the playground. `npm run dev` serves it from source; `npm start` builds it and serves the result. */
const config: UserConfig = defineConfig({
  root: at("web/playground"),
  // Relative URLs, so that the built page works in any folder of a file host.
  base: "./",
  define: { __WEBHOIST_REGISTRY__: JSON.stringify(buildRegistry()), __WEBHOIST_INTERLEAVE__: "undefined" },
  server: { headers: ISOLATION },
  preview: { headers: ISOLATION },
  worker: { format: "es" },
  build: {
    outDir: at(".build/site"),
    emptyOutDir: true,
    target: "es2023",
    chunkSizeWarningLimit: 1000,
    rolldownOptions: { checks: { pluginTimings: false } },
  },
  plugins: [
    {
      name: "webhoist-relay",
      configureServer(server): void {
        const relay = createRelay(readNpmConfig());
        server.middlewares.use((request, response, next) => void (relay.handle(request, response) || next()));
        server.httpServer?.once("close", relay.close);
      },
      transformIndexHtml: {
        order: "pre",
        handler: (_html, { server }) =>
          server ? [{ tag: "meta", attrs: { name: "webhoist-relay", content: RELAY } }] : [],
      },
    },
  ],
});

export default config;
