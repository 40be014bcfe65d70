import type { Failure } from "../api/failure.ts";
import type { InstalledProject, InstallOptions, InstallProgress, InstallReport } from "../api/install.ts";
import type { SinkSession, SinkState } from "../api/sink.ts";
import { onAbort } from "../base/on-abort.ts";
import { InstallError } from "../errors/failure.ts";
import { failureOf } from "../errors/failure-of.ts";
import { lostFeatures } from "../errors/lockfile.ts";
import { shown } from "../errors/shown.ts";
import { withoutSecrets } from "../errors/without-secrets.ts";
import { cancelled } from "../errors/work.ts";
import { npmRules } from "../spec/npm-rules.ts";
import { AfterExtractStep } from "./after-extract.ts";
import { type CollectedPacks, collectPacks } from "./collect-packs.ts";
import { copyTree, notFetched } from "./copy-tree.ts";
import { withoutIntegrity } from "./hidden-lock.ts";
import { indexTree } from "./indexed-tree.ts";
import type { InstallPorts } from "./install-ports.ts";
import { PackedProject } from "./installed-project.ts";
import { type LockedProject, planInSlices } from "./locked-project.ts";
import { Operations } from "./operations.ts";
import { type PackSource, packSource } from "./pack-source.ts";
import { type Pack, Packs } from "./packs.ts";
import type { PatchStep } from "./patch-step.ts";
import type { InstallPlan } from "./plan.ts";
import { computedOf, type Installed, reportOf } from "./report.ts";
import { keptLocations, type PackagesToWrite, writePackages } from "./write-packages.ts";

/** A tree whose packs were all collected. */
type InstalledTree = Pick<Installed, "plan" | "packs" | "failed" | "before" | "after" | "tree">;

/**
 * One install:
 *
 * 1. Opens the sink, if there is one.
 * 2. Resolves the project, or reads its lock. While it is resolved, {@link prefetch} fetches packs already.
 * 3. Plans which packages are installed, and looks up their packs in the cache at the same time.
 * 4. Collects the packs: {@link Packs} finds or fetches them. Meanwhile, with a sink, packages are written as their packs arrive.
 * 5. Plans again without the optional packages whose packs failed.
 * 6. Indexes the files of the tree.
 * 7. Commits the sink, if there is one. Returns the installed project.
 *
 * If a step fails, the sink is left as it was before.
 */
export class Installation {
  readonly #ports: InstallPorts;
  readonly #options: InstallOptions;
  readonly #signal: AbortSignal;
  readonly #packs: Packs;
  readonly #operations: Operations;
  readonly #afterExtract: AfterExtractStep;
  /** Set for a lock with patches. */
  #patches: PatchStep | null = null;
  /** Aborts the work that still runs when the install has failed. */
  readonly #ending = new AbortController();
  /** With `trustSink`: the packs that the sink has, by sha512 SRI. They are not fetched. */
  #trusted: ReadonlySet<string> = new Set();
  /** Warnings about the pack cache. One that comes after the end of the install is added to its report. */
  readonly #warnings: Failure[] = [];
  #phase: InstallProgress["phase"] = "install";

  constructor(ports: InstallPorts, options: InstallOptions, signal: AbortSignal) {
    this.#ports = ports;
    this.#options = options;
    this.#signal = signal;
    this.#operations = new Operations(ports.now);
    this.#afterExtract = new AfterExtractStep(options, ports);
    this.#packs = new Packs(ports, {
      archives: options.sink !== undefined || this.#afterExtract.isSet,
      verifyStored: options.verifyStored ?? false,
      operations: this.#operations,
      listener: { changed: () => this.#reportProgress() },
    });
  }

  /** Fetches packages that a running resolution has placed so far, before its tree is known. */
  prefetch(added: readonly PackSource[], removed: readonly PackSource[]): void {
    const wanted = added.filter(({ key }) => !this.#trusted.has(key));
    this.#packs.prefetch(wanted, removed);
  }

  setPhase(phase: InstallProgress["phase"]): void {
    this.#phase = phase;
    this.#reportProgress();
  }

  warn(warning: Failure): void {
    this.#warnings.push(shown(warning));
  }

  /** Ends all work. Every wait for a pack ends with `reason`. */
  stop(reason: Failure): void {
    this.#packs.stop(reason);
    this.#ending.abort(new InstallError(reason));
  }

  /**
   * Runs the install.
   * @param lockProject resolves the project, or reads its lock. It is called after the sink is open, so that packs of a trusted
   * sink are not fetched
   * @throws InstallError the failure of `lockProject`, of the first required package or of the sink; or the signal's reason
   */
  async run(lockProject: () => Promise<LockedProject> | LockedProject): Promise<InstalledProject> {
    const { sink, trustSink } = this.#options;
    const { nextTurn, toSink } = this.#ports;
    const forget = onAbort(this.#signal, () => this.stop(cancelled()));
    let session: SinkSession | undefined;
    try {
      session = sink && (await (await toSink(sink)).open());
      this.#signal.throwIfAborted();
      if (trustSink && session) this.#trusted = new Set(session.held.values());
      const project = await lockProject();
      const installed = await this.#install(project, session);
      this.#signal.throwIfAborted();
      await session?.commit(this.#sinkState(project, installed));
      await nextTurn();
      this.setPhase("done");
      const result = this.#installedProject(project, installed, this.#report(project, installed));
      // The caller's work with the result begins in a turn of its own.
      await nextTurn();
      return result;
    } catch (error) {
      this.stop(failureOf(error));
      await session?.abort();
      this.#signal.throwIfAborted();
      throw error;
    } finally {
      forget();
    }
  }

  async #install(project: LockedProject, session: SinkSession | undefined): Promise<InstalledTree> {
    const { nextTurn } = this.#ports;
    this.setPhase("install");
    const lookUp = this.#packs.lookUp(project.integrities());
    await nextTurn();
    const plan = await this.#plan(project, new Set());
    this.#patches = await this.#patchStep(project, plan);
    await lookUp;
    const before = session?.held ?? new Map<string, string>();
    const sources = new Map(
      plan.packages.map((item) => [item.location, packSource({ ...item, url: item.resolved })] as const),
    );
    if (this.#options.trustSink) for (const location of this.#kept(plan, before)) sources.delete(location);
    await this.#packs.want(sources.values());
    const final = this.#collect(project, plan, sources);
    // Prevents an unhandled rejection if the sink fails first.
    final.catch(() => {});
    const writing = session && this.#write(session, { plan, sources, final });
    const [found] = await Promise.all([final, writing]);
    await nextTurn();
    const collected = { ...found, packs: await this.#patchedPacks(found.packs) };
    const { packs } = collected;
    const tree = indexTree(collected.plan, packs, project.files);
    if (!session && this.#afterExtract.isSet) {
      for (const { location, index } of tree.packs) {
        const archive = await this.#packs.reader.archive(index);
        await this.#afterExtract.run({ location, index, archive }, this.#ending.signal);
      }
    }
    const after = new Map(
      collected.plan.packages.map(({ location }) => {
        const integrity = packs.get(location)?.index.integrity ?? before.get(location) ?? "";
        return [location, this.#mark(location, integrity)];
      }),
    );
    return { ...collected, before, after, tree };
  }

  #plan(project: LockedProject, failed: ReadonlySet<string>): Promise<InstallPlan> {
    return planInSlices(project, failed, this.#ports, this.#signal);
  }

  async #collect(
    project: LockedProject,
    plan: InstallPlan,
    sources: ReadonlyMap<string, PackSource>,
  ): Promise<CollectedPacks & { plan: InstallPlan }> {
    const collected = await collectPacks(plan, sources, this.#packs, this.#ports.unpack);
    const { failed } = collected;
    return { ...collected, plan: failed.size > 0 ? await this.#plan(project, new Set(failed.keys())) : plan };
  }

  async #write(session: SinkSession, packages: Omit<PackagesToWrite, "kept">): Promise<void> {
    this.setPhase("write");
    await writePackages(
      { ...packages, kept: this.#kept(packages.plan, session.held) },
      {
        session,
        packs: this.#packs,
        afterExtract: this.#afterExtract,
        patches: this.#patches,
        operations: this.#operations,
        limit: this.#ports.limits.writes,
        signal: this.#ending.signal,
      },
    );
  }

  /** Returns the locations at which the sink already has the planned pack. With `afterExtract` every package is written anew. */
  #kept(plan: InstallPlan, before: ReadonlyMap<string, string>): ReadonlySet<string> {
    return this.#afterExtract.isSet
      ? new Set()
      : keptLocations(plan, before, this.#packs, (location) => this.#patches?.suffix(location) ?? "");
  }

  /** Prepares the patches of a plan. npm 11 knows none: then a warning says that they are left out. */
  async #patchStep({ files, npmVersion }: LockedProject, plan: InstallPlan): Promise<PatchStep | null> {
    if (![...plan.packages, ...plan.bundled].some(({ patched }) => patched)) return null;
    if (npmVersion !== undefined && !npmRules(npmVersion).knowsLock4) {
      this.#warnings.push(lostFeatures(["patched"]));
      return null;
    }
    const { PatchStep } = await import("./patch-step.ts");
    const { nextTurn } = this.#ports;
    const ignoreFailures = this.#options.ignorePatchFailures ?? false;
    const warn = (warning: Failure): void => this.warn(warning);
    return new PatchStep({ plan, files, overlay: this.#afterExtract.overlay, ignoreFailures, nextTurn, warn });
  }

  /** Returns the packs with the files of the patched packages. Those that the sink keeps are patched for reading. */
  async #patchedPacks(packs: ReadonlyMap<string, Pack>): Promise<ReadonlyMap<string, Pack>> {
    if (!this.#patches) return packs;
    const patched = new Map(packs);
    for (const location of this.#patches.locations) {
      const pack = packs.get(location);
      if (!pack) continue;
      this.#ending.signal.throwIfAborted();
      const archive = await this.#packs.reader.archive(pack.index);
      const { index } = await this.#patches.apply({ location, index: pack.index, archive });
      patched.set(location, { ...pack, index });
    }
    return patched;
  }

  /** Marks packages that a patch or `afterExtract` changed, so that a later install does not take them for the originals. */
  #mark(location: string, integrity: string): string {
    if (this.#afterExtract.isSet) return `${integrity}?afterExtract`;
    const base = integrity.split("?", 1)[0] as string;
    return this.#patches ? base + this.#patches.suffix(location) : base;
  }

  #sinkState(project: LockedProject, { plan, tree, after }: InstalledTree): SinkState {
    const lock = project.hiddenLock(plan, this.#patches?.failed);
    const hiddenLock = this.#afterExtract.isSet ? withoutIntegrity(lock) : lock;
    return { packages: after, links: tree.links, hiddenLock };
  }

  #report({ substitutes, scriptsAllowed }: LockedProject, installed: InstalledTree): InstallReport {
    const warnings = this.#warnings;
    const { fetched, transferred } = this.#packs.counts;
    const report = reportOf({ ...installed, fetched, transferred, substitutes, scriptsAllowed, warnings });
    warnings.splice(0, warnings.length, ...warnings.map(shown));
    // The list may grow after the report was made.
    return { ...withoutSecrets(report), warnings };
  }

  #installedProject(project: LockedProject, installed: InstalledTree, report: InstallReport): InstalledProject {
    const { plan, packs, tree } = installed;
    const { resolution, nodeVersion } = project;
    const { toSink, limits } = this.#ports;
    const { reader } = this.#packs;
    const { overlay } = this.#afterExtract;
    const parts = { packs: tree.packs, index: tree.index, reader, overlay };
    return new PackedProject({
      ...parts,
      lockfile: project.lockfile(computedOf(plan, packs), this.#patches?.failed, damagedEntries(plan)),
      resolution,
      nodeVersion,
      report,
      stored: this.#packs.store(),
      writeTo: async (sink, options = {}) => {
        if (tree.packs.length < plan.packages.length) throw notFetched();
        const state = this.#sinkState(project, installed);
        await copyTree({ ...parts, state, limit: limits.writes }, await toSink(sink), options.signal);
      },
    });
  }

  #reportProgress(): void {
    const { progress } = this.#ports;
    if (!progress) return;
    const { known, done, cached, bytes } = this.#packs.counts;
    progress.report({
      phase: this.#phase,
      packs: known,
      packsDone: done,
      packsStored: cached,
      bytes,
      operations: this.#operations.all,
    });
  }
}

/** Returns the locations of entries that were passed over because they are damaged. npm's lock has them no more. */
function damagedEntries({ skipped }: InstallPlan): string[] {
  const isDamaged = ({ why, version }: InstallPlan["skipped"][number]): boolean =>
    version === "" && (why === "failed" || why === "unneeded");
  return skipped.filter(isDamaged).map(({ location }) => location);
}
