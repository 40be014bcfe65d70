import type { Failure } from "../api/failure.ts";
import type { Missing, PrereleaseMode } from "../api/flat.ts";
import type { Context } from "../engine/context.ts";
import { needCode, needPackument, type Steps } from "../engine/need.ts";
import type { EdgeSpec } from "../graph/edge-spec.ts";
import { NOTHING, type SetId, type VersionSets } from "../solver/version-sets.ts";
import type { FileSpec, GitSpec, RegistrySpec, RemoteSpec, Spec } from "../spec/spec.ts";
import { InstallableVersions } from "./installable-versions.ts";
import { PackumentVersions } from "./packument-versions.ts";

const loadLocals = () => import("../engine/local-packages.ts");

/** Which versions a spec takes; none of them: why. */
export interface Settled {
  readonly allowed: SetId;
  readonly missing?: (() => Missing) | undefined;
  /** What could not be had, by no fault of the versions. */
  readonly unread?: Failure | undefined;
}

interface Wish {
  readonly effective: string;
  /** Absolute folder that relative specs start from; null for a package of a registry, which has none here. */
  readonly folder: string | null;
  /** Whether the one who asks is in the lock: then what the lock has of this was what it asked for. */
  readonly settledBefore: boolean;
}

/** Every package that was met, and what specs come to of them. One serves all rungs and all attempts of a resolution. */
export class Settler {
  readonly #context: Context;
  readonly #sets: VersionSets;
  readonly #prereleases: PrereleaseMode;
  readonly #locked: ReadonlyMap<string, readonly string[]>;
  readonly #universes = new Map<string, InstallableVersions>();
  readonly #keys = new Map<InstallableVersions, string>();
  readonly #packuments = new Map<string, PackumentVersions | Missing>();
  readonly #settled = new Map<string, Settled>();

  constructor(
    context: Context,
    sets: VersionSets,
    how: { prereleases: PrereleaseMode; locked: ReadonlyMap<string, readonly string[]> },
  ) {
    this.#context = context;
    this.#sets = sets;
    this.#prereleases = how.prereleases;
    this.#locked = how.locked;
  }

  /** All that is called so in `node_modules`. */
  installable({ key, name }: Pick<EdgeSpec, "key" | "name">): InstallableVersions {
    let installable = this.#universes.get(key);
    if (!installable) {
      installable = new InstallableVersions(name, this.#sets);
      this.#universes.set(key, installable);
      this.#keys.set(installable, key);
    }
    return installable;
  }

  keyOf(installable: InstallableVersions): string {
    return this.#keys.get(installable) as string;
  }

  universes(): Iterable<InstallableVersions> {
    return this.#universes.values();
  }

  /** What is known of a package of the registry. */
  packument(name: string): PackumentVersions | null {
    const known = this.#packuments.get(name);
    return known instanceof PackumentVersions ? known : null;
  }

  *settle(spec: EdgeSpec, wish: Wish): Steps<Settled> {
    const { tree } = this.#context;
    const how = `${spec.type === "workspace"} ${wish.settledBefore}`;
    const key = `${spec.key} ${how} ${spec.accept ?? ""} ${wish.folder ?? ""} ${wish.effective}`;
    const known = this.#settled.get(key);
    if (known) return known;
    const first = yield* this.#one(spec, wish);
    const accept = spec.accept !== undefined && spec.type !== "workspace" && !tree.workspaceSpecs.has(spec.key);
    const second = accept ? yield* this.#one(spec, { ...wish, effective: spec.accept as string }) : null;
    const settled = second
      ? { allowed: this.#sets.or(first.allowed, second.allowed), missing: first.missing, unread: first.unread }
      : first;
    if (settled.allowed !== NOTHING) this.installable(spec).write(settled.allowed, wish.effective || "*");
    this.#settled.set(key, settled);
    return settled;
  }

  *#one(spec: EdgeSpec, { effective, folder, settledBefore }: Wish): Steps<Settled> {
    const { specTable, tree } = this.#context;
    const want = specTable.parsed(spec.name, effective || "*", folder ?? tree.root.path);
    if (!want.spec) return { allowed: NOTHING, missing: () => ({ why: "spec", failure: want.failure as Failure }) };
    const workspace = tree.workspaceSpecs.get(spec.key);
    if (workspace) return this.#workspace(spec, { want: want.spec, folder: workspace.raw.slice("file:".length) });
    const parsed = want.spec;
    // a spec is parsed once for all names that ask the same: only an alias has a name of its own
    if (parsed.type === "alias") return yield* this.#fromRegistry(spec, parsed.subSpec, settledBefore);
    if ("registry" in parsed) return yield* this.#fromRegistry(spec, { ...parsed, name: spec.name }, settledBefore);
    const isPath = parsed.type === "directory" || parsed.type === "file";
    if (isPath && folder === null) return { allowed: NOTHING, missing: () => ({ why: "spec" }) };
    return yield* this.#single(spec, parsed);
  }

  /** A name that is a workspace's is that workspace: nothing else can stand there. */
  #workspace(spec: EdgeSpec, { want, folder }: { want: Spec; folder: string }): Settled {
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
    return { allowed: NOTHING, missing: () => ({ why: "none", ...(version && { found: version }) }) };
  }

  /** A folder of the project: the one thing that it is. */
  #folder(spec: EdgeSpec, folder: string): Settled {
    const installable = this.installable(spec);
    const source = `folder:${folder}`;
    const manifest = this.#context.folders.manifest(folder) ?? {};
    if (!installable.has(source)) installable.add(source, { manifest, resolved: null, integrity: null, folder });
    return { allowed: installable.setOf(source, [0, 1]) };
  }

  *#fromRegistry(spec: EdgeSpec, wanted: RegistrySpec, settledBefore: boolean): Steps<Settled> {
    const { name, type, fetchSpec } = wanted;
    const installable = this.installable(spec);
    const versions = yield* this.#versions(name);
    if (!(versions instanceof PackumentVersions)) return missed(versions);
    if (!installable.has(name)) installable.add(name, versions);
    const { bounds, missing } = versions.evaluate(fetchSpec || "*", fetchSpec ? type : "range");
    const allowed = installable.setOf(name, bounds);
    // A tag that has moved on, `latest` under `*` too, is no reason to leave the version that a lock has of it.
    const moves = settledBefore && (type === "tag" || (fetchSpec || "*") === "*");
    const stays = moves ? placeOf(versions, this.#locked.get(spec.key)) : -1;
    if (stays < 0) return { allowed, missing };
    return { allowed: this.#sets.or(allowed, installable.setOf(name, [stays, stays + 1])) };
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

  /** A folder or a tarball. */
  *#single(spec: EdgeSpec, parsed: FileSpec | RemoteSpec | GitSpec): Steps<Settled> {
    const installable = this.installable(spec);
    const context = this.#context;
    if (parsed.type === "directory" && !context.options.installLinks) {
      return this.#folder(spec, parsed.fetchSpec);
    }
    const source = `${parsed.type}:${parsed.fetchSpec}`;
    if (!installable.has(source)) {
      const { loadLocal } = yield* needCode(loadLocals);
      const picked = yield* loadLocal(parsed, { name: spec.name, from: { location: "" } }, context);
      if (!picked.ok) return missed({ why: parsed.type === "git" ? "spec" : "unreadable", failure: picked.failure });
      installable.add(source, { ...picked.value, folder: null });
    }
    return { allowed: installable.setOf(source, [0, 1]) };
  }
}

function missed(missing: Missing): Settled {
  const unread = missing.why === "unreadable" ? missing.failure : undefined;
  return { allowed: NOTHING, missing: () => missing, unread };
}

function placeOf(versions: PackumentVersions, locked: readonly string[] = []): number {
  return locked.map((version) => versions.find(version)).find((place) => place >= 0) ?? -1;
}
