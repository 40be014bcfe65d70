// Loaded on demand: when a run uses `completeLockfile` with abbreviated metadata.

import type { Failure } from "../../src/api/failure.ts";
import type { Manifest } from "../../src/api/manifest.ts";
import type { Project } from "../../src/engine/read-project.ts";
import { failure } from "../../src/errors/failure.ts";
import type { Supply } from "./supply.ts";

/**
 * Adds the fields that a lock has and abbreviated packuments lack (`license`, `libc`, `workspaces`: npm-tree §23), with one
 * request for each placed package. If a full manifest cannot be fetched, the package stays incomplete and a warning names it.
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
      const message = `The lock lacks the license of ${name}@${version}, because its full manifest could not be fetched: ${full.failure.message}`;
      warnings.push(failure("EINCOMPLETELOCK", message, { package: name, spec: version }));
    }),
  );
  return warnings.sort((a, b) => (a.message < b.message ? -1 : 1));
}
