import type { BlobChange } from "../blobs/blob-store.ts";
import {
  countOf,
  DIRECTORY,
  type Directory,
  dropAliases,
  forget,
  keysOf,
  listKey,
  nameOf,
  oldest,
  packKey,
  type Spot,
  seekPointsKey,
  spotsOf,
  writeDirectory,
} from "./directory.ts";
import { type ListedPack, writeList } from "./pack-list.ts";

/** A pack to be written. */
export interface NewPack extends ListedPack {
  readonly tarball: Uint8Array;
  readonly seekPoints?: Uint8Array | undefined;
}

/** What a shelf has to say to the directory. To say it again changes nothing, since no segment's number comes twice. */
export interface News {
  /** Segments that were used today. They do not make room for what is new. */
  readonly used: Set<number>;
  /** Segments that are not there any more. */
  readonly gone: Set<number>;
  /** Packs that are missing or damaged, and the bytes of their tarballs. */
  readonly lost: (Spot & { readonly length: number })[];
  /** Other hashes, and the sha512 that each leads to. */
  readonly aliases: Map<string, string>;
}

export interface PacksToStore {
  readonly packs: readonly NewPack[];
  readonly news: News;
  /** Milliseconds since 1970. */
  readonly now: number;
  /** Bytes that all packs may take. */
  readonly budget: number;
}

export interface StoredPacks extends BlobChange {
  /** The new segment, and its packs in order: none that another tab has written meanwhile. */
  readonly segment: number;
  readonly added: readonly NewPack[];
}

export const dayOf = (now: number): number => Math.floor(now / 86_400_000);

export const noNews = (): News => ({ used: new Set(), gone: new Set(), lost: [], aliases: new Map() });

/** Says to a directory what a shelf has learnt. The answer are keys of what it forgets: packs, and segments without one. */
export function applyNews(directory: Directory, news: News, today: number): string[] {
  const { segments, aliases } = directory;
  const dead: string[] = [];
  for (const spot of news.lost) {
    if (forget(directory, spot, spot.length)) dead.push(packKey(spot), seekPointsKey(spot));
  }
  for (const [alias, integrity] of news.aliases) aliases.set(alias, integrity);
  for (const [id, segment] of segments) {
    if (news.used.has(id)) segment.used = today;
    // The clock was put back: a last use in the future would outlive all others.
    if (segment.used > today) segment.used = today;
    if (!news.gone.has(id) && segment.names.trim()) continue;
    dead.push(...drop(directory, id));
  }
  return dead;
}

/** Puts packs into the directory as it is now, which other tabs may have changed. Null: there is no room in the budget. */
export function storePacks(directory: Directory, { packs, news, now, budget }: PacksToStore): StoredPacks | null {
  const { segments } = directory;
  const today = dayOf(now);
  const deletes = applyNews(directory, news, today);
  const added = missing(directory, packs);
  const puts = new Map<string, Uint8Array>();
  const segment = Math.max(now, ...segments.keys()) + 1;
  let size = 0;
  if (added.length > 0) {
    const list = writeList(added);
    size = added.reduce((sum, { length, seekPoints }) => sum + length + (seekPoints?.length ?? 0), list.length);
    for (const [at, { tarball, seekPoints }] of added.entries()) {
      puts.set(packKey({ segment, at }), owned(tarball));
      if (seekPoints) puts.set(seekPointsKey({ segment, at }), seekPoints);
    }
    puts.set(listKey(segment), list);
  }
  for (const id of oldest(directory, bytesOf(directory) + size - budget, news.used))
    deletes.push(...drop(directory, id));
  if (added.length > 0) {
    if (bytesOf(directory) + size > budget) return null;
    segments.set(segment, {
      bytes: size,
      used: today,
      names: added.map(({ integrity }) => nameOf(integrity)).join(""),
    });
  }
  dropAliases(directory);
  return { puts: puts.set(DIRECTORY, writeDirectory(directory)), deletes, segment, added };
}

export function bytesOf({ segments }: Directory): number {
  let sum = 0;
  for (const { bytes } of segments.values()) sum += bytes;
  return sum;
}

/** Those whose name is not there. Of two packs with one name, one pair in 10^19, the second is not kept. */
function missing(directory: Directory, packs: readonly NewPack[]): NewPack[] {
  // One that was given to another thread meanwhile is none any more.
  const whole = packs.filter(({ tarball, length }) => length > 0 && tarball.length === length);
  const wanted = new Map(whole.map((pack) => [nameOf(pack.integrity), pack]));
  for (const [name] of spotsOf(directory, wanted)) wanted.delete(name);
  return [...wanted.values()];
}

/** Takes a segment out; the answer is its keys. */
function drop({ segments }: Directory, id: number): string[] {
  const segment = segments.get(id);
  segments.delete(id);
  return segment ? keysOf(id, countOf(segment)) : [];
}

/** A browser stores all of the buffer that an array stands in, and refuses shared ones. */
function owned(bytes: Uint8Array): Uint8Array {
  const { buffer, length } = bytes;
  return buffer instanceof ArrayBuffer && buffer.byteLength === length ? bytes : bytes.slice();
}
