import type { InstalledProject } from "../src/api/install.ts";
import type { GraphModule, ModuleGraph, ModuleGraphOptions, ModuleOptions } from "../src/api/modules.ts";
import { InstallError } from "../src/errors/failure.ts";
import { notFound } from "../src/errors/files.ts";
import { asText } from "../src/errors/invalid-option.ts";
import { GraphSession } from "../src/modules/graph-session.ts";
import { nextTurn } from "../workers/host/yield.ts";
import { checkModuleOptions } from "./options/check-module-options.ts";

export type {
  GraphModule,
  ModuleAsset,
  ModuleCache,
  ModuleGraph,
  ModuleGraphOptions,
  ModuleImport,
  ModuleImportForm,
  ModuleKind,
  ModuleOptions,
  ModulePackage,
  ModuleProblem,
  Transform,
  TransformInput,
  TransformOutput,
} from "../src/api/modules.ts";

/**
 * Returns all modules that an entry leads to, ready to run: own files compiled, CommonJS wrapped, every import a key of the graph.
 * Faults of single files are in `errors` and `warnings` of the graph.
 * @throws InstallError EINVALIDOPTION, ELIMIT; the error of reading an installed file; the signal's reason
 */
export async function moduleGraph(project: InstalledProject, options: ModuleGraphOptions): Promise<ModuleGraph> {
  await checkModuleOptions(project, options, true);
  return await new GraphSession(project, options, { nextTurn }).graph(options.files ?? {}, options.signal, null);
}

/**
 * Returns one module of a project by its key: a path, or another key that a module's code imports. For servers that answer one
 * request at a time. A named import of CommonJS works if the lexer finds the name, because other importers are not known.
 * @throws InstallError EINVALIDOPTION, ENOENT, ELIMIT; the module's first problem; the error of reading an installed file
 */
export async function toModule(
  project: InstalledProject,
  key: string,
  options: ModuleOptions = {},
): Promise<GraphModule> {
  await checkModuleOptions(project, options, false);
  const session = new GraphSession(project, { ...options, entry: asText(key, "key") }, { nextTurn });
  const { module, problems } = await session.module(key, options.files ?? {}, options.signal);
  if (problems[0]) throw new InstallError(problems[0]);
  if (!module) throw new InstallError(notFound(`The project has no module ${key}.`));
  return module;
}
