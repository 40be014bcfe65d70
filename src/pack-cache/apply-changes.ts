import type { BlobChange } from "../blobs/blob-store.ts";
import { dayOf } from "../blobs/ports.ts";
import {
  DIRECTORY,
  type Directory,
  dropAliases,
  fingerprintOf,
  forgetPack,
  leastRecentlyUsed,
  listKey,
  type PackPosition,
  packBlobKey,
  positionsOf,
  seekPointsKey,
  segmentKeys,
  slotCount,
  writeDirectory,
} from "./directory.ts";
import { type ListedPack, writeList } from "./pack-list.ts";

/** A pack to write. */
export interface NewPack extends ListedPack {
  readonly tarball: Uint8Array;
  readonly seekPoints?: Uint8Array | undefined;
}

/** The changes that one cache has for the directory. Applying them twice has no effect, because no segment number is used twice. */
export interface DirectoryChanges {
  /** Segments that were used today. They are never dropped to make room. */
  readonly used: Set<number>;
  /** Segments that are no longer stored. */
  readonly gone: Set<number>;
  /** Packs that are missing or damaged, with the bytes of their tarballs. */
  readonly lost: (PackPosition & { readonly length: number })[];
  /** Other hashes of packs, each with the pack's sha512. */
  readonly aliases: Map<string, string>;
}

export interface PackWrite {
  readonly packs: readonly NewPack[];
  readonly changes: DirectoryChanges;
  /** Milliseconds since 1970. */
  readonly now: number;
  /** Bytes that all packs together may take. */
  readonly budget: number;
}

export interface PackWriteResult extends BlobChange {
  /** The number of the new segment. */
  readonly segment: number;
  /** The packs of the new segment, in order. Packs that another tab has written since are not among them. */
  readonly added: readonly NewPack[];
}

export const noDirectoryChanges = (): DirectoryChanges => ({
  used: new Set(),
  gone: new Set(),
  lost: [],
  aliases: new Map(),
});

/** Applies changes to a directory. Returns the keys to delete: of lost packs, and of segments without a pack. */
export function applyDirectoryChanges(directory: Directory, changes: DirectoryChanges, today: number): string[] {
  const { segments, aliases } = directory;
  const dead: string[] = [];
  for (const position of changes.lost) {
    if (forgetPack(directory, position, position.length)) dead.push(packBlobKey(position), seekPointsKey(position));
  }
  for (const [alias, integrity] of changes.aliases) aliases.set(alias, integrity);
  for (const [id, segment] of segments) {
    if (changes.used.has(id)) segment.used = today;
    // If the clock was set back, a last use in the future would outlive all others.
    if (segment.used > today) segment.used = today;
    if (!changes.gone.has(id) && segment.fingerprints.trim()) continue;
    dead.push(...dropSegment(directory, id));
  }
  return dead;
}

/**
 * Adds packs to the stored directory. Other tabs may have changed that directory since this cache read it.
 *
 * 1. Apply the changes that this cache has collected.
 * 2. Leave out the packs that are already stored. Put the others into a new segment.
 * 3. Drop the segments used least recently until the budget has room.
 * 4. If the budget still has no room, return null: nothing is written.
 */
export function addPacks(directory: Directory, { packs, changes, now, budget }: PackWrite): PackWriteResult | null {
  const { segments } = directory;
  const today = dayOf(now);
  const deletes = applyDirectoryChanges(directory, changes, today);
  const added = notStored(directory, packs);
  const puts = new Map<string, Uint8Array>();
  const segment = Math.max(now, ...segments.keys()) + 1;
  let size = 0;
  if (added.length > 0) {
    const list = writeList(added);
    size = added.reduce((sum, { length, seekPoints }) => sum + length + (seekPoints?.length ?? 0), list.length);
    for (const [at, { tarball, seekPoints }] of added.entries()) {
      puts.set(packBlobKey({ segment, at }), ownBuffer(tarball));
      if (seekPoints) puts.set(seekPointsKey({ segment, at }), seekPoints);
    }
    puts.set(listKey(segment), list);
  }
  for (const id of leastRecentlyUsed(directory, bytesOf(directory) + size - budget, changes.used))
    deletes.push(...dropSegment(directory, id));
  if (added.length > 0) {
    if (bytesOf(directory) + size > budget) return null;
    segments.set(segment, {
      bytes: size,
      used: today,
      fingerprints: added.map(({ integrity }) => fingerprintOf(integrity)).join(""),
    });
  }
  dropAliases(directory);
  return { puts: puts.set(DIRECTORY, writeDirectory(directory)), deletes, segment, added };
}

/** Returns the bytes of all segments. */
export function bytesOf({ segments }: Directory): number {
  let sum = 0;
  for (const { bytes } of segments.values()) sum += bytes;
  return sum;
}

/** Returns the packs whose fingerprint is not stored. Of two packs with one fingerprint (one pair in 10^19) only one is stored. */
function notStored(directory: Directory, packs: readonly NewPack[]): NewPack[] {
  // A tarball that was transferred to another thread since is empty.
  const whole = packs.filter(({ tarball, length }) => length > 0 && tarball.length === length);
  const missing = new Map(whole.map((pack) => [fingerprintOf(pack.integrity), pack]));
  for (const [fingerprint] of positionsOf(directory, missing)) missing.delete(fingerprint);
  return [...missing.values()];
}

/** Removes a segment, and returns its keys. */
function dropSegment({ segments }: Directory, id: number): string[] {
  const segment = segments.get(id);
  segments.delete(id);
  return segment ? segmentKeys(id, slotCount(segment)) : [];
}

/** Copies a view: a browser stores the whole buffer behind a view, and refuses shared buffers. */
function ownBuffer(bytes: Uint8Array): Uint8Array {
  const { buffer, length } = bytes;
  return buffer instanceof ArrayBuffer && buffer.byteLength === length ? bytes : bytes.slice();
}
