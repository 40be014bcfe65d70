// Loaded on demand: for a package.json or a lock with patches, under the rules of npm 12.
import type { LockMarks, PatchMark } from "../api/lock-marks.ts";
import { resolvePath } from "../base/posix-path.ts";
import { InstallError } from "../errors/failure.ts";
import { unusedPatches } from "../errors/patches.ts";
import type { Node } from "../graph/node.ts";
import { PatchFiles } from "../project/patch-files.ts";
import { declaredPatches, type PatchSelector, PatchSelectors, refusePatch } from "../project/patch-selectors.ts";
import type { BuildOptions, Context } from "./context.ts";
import { PAUSE, type Steps } from "./need.ts";

/**
 * Marks the nodes of a finished tree to which the project's `patchedDependencies` apply a patch (npm-tree §28).
 *
 * For every node in the tree's order, except the project:
 * 1. A workspace must have no `patchedDependencies` of its own.
 * 2. Choose the entry by the name of the node's folder: its exact version, else the narrowest range, else the bare name. Without one, the
 *    node loses a mark that the lock has.
 * 3. The package must come from a registry for all of its dependents.
 * 4. The patch must be a file of the project. The mark has its path and its hash.
 *
 * Then, entries that no node uses: those of removed packages are dropped from package.json, others end the build.
 * @throws InstallError EPATCHWORKSPACE, EPATCHAMBIGUOUS, EPATCHNONREGISTRY, EPATCHUNSAFE, EPATCHNOTFOUND, EPATCHUNUSED, ELIMIT
 */
export function* markPatches(context: Context): Steps<void> {
  const { tree, specTable } = context;
  const { root } = tree;
  const selectors = new PatchSelectors(root.manifest);
  const patches = new PatchFiles((path) => context.folders.file(resolvePath(root.path, path)), root.path);
  const used = new Set<string>();
  for (const node of [...tree.inventory.values()]) {
    specTable.budget.visit(1 + selectors.count(node.name));
    if (specTable.budget.takePause()) yield PAUSE;
    if (node === root) continue;
    if (node.isWorkspace) {
      refuseInWorkspace(node);
      continue;
    }
    const { name, location } = node;
    const selector = selectors.choose({ name, version: node.target.version, location });
    if (selector) {
      assertFromRegistry(node, selector);
      used.add(selector.key);
    }
    if (!selector && !node.marks?.patched) continue;
    node.marks = withPatch(node.marks, selector ? patches.mark(selector.path, node.name) : null);
  }
  const unused = selectors.all().filter(({ key }) => !used.has(key));
  if (unused.length > 0) dropUnused(unused, root, context.options);
}

function withPatch(marks: LockMarks | null, patched: PatchMark | null): LockMarks | null {
  const { patched: _, ...others } = marks ?? {};
  if (patched) return { ...others, patched };
  return Object.keys(others).length > 0 ? others : null;
}

function refuseInWorkspace(node: Node): void {
  if (Object.keys(declaredPatches(node.target.manifest)).length === 0) return;
  const message = `The workspace ${node.name} has patchedDependencies, which count only in the package.json of the project. Move them there.`;
  refusePatch("EPATCHWORKSPACE", message, node);
}

/** Step 3. */
function assertFromRegistry(node: Node, { key }: PatchSelector): void {
  for (const edge of node.edgesIn) {
    const { spec } = edge.parsed();
    if (!spec || "registry" in spec) continue;
    const message = `The entry "${key}" of patchedDependencies matches ${node.name}@${node.version}, which does not come from a registry: a dependent asks for "${edge.effective}". Only packages of registries can be patched.`;
    refusePatch("EPATCHNONREGISTRY", message, node, { spec: edge.effective });
  }
}

/** @throws InstallError EPATCHUNUSED */
function dropUnused(unused: readonly PatchSelector[], root: Node, { removed, allowUnusedPatches }: BuildOptions): void {
  const gone = new Set(unused.filter(({ name }) => removed.includes(name)));
  if (gone.size > 0) {
    const keys = new Set([...gone].map(({ key }) => key));
    const kept = Object.entries(declaredPatches(root.manifest)).filter(([key]) => !keys.has(key));
    const { patchedDependencies: _, ...manifest } = root.manifest as Node["manifest"] & {
      patchedDependencies?: unknown;
    };
    root.manifest =
      kept.length > 0 ? Object.assign(manifest, { patchedDependencies: Object.fromEntries(kept) }) : manifest;
  }
  const left = unused.filter((one) => !gone.has(one));
  if (left.length === 0 || allowUnusedPatches) return;
  throw new InstallError(unusedPatches(left.map(({ key }) => key)));
}
