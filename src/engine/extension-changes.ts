// Loaded on demand: for a package.json with `packageExtensions`, under the rules of npm 12.
import { failure } from "../errors/failure.ts";
import type { Node } from "../graph/node.ts";
import type { ProjectTree } from "../graph/tree.ts";
import type { PackageExtensions } from "../project/package-extensions.ts";
import type { Context } from "./context.ts";

/**
 * Takes out of a tree that came from a lock what depends on the rules, because the rules changed: nodes that the old rules changed, and
 * those that the new ones match. Calls `queue` with the dependents.
 * @param extensions null if the project has no rules any more
 */
export function* detachAffected(
  tree: ProjectTree,
  extensions: PackageExtensions | null,
  queue: (node: Node) => void,
): Generator<undefined, void> {
  for (const node of [...tree.inventory.values()]) {
    node.specTable.budget.visit(1);
    if (node.specTable.budget.takePause()) yield;
    if (!node.placed || node.isTop || node.isWorkspace) continue;
    const { packageName, version } = node.target;
    if (!node.marks?.packageExtensionsApplied && !extensions?.matches(packageName, version)) continue;
    for (const { from } of node.edgesIn) queue(from);
    tree.detach(node);
  }
}

/** Warns of workspaces that have rules of their own, or that a rule matches: neither has an effect. */
export function warnOfWorkspaces(workspaces: readonly Node[], { extensions, warnings }: Context): void {
  const warn = ({ name, location }: Node, message: string): void => {
    warnings.push(failure("EEXTENSIONWORKSPACE", message, { package: name, requiredBy: [location] }));
  };
  for (const node of workspaces) {
    const { name, version, manifest } = node;
    if (manifest["packageExtensions"] !== undefined) {
      warn(node, `The workspace ${name} has packageExtensions, which count only in the package.json of the project.`);
    }
    if (extensions?.matches(node.packageName, version)) {
      warn(
        node,
        `A rule of packageExtensions matches the workspace ${name}. Rules do not change workspaces: edit its package.json.`,
      );
    }
  }
}
