import type { Failure } from "../api/failure.ts";
import { fail, type Outcome, ok } from "../errors/failure.ts";
import { storeFailed } from "../errors/store.ts";
import { type PackIndex, readPackIndex } from "../tarball/pack-index.ts";
import type { Extracted } from "./extractor.ts";
import type { InstallPorts } from "./install-ports.ts";
import type { Operations } from "./operations.ts";
import { PackPipeline, type PipelineListener } from "./pack-pipeline.ts";
import { PackReader } from "./pack-reader.ts";
import { PackRecovery } from "./pack-recovery.ts";
import { aliasesOf, hashesOf, type PackSource } from "./pack-source.ts";
import { TarballStore } from "./tarball-store.ts";

/** A verified pack: its files are known, and `Packs.reader` reads them. */
export interface Pack {
  readonly index: PackIndex;
  /** Whether it was in the pack cache. */
  readonly cached: boolean;
  readonly warnings: readonly Failure[];
}

export interface PacksOptions {
  /** Whether to keep the archives of fetched packs: an install that writes or transforms files needs them at once. */
  archives: boolean;
  /** Whether to check tarballs from the cache by their full hash, and to list their files again. */
  verifyStored: boolean;
  operations: Operations;
  listener?: PipelineListener | undefined;
}

export interface PackCounts {
  /** Packs that are needed, as far as known. */
  readonly known: number;
  /** Packs that are verified, from the cache or from the network. */
  readonly done: number;
  /** Packs that were in the cache. */
  readonly cached: number;
  /** Packs that came from the network. */
  readonly fetched: number;
  /** Bytes of their tarballs. */
  readonly bytes: number;
  /** Bytes on the wire. */
  readonly transferred: number;
}

/** Ranks of downloads. A lower rank goes first. */
const RANKS = {
  /** Several packages of the plan need the pack. */
  shared: 1,
  planned: 2,
  /** A running resolution placed the package, and may still replace it. */
  prefetched: 3,
};

/** Indexes that are decoded in one turn of the event loop. */
const INDEXES_IN_A_TURN = 256;

/**
 * The packs of one install. This object alone decides where a pack comes from and where its bytes are:
 *
 * 1. `prefetch` fetches packs while the project is resolved: steps 2 and 3 before the plan is known.
 * 2. `lookUp` asks the pack cache for the indexes of packs.
 * 3. `want` fetches the others through the pipeline, which downloads, verifies and indexes them.
 * 4. `get` waits for one pack.
 * 5. A fetched tarball stays in memory until `store` has written it to the cache (`TarballStore`).
 * 6. `reader` reads files from memory, from the cache, or, if the cache has lost a pack, from the registry again.
 */
export class Packs {
  readonly reader: PackReader;
  readonly #nextTurn: () => Promise<void>;
  readonly #verifyStored: boolean;
  readonly #packCache: InstallPorts["packCache"];
  readonly #pipeline: PackPipeline;
  readonly #tarballs: TarballStore;
  readonly #recovery: PackRecovery;
  /** Indexes of packs in the cache, by any hash of the pack. */
  readonly #indexes = new Map<string, PackIndex>();
  /** The same packs by sha512 SRI, so that each counts once. */
  readonly #cached = new Set<string>();
  /** Hashes that were looked up, found or not. */
  readonly #lookedUp = new Set<string>();
  /** Look-ups that have not ended. */
  readonly #lookUps = new Set<Promise<void>>();
  /** Packs from the network, by key. */
  readonly #fetched = new Map<string, Promise<Outcome<Pack>>>();
  /** Keys of packs that a running resolution needs so far. */
  readonly #prefetched = new Set<string>();
  /** Whether the final list of packs is known. */
  #isPlanned = false;

  constructor(ports: InstallPorts, options: PacksOptions) {
    const { downloads, extractor, packCache, limits, unpack, shared } = ports;
    const { archives, verifyStored, operations, listener } = options;
    this.#nextTurn = ports.nextTurn;
    this.#verifyStored = verifyStored;
    this.#packCache = packCache;
    this.#tarballs = new TarballStore(packCache, extractor);
    this.#recovery = new PackRecovery(ports, this.#tarballs);
    this.#pipeline = new PackPipeline({ downloads, extractor, limits, unpack, archives, operations, shared, listener });
    const { archiveBytes } = limits;
    const parts = { tarballs: this.#tarballs, recovery: this.#recovery, extractor };
    this.reader = new PackReader({ ...parts, verifyStored, archiveBytes });
  }

  get counts(): PackCounts {
    const { fetched, bytes, transferred } = this.#pipeline;
    const cached = this.#cached.size;
    return { known: cached + this.#fetched.size, done: cached + fetched, cached, fetched, bytes, transferred };
  }

  /**
   * Fetches packs that a running resolution needs so far, before the tree is known, and drops those that it does not need any
   * more.
   */
  prefetch(added: readonly PackSource[], removed: readonly PackSource[]): void {
    // The plan is final. A message that arrives after it is out of date.
    if (this.#isPlanned) return;
    for (const { key } of removed) if (this.#prefetched.delete(key)) this.#drop(key);
    for (const { key } of added) this.#prefetched.add(key);
    void this.lookUp(added.flatMap(({ integrity }) => integrity ?? [])).then(() => {
      if (this.#isPlanned) return;
      for (const source of added) if (this.#prefetched.has(source.key)) this.#want(source, RANKS.prefetched);
    });
  }

  /** Looks up packs in the cache. @param integrities the values of a lock; each may have several hashes */
  async lookUp(integrities: readonly string[]): Promise<void> {
    const hashes = [...new Set(integrities.flatMap(hashesOf))].filter((hash) => !this.#lookedUp.has(hash));
    for (const hash of hashes) this.#lookedUp.add(hash);
    if (hashes.length > 0) {
      const lookUp = this.#findInCache(hashes);
      this.#lookUps.add(lookUp);
      void lookUp.finally(() => this.#lookUps.delete(lookUp));
    }
    // An earlier look-up may include some of these hashes.
    await Promise.all(this.#lookUps);
  }

  /** Looks up or fetches every pack of the plan, and drops the prefetched packs that are not among them. */
  async want(sources: Iterable<PackSource>): Promise<void> {
    this.#isPlanned = true;
    const distinct = new Map<string, { source: PackSource; isShared: boolean }>();
    for (const source of sources) distinct.set(source.key, { source, isShared: distinct.has(source.key) });
    await this.lookUp([...distinct.values()].flatMap(({ source }) => source.integrity ?? []));
    for (const { source, isShared } of distinct.values()) this.#want(source, isShared ? RANKS.shared : RANKS.planned);
    for (const key of this.#prefetched) if (!distinct.has(key)) this.#drop(key);
  }

  /** Returns the index of a pack that is in the cache, once it was looked up. */
  cachedIndex({ integrity }: Pick<PackSource, "integrity">): PackIndex | undefined {
    for (const hash of hashesOf(integrity)) {
      const index = this.#indexes.get(hash);
      if (index) return index;
    }
    return undefined;
  }

  /** Returns a pack that was passed to `want`, as soon as it is verified. */
  async get(source: PackSource): Promise<Outcome<Pack>> {
    const index = this.cachedIndex(source);
    const pack = index ? ok({ index, cached: true, warnings: [] }) : await this.#fetch(source);
    if (pack.ok) this.#recovery.remember(pack.value.index.integrity, source);
    return pack;
  }

  /** Writes all verified packs to the cache. Resolves when they are stored and released from memory. */
  async store(): Promise<void> {
    this.#tarballs.store();
    await this.#tarballs.stored();
  }

  /** Ends all downloads. Every wait for a pack ends with `reason`. Verified packs are stored for the next attempt. */
  stop(reason: Failure): void {
    this.#pipeline.stop(reason);
    this.#tarballs.store();
    void this.#packCache.flush();
  }

  async #findInCache(hashes: readonly string[]): Promise<void> {
    let count = 0;
    const found = await this.#packCache.find(hashes);
    for (const [hash, { integrity, index }] of this.#verifyStored ? await this.#recovery.verifyFound(found) : found) {
      if (count++ % INDEXES_IN_A_TURN === 0) await this.#nextTurn();
      const known = readPackIndex(index);
      // A damaged cache could return another pack. The index must have the integrity of the entry, and for a sha512 that must be
      // the requested hash itself.
      if (known?.integrity !== integrity || (hash.startsWith("sha512-") && hash !== integrity)) continue;
      this.#indexes.set(hash, known);
      this.#cached.add(integrity);
    }
  }

  #want(source: PackSource, rank: number): void {
    if (!this.cachedIndex(source)) void this.#fetch(source, rank);
  }

  /** Fetches a pack once. A second call for a pack that is still queued improves its rank. */
  #fetch(source: PackSource, rank?: number): Promise<Outcome<Pack>> {
    const { key } = source;
    const known = this.#fetched.get(key);
    if (known) {
      if (rank !== undefined) this.#pipeline.promote(key, rank);
      return known;
    }
    const fetched = this.#pipeline.fetch(source, rank).then((outcome) => {
      const pack = outcome.ok ? this.#keep(source, outcome.value) : outcome;
      // Verified packs are not written while others wait for verification, so that writing does not slow down the install.
      if (this.#pipeline.idle) this.#tarballs.store();
      return pack;
    });
    this.#fetched.set(key, fetched);
    return fetched;
  }

  #keep({ key, integrity }: PackSource, extracted: Extracted): Outcome<Pack> {
    const { archive, warnings } = extracted;
    const index = readPackIndex(extracted.index);
    this.#tarballs.add(extracted, index?.unpacked ?? 0, aliasesOf(integrity));
    if (archive) this.reader.keep(extracted.integrity, archive);
    if (index) return ok({ index, cached: false, warnings });
    return fail(storeFailed(`Cannot read the new index of ${key}. Install again.`));
  }

  #drop(key: string): void {
    if (this.#pipeline.drop(key)) this.#fetched.delete(key);
  }
}
