// Loaded on demand: when an import map is made for an installed project.

import type { ImportMap, ImportMapOptions } from "../api/flat.ts";
import type { InstalledProject } from "../api/install.ts";
import type { Tree, TreeNode } from "../api/resolve.ts";
import { InstallError } from "../errors/failure.ts";
import { badImportMap } from "../errors/tree.ts";
import { joinPath, parentOf } from "../node/manifests.ts";
import { EMPTY_MODULE } from "../node/resolve.ts";
import { webDigest } from "../tarball/integrity.ts";
import { escapePath } from "./address.ts";
import { importablePackages } from "./importable-packages.ts";
import { type MapBudget, type MapWork, owningPackage } from "./map-budget.ts";
import { EVERYWHERE, Mappings } from "./mappings.ts";
import { isScript, ModuleGraph } from "./module-graph.ts";
import type { ImportMapResult, Omission } from "./omissions.ts";
import { manifestOf, packageSubpaths } from "./package-subpaths.ts";
import type { WrappedModules } from "./wrapped-modules.ts";

export interface InstalledOptions {
  readonly project: InstalledProject;
  /** The address at which the project's folder is served. */
  readonly base: string;
  readonly conditions: readonly string[];
  readonly withHashes: boolean;
  readonly budget: MapBudget;
  readonly commonjs?: ImportMapOptions["commonjs"];
  readonly nextTurn: () => Promise<void>;
  readonly signal?: AbortSignal;
  isWanted(node: TreeNode): boolean;
}

/** A key of `imports` and its target: a file, `EMPTY_MODULE`, or a folder with a slash at its end. */
interface MapEntry {
  readonly key: string;
  readonly to: string;
}

/** The address of an empty module. */
const EMPTY_ADDRESS = "data:text/javascript,export%20default%20%7B%7D";
/** Files that `exports` names for tools and not for pages: types, sources, and the package.json. */
const NOT_FOR_PAGES = /(?:\.(?:[cm]?tsx?|jsx|node|map)|(?:^|\/)package\.json)$/;
/** The steps of reading a package.json, and of writing an entry of the map. */
const STEPS_OF_A_MANIFEST = 200;
const STEPS_OF_AN_ENTRY = 20;
/** A file of the project, as the importer of the project's own imports. */
const PROJECT = "index.js";

/**
 * Makes an import map for an installed project.
 *
 * 1. Check that the installed files belong to this tree.
 * 2. Resolve the entries of the project's own dependencies, and follow all imports from there. Note the CommonJS files and
 *    the imports that lead nowhere: the page needs these modules.
 * 3. Resolve every subpath that each importable package exports, and follow the imports from there too.
 * 4. If CommonJS is wrapped, read it and everything that it requires ({@link WrappedModules}).
 * 5. Write `imports`, then a scope entry for each import that a browser would not resolve like Node, then `integrity`.
 */
export async function installedMap(tree: Tree, options: InstalledOptions): Promise<ImportMapResult> {
  const { project, conditions, withHashes, budget, commonjs } = options;
  const wraps = commonjs === "wrap";
  await assertInstalled(tree, project, budget);
  const digest = withHashes ? webDigest(globalThis.crypto?.subtle) : null;
  const graph = new ModuleGraph(project, { conditions, digest, budget });
  const packages = importablePackages(tree).filter((node) => options.isWanted(node) && project.exists(node.location));
  const mains = await mainsOf(tree, packages, graph);
  await graph.addFrom(mains.values());
  const all = await budget.run(leftOutOf(tree, mains, graph));
  const leftOut = wraps ? all.filter(({ why }) => why !== "commonjs") : all;
  const entries: MapEntry[] = [];
  for (const node of packages) entries.push(...(await entriesIn(node, options, graph)));
  await graph.addFrom(entries.map(({ to }) => to));
  const wrapped = wraps ? await wrap(entries, options) : null;
  return { map: await budget.run(new MapWriter(tree, graph, { base: options.base, wrapped }).write(entries)), leftOut };
}

async function wrap(entries: readonly MapEntry[], options: InstalledOptions): Promise<WrappedModules> {
  const { WrappedModules } = await import("./wrapped-modules.ts");
  const files = new Set(entries.flatMap(({ to }) => (isScript(to) ? [to] : [])));
  return await WrappedModules.of([...files], options);
}

/** Checks that the installed versions are those of the tree. @throws InstallError EIMPORTMAP */
async function assertInstalled(tree: Tree, project: InstalledProject, budget: MapBudget): Promise<void> {
  for (const { name, location, version, isLink, inert } of tree.root.children) {
    if (isLink || inert) continue;
    await budget.spend(location, STEPS_OF_A_MANIFEST);
    const { version: found } = await manifestOf(project, location);
    // A package that was omitted from the install, or has no package.json, has no version here.
    if (typeof found !== "string" || found === version) continue;
    throw new InstallError(
      badImportMap(`${name}@${found} is installed, but this resolution has ${name}@${version}.`, {
        package: name,
        found,
        wayOut: [{ kind: "other", text: "Install this resolution, and pass that project as the provider." }],
      }),
    );
  }
}

/** Returns the entry file of each dependency of the project, without dev dependencies and workspaces. */
async function mainsOf(tree: Tree, packages: readonly TreeNode[], graph: ModuleGraph): Promise<Map<TreeNode, string>> {
  const mains = new Map<TreeNode, string>();
  const importable = new Set(packages);
  for (const { to, type } of tree.root.edgesOut) {
    if (!to || type === "dev" || type === "workspace" || !importable.has(to)) continue;
    const main = await graph.resolve(to.name, PROJECT);
    if (main !== null) mains.set(to, main);
  }
  return mains;
}

/** Returns the CommonJS files and dead imports among the modules reached so far, at most one for each package. */
function* leftOutOf(tree: Tree, mains: ReadonlyMap<TreeNode, string>, graph: ModuleGraph): MapWork<Omission[]> {
  const leftOut = new Map<TreeNode, Omission>();
  const note = (node: TreeNode, one: Omit<Omission, "node">): void => {
    if (!leftOut.has(node)) leftOut.set(node, { node, ...one });
  };
  for (const [node, main] of mains)
    if (graph.modules.get(main)?.kind === "commonjs") note(node.target ?? node, { why: "commonjs", what: main });
  for (const { path, imports } of graph.modules.values()) {
    const owner = owningPackage(path);
    for (const { specifier, to, isStatic } of imports) {
      yield { owner, steps: 1 };
      const isCommonJs = to !== null && graph.modules.get(to)?.kind === "commonjs";
      if (isCommonJs) note(ownerOf(tree, to), { why: "commonjs", what: to, importer: path });
      else if (to === null && isStatic) note(ownerOf(tree, path), { why: "missing", what: specifier, importer: path });
    }
  }
  return [...leftOut.values()];
}

/** Returns the entries of `imports` for one package. */
async function entriesIn(
  node: TreeNode,
  { project, budget }: InstalledOptions,
  graph: ModuleGraph,
): Promise<MapEntry[]> {
  const { name } = node;
  const folder = project.realpath(node.location);
  await budget.spend(folder, STEPS_OF_A_MANIFEST);
  const { exports } = await manifestOf(project, folder);
  const { subpaths, isFolder } = await budget.run(packageSubpaths(project, folder, exports));
  const found: MapEntry[] = [];
  for (const subpath of subpaths) {
    const key = name + subpath.slice(1);
    const to = await graph.resolve(key, PROJECT);
    if (to !== null && !NOT_FOR_PAGES.test(to)) found.push({ key, to });
  }
  await graph.addFrom(found.map(({ to }) => to));
  const isCommonJs = found.some(({ to }) => graph.modules.get(to)?.kind === "commonjs");
  return isFolder && !isCommonJs ? [...found, { key: `${name}/`, to: `${folder}/` }] : found;
}

/** Returns the package that contains a file: the nearest node of the tree at or above its folder. */
function ownerOf(tree: Tree, path: string): TreeNode {
  for (let at = parentOf(path); at !== ""; at = parentOf(at)) {
    const node = tree.get(at);
    if (node && !node.isLink) return node;
  }
  return tree.root;
}

/** Writes entries and modules as an import map. */
class MapWriter {
  readonly #mappings = new Mappings();
  readonly #tree: Tree;
  readonly #graph: ModuleGraph;
  readonly #base: string;
  readonly #wrapped: WrappedModules | null;

  constructor(tree: Tree, graph: ModuleGraph, { base, wrapped }: { base: string; wrapped: WrappedModules | null }) {
    this.#tree = tree;
    this.#graph = graph;
    this.#base = base;
    this.#wrapped = wrapped;
  }

  *write(entries: readonly MapEntry[]): MapWork<ImportMap> {
    for (const { key, to } of entries) {
      yield { owner: owningPackage(to), steps: STEPS_OF_AN_ENTRY };
      const address = this.#addressFor(to, null);
      if (address !== null) this.#mappings.add(EVERYWHERE, key, address);
    }
    const integrity = new Map<string, string>();
    for (const { path, imports, hash } of this.#graph.modules.values()) {
      const owner = owningPackage(path);
      yield { owner, steps: STEPS_OF_AN_ENTRY };
      if (hash !== null) integrity.set(this.#address(path), hash);
      for (const { specifier, to } of imports) {
        yield { owner, steps: STEPS_OF_AN_ENTRY };
        const target = to === null ? null : this.#addressFor(to, path);
        if (target !== null) this.#import(specifier, path, target);
      }
    }
    for (const [key, address] of this.#wrapped?.entries((path) => this.#address(path)) ?? [])
      this.#mappings.add(EVERYWHERE, key, address);
    const map = yield* this.#mappings.map();
    return { ...map, ...(integrity.size > 0 && { integrity: Object.fromEntries(integrity) }) };
  }

  /** Returns the address of a file for an importer (null: the project); null if a browser cannot import the file. */
  #addressFor(path: string, importer: string | null): string | null {
    const isCommonJs = isScript(path) && this.#graph.modules.get(path)?.kind === "commonjs";
    return isCommonJs ? (this.#wrapped?.addressFor(path, importer) ?? null) : this.#address(path);
  }

  #import(specifier: string, importer: string, address: string): void {
    // A relative import needs an entry if it omits an extension or names a folder, or if a `browser` field replaces the file.
    // Its key is the address to which the browser resolves the import.
    const key = specifier[0] === "." ? this.#address(joinPath(parentOf(importer), specifier)) : specifier;
    if (key === address) return;
    const { location } = ownerOf(this.#tree, importer);
    const scope = this.#address(location === "" ? "" : `${location}/`);
    // If two modules of a package resolve the same key differently, the module gets its own scope.
    if (!this.#mappings.add(scope, key, address)) this.#mappings.add(this.#address(importer), key, address);
  }

  #address(path: string): string {
    return path === EMPTY_MODULE ? EMPTY_ADDRESS : this.#base + escapePath(path);
  }
}
