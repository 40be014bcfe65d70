import type { Manifest } from "../../src/api/manifest.ts";
import { registryOf } from "../../src/registry/registry-config.ts";
import type { PreparedRun } from "./prepare-run.ts";

/** Packages by registry and by reason to doubt its abbreviated form. */
export type Suspects = ReadonlyMap<string, readonly Manifest[]>;

/**
 * Finds packages whose abbreviated manifests may lack fields that the full form has. Some registries abbreviate too much: then optional
 * peers are installed, and packages for other platforms too. A reason to doubt is that no package of a registry has a field that
 * some should have:
 *
 * - `peerDependenciesMeta`, although a package has peers;
 * - `os` or `cpu`, although a package is an optional dependency.
 *
 * The default registry is above doubt: its abbreviated form is what others imitate. One without https is a local one.
 */
export function suspectMetadata({ project, config }: PreparedRun): Suspects {
  const { picked, tree } = project.context;
  const suspects = new Map<string, Manifest[]>();
  const proven = new Set<string>();
  const optional = new Set<string>();
  for (const { optionalDependencies } of [tree.root.manifest, ...picked])
    for (const name in optionalDependencies) optional.add(name);
  const doubt = (key: string, manifest: Manifest, isProof: unknown): void => {
    if (isProof) proven.add(key);
    const some = suspects.get(key);
    if (some) some.push(manifest);
    else suspects.set(key, [manifest]);
  };
  for (const manifest of picked) {
    const { name = "", peerDependencies, peerDependenciesMeta, os, cpu } = manifest;
    const registry = registryOf(config, name);
    if (registry === config.home && registry.startsWith("https:")) continue;
    if (peerDependencies) doubt(`${registry} peers`, manifest, peerDependenciesMeta);
    if (os || cpu || optional.has(name)) doubt(`${registry} platforms`, manifest, os || cpu);
  }
  for (const key of proven) suspects.delete(key);
  return suspects;
}
