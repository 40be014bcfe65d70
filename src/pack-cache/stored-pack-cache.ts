import type { BlobStore } from "../blobs/blob-store.ts";
import { crc32 } from "../tarball/crc32.ts";
import { bytesOf, type NewPack } from "./apply-changes.ts";
import { listKey, liveCount, nameOf, packKey, type Spot, seekPointsKey, spotsOf } from "./directory.ts";
import type { CachedPack, PackCache } from "./pack-cache.ts";
import { type ListedPack, readList } from "./pack-list.ts";
import { type PackCacheTools, PackWriter } from "./pack-writer.ts";

/** Bytes: a transaction for less costs more than what it carries, and more must not be lost or be in memory. */
const BATCH = 16 << 20;

/** Bytes that are summed in one turn of the thread: some milliseconds. */
const TURN = 4 << 20;

interface Place extends Spot, Pick<ListedPack, "length" | "crc"> {}

type Found = { integrity: string; index: Uint8Array };

/** Packs in a store of blobs (docs/pack-cache.md). */
export class StoredPackCache implements PackCache {
  readonly #writer: PackWriter;
  readonly #tools: PackCacheTools;
  /** Added and not yet written, by sha512. */
  readonly #waiting = new Map<string, CachedPack>();
  #bytes = 0;
  /** Of these, what no batch has taken yet. */
  #next: CachedPack[] = [];
  #nextBytes = 0;
  #writing: Promise<void> = Promise.resolve();
  /** By sha512, of segments whose list was read or written here. */
  readonly #places = new Map<string, Place>();
  readonly #lists = new Map<number, readonly ListedPack[]>();
  #summed = 0;

  constructor(blobs: BlobStore, tools: PackCacheTools) {
    this.#writer = new PackWriter(blobs, tools);
    this.#tools = tools;
  }

  async find(hashes: readonly string[]): Promise<ReadonlyMap<string, Found>> {
    const found = this.#findWaiting(hashes);
    if (hashes.every((hash) => found.has(hash)) || this.#writer.isBroken) return found;
    const directory = await this.#writer.directory();
    /** By name: the hashes that were asked for, and the sha512 that each stands for. */
    const names = new Map<string, [hash: string, integrity: string][]>();
    for (const hash of hashes) {
      if (found.has(hash)) continue;
      const integrity = directory.aliases.get(hash) ?? hash;
      const asked = names.get(nameOf(integrity));
      if (asked) asked.push([hash, integrity]);
      else names.set(nameOf(integrity), [[hash, integrity]]);
    }
    const spots = [...spotsOf(directory, names)];
    await this.#loadLists(new Set(spots.map(([, { segment }]) => segment)));
    for (const [name, spot] of spots) {
      const pack = this.#lists.get(spot.segment)?.[spot.at];
      for (const [hash, integrity] of names.get(name) ?? []) {
        if (pack?.integrity !== integrity) continue;
        found.set(hash, { integrity, index: pack.index });
        this.#places.set(integrity, { ...spot, length: pack.length, crc: pack.crc });
        this.#writer.use(directory, spot.segment);
      }
    }
    return found;
  }

  async read(integrities: readonly string[]): Promise<ReadonlyMap<string, Uint8Array>> {
    const found = new Map<string, Uint8Array>();
    const wanted = integrities.filter((integrity) => {
      const tarball = this.#waiting.get(integrity)?.tarball;
      // A copy, since it may be given to another thread before it is written.
      if (tarball?.length) found.set(integrity, tarball.slice());
      return !tarball?.length;
    });
    const unknown = wanted.filter((integrity) => !this.#places.has(integrity));
    if (unknown.length > 0) await this.find(unknown);
    for (const part of this.#portions(wanted)) {
      const blobs = await this.#writer.read(part.map(([, place]) => packKey(place)));
      if (!blobs) break;
      for (const [i, [integrity, place]] of part.entries()) {
        const tarball = blobs[i];
        if (tarball?.length === place.length && (await this.#sum(tarball)) === place.crc) found.set(integrity, tarball);
        else this.#lose(integrity, place);
      }
    }
    return found;
  }

  async seekPoints(integrities: readonly string[]): Promise<ReadonlyMap<string, Uint8Array>> {
    const found = new Map<string, Uint8Array>();
    const known = integrities.flatMap((integrity) => {
      const place = this.#places.get(integrity);
      return place ? [[integrity, seekPointsKey(place)] as const] : [];
    });
    const blobs = known.length > 0 ? await this.#writer.read(known.map(([, key]) => key)) : null;
    for (const [i, [integrity]] of known.entries()) {
      const blob = blobs?.[i];
      if (blob) found.set(integrity, blob);
    }
    return found;
  }

  add(pack: CachedPack): void {
    if (!this.#writer.isWritable || pack.tarball.length === 0) return;
    for (const alias of pack.aliases) if (alias !== pack.integrity) this.#writer.alias(alias, pack.integrity);
    if (this.#places.has(pack.integrity) || this.#waiting.has(pack.integrity)) return;
    const size = sizeOf(pack);
    this.#waiting.set(pack.integrity, pack);
    this.#bytes += size;
    this.#next.push(pack);
    this.#nextBytes += size;
    if (this.#nextBytes >= (this.#tools.batch ?? BATCH)) this.#writeNext();
  }

  get waiting(): number {
    return this.#bytes;
  }

  flush(): Promise<void> {
    this.#writeNext();
    return this.#writing;
  }

  async usage(): Promise<{ bytes: number; packs: number }> {
    const directory = await this.#writer.directory();
    return { bytes: bytesOf(directory), packs: liveCount(directory) };
  }

  async clear(): Promise<void> {
    this.#next = [];
    this.#nextBytes = 0;
    await this.#writing;
    this.#forgetAll();
    await this.#writer.clear();
  }

  async close(): Promise<void> {
    await this.flush();
    this.#writer.close();
    this.#forgetAll();
  }

  #findWaiting(hashes: readonly string[]): Map<string, Found> {
    const waiting = new Map<string, Found>();
    for (const { integrity, aliases, index } of this.#waiting.values()) {
      for (const hash of [integrity, ...aliases]) waiting.set(hash, { integrity, index });
    }
    const found = new Map<string, Found>();
    for (const hash of hashes) {
      const pack = waiting.get(hash);
      if (pack) found.set(hash, pack);
    }
    return found;
  }

  /** In one transaction, those that are not here yet. */
  async #loadLists(segments: ReadonlySet<number>): Promise<void> {
    const wanted = [...segments].filter((segment) => !this.#lists.has(segment));
    const blobs = wanted.length > 0 ? await this.#writer.read(wanted.map(listKey)) : null;
    for (const [i, segment] of blobs ? wanted.entries() : []) {
      const blob = blobs?.[i];
      const list = blob && readList(blob);
      if (list) this.#lists.set(segment, list);
      else this.#writer.loseAll(segment);
    }
  }

  /** Those that are known to be stored, about so many bytes at a time as are written at once. */
  *#portions(integrities: readonly string[]): Generator<(readonly [integrity: string, place: Place])[]> {
    let part: [string, Place][] = [];
    let bytes = 0;
    for (const integrity of new Set(integrities)) {
      const place = this.#places.get(integrity);
      if (!place) continue;
      part.push([integrity, place]);
      bytes += place.length;
      if (bytes < BATCH) continue;
      yield part;
      part = [];
      bytes = 0;
    }
    if (part.length > 0) yield part;
  }

  #lose(integrity: string, place: Place): void {
    this.#places.delete(integrity);
    this.#writer.lose(place);
  }

  /** Behind what is being written. */
  #writeNext(): void {
    const packs = this.#next;
    this.#next = [];
    this.#nextBytes = 0;
    this.#writing = this.#writing.then(() => this.#write(packs));
  }

  async #write(packs: readonly CachedPack[]): Promise<void> {
    const summed: NewPack[] = [];
    for (const { integrity, tarball, index, seekPoints } of this.#writer.isWritable ? packs : []) {
      const made = (await seekPoints?.()) ?? undefined;
      const crc = await this.#sum(tarball);
      summed.push({ integrity, tarball, index, length: tarball.length, crc, seekPoints: made });
    }
    const cached = await this.#writer.write(summed);
    for (const [at, { integrity, length, crc }] of (cached?.added ?? []).entries()) {
      this.#places.set(integrity, { segment: cached?.segment ?? 0, at, length, crc });
    }
    for (const { integrity } of packs) this.#waiting.delete(integrity);
    this.#bytes = [...this.#waiting.values()].reduce((sum, pack) => sum + sizeOf(pack), 0);
  }

  /** CRC-32, in slices: the thread has other things to do. */
  async #sum(bytes: Uint8Array): Promise<number> {
    let crc = 0;
    for (let at = 0; at < bytes.length; at += TURN) {
      const slice = bytes.subarray(at, at + TURN);
      crc = crc32(slice, crc);
      this.#summed += slice.length;
      if (this.#summed < TURN) continue;
      this.#summed = 0;
      await this.#tools.turn();
    }
    return crc;
  }

  #forgetAll(): void {
    this.#waiting.clear();
    this.#bytes = 0;
    this.#places.clear();
    this.#lists.clear();
  }
}

function sizeOf({ tarball, index }: CachedPack): number {
  return tarball.length + index.length;
}
