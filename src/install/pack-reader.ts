import { InstallError, type Outcome, ok } from "../errors/failure.ts";
import { shown } from "../errors/shown.ts";
import { rangeReadsOf, readSeekPoints, SEEK_POINTS_FROM } from "../pack-cache/seek-points.ts";
import type { ByteRange } from "../tarball/gunzip.ts";
import { inflatePack } from "../tarball/index-tarball.ts";
import { ArchiveMemory } from "./archive-memory.ts";
import type { Extractor } from "./extractor.ts";
import type { PackRecovery } from "./pack-recovery.ts";
import type { CachedTarballs, ReadablePack, TarballStore } from "./tarball-store.ts";

export interface ReaderOptions {
  tarballs: TarballStore;
  recovery: Pick<PackRecovery, "refetch" | "verify">;
  extractor: Pick<Extractor, "read">;
  /** Whether to check tarballs from the cache by their full hash. */
  verifyStored: boolean;
  /** Bytes of inflated archives to keep, besides those that are loaded. */
  archiveBytes: number;
}

/** A request for parts of one pack. Reads of the same turn of the event loop join it. */
interface ReadRequest {
  readonly pack: ReadablePack;
  /** Where the parts are in the archive; empty for the whole archive. */
  readonly ranges: ByteRange[];
  /** The tarball in memory when the read was requested. It may be released before the request is answered. */
  readonly inMemory: Uint8Array | undefined;
  /** The answer of the cache, to which the request is sent at the end of the turn. */
  cached: Promise<CachedTarballs> | undefined;
  parts: Promise<Uint8Array[]>;
}

/** The number of packs in one read of the cache. */
const BATCH = 16;

/** A smaller archive (in bytes) is always inflated whole: after one of its files, others are usually read too. */
const SMALL_ARCHIVE = 256 * 1024;

/**
 * Reads files and archives out of packs. A read tries, in this order:
 *
 * 1. an archive that is inflated in memory
 * 2. the tarball in memory
 * 3. the tarball in the pack cache; of a large tarball only the part from the nearest seek point on is inflated
 * 4. the registry, if the cache has lost the tarball or it is damaged
 *
 * All reads in one turn of the event loop share the reads of the cache. In the first turn that reads a large pack, only the requested
 * files are inflated, and none is kept. In the second, the whole archive is inflated and kept.
 */
export class PackReader {
  readonly #options: ReaderOptions;
  readonly #archives: ArchiveMemory;
  /** Large packs of which some files were read before. */
  readonly #readBefore = new Set<string>();
  /** Archives that are being inflated. */
  readonly #inflating = new Map<string, Promise<Uint8Array>>();
  /** The requests of this turn. */
  #requests: ReadRequest[] = [];
  /** The last request of this turn for each pack: a later read of the same turn may join it. */
  readonly #joinable = new Map<string, ReadRequest>();
  /** Resolves at the end of this turn, when the requests were sent to the cache. */
  #turn: Promise<void> | undefined;

  constructor(options: ReaderOptions) {
    this.#options = options;
    this.#archives = new ArchiveMemory(options.archiveBytes);
  }

  /** Keeps an archive that was inflated elsewhere. */
  keep(integrity: string, archive: Uint8Array): void {
    this.#archives.keep(integrity, archive);
  }

  /** Returns an archive that is inflated in memory. */
  archiveInMemory(integrity: string): Uint8Array | undefined {
    return this.#archives.get(integrity);
  }

  /** Returns an archive without waiting, if it or its tarball is in memory. */
  archiveSync(pack: ReadablePack): Uint8Array | undefined {
    const known = this.#archives.get(pack.integrity);
    if (known) return known;
    const tarball = this.#options.tarballs.tarballInMemory(pack.integrity);
    const archive = tarball && inflatePack(tarball, pack.unpacked);
    if (!archive?.ok) return undefined;
    this.#archives.keep(pack.integrity, archive.value);
    return archive.value;
  }

  /** Reads a part of an archive into memory of its own. @throws InstallError as `archive` */
  async read(pack: ReadablePack, range: ByteRange): Promise<Uint8Array> {
    const { integrity, unpacked } = pack;
    const known = this.#archives.get(integrity);
    if (known) return known.slice(...range);
    const request = this.#joinable.get(integrity);
    if (request && request.ranges.length > 0) {
      const at = request.ranges.push(range) - 1;
      return (await request.parts)[at] as Uint8Array;
    }
    if (unpacked <= SMALL_ARCHIVE || this.#readBefore.has(integrity)) return (await this.archive(pack)).slice(...range);
    this.#readBefore.add(integrity);
    return (await this.#request(pack, [range]))[0] as Uint8Array;
  }

  /** Inflates a whole archive. @throws InstallError if the pack can be neither read nor fetched again */
  async archive(pack: ReadablePack): Promise<Uint8Array> {
    const { integrity } = pack;
    const known = this.#archives.get(integrity);
    if (known) return known;
    let inflating = this.#inflating.get(integrity);
    if (!inflating) {
      inflating = this.#inflate(pack).finally(() => this.#inflating.delete(integrity));
      this.#inflating.set(integrity, inflating);
    }
    return await inflating;
  }

  /** Inflates packs, and keeps them until `unload`. */
  async load(packs: Iterable<ReadablePack>): Promise<void> {
    const load = async (pack: ReadablePack): Promise<void> =>
      this.#archives.load(pack.integrity, await this.archive(pack));
    await Promise.all([...packs].map(load));
  }

  unload(): void {
    this.#readBefore.clear();
    this.#archives.clear();
  }

  dispose(): void {
    this.unload();
    this.#options.tarballs.dispose();
  }

  async #inflate(pack: ReadablePack): Promise<Uint8Array> {
    const [archive] = await this.#request(pack, []);
    this.#archives.keep(pack.integrity, archive as Uint8Array);
    return archive as Uint8Array;
  }

  /** Requests parts of a pack. Ranges that are added to the request in this turn are answered too. */
  #request(pack: ReadablePack, ranges: ByteRange[]): Promise<Uint8Array[]> {
    const inMemory = this.#options.tarballs.tarballInMemory(pack.integrity);
    const request: ReadRequest = { pack, ranges, inMemory, cached: undefined, parts: Promise.resolve([]) };
    this.#requests.push(request);
    this.#joinable.set(pack.integrity, request);
    this.#turn ??= Promise.resolve().then(() => this.#endTurn());
    request.parts = this.#answer(request, this.#turn);
    return request.parts;
  }

  async #answer(request: ReadRequest, turn: Promise<void>): Promise<Uint8Array[]> {
    const { pack, ranges, inMemory } = request;
    const { integrity } = pack;
    const { recovery, verifyStored } = this.#options;
    await turn;
    const { tarballs, seekPoints } = (await request.cached) ?? {};
    const cached = tarballs?.get(integrity);
    let parts: Outcome<Uint8Array[]> | undefined;
    if (inMemory) parts = await this.#open(inMemory, pack, ranges);
    else if (cached && verifyStored) parts = partsOf(await recovery.verify(cached, pack), ranges);
    else if (cached) {
      const points = seekPoints?.get(integrity);
      parts = points && (await this.#openFromSeekPoint(cached, points, ranges));
      parts ??= await this.#open(cached, pack, ranges);
    }
    if (!parts?.ok) {
      const fetched = await recovery.refetch(integrity);
      parts = fetched.ok ? await this.#open(fetched.value.tarball, fetched.value, ranges) : fetched;
    }
    if (!parts.ok) {
      throw new InstallError(shown(parts.failure));
    }
    return parts.value;
  }

  #open(
    tarball: Uint8Array,
    { unpacked }: Pick<ReadablePack, "unpacked">,
    ranges: readonly ByteRange[],
  ): Promise<Outcome<Uint8Array[]>> {
    return this.#options.extractor.read({ tarball, unpacked, ranges });
  }

  /** Inflates only from the nearest seek points on. Undefined if the seek points are unusable, or if inflating all is faster. */
  async #openFromSeekPoint(
    tarball: Uint8Array,
    points: Uint8Array,
    ranges: readonly ByteRange[],
  ): Promise<Outcome<Uint8Array[]> | undefined> {
    const seekPoints = readSeekPoints(points, tarball);
    if (!seekPoints) return undefined;
    const { rangeReads, places } = rangeReadsOf(seekPoints, tarball, ranges);
    const inflated = rangeReads.reduce((sum, { at, end }) => sum + end - at, 0);
    // Above half of the archive the platform's own inflater is faster.
    if (inflated > seekPoints.unpacked / 2) return undefined;
    const read = await this.#options.extractor.read({ rangeReads });
    return read.ok ? ok(places.map((place) => read.value[place] as Uint8Array)) : undefined;
  }

  /** Requests the packs of this turn from the cache, in batches: the first packs are inflated while others are read. */
  #endTurn(): void {
    const missing = this.#requests.filter(({ inMemory }) => !inMemory);
    this.#requests = [];
    this.#joinable.clear();
    this.#turn = undefined;
    while (missing.length > 0) {
      const batch = missing.splice(0, BATCH);
      const cached = this.#readCached(batch);
      for (const request of batch) request.cached = cached;
    }
  }

  #readCached(requests: readonly ReadRequest[]): Promise<CachedTarballs> {
    const { tarballs, verifyStored } = this.#options;
    const large = requests.filter(
      ({ pack, ranges }) => ranges.length > 0 && pack.unpacked >= SEEK_POINTS_FROM && !verifyStored,
    );
    return tarballs.read(integritiesOf(requests), integritiesOf(large));
  }
}

function integritiesOf(requests: readonly ReadRequest[]): string[] {
  return [...new Set(requests.map(({ pack }) => pack.integrity))];
}

function partsOf(archive: Outcome<Uint8Array>, ranges: readonly ByteRange[]): Outcome<Uint8Array[]> {
  if (!archive.ok) return archive;
  const { value } = archive;
  return ok(ranges.length > 0 ? ranges.map(([start, end]) => value.slice(start, end)) : [value]);
}
