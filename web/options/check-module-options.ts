import type { InstalledProject } from "../../src/api/install.ts";
import type { ModuleGraphOptions, ModuleOptions } from "../../src/api/modules.ts";
import { fits, type OptionRules, type RulesOf } from "../../src/base/option-rules.ts";
import { invalidInput } from "../../src/errors/invalid-option.ts";

const MODULE: RulesOf<ModuleOptions> = {
  files: "files",
  conditions: "list",
  define: "table",
  env: "table",
  transform: "function",
  tsconfig: "tsconfig",
  assets: "function",
  specifier: "function",
  cache: "moduleCache",
  signal: "signal",
};

const GRAPH: RulesOf<ModuleGraphOptions> = { entry: "entry", ...MODULE };

/** Checks the arguments of `moduleGraph`, which needs an entry, or of `toModule`. @throws InstallError EINVALIDINPUT, EINVALIDOPTION */
export async function checkModuleOptions(
  project: InstalledProject,
  options: ModuleOptions & Partial<Pick<ModuleGraphOptions, "entry">>,
  hasEntry: boolean,
): Promise<void> {
  if (typeof project?.nodeResolve !== "function" || typeof project.readFile !== "function")
    throw invalidInput("The first argument must be an installed project.");
  const rules: OptionRules = hasEntry ? GRAPH : MODULE;
  // The entry has no default.
  const given = hasEntry && Object(options) === options ? { ...options, entry: options.entry ?? null } : options;
  if (!fits(rules, given)) throw (await import("../../src/base/refuse-option.ts")).refusal(rules, given);
}
