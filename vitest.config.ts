import { availableParallelism } from "node:os";
import { playwright } from "@vitest/browser-playwright";
import { defineConfig, type ViteUserConfig } from "vitest/config";
import { CHROMIUM_SWITCHES, findChromium } from "./scripts/chromium.mjs";
import { ISOLATION } from "./scripts/serve.mjs";
import { nodeTests } from "./scripts/test-tiers.mjs";

const executablePath = findChromium();

const { fast, slow } = nodeTests();

/** Tests run graphs of modules by `vm.SourceTextModule`. */
const VM_MODULES = ["--experimental-vm-modules"];

/**
 * The projects of the test suite:
 *
 * - `node`: tests that need only Node
 * - `system`: tests that start a browser, a process or a bundler
 * - `browser`: tests that run inside Chromium
 * - `browsers`: tests of the built package in each browser, which `npm run test:browsers` starts
 * - `package`: tests of the package that `npm pack` makes
 */
const config: ViteUserConfig = defineConfig({
  define: {
    __WEBHOIST_REGISTRY__: JSON.stringify("http://registry.local/"),
    // A test may set this global to a function, and removes it afterwards.
    __WEBHOIST_INTERLEAVE__: "globalThis.interleave",
  },
  test: {
    // Many tests wait for a browser or a child process, so run two files at a time even on two cores.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    projects: [
      { extends: true, test: { name: "node", include: fast, testTimeout: 30_000, execArgv: VM_MODULES } },
      { extends: true, test: { name: "system", include: slow, testTimeout: 30_000, execArgv: VM_MODULES } },
      {
        extends: true,
        // Cross-origin isolated, so that tests can use every mode. The workers' imports are bundled beforehand, because
        // Vite reloads the page when it finds a new dependency.
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
        test: { name: "browsers", include: ["test/browsers/*.test.ts"], testTimeout: 600_000, hookTimeout: 120_000 },
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
