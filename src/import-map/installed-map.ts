import type { ImportMap } from "../api/flat.ts";
import type { InstalledProject } from "../api/install.ts";
import type { Tree, TreeNode } from "../api/resolve.ts";
import { InstallError } from "../errors/failure.ts";
import { badImportMap } from "../errors/tree.ts";
import { join, parentOf } from "../node/manifests.ts";
import { EMPTY_MODULE } from "../node/resolve.ts";
import { webDigest } from "../tarball/integrity.ts";
import { escapePath } from "./address.ts";
import { importablePackages } from "./importable-packages.ts";
import { EVERYWHERE, Mappings } from "./mappings.ts";
import { isScript, ModuleGraph } from "./module-graph.ts";
import type { ImportMapResult, Omission } from "./omissions.ts";
import { manifestOf, packageSubpaths } from "./package-subpaths.ts";

export interface InstalledOptions {
  readonly project: InstalledProject;
  /** Where the project's folder is served. */
  readonly base: string;
  readonly conditions: readonly string[];
  readonly withHashes: boolean;
  isWanted(node: TreeNode): boolean;
}

/** A key of `imports` and where it leads: a file, `EMPTY_MODULE`, or a folder with a slash at its end. */
interface MapEntry {
  readonly key: string;
  readonly to: string;
}

const NOTHING = "data:text/javascript,export%20default%20%7B%7D";
/** What `exports` names for others than pages: types, sources, and most often the manifest itself. */
const NO_MODULE = /(?:\.(?:[cm]?tsx?|jsx|node|map)|(?:^|\/)package\.json)$/;
/** Where the project's own modules would be. */
const PROJECT = "index.js";

export async function installedMap(tree: Tree, options: InstalledOptions): Promise<ImportMapResult> {
  const { project, conditions, withHashes } = options;
  await assertInstalled(tree, project);
  const graph = new ModuleGraph(project, conditions, withHashes ? webDigest(globalThis.crypto?.subtle) : null);
  const packages = importablePackages(tree).filter((node) => options.isWanted(node) && project.exists(node.location));
  // First from what the project needs for itself: what is met on these ways has to be there.
  const mains = await mainsOf(tree, packages, graph);
  await graph.from(mains.values());
  const leftOut = leftOutOf(tree, mains, graph);
  const entries: MapEntry[] = [];
  for (const node of packages) entries.push(...(await entriesIn(node, project, graph)));
  await graph.from(entries.map(({ to }) => to));
  return { map: new MapWriter(tree, graph, options.base).write(entries), leftOut };
}

/** @throws InstallError EIMPORTMAP where the files are those of another resolution */
async function assertInstalled(tree: Tree, project: InstalledProject): Promise<void> {
  for (const { name, location, version, isLink, inert } of tree.root.children) {
    if (isLink || inert) continue;
    const { version: found } = await manifestOf(project, location);
    // omitted from the install, or without a manifest
    if (typeof found !== "string" || found === version) continue;
    throw new InstallError(
      badImportMap(`The installed ${name} is ${found}, the resolved one ${version}: install this resolution first`, {
        package: name,
        found,
        wayOut: [{ kind: "other", text: "Install the resolution, and give that project as the provider." }],
      }),
    );
  }
}

/** The entries of what the project depends on itself, and not only to be developed. */
async function mainsOf(tree: Tree, packages: readonly TreeNode[], graph: ModuleGraph): Promise<Map<TreeNode, string>> {
  const mains = new Map<TreeNode, string>();
  for (const { to, type } of tree.root.edgesOut) {
    if (!to || type === "dev" || type === "workspace" || !packages.includes(to)) continue;
    const main = await graph.resolve(to.name, PROJECT);
    if (main !== null) mains.set(to, main);
  }
  return mains;
}

function leftOutOf(tree: Tree, mains: ReadonlyMap<TreeNode, string>, graph: ModuleGraph): Omission[] {
  const leftOut = new Map<TreeNode, Omission>();
  const note = (node: TreeNode, one: Omit<Omission, "node">): void => {
    if (!leftOut.has(node)) leftOut.set(node, { node, ...one });
  };
  for (const [node, main] of mains)
    if (graph.modules.get(main)?.kind === "commonjs") note(node.target ?? node, { why: "commonjs", what: main });
  for (const { path, imports } of graph.modules.values()) {
    for (const { specifier, to, isStatic } of imports) {
      const isCommonJs = to !== null && graph.modules.get(to)?.kind === "commonjs";
      if (isCommonJs) note(ownerOf(tree, to), { why: "commonjs", what: to, importer: path });
      else if (to === null && isStatic) note(ownerOf(tree, path), { why: "missing", what: specifier, importer: path });
    }
  }
  return [...leftOut.values()];
}

async function entriesIn(node: TreeNode, project: InstalledProject, graph: ModuleGraph): Promise<MapEntry[]> {
  const { name } = node;
  const folder = project.realpath(node.location);
  const { subpaths, isFolder } = await packageSubpaths(project, folder);
  const found: MapEntry[] = [];
  for (const subpath of subpaths) {
    const key = name + subpath.slice(1);
    const to = await graph.resolve(key, PROJECT);
    if (to !== null && !NO_MODULE.test(to)) found.push({ key, to });
  }
  await graph.from(found.map(({ to }) => to));
  const isCommonJs = found.some(({ to }) => graph.modules.get(to)?.kind === "commonjs");
  return isFolder && !isCommonJs ? [...found, { key: `${name}/`, to: `${folder}/` }] : found;
}

/** The package that a file is part of: the nearest that the tree has at or above its folder. */
function ownerOf(tree: Tree, path: string): TreeNode {
  for (let at = parentOf(path); at !== ""; at = parentOf(at)) {
    const node = tree.get(at);
    if (node && !node.isLink) return node;
  }
  return tree.root;
}

/** Says what was found in an import map's words. */
class MapWriter {
  readonly #mappings = new Mappings();
  readonly #tree: Tree;
  readonly #graph: ModuleGraph;
  readonly #base: string;

  constructor(tree: Tree, graph: ModuleGraph, base: string) {
    this.#tree = tree;
    this.#graph = graph;
    this.#base = base;
  }

  write(entries: readonly MapEntry[]): ImportMap {
    for (const { key, to } of entries) if (this.#canImport(to)) this.#mappings.add(EVERYWHERE, key, this.#address(to));
    const integrity = new Map<string, string>();
    for (const { path, imports, hash } of this.#graph.modules.values()) {
      if (hash !== null) integrity.set(this.#address(path), hash);
      for (const { specifier, to } of imports)
        if (to !== null && this.#canImport(to)) this.#import(specifier, path, to);
    }
    return { ...this.#mappings.map(), ...(integrity.size > 0 && { integrity: Object.fromEntries(integrity) }) };
  }

  #canImport(path: string): boolean {
    return !isScript(path) || this.#graph.modules.get(path)?.kind !== "commonjs";
  }

  #import(specifier: string, importer: string, to: string): void {
    const address = this.#address(to);
    // `./a` for a.js or a/index.js, and a file that package.json's `browser` replaces: the address itself is a key.
    const key = specifier[0] === "." ? this.#address(join(parentOf(importer), specifier)) : specifier;
    if (key === address) return;
    const { location } = ownerOf(this.#tree, importer);
    const scope = this.#address(location === "" ? "" : `${location}/`);
    // Parts of one package may see different things: then the module is a scope of its own.
    if (!this.#mappings.add(scope, key, address)) this.#mappings.add(this.#address(importer), key, address);
  }

  #address(path: string): string {
    return path === EMPTY_MODULE ? NOTHING : this.#base + escapePath(path);
  }
}
