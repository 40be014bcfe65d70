import type { Failure } from "../api/failure.ts";
import { relativePath } from "../base/posix-path.ts";
import { invalidLock } from "../errors/lockfile.ts";
import { unsupportedSource } from "../errors/tree.ts";
import { isPlainUrl, parseResolved } from "../lockfile/resolved.ts";
import { PROJECT_MOUNT } from "../project/files.ts";
import { httpUrl, type RegistryConfig, registryOf } from "../registry/registry-config.ts";
import { tarballUrls } from "../registry/tarball-url.ts";
import { parseVersion } from "../spec/version.ts";
import type { PlanNode } from "./lock-nodes.ts";

/** Matches a URL that needs no parsing: it has no credentials, no query, and no host of git repositories. */
const PLAIN_URL = /^https?:\/\/(?![^/]*(?:git|bitbucket))[a-z0-9.:-]+\/(?!.*(?:git|bitbucket))[\w@%.+~/-]+$/;

/** The configured registries, with a cached function that maps tarball URLs to them. */
export interface TarballRegistries {
  readonly config: RegistryConfig;
  tarballUrl(resolved: string): string;
}

export function tarballRegistries(config: RegistryConfig | undefined): TarballRegistries | null {
  return config ? { config, tarballUrl: tarballUrls(config) } : null;
}

/**
 * Returns where a package's tarball is: an http(s) URL, or `file:` and a path relative to the project. Returns a failure for a
 * package that has no tarball: one from git, or a folder that npm would pack first. EINVALIDLOCK is the failure of a damaged entry.
 */
export function tarballAddress(node: PlanNode, registries: TarballRegistries | null): string | Failure {
  const { resolved, location } = node;
  if (resolved !== null && PLAIN_URL.test(resolved)) return registries ? registries.tarballUrl(resolved) : resolved;
  if (resolved === null) return conventionalUrl(node, registries);
  if (!isPlainUrl(resolved)) {
    const spec = parseResolved(resolved, PROJECT_MOUNT);
    if (spec?.type === "git") return unsupported(node, "webhoist cannot clone a git repository");
    if (spec?.type === "directory") return unsupported(node, "a folder would have to be packed first");
    if (spec?.type === "file" && resolved.startsWith("file:"))
      return `file:${relativePath(PROJECT_MOUNT, spec.fetchSpec)}`;
  }
  const url = httpUrl(resolved);
  if (!url) return invalidLock(`"resolved" of "${location}" is neither a URL nor a file`, location).failure;
  return registries ? registries.tarballUrl(url.href) : url.href;
}

/** Returns the URL at which registries usually keep a tarball, if the lock has none: `<registry>/@s/a/-/a-1.0.0.tgz`. */
function conventionalUrl({ manifest, location }: PlanNode, registries: TarballRegistries | null): string | Failure {
  const { name, version } = manifest;
  if (!parseVersion(version))
    return invalidLock(`"${location}" has neither "resolved" nor a version`, location).failure;
  if (!registries) return invalidLock(`"${location}" has no "resolved", and no registry is set`, location).failure;
  return `${registryOf(registries.config, name)}${name}/-/${name.slice(name.indexOf("/") + 1)}-${version}.tgz`;
}

function unsupported({ manifest, resolved, location }: PlanNode, why: string): Failure {
  return unsupportedSource(manifest.name, String(resolved), why, { requiredBy: [location] });
}
