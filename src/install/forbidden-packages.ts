// Loaded on demand: when an option forbids a source of packages.

import type { Failure } from "../api/failure.ts";
import { InstallError } from "../errors/failure.ts";
import { parseResolved } from "../lockfile/resolved.ts";
import { PROJECT_MOUNT } from "../project/files.ts";
import { parseUrl, registryOf } from "../registry/registry-config.ts";
import { forbiddenSource } from "../spec/allowed-sources.ts";
import { parseSpec } from "../spec/spec.ts";
import type { Dependents, LockDependency } from "./dependents.ts";
import type { PlanNode } from "./lock-nodes.ts";
import type { PlanOptions } from "./plan.ts";

/** Specs that need no parser: ranges, versions and simple tags. */
const PLAIN_SPEC = /^[\w.+\-^~<>=|* ]*$/;

/** The packages of a lock whose source an option forbids, as npm judges it right before it extracts a package. */
export class ForbiddenPackages {
  readonly #options: PlanOptions;
  readonly #dependents: Dependents;

  constructor(options: PlanOptions, dependents: Dependents) {
    this.#options = options;
    this.#dependents = dependents;
  }

  /**
   * Returns the failure for a package whose source is forbidden, or null.
   *
   * 1. A package without an address comes from the registry, and is allowed.
   * 2. So is one from below its registry, if every dependent asks for it by a version, range, tag or alias.
   * 3. Otherwise the address is a repository, a URL, a file or a folder, which the options allow or not. With `root`, one dependent
   *    that is the project or a workspace is enough.
   */
  failureOf(node: PlanNode, address: string | Failure): Failure | null {
    const { resolved, manifest } = node;
    const { sources } = this.#options;
    if (resolved === null || !sources) return null;
    const into = [...this.#dependents.into(node)];
    if (typeof address === "string" && this.#isOfRegistry(node, address, into)) return null;
    const type = parseResolved(resolved, PROJECT_MOUNT)?.type ?? "remote";
    const isOwn = into.some(({ from }) => from.kind === "project" || this.#dependents.isWorkspace(from));
    const from = into[0]?.from.location ?? "";
    return forbiddenSource(sources, { type, name: manifest.name, spec: resolved, isOwn, from });
  }

  #isOfRegistry({ folder }: PlanNode, address: string, into: readonly LockDependency[]): boolean {
    const { registry } = this.#options;
    if (!registry || into.length === 0 || !into.every(isRegistrySpec)) return false;
    return parseUrl(address)?.href.startsWith(registryOf(registry, folder)) ?? false;
  }
}

/** Checks whether a dependent asks for a version, range, tag or alias. */
export function isRegistrySpec({ name, spec }: LockDependency): boolean {
  if (typeof spec !== "string") return false;
  if (PLAIN_SPEC.test(spec)) return true;
  try {
    return "registry" in parseSpec(name, spec, PROJECT_MOUNT);
  } catch (error) {
    if (error instanceof InstallError) return false;
    throw error;
  }
}
