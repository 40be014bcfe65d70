import type { InstalledProject } from "../../src/api/install.ts";
import type { RulesOf } from "../../src/base/option-rules.ts";
import { checkOptions } from "../../src/base/refuse-option.ts";
import { invalidInput } from "../../src/errors/invalid-option.ts";
import { type BundlerOptions, checkFiles } from "../../src/modules/bundle.ts";
import { NODE_RESOLVE_RULES } from "../../src/node/resolve.ts";

const RULES: RulesOf<BundlerOptions> = { ...NODE_RESOLVE_RULES, files: "any" };

/** Checks the arguments of both plugins. @throws InstallError EINVALIDINPUT, EINVALIDOPTION */
export function checkPlugin(project: InstalledProject, options: BundlerOptions): void {
  const { nodeResolve, readFile } = Object(project) as Partial<InstalledProject>;
  if (typeof nodeResolve !== "function" || typeof readFile !== "function")
    throw invalidInput("The plugin takes an installed project: pass what installer.install resolves to.");
  checkOptions(RULES, options);
  if (options.files !== undefined && typeof options.files !== "function") checkFiles(options.files);
}
