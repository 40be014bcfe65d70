import type { InstalledProject } from "../../src/api/install.ts";
import type { ModuleGraphOptions, ModuleOptions } from "../../src/api/modules.ts";
import { isObject } from "../../src/base/json.ts";
import { invalidInput, invalidOption } from "../../src/errors/invalid-option.ts";
import { checkOptionName } from "./option-name.ts";

/** All options of `moduleGraph`. The compiler demands an entry for each. */
const NAMES: Readonly<Record<keyof ModuleGraphOptions, 1>> = {
  entry: 1,
  files: 1,
  conditions: 1,
  define: 1,
  env: 1,
  transform: 1,
  tsconfig: 1,
  assets: 1,
  specifier: 1,
  cache: 1,
  signal: 1,
};

/** Checks the arguments of `moduleGraph`. @throws InstallError EINVALIDINPUT, EINVALIDOPTION */
export function checkModuleOptions(
  project: InstalledProject,
  options: ModuleOptions & { entry?: unknown },
  hasEntry: boolean,
): void {
  if (typeof project?.nodeResolve !== "function" || typeof project.readFile !== "function")
    throw invalidInput("The first argument must be an installed project.");
  if (typeof options !== "object" || options === null) throw invalidOption("options must be an object.");
  const names = Object.keys(NAMES).filter((name) => hasEntry || name !== "entry");
  for (const name of Object.keys(options)) checkOptionName(name, names);
  const demand = (isRight: boolean, name: string, what: string): void => {
    if (!isRight) throw invalidOption(`options.${name} must be ${what}.`);
  };
  const { entry, files, conditions, define, env, tsconfig, cache, signal } = options;
  const texts = (value: unknown): boolean => Array.isArray(value) && value.every((one) => typeof one === "string");
  const table = (value: unknown): boolean =>
    value === undefined || (isObject(value) && Object.values(value).every((one) => typeof one === "string"));
  if (hasEntry)
    demand(
      (typeof entry === "string" && entry !== "") || (texts(entry) && (entry as unknown[]).length > 0),
      "entry",
      "a path, or a list of paths",
    );
  const isFile = (one: unknown): boolean => typeof one === "string" || one instanceof Uint8Array;
  demand(
    files === undefined || (isObject(files) && Object.values(files).every(isFile)),
    "files",
    "an object of texts and Uint8Arrays",
  );
  demand(conditions === undefined || texts(conditions), "conditions", "a list of texts");
  demand(table(define), "define", "an object of texts");
  demand(table(env), "env", "an object of texts");
  for (const name of ["transform", "assets", "specifier"] as const)
    demand(options[name] === undefined || typeof options[name] === "function", name, "a function");
  demand(tsconfig === undefined || tsconfig === false || typeof tsconfig === "string", "tsconfig", "a path or false");
  demand(
    cache === undefined || (typeof cache?.get === "function" && typeof cache.set === "function"),
    "cache",
    "an object with the methods `get` and `set`",
  );
  demand(signal === undefined || typeof signal?.throwIfAborted === "function", "signal", "an AbortSignal");
}
