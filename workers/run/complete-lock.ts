import type { Failure } from "../../src/api/failure.ts";
import type { Manifest } from "../../src/api/manifest.ts";
import type { Project } from "../../src/engine/read-project.ts";
import { failure } from "../../src/errors/failure.ts";
import type { Supply } from "./supply.ts";

/**
 * Fills in what abbreviated packuments leave out and a lock has (`license`, `libc`, `workspaces`: npm-tree §23), by one request for each package
 * that was placed. A package whose full manifest cannot be had stays as it is; a warning names it.
 */
export async function completeManifests({ context }: Project, source: Pick<Supply, "manifest">): Promise<Failure[]> {
  const warnings: Failure[] = [];
  const placed = new Set<Manifest>();
  for (const { manifest } of context.tree.inventory.values()) if (context.picked.has(manifest)) placed.add(manifest);
  await Promise.all(
    [...placed].map(async (manifest) => {
      const { name = "", version = "" } = manifest;
      const full = await source.manifest(name, version);
      if (full.ok) {
        const { license, libc, workspaces } = full.value;
        if (workspaces) manifest.workspaces = workspaces;
        if (license !== undefined) manifest.license = license;
        if (libc) manifest.libc = libc;
        return;
      }
      const message = `The lock lacks the license of ${name}@${version}: ${full.failure.message}`;
      warnings.push(failure("EINCOMPLETELOCK", message, { package: name, spec: version }));
    }),
  );
  return warnings.sort((a, b) => (a.message < b.message ? -1 : 1));
}
