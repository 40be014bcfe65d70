import type { Failure } from "../api/failure.ts";
import type { Missing, PrereleaseMode } from "../api/flat.ts";
import type { Context, SourceEdge } from "../engine/context.ts";
import { needCode, needPackument, type Steps } from "../engine/need.ts";
import type { EdgeSpec } from "../graph/edge-spec.ts";
import { NOTHING, type SetId, type VersionSets } from "../solver/version-sets.ts";
import type { FileSpec, GitSpec, RegistrySpec, RemoteSpec, Spec } from "../spec/spec.ts";
import { InstallableVersions } from "./installable-versions.ts";
import { PackumentVersions } from "./packument-versions.ts";

const loadLocals = () => import("../engine/local-packages.ts");

/** The versions that satisfy a spec. */
export interface ResolvedSpec {
  readonly allowed: SetId;
  /** Says why no version satisfies the spec, if none does. */
  readonly missing?: (() => Missing) | undefined;
  /** The failure to read the package, if it could not be read. */
  readonly unread?: Failure | undefined;
}

/** The data on which the meaning of a spec depends, besides its text. */
interface SpecRequest {
  /** The spec after overrides. */
  readonly effective: string;
  /** The absolute folder that paths are relative to; null for a package of a registry, whose paths are invalid. */
  readonly folder: string | null;
  /** Null if all sources are allowed. */
  readonly dependent: SourceEdge["from"] | null;
  /** True if the dependent is in the lock. Then the lock's version of this package satisfied the spec at that time. */
  readonly dependentLocked: boolean;
}

/** Resolves specs to sets of versions, and remembers every package that was read. All searches of a resolution share it. */
export class SpecResolver {
  readonly #context: Context;
  readonly #sets: VersionSets;
  readonly #prereleases: PrereleaseMode;
  readonly #locked: ReadonlyMap<string, readonly string[]>;
  readonly #installables = new Map<string, InstallableVersions>();
  readonly #keys = new Map<InstallableVersions, string>();
  readonly #packuments = new Map<string, PackumentVersions | Missing>();
  readonly #resolved = new Map<string, ResolvedSpec>();

  constructor(
    context: Context,
    sets: VersionSets,
    options: { prereleases: PrereleaseMode; locked: ReadonlyMap<string, readonly string[]> },
  ) {
    this.#context = context;
    this.#sets = sets;
    this.#prereleases = options.prereleases;
    this.#locked = options.locked;
  }

  /** Returns the versions that can be installed under a name in `node_modules`. */
  installable({ key, name }: Pick<EdgeSpec, "key" | "name">): InstallableVersions {
    let installable = this.#installables.get(key);
    if (!installable) {
      installable = new InstallableVersions(name, this.#sets);
      this.#installables.set(key, installable);
      this.#keys.set(installable, key);
    }
    return installable;
  }

  keyOf(installable: InstallableVersions): string {
    return this.#keys.get(installable) as string;
  }

  installables(): Iterable<InstallableVersions> {
    return this.#installables.values();
  }

  /** Returns the versions of a package of the registry, if it was read. */
  packument(name: string): PackumentVersions | null {
    const known = this.#packuments.get(name);
    return known instanceof PackumentVersions ? known : null;
  }

  *resolve(spec: EdgeSpec, request: SpecRequest): Steps<ResolvedSpec> {
    const { tree } = this.#context;
    const isOwn = request.dependent?.isProjectRoot || request.dependent?.isWorkspace;
    const flags = `${spec.type === "workspace"} ${request.dependentLocked} ${isOwn}`;
    const key = `${spec.key} ${flags} ${spec.accept ?? ""} ${request.folder ?? ""} ${request.effective}`;
    const known = this.#resolved.get(key);
    if (known) return known;
    const first = yield* this.#resolveOne(spec, request);
    const accept = spec.accept !== undefined && spec.type !== "workspace" && !tree.workspaceSpecs.has(spec.key);
    const second = accept ? yield* this.#resolveOne(spec, { ...request, effective: spec.accept as string }) : null;
    const resolved = second
      ? { allowed: this.#sets.or(first.allowed, second.allowed), missing: first.missing, unread: first.unread }
      : first;
    if (resolved.allowed !== NOTHING) this.installable(spec).rememberText(resolved.allowed, request.effective || "*");
    this.#resolved.set(key, resolved);
    return resolved;
  }

  *#resolveOne(spec: EdgeSpec, request: SpecRequest): Steps<ResolvedSpec> {
    const { effective, folder, dependentLocked, dependent } = request;
    const { specTable, tree, options } = this.#context;
    const want = specTable.parsed(spec.name, effective || "*", folder ?? tree.root.path);
    if (!want.spec) return { allowed: NOTHING, missing: () => ({ why: "spec", failure: want.failure as Failure }) };
    const workspace = tree.workspaceSpecs.get(spec.key);
    if (workspace) return this.#workspace(spec, { want: want.spec, folder: workspace.raw.slice("file:".length) });
    const parsed = want.spec;
    if (parsed.type === "alias") return yield* this.#fromRegistry(spec, parsed.subSpec, dependentLocked);
    // One parsed spec serves all names with the same text, so the name is added here.
    if ("registry" in parsed) return yield* this.#fromRegistry(spec, { ...parsed, name: spec.name }, dependentLocked);
    const isPath = parsed.type === "directory" || parsed.type === "file";
    if (isPath && folder === null) return { allowed: NOTHING, missing: () => ({ why: "spec" }) };
    const refused = dependent && options.forbidden?.({ name: spec.name, from: dependent }, parsed);
    if (refused) return unresolved({ why: "unreadable", failure: refused });
    return yield* this.#single(spec, parsed);
  }

  /** Resolves the name of a workspace: only the workspace itself can be installed under it. */
  #workspace(spec: EdgeSpec, { want, folder }: { want: Spec; folder: string }): ResolvedSpec {
    const own = this.#folder(spec, folder);
    const version = this.#context.folders.manifest(folder)?.version ?? "";
    const fits =
      spec.type === "workspace" ||
      (want.type === "directory" && want.fetchSpec === folder) ||
      ("registry" in want && want.type === "tag") ||
      ("fetchSpec" in want &&
        want.fetchSpec !== null &&
        this.#context.specTable.ranges.satisfies(version, want.fetchSpec || "*"));
    if (fits) return own;
    return { allowed: NOTHING, missing: () => ({ why: "workspace", ...(version && { found: version }) }) };
  }

  #folder(spec: EdgeSpec, folder: string): ResolvedSpec {
    const installable = this.installable(spec);
    const source = `folder:${folder}`;
    const manifest = this.#context.folders.manifest(folder) ?? {};
    if (!installable.has(source)) installable.add(source, { manifest, resolved: null, integrity: null, folder });
    return { allowed: installable.setOf(source, [0, 1]) };
  }

  *#fromRegistry(spec: EdgeSpec, wanted: RegistrySpec, dependentLocked: boolean): Steps<ResolvedSpec> {
    const { name, type, fetchSpec } = wanted;
    const installable = this.installable(spec);
    const versions = yield* this.#versions(name);
    if (!(versions instanceof PackumentVersions)) return unresolved(versions);
    if (!installable.has(name)) installable.add(name, versions);
    const { bounds, missing } = versions.evaluate(fetchSpec || "*", fetchSpec ? type : "range");
    const allowed = installable.setOf(name, bounds);
    // A tag may have moved since the lock was written, and `*` allows `latest`. The locked version is still allowed.
    const mayMove = dependentLocked && (type === "tag" || (fetchSpec || "*") === "*");
    const locked = mayMove ? lockedPosition(versions, this.#locked.get(spec.key)) : -1;
    if (locked < 0) return { allowed, missing };
    return { allowed: this.#sets.or(allowed, installable.setOf(name, [locked, locked + 1])) };
  }

  *#versions(name: string): Steps<PackumentVersions | Missing> {
    let known = this.#packuments.get(name);
    if (!known) {
      const outcome = yield* needPackument(name);
      const policy = this.#context.options.policyFor(name);
      known = outcome.ok
        ? new PackumentVersions(outcome.value, policy, this.#prereleases)
        : { why: outcome.failure.code === "E404" ? "package" : "unreadable", failure: outcome.failure };
      this.#packuments.set(name, known);
    }
    return known;
  }

  /** Resolves a folder or a tarball. */
  *#single(spec: EdgeSpec, parsed: FileSpec | RemoteSpec | GitSpec): Steps<ResolvedSpec> {
    const installable = this.installable(spec);
    const context = this.#context;
    if (parsed.type === "directory" && !context.options.installLinks) {
      return this.#folder(spec, parsed.fetchSpec);
    }
    const source = `${parsed.type}:${parsed.fetchSpec}`;
    if (!installable.has(source)) {
      const { loadLocal } = yield* needCode(loadLocals);
      const picked = yield* loadLocal(parsed, { name: spec.name, from: { location: "" } }, context);
      if (!picked.ok)
        return unresolved({ why: parsed.type === "git" ? "spec" : "unreadable", failure: picked.failure });
      installable.add(source, { ...picked.value, folder: null });
    }
    return { allowed: installable.setOf(source, [0, 1]) };
  }
}

function unresolved(missing: Missing): ResolvedSpec {
  const unread = missing.why === "unreadable" ? missing.failure : undefined;
  return { allowed: NOTHING, missing: () => missing, unread };
}

/** Returns the position of the first locked version that exists, or -1. */
function lockedPosition(versions: PackumentVersions, locked: readonly string[] = []): number {
  return locked.map((version) => versions.find(version)).find((position) => position >= 0) ?? -1;
}
