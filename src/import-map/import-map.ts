import type { Failure } from "../api/failure.ts";
import type { ImportMap, ImportMapOptions } from "../api/flat.ts";
import type { Tree, TreeNode } from "../api/resolve.ts";
import { fits, type RulesOf } from "../base/option-rules.ts";
import { endSentence, InstallError } from "../errors/failure.ts";
import { failureOf, internalError } from "../errors/failure-of.ts";
import { withoutSecrets } from "../errors/without-secrets.ts";
import { baseAddress, refusedOption } from "./address.ts";
import { cdnOf } from "./cdn.ts";
import { cdnMap } from "./cdn-map.ts";
import type { InstalledOptions } from "./installed-map.ts";
import { MapBudget } from "./map-budget.ts";
import { type ImportMapResult, incompleteMap } from "./omissions.ts";

const RULES: RulesOf<ImportMapOptions> = {
  provider: "any",
  base: "any",
  conditions: "list",
  commonjs: ["omit", "wrap"],
  integrity: "boolean",
  omit: "omit",
  onWarning: "function",
  signal: "signal",
};

/**
 * Makes an import map for a project's tree, flat or nested (docs/import-maps.md). `imports` is for the project's own modules;
 * `scopes` is for packages that see other copies. For an installed project every entry leads to an existing file.
 * @param nextTurn resolves in a later turn of the event loop
 * @throws InstallError EINVALIDOPTION; EIMPORTMAP if the map is incomplete and there is no `onWarning`; ELIMIT if it takes too many
 * steps; the error of reading an installed file; the signal's reason
 */
export async function importMap(
  tree: Tree,
  options: ImportMapOptions,
  nextTurn: () => Promise<void>,
): Promise<ImportMap> {
  if (!fits(RULES, options)) throw (await import("../base/refuse-option.ts")).refusal(RULES, options);
  const { provider = "esm.sh", omit, onWarning, signal } = options;
  const isWanted = omitFilter(omit);
  signal?.throwIfAborted();
  const budget = new MapBudget(nextTurn, signal);
  const { map, leftOut } =
    typeof provider === "string"
      ? await budget.run(cdnMap(tree, cdnOf(provider, options.base), isWanted))
      : await ofInstalled(tree, isProject(provider), { ...options, isWanted, budget, nextTurn });
  if (leftOut.length > 0) {
    const failure = withoutSecrets(incompleteMap(leftOut));
    // Patterns matter only to a page that imports such a subpath.
    if (!onWarning && leftOut.some(({ why }) => why !== "patterns")) throw new InstallError(failure);
    report(failure, onWarning);
  }
  return map;
}

/** @throws InstallError EINTERNAL if the callback throws, with its error as the cause */
function report(warning: Failure, onWarning: ImportMapOptions["onWarning"]): void {
  try {
    onWarning?.(warning);
  } catch (error) {
    throw new InstallError(internalError(endSentence(`options.onWarning failed: ${failureOf(error).message}`)), error);
  }
}

async function ofInstalled(
  tree: Tree,
  project: Project,
  options: ImportMapOptions & Pick<InstalledOptions, "isWanted" | "budget" | "nextTurn">,
): Promise<ImportMapResult> {
  const { base = "/", conditions = ["browser", "module"], integrity = true } = options;
  const checked = { base: baseAddress(base), conditions, withHashes: integrity };
  // Loaded on demand: a map for a CDN does not need it.
  const { installedMap } = await import("./installed-map.ts");
  return await installedMap(tree, { ...options, project, ...checked });
}

type Project = Exclude<ImportMapOptions["provider"], string | undefined>;

function isProject(provider: Project): Project {
  if (typeof provider?.nodeResolve === "function" && typeof provider.readFile === "function") return provider;
  throw refusedOption("provider", provider, { must: "be a CDN or an installed project", examples: '"esm.sh"' });
}

/** Returns a filter that leaves out packages as npm's `omit` does: the ones that only omitted types of dependencies need. */
function omitFilter(omit: ImportMapOptions["omit"]): (node: TreeNode) => boolean {
  const kinds = new Set(omit);
  return ({ dev, optional, devOptional, peer }) =>
    !(dev && kinds.has("dev")) &&
    !(optional && kinds.has("optional")) &&
    !(devOptional && kinds.has("dev") && kinds.has("optional")) &&
    !(peer && kinds.has("peer"));
}
