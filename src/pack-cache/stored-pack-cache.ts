import type { BlobStore } from "../blobs/blob-store.ts";
import { crc32 } from "../tarball/crc32.ts";
import { bytesOf, type NewPack } from "./apply-changes.ts";
import {
  fingerprintOf,
  listKey,
  type PackPosition,
  packBlobKey,
  packCount,
  positionsOf,
  seekPointsKey,
} from "./directory.ts";
import type { CachedPack, FoundPack, PackCache } from "./pack-cache.ts";
import { type ListedPack, readList } from "./pack-list.ts";
import { type PackCachePorts, PackWriter } from "./pack-writer.ts";

/** Bytes of one transaction. Smaller ones take longer in total. Larger ones need more memory, and lose more if the page closes. */
const BATCH = 16 << 20;

/** Bytes whose checksum is computed in one turn of the event loop. They take a few milliseconds. */
const TURN = 4 << 20;

/** A stored pack: its position, and the values to check its bytes against. */
interface LocatedPack extends PackPosition, Pick<ListedPack, "length" | "crc"> {}

/**
 * Caches packs in a blob store (docs/pack-cache.md).
 *
 * 1. `find` reads the directory, and then the lists of the segments whose fingerprints match.
 * 2. `read` reads tarballs from the positions that `find` noted, and checks their length and CRC-32.
 * 3. `add` keeps a pack in memory. When 16 MiB wait, or on `flush`, they are written as one segment.
 */
export class StoredPackCache implements PackCache {
  readonly #writer: PackWriter;
  readonly #ports: PackCachePorts;
  /** Packs that were added and are not written yet, by sha512. */
  readonly #waiting = new Map<string, CachedPack>();
  /** Bytes of the waiting packs. */
  #bytes = 0;
  /** The waiting packs that no write has taken yet. */
  #next: CachedPack[] = [];
  #nextBytes = 0;
  #writing: Promise<void> = Promise.resolve();
  /** Stored packs by sha512, of the segments whose list was read or written here. */
  readonly #located = new Map<string, LocatedPack>();
  readonly #lists = new Map<number, readonly ListedPack[]>();
  #summed = 0;

  constructor(blobs: BlobStore, ports: PackCachePorts) {
    this.#writer = new PackWriter(blobs, ports);
    this.#ports = ports;
  }

  async find(hashes: readonly string[]): Promise<ReadonlyMap<string, FoundPack>> {
    const found = this.#findWaiting(hashes);
    if (hashes.every((hash) => found.has(hash)) || this.#writer.isBroken) return found;
    const directory = await this.#writer.directory();
    /** For each fingerprint: the requested hashes, each with the sha512 that it stands for. */
    const requested = new Map<string, [hash: string, integrity: string][]>();
    for (const hash of hashes) {
      if (found.has(hash)) continue;
      const integrity = directory.aliases.get(hash) ?? hash;
      const fingerprint = fingerprintOf(integrity);
      const same = requested.get(fingerprint);
      if (same) same.push([hash, integrity]);
      else requested.set(fingerprint, [[hash, integrity]]);
    }
    const positions = [...positionsOf(directory, requested)];
    await this.#loadLists(new Set(positions.map(([, { segment }]) => segment)));
    for (const [fingerprint, position] of positions) {
      const pack = this.#lists.get(position.segment)?.[position.at];
      for (const [hash, integrity] of requested.get(fingerprint) ?? []) {
        if (pack?.integrity !== integrity) continue;
        found.set(hash, { integrity, index: pack.index });
        this.#located.set(integrity, { ...position, length: pack.length, crc: pack.crc });
        this.#writer.markUsed(directory, position.segment);
      }
    }
    return found;
  }

  async read(integrities: readonly string[]): Promise<ReadonlyMap<string, Uint8Array>> {
    const found = new Map<string, Uint8Array>();
    const stored = integrities.filter((integrity) => {
      const tarball = this.#waiting.get(integrity)?.tarball;
      // A copy, because the caller may transfer it to another thread before the pack is written.
      if (tarball?.length) found.set(integrity, tarball.slice());
      return !tarball?.length;
    });
    const unknown = stored.filter((integrity) => !this.#located.has(integrity));
    if (unknown.length > 0) await this.find(unknown);
    for (const part of this.#portions(stored)) {
      const blobs = await this.#writer.read(part.map(([, located]) => packBlobKey(located)));
      if (!blobs) break;
      for (const [i, [integrity, located]] of part.entries()) {
        const tarball = blobs[i];
        if (tarball?.length === located.length && (await this.#crc(tarball)) === located.crc)
          found.set(integrity, tarball);
        else this.#markLost(integrity, located);
      }
    }
    return found;
  }

  async seekPoints(integrities: readonly string[]): Promise<ReadonlyMap<string, Uint8Array>> {
    const found = new Map<string, Uint8Array>();
    const known = integrities.flatMap((integrity) => {
      const located = this.#located.get(integrity);
      return located ? [[integrity, seekPointsKey(located)] as const] : [];
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
    for (const alias of pack.aliases) if (alias !== pack.integrity) this.#writer.addAlias(alias, pack.integrity);
    if (this.#located.has(pack.integrity) || this.#waiting.has(pack.integrity)) return;
    const size = sizeOf(pack);
    this.#waiting.set(pack.integrity, pack);
    this.#bytes += size;
    this.#next.push(pack);
    this.#nextBytes += size;
    if (this.#nextBytes >= (this.#ports.batch ?? BATCH)) this.#writeNext();
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
    return { bytes: bytesOf(directory), packs: packCount(directory) };
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

  #findWaiting(hashes: readonly string[]): Map<string, FoundPack> {
    const waiting = new Map<string, FoundPack>();
    for (const { integrity, aliases, index } of this.#waiting.values()) {
      for (const hash of [integrity, ...aliases]) waiting.set(hash, { integrity, index });
    }
    const found = new Map<string, FoundPack>();
    for (const hash of hashes) {
      const pack = waiting.get(hash);
      if (pack) found.set(hash, pack);
    }
    return found;
  }

  /** Reads the lists that are not in memory yet, in one transaction. */
  async #loadLists(segments: ReadonlySet<number>): Promise<void> {
    const wanted = [...segments].filter((segment) => !this.#lists.has(segment));
    const blobs = wanted.length > 0 ? await this.#writer.read(wanted.map(listKey)) : null;
    for (const [i, segment] of blobs ? wanted.entries() : []) {
      const blob = blobs?.[i];
      const list = blob && readList(blob);
      if (list) this.#lists.set(segment, list);
      else this.#writer.markSegmentGone(segment);
    }
  }

  /** Yields the located packs, in portions of about 16 MiB. */
  *#portions(integrities: readonly string[]): Generator<(readonly [integrity: string, pack: LocatedPack])[]> {
    let part: [string, LocatedPack][] = [];
    let bytes = 0;
    for (const integrity of new Set(integrities)) {
      const located = this.#located.get(integrity);
      if (!located) continue;
      part.push([integrity, located]);
      bytes += located.length;
      if (bytes < BATCH) continue;
      yield part;
      part = [];
      bytes = 0;
    }
    if (part.length > 0) yield part;
  }

  #markLost(integrity: string, located: LocatedPack): void {
    this.#located.delete(integrity);
    this.#writer.markPackLost(located);
  }

  /** Writes the next packs after the write that is in progress. */
  #writeNext(): void {
    const packs = this.#next;
    this.#next = [];
    this.#nextBytes = 0;
    this.#writing = this.#writing.then(() => this.#write(packs));
  }

  async #write(packs: readonly CachedPack[]): Promise<void> {
    const complete: NewPack[] = [];
    for (const { integrity, tarball, index, seekPoints } of this.#writer.isWritable ? packs : []) {
      const made = (await seekPoints?.()) ?? undefined;
      const crc = await this.#crc(tarball);
      complete.push({ integrity, tarball, index, length: tarball.length, crc, seekPoints: made });
    }
    const cached = await this.#writer.write(complete);
    for (const [at, { integrity, length, crc }] of (cached?.added ?? []).entries()) {
      this.#located.set(integrity, { segment: cached?.segment ?? 0, at, length, crc });
    }
    for (const { integrity } of packs) this.#waiting.delete(integrity);
    this.#bytes = [...this.#waiting.values()].reduce((sum, pack) => sum + sizeOf(pack), 0);
  }

  /** Computes CRC-32 in slices, so that other work can run in between. */
  async #crc(bytes: Uint8Array): Promise<number> {
    let crc = 0;
    for (let at = 0; at < bytes.length; at += TURN) {
      const slice = bytes.subarray(at, at + TURN);
      crc = crc32(slice, crc);
      this.#summed += slice.length;
      if (this.#summed < TURN) continue;
      this.#summed = 0;
      await this.#ports.turn();
    }
    return crc;
  }

  #forgetAll(): void {
    this.#waiting.clear();
    this.#bytes = 0;
    this.#located.clear();
    this.#lists.clear();
  }
}

function sizeOf({ tarball, index }: CachedPack): number {
  return tarball.length + index.length;
}
