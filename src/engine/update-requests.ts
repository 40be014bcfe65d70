// Loaded on demand: for a resolution with `update`.
import type { ResolveOptions } from "../api/resolve.ts";
import { failure, InstallError } from "../errors/failure.ts";
import { invalidOption } from "../errors/invalid-option.ts";
import { withoutSecrets } from "../errors/without-secrets.ts";
import type { Context } from "./context.ts";
import type { DepsQueue } from "./deps-queue.ts";

/**
 * Returns the names to update, or none if everything is updated (npm-tree §19).
 *
 * The rule of `update` with names, in the order of a build:
 * 1. Names must not have a version: here. They become `options.updateNames`.
 * 2. The dependents of every package of such a name are queued: {@link queueUpdates}.
 * 3. An edge of such a name is a problem edge even if it is valid: `#isProblem` in `ideal/build-ideal-tree.ts`.
 * 4. Its candidate is placed even if the edge is valid: `Placement` in `placement/place.ts`.
 * 5. With `save`, package.json gets the new range of a direct dependency: `save-manifests.ts`.
 *
 * `update` of everything ignores the lock's contents instead: `updatesAll` in `options.ts`, `readLock` in `read-project.ts`.
 *
 * @throws InstallError EUPDATEARGS, EINVALIDOPTION
 */
export function readUpdateNames({ update }: ResolveOptions): readonly string[] {
  if (!update || update === true) return [];
  if (typeof update !== "object") {
    throw invalidOption(
      `options.update must be true, a list of names, or { all, names }, not ${JSON.stringify(update)}.`,
    );
  }
  const names = "names" in update ? (update.names ?? []) : Array.isArray(update) ? (update as readonly string[]) : [];
  for (const name of names) {
    if (name.lastIndexOf("@") <= 0) continue;
    const message = `options.update must name packages without a version, not "${name}". To change a version, use options.add.`;
    const wayOut = [
      { kind: "other", text: `Update ${withoutSecrets(name).replace(/@[^@]*$/, "")}, without a version.` } as const,
    ];
    throw new InstallError(failure("EUPDATEARGS", message, { package: name, wayOut }));
  }
  return names;
}

/** Queues the dependents of every package to update, except of bundled ones and those of a shrinkwrap. */
export function queueUpdates({ tree, options }: Context, queue: DepsQueue): void {
  if (options.updateNames.size === 0) return;
  for (const node of tree.inventory.values()) {
    if (!options.updateNames.has(node.name) || node.isTop || node.inDepBundle || node.inShrinkwrap) continue;
    for (const edge of node.edgesIn) queue.push(edge.from);
  }
}
