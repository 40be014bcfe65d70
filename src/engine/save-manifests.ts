import type { ResolveOptions } from "../api/resolve.ts";
import { fold } from "../graph/fold.ts";
import type { Node } from "../graph/node.ts";
import { editable, pinsVersion, saveInto } from "../project/edit-dependencies.ts";
import { readPackageJson } from "../project/package-json.ts";
import { updatePackageJson } from "../project/update-package-json.ts";
import type { Requested } from "./apply-requests.ts";
import { PAUSE, type Steps } from "./need.ts";
import { updatesAll } from "./options.ts";
import type { Project } from "./read-project.ts";

/**
 * Saves added and updated dependencies into the manifests, and returns the package.json texts that change (npm-tree §19).
 *
 * 1. With `save` off, change nothing.
 * 2. Save each dependency that `add` added.
 * 3. Save each direct dependency that `update` covers, unless a dependent allows only the version that it has.
 * 4. Write the text of every changed manifest.
 *
 * Call it before the lock is written, because the lock repeats the manifests.
 */
export function* saveManifests(project: Project, requested: Requested): Steps<Record<string, string>> {
  const { options, files, context } = project;
  const changed: Record<string, string> = {};
  if (options.save === false) return changed;
  const touched = new Set<Node>();
  if (!updatesAll(options)) for (const { name, to } of requested.added) save(name, to, { project, touched });
  for (const { name, to } of updatedDependencies(project)) {
    save(name, to, { project, touched });
    yield PAUSE;
  }
  for (const node of new Set([...requested.edited, ...touched])) {
    yield PAUSE;
    context.tree.reload(node);
    const text = updatePackageJson(readPackageJson(files, node.path), node.manifest);
    if (text !== null) changed[files.key(`${node.path}/package.json`)] = text;
  }
  return changed;
}

/** Step 3: returns the direct dependencies that `update` covers. */
function updatedDependencies({ context, options }: Project): { name: string; to: Node }[] {
  const { tree, options: built } = context;
  const all = updatesAll(options);
  if (!all && built.updateNames.size === 0) return [];
  const found: { name: string; to: Node }[] = [];
  for (const node of tree.inventory.values()) {
    if (node === tree.root || node.resolveParent !== tree.root) continue;
    if (!all && !built.updateNames.has(node.name)) continue;
    if ([...node.edgesIn].some((edge) => pinsVersion(edge.effective, node.version))) continue;
    for (const edge of node.edgesIn) found.push({ name: node.name, to: edge.from });
  }
  return found;
}

interface SaveScope {
  project: Project;
  /** The project and workspaces that have a new manifest. */
  touched: Set<Node>;
}

function save(name: string, to: Node, { project, touched }: SaveScope): void {
  const edge = to.edges().get(fold(name));
  const spec = edge?.parsed().spec;
  const node = edge?.to;
  if (!edge || !spec || !node || !to.isTop) return;
  const saved = {
    name,
    spec,
    version: node.target.version,
    packageName: node.packageName,
    isWorkspace: edge.spec.type === "workspace",
    folder: to.path,
  };
  if (!touched.has(to)) {
    touched.add(to);
    to.manifest = editable(to.manifest);
    for (const link of to.linksIn) link.manifest = to.manifest;
  }
  saveInto(to.manifest, saved, { prefix: prefixOf(project.options), saveType: project.options.saveType });
}

function prefixOf({ saveExact, savePrefix = "^" }: ResolveOptions): string {
  return saveExact ? "" : savePrefix;
}
