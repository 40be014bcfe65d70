import type { Failure } from "../api/failure.ts";
import type { InstalledProject, InstallOptions, InstallProgress } from "../api/install.ts";
import type { SinkSession, SinkState } from "../api/sink.ts";
import { onAbort } from "../base/on-abort.ts";
import { fail, InstallError, type Outcome, ok } from "../errors/failure.ts";
import { failureOf } from "../errors/failure-of.ts";
import { storeFailed } from "../errors/store.ts";
import { cancelled } from "../errors/work.ts";
import type { CachedPack } from "../pack-cache/pack-cache.ts";
import { SEEK_POINTS_FROM } from "../pack-cache/seek-points.ts";
import { readPackIndex } from "../tarball/pack-index.ts";
import { runAfterExtract } from "./after-extract.ts";
import { copyTree, notFetched } from "./copy-tree.ts";
import type { IndexedPack } from "./file-index.ts";
import { withoutIntegrity } from "./hidden-lock.ts";
import { commandsOf, indexTree } from "./indexed-tree.ts";
import type { InstallPorts, Target } from "./install-ports.ts";
import { PackedProject } from "./installed-project.ts";
import { PackPipeline, type PackSource } from "./pack-pipeline.ts";
import { PackReader, type Readable } from "./pack-reader.ts";
import { aliasesOf, hashesOf, packKey } from "./pack-source.ts";
import { overLimit, PackSupply, type SuppliedPack } from "./packs.ts";
import type { InstallPlan, PlannedPackage } from "./plan.ts";
import { computedOf, type Installed, reportOf } from "./report.ts";
import { filesOf, type Writable, writeTree } from "./write-tree.ts";

export type InstallationOptions = Pick<
  InstallOptions,
  "sink" | "trustSink" | "verifyStored" | "afterExtract" | "afterExtractTimeout"
>;

/** An install whose packs are all there. */
type Collected = Pick<Installed, "plan" | "packs" | "left" | "held" | "tree" | "now"> & { target: Target };

/** Milliseconds of planning at a time. */
const SLICE = 8;

/** Bytes of a tarball that is small in any case. */
const SMALL = 32 * 1024;

/** Ranks of downloads: many wait for it, one does, somebody may. */
const RANKS = { many: 1, one: 2, maybe: 3 };

/** One install: its packs, what is written of them, and the one way out of every error. */
export class Installation {
  readonly pipeline: PackPipeline;
  readonly supply: PackSupply;
  readonly #ports: InstallPorts;
  readonly #options: InstallationOptions;
  readonly #signal: AbortSignal;
  readonly #reader: PackReader;
  /** Aborts when the install has failed, for whatever still works for it. */
  readonly #ending = new AbortController();
  readonly #overlay = new Map<string, Uint8Array>();
  readonly #announced = new Set<string>();
  #planned = false;
  /** What the sink has, where that is enough. */
  #held: ReadonlySet<string> = new Set();
  /** By sha512: where a pack came from, for when the store has lost it. */
  readonly #origins = new Map<string, PackSource>();
  /** What goes wrong with the store is told in the report, also when that is out already. */
  readonly #warnings: Failure[] = [];
  /** Packs for the store. While others wait to be verified they wait too: who installs waits for those. */
  readonly #unstored: CachedPack[] = [];
  #phase: InstallProgress["phase"] = "install";
  #bytes = 0;

  constructor(ports: InstallPorts, options: InstallationOptions, signal: AbortSignal) {
    this.#ports = ports;
    this.#options = options;
    this.#signal = signal;
    const { download, extractor, packCache, limits, unpack, now } = ports;
    const archives = options.sink !== undefined || options.afterExtract !== undefined;
    this.pipeline = new PackPipeline({
      ...{ download, extractor, limits, unpack, archives, now },
      changed: () => {
        if (this.pipeline.idle) this.#store();
        this.#tell();
      },
      keep: (source, { integrity, tarball, index, archive }) => {
        this.#bytes += tarball.length;
        this.#reader.hold(integrity, tarball);
        if (archive) this.#reader.keep(integrity, archive);
        const aliases = aliasesOf(source.integrity);
        this.#unstored.push({ integrity, aliases, tarball, index, seekPoints: () => this.#seekPoints(tarball, index) });
      },
    });
    this.supply = new PackSupply(this.pipeline, packCache, ports.breathe);
    const refetch = (integrity: string): Promise<Outcome<Uint8Array>> => this.#refetch(integrity);
    const verify = options.verifyStored ? this.#verify.bind(this) : undefined;
    this.#reader = new PackReader({ packCache, extractor, refetch, verify, room: limits.room });
  }

  /** Packages that a running resolution has placed so far: their tarballs are on their way before the tree is known. */
  announce(added: readonly PackSource[], gone: readonly PackSource[]): void {
    // A word that was on its way when the tree was done knows less than the tree.
    if (this.#planned) return;
    for (const { key } of gone) if (this.#announced.delete(key)) this.pipeline.drop(key);
    const wanted = added.filter(({ key }) => !this.#held.has(key));
    for (const { key } of wanted) this.#announced.add(key);
    void this.supply.look(wanted.flatMap(({ integrity }) => integrity ?? [])).then(async () => {
      // Some of them may have been replaced meanwhile; once there is a plan it says what is wanted.
      const still = this.#planned ? [] : wanted.filter(({ key }) => this.#announced.has(key));
      await this.supply.want(still, () => RANKS.maybe);
    });
  }

  phase(phase: InstallProgress["phase"]): void {
    this.#phase = phase;
    this.#tell();
  }

  warn(warning: Failure): void {
    this.#warnings.push(warning);
  }

  /** Whoever waits for any pack hears `reason`. */
  stop(reason: Failure): void {
    this.pipeline.stop(reason);
    this.#ending.abort(new InstallError(reason));
    // What was verified serves the next attempt.
    this.#store();
    void this.#ports.packCache.flush();
  }

  /**
   * `find` is called once the sink is open, so that what it holds need not be announced.
   * @throws InstallError what `find`, the first required package or the sink fails with, the signal's reason; then the sink is as
   * before
   */
  async run(find: () => Promise<Target> | Target): Promise<InstalledProject> {
    const { sink, trustSink } = this.#options;
    const forget = onAbort(this.#signal, () => this.stop(cancelled()));
    let session: SinkSession | undefined;
    try {
      session = sink && (await (await this.#ports.sinkOf(sink)).open());
      this.#signal.throwIfAborted();
      if (trustSink && session) this.#held = new Set(session.held.values());
      const done = await this.#install(await find(), session);
      this.#signal.throwIfAborted();
      await session?.commit(this.#stateOf(done));
      await this.#ports.breathe();
      this.phase("done");
      const project = this.#project(done);
      // What is done with it begins in a turn of its own.
      await this.#ports.breathe();
      return project;
    } catch (error) {
      this.stop(failureOf(error));
      await session?.abort();
      this.#signal.throwIfAborted();
      throw error;
    } finally {
      forget();
    }
  }

  async #install(target: Target, session: SinkSession | undefined): Promise<Collected> {
    this.phase("install");
    const looking = this.supply.look(target.glance());
    await this.#ports.breathe();
    const plan = await this.#inSlices(target.plan(new Set()));
    await looking;
    const held = session?.held ?? new Map<string, string>();
    const sources = new Map(plan.packages.map((item) => [item.location, sourceOf(item)]));
    if (this.#options.trustSink) for (const location of this.#kept(plan, held)) sources.delete(location);
    await this.#want([...sources.values()]);
    const collecting = this.#collect(target, plan, sources);
    // Also where the sink fails first.
    collecting.catch(() => {});
    const writing = session && this.#write(session, { plan, sources, collecting });
    const [collected] = await Promise.all([collecting, writing]);
    await this.#ports.breathe();
    const tree = indexTree(collected.plan, collected.packs, target.files);
    if (!session && this.#options.afterExtract) {
      for (const pack of tree.packs) await this.#transform(pack, await this.#reader.archive(pack.index));
    }
    const at = ({ location }: PlannedPackage): string =>
      collected.packs.get(location)?.index.integrity ?? held.get(location) ?? "";
    const now = new Map(collected.plan.packages.map((item) => [item.location, this.#marked(at(item))]));
    return { ...collected, target, held, tree, now };
  }

  /** Lets others have the thread every few milliseconds. */
  async #inSlices<T>(steps: Generator<undefined, T>): Promise<T> {
    const { now, breathe } = this.#ports;
    let since = now();
    for (;;) {
      const { done, value } = steps.next();
      if (done) return value;
      if (now() - since < SLICE) continue;
      await breathe();
      this.#signal.throwIfAborted();
      since = now();
    }
  }

  /** Has all of them looked up or fetched, and drops what was announced and is not among them. */
  async #want(sources: readonly PackSource[]): Promise<void> {
    this.#planned = true;
    const waiting = new Map<string, number>();
    for (const { key } of sources) waiting.set(key, (waiting.get(key) ?? 0) + 1);
    const distinct = [...new Map(sources.map((source) => [source.key, source])).values()];
    await this.supply.want(distinct, ({ key }) => (waiting.get(key) === 1 ? RANKS.one : RANKS.many));
    // By now all of them have been looked up, and are asked for.
    for (const key of this.#announced) if (!waiting.has(key)) this.pipeline.drop(key);
  }

  /** Waits for every pack. @throws InstallError what the first required one fails with */
  async #collect(
    target: Target,
    plan: InstallPlan,
    sources: ReadonlyMap<string, PackSource>,
  ): Promise<Pick<Collected, "plan" | "packs" | "left">> {
    const packs = new Map<string, SuppliedPack>();
    const left = new Map<string, Failure>();
    const bring = async ({ location, optional }: PlannedPackage): Promise<void> => {
      const source = sources.get(location);
      if (!source) return;
      const outcome = await this.supply.pack(source);
      const over = outcome.ok && outcome.value.stored ? overLimit(outcome.value.index, this.#ports.unpack) : undefined;
      if (over && !optional) throw new InstallError({ ...over, requiredBy: [location] });
      if (over) left.set(location, over);
      else if (outcome.ok) {
        packs.set(location, outcome.value);
        this.#origins.set(outcome.value.index.integrity, source);
      } else if (optional && !ENDINGS.has(outcome.failure.code)) left.set(location, outcome.failure);
      else throw new InstallError({ ...outcome.failure, requiredBy: [location] });
    };
    await Promise.all(plan.packages.map(bring));
    return { plan: left.size > 0 ? await this.#inSlices(target.plan(new Set(left.keys()))) : plan, packs, left };
  }

  async #write(
    session: SinkSession,
    {
      plan,
      sources,
      collecting,
    }: {
      plan: InstallPlan;
      sources: ReadonlyMap<string, PackSource>;
      collecting: Promise<Pick<Collected, "plan" | "left">>;
    },
  ): Promise<void> {
    this.phase("write");
    const kept = this.#kept(plan, session.held);
    await session.begin(kept);
    const final = collecting.then((collected) => ({
      here: new Set(collected.plan.packages.map(({ location }) => location)),
      commands: collected.left.size > 0 ? commandsOf(collected.plan) : commands,
    }));
    final.catch(() => {});
    const commands = commandsOf(plan);
    const none = new Set<string>();
    const writable = (item: PlannedPackage): Writable => {
      const { location, name, version, optional, bin } = item;
      const pack = this.supply.pack(sources.get(location)!);
      // Another has the name of one of its commands, and may be left out.
      const waits = optional || Object.values(bin).some((path) => !commands.get(location)?.has(path));
      return {
        location,
        label: `${name}@${version}`,
        // One that may be left out for the sake of another waits for all.
        ready: async () => (await pack).ok && (!waits || (await final).here.has(location)),
        open: async () => {
          const { index } = unwrap(await pack);
          const archive = await this.#reader.archive(index);
          const executables = (waits ? (await final).commands : commands).get(location) ?? none;
          const open = { location, index, archive, executables };
          await this.#transform(open, archive);
          return { files: filesOf(open, this.#overlay), bytes: index.unpacked };
        },
      };
    };
    const { operations } = this.pipeline;
    const { writes: limit } = this.#ports.limits;
    const wanted = plan.packages.filter(({ location }) => !kept.has(location)).map(writable);
    await writeTree(wanted, { session, operations, limit, signal: this.#ending.signal });
  }

  /** Locations at which a sink has what is planned. */
  #kept(plan: InstallPlan, held: ReadonlyMap<string, string>): Set<string> {
    const kept = new Set<string>();
    if (this.#options.afterExtract) return kept;
    for (const { location, integrity } of plan.packages) {
      const there = held.get(location);
      const known = this.supply.stored({ integrity })?.integrity;
      if (there && (there === known || hashesOf(integrity).includes(there))) kept.add(location);
    }
    return kept;
  }

  async #transform({ location, index }: Pick<IndexedPack, "location" | "index">, archive: Uint8Array): Promise<void> {
    const { afterExtract: step, afterExtractTimeout: limit = 10_000 } = this.#options;
    if (!step) return;
    const { after, breathe } = this.#ports;
    await runAfterExtract({ location, index, archive }, this.#overlay, {
      step,
      limit,
      after,
      breathe,
      signal: this.#ending.signal,
    });
  }

  /** What the embedder has had its hands on is nobody else's. */
  #marked(integrity: string): string {
    return this.#options.afterExtract ? `${integrity}?afterExtract` : integrity;
  }

  #stateOf({ target, plan, tree, now }: Collected): SinkState {
    const lock = target.hiddenLock(plan);
    // By its integrity the next install would take what was changed for what came.
    const hiddenLock = this.#options.afterExtract ? withoutIntegrity(lock) : lock;
    return { packages: now, links: tree.links, hiddenLock };
  }

  #project(done: Collected): InstalledProject {
    const { target, plan, packs, tree } = done;
    this.#store();
    const { fetched, transferred } = this.pipeline;
    const { resolution, substitutes } = target;
    const { packCache, sinkOf } = this.#ports;
    const parts = { packs: tree.packs, index: tree.index, reader: this.#reader, overlay: this.#overlay };
    return new PackedProject({
      ...parts,
      lockfile: target.lockfile(computedOf(plan, packs)),
      resolution,
      report: reportOf({ ...done, fetched, transferred, substitutes, warnings: this.#warnings }),
      stored: packCache.flush().then(() => this.#reader.letGo()),
      writeTo: async (sink, options = {}) => {
        if (tree.packs.length < plan.packages.length) throw notFetched();
        const state = this.#stateOf(done);
        await copyTree({ ...parts, state, limit: this.#ports.limits.writes }, await sinkOf(sink), options.signal);
      },
    });
  }

  /** What the store has, opened as if it came from the network. */
  async #verify(tarball: Uint8Array, { integrity, unpacked }: Readable): Promise<Outcome<Uint8Array>> {
    const { name = "", url = "" } = this.#origins.get(integrity) ?? {};
    const { extractor, unpack: limits } = this.#ports;
    const opened = await extractor.extract(tarball, { name, url, integrity, limits, archive: true });
    if (!opened.ok) return opened;
    const { archive } = opened.value;
    return archive?.length === unpacked ? ok(archive) : fail(storeFailed(`The index of ${integrity} is damaged.`));
  }

  async #refetch(integrity: string): Promise<Outcome<Uint8Array>> {
    const source = this.#origins.get(integrity);
    if (!source) return fail(storeFailed(`The stored package ${integrity} is gone.`));
    const { download, extractor, packCache, unpack: limits } = this.#ports;
    const body = await download(source, true);
    if (!body.ok) return body;
    const { name, url } = source;
    const wanted = { name, url, integrity, limits, archive: false };
    const opened = await extractor.extract(body.value.bytes, wanted);
    if (!opened.ok) return opened;
    const { tarball, index } = opened.value;
    packCache.add({ integrity, aliases: [], tarball, index, seekPoints: () => this.#seekPoints(tarball, index) });
    return ok(tarball);
  }

  /** Made when a pack is written: whoever installs does not wait for that. */
  async #seekPoints(tarball: Uint8Array, bytes: Uint8Array): Promise<Uint8Array | null> {
    // Before its index is read: most are small.
    const unpacked = tarball.length < SMALL ? 0 : (readPackIndex(bytes)?.unpacked ?? 0);
    if (unpacked < SEEK_POINTS_FROM) return null;
    const made = await this.#ports.extractor.seekPoints(tarball, unpacked).catch(() => null);
    return made?.ok ? made.value : null;
  }

  #store(): void {
    for (const pack of this.#unstored.splice(0)) this.#ports.packCache.add(pack);
  }

  #tell(): void {
    const { progress } = this.#ports;
    if (!progress) return;
    const { all } = this.pipeline.operations;
    const { known, done, stored } = this.supply.counts;
    progress({
      phase: this.#phase,
      packs: known,
      packsDone: done,
      packsStored: stored,
      bytes: this.#bytes,
      operations: all,
    });
  }
}

function sourceOf({ name, version, resolved: url, integrity }: PlannedPackage): PackSource {
  return { key: packKey(integrity, url), name, version, url, integrity };
}

/** What ends an install, and is no package's own. */
const ENDINGS: ReadonlySet<string> = new Set(["EABORTED", "EDISPOSED", "EWORKER"]);

function unwrap<T>(outcome: Outcome<T>): T {
  if (outcome.ok) return outcome.value;
  throw new InstallError(outcome.failure);
}
