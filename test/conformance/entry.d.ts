/** The module under test: `scripts/conformance.mjs` puts `web/index.ts`, or what `--entry` names, in its place. */
declare module "webhoist:entry" {
  export const createInstaller: (
    options?: import("../../src/api/resolve.ts").InstallerOptions,
  ) => Promise<import("../../src/api/resolve.ts").Installer>;
}
