/** The module under test. `scripts/conformance.mjs` replaces it by `web/index.ts`, or by the module of `--entry`. */
declare module "webhoist:entry" {
  export const createInstaller: (
    options?: import("../../src/api/resolve.ts").InstallerOptions,
  ) => Promise<import("../../src/api/resolve.ts").Installer>;
}
