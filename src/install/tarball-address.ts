import type { Failure } from "../api/failure.ts";
import { relativePath } from "../base/posix-path.ts";
import { invalidLock } from "../errors/lockfile.ts";
import { unsupportedSource } from "../errors/tree.ts";
import { isPlainUrl, parseResolved } from "../lockfile/resolved.ts";
import { httpUrl, type RegistryConfig, registryOf } from "../registry/registry-config.ts";
import { tarballUrls } from "../registry/tarball-url.ts";
import { parseVersion } from "../spec/version.ts";
import type { PlanNode } from "./lock-nodes.ts";

/** A URL that need not be looked at: no credentials, no query, and no host of repositories. */
const USUAL = /^https?:\/\/(?![^/]*(?:git|bitbucket))[a-z0-9.:-]+\/(?!.*(?:git|bitbucket))[\w@%.+~/-]+$/;

/** The registries of a run. */
export interface Registry {
  readonly config: RegistryConfig;
  tarballUrl(resolved: string): string;
}

export function registryFor(config: RegistryConfig | undefined): Registry | null {
  return config ? { config, tarballUrl: tarballUrls(config) } : null;
}

/** Deep, so that `file:../x.tgz` stays what it is. */
const PROJECT = "/0/1/2/3/4/5/6/7";

/**
 * Where a package's tarball is: an http(s) URL, or `file:` and a path relative to the project. A failure where it can be
 * had from nowhere: git, or a folder that npm would pack first.
 * @throws InstallError EINVALIDLOCK
 */
export function sourceOf(node: PlanNode, registry: Registry | null): string | Failure {
  const { resolved, location } = node;
  if (resolved !== null && USUAL.test(resolved)) return registry ? registry.tarballUrl(resolved) : resolved;
  if (resolved === null) return conventionalUrl(node, registry);
  if (!isPlainUrl(resolved)) {
    const spec = parseResolved(resolved, PROJECT);
    if (spec?.type === "git") return unsupported(node, "a page cannot clone a git repository");
    if (spec?.type === "directory") return unsupported(node, "a folder would have to be packed first");
    if (spec?.type === "file" && resolved.startsWith("file:")) return `file:${relativePath(PROJECT, spec.fetchSpec)}`;
  }
  const url = httpUrl(resolved);
  if (!url) throw invalidLock(`"${location}" comes from neither a URL nor a file`, location);
  return registry ? registry.tarballUrl(url.href) : url.href;
}

/** Where registries keep a tarball whose URL nobody wrote down: `<registry>/@s/a/-/a-1.0.0.tgz`. */
function conventionalUrl({ manifest, location }: PlanNode, registry: Registry | null): string {
  const { name, version } = manifest;
  if (!parseVersion(version))
    throw invalidLock(`"${location}" has neither a version nor a place it comes from`, location);
  if (!registry) throw invalidLock(`"${location}" does not say where it comes from, and no registry is set`, location);
  return `${registryOf(registry.config, name)}${name}/-/${name.slice(name.indexOf("/") + 1)}-${version}.tgz`;
}

function unsupported({ manifest, resolved, location }: PlanNode, why: string): Failure {
  return unsupportedSource(manifest.name, String(resolved), why, { requiredBy: [location] });
}
