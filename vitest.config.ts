import { availableParallelism } from "node:os";
import { playwright } from "@vitest/browser-playwright";
import { defineConfig, type ViteUserConfig } from "vitest/config";
import { CHROMIUM_SWITCHES, findChromium } from "./scripts/chromium.mjs";
import { ISOLATION } from "./scripts/serve.mjs";
import { nodeTests } from "./scripts/test-tiers.mjs";

const executablePath = findChromium();

const { fast, slow } = nodeTests();

/**
 * `node`: the tests that need Node alone. `system`: those that start a browser, a process or a bundler. `browser`: those that run
 * inside Chromium. `package`: those of the package that `npm pack` makes.
 */
const config: ViteUserConfig = defineConfig({
  define: {
    __WEBHOIST_REGISTRY__: JSON.stringify("http://registry.local/"),
    // A test puts a function there, and takes it away again.
    __WEBHOIST_INTERLEAVE__: "globalThis.interleave",
  },
  test: {
    // Much of the suite waits for a browser or a child process: two at a time even on two cores.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    projects: [
      { extends: true, test: { name: "node", include: fast, testTimeout: 30_000 } },
      { extends: true, test: { name: "system", include: slow, testTimeout: 30_000 } },
      {
        extends: true,
        // Isolated, so that every mode can be tried; and what workers import is bundled before, else the page is loaded anew.
        server: { headers: ISOLATION },
        optimizeDeps: { include: ["comlink", "fflate", "idb-keyval"] },
        test: {
          name: "browser",
          include: ["test/**/*.browser.ts"],
          testTimeout: 60_000,
          browser: {
            enabled: true,
            headless: true,
            screenshotFailures: false,
            instances: [{ browser: "chromium" }],
            provider: playwright({
              launchOptions: { args: CHROMIUM_SWITCHES, ...(executablePath && { executablePath }) },
            }),
          },
        },
      },
      {
        extends: true,
        test: {
          name: "package",
          include: ["test/system/package/**/*.test.ts"],
          globalSetup: ["test/system/package/pack.ts"],
          testTimeout: 120_000,
          hookTimeout: 120_000,
          fileParallelism: false,
        },
      },
    ],
  },
});

export default config;
