import { dayOf } from "../blobs/ports.ts";
import { type CacheIndex, type IndexEntry, namesByGroup } from "./cache-index.ts";
import type { CachedPackument, CacheEntry, GroupRecords } from "./cached-packument.ts";
import { packGroup, unpackGroup } from "./group.ts";
import { groupKey } from "./keys.ts";
import {
  applyIndexChanges,
  type GroupMember,
  type IndexChanges,
  isEmpty,
  noIndexChanges,
  type PackedGroup,
} from "./merge.ts";
import type { MetadataWriter } from "./metadata-writer.ts";
import type { GroupSize } from "./ports.ts";

/** The limits of a group. docs/metadata-cache.md, "What it costs", has the measurements behind them. */
const GROUP = { records: 128, bytes: 2 << 20 };

/** The slices of the requested groups that each read transaction gets. The first group is unpacked while the others are read. */
const TRANSACTIONS = [
  [0, 1],
  [1, Number.POSITIVE_INFINITY],
] as const;

/**
 * The cached packuments of one namespace, for one resolution: the ones that were stored when it was opened, and the ones
 * that the resolution adds. No method rejects; an unreadable packument is missing.
 *
 * 1. `entry` and `relatedNames` answer from the index alone.
 * 2. `load` reads the groups of the names, and with each group the blobs of its whole batch.
 * 3. `add` and `renew` change the cache in memory.
 * 4. `flush` packs the added records into groups and writes them with the changed index.
 */
export class MetadataCache {
  readonly #namespace: string;
  readonly #writer: MetadataWriter;
  #index: CacheIndex;
  /** The names of each group, from the index as it was last read or written. */
  #members: Map<number, string[]>;
  /** All packuments that were read or added. */
  readonly #records = new Map<string, CachedPackument>();
  /** The groups from which records were read. */
  readonly #readFrom = new Map<string, number>();
  /** Names that were added and not yet written, and the group that held the name at that time. */
  readonly #queue = new Map<string, number | undefined>();
  #changes: IndexChanges = noIndexChanges();
  /** The requested blob of each group. */
  readonly #blobs = new Map<number, Promise<Uint8Array | undefined>>();
  /** Resolves for each group when its records are in `#records`. */
  readonly #unpacked = new Map<number, Promise<void>>();
  /** Groups for the next read. */
  #requested: number[] = [];
  #reading: Promise<Map<number, Promise<Uint8Array | undefined>>> = Promise.resolve(new Map());
  #unpacking: Promise<unknown> = Promise.resolve();
  #flushing: Promise<void> = Promise.resolve();

  /** @param known records that need not be read again */
  constructor(namespace: string, writer: MetadataWriter, index: CacheIndex, known: GroupRecords = new Map()) {
    this.#namespace = namespace;
    this.#writer = writer;
    this.#index = index;
    this.#members = namesByGroup(index);
    for (const [name, { group, record }] of known) {
      const entry = index.entries.get(name);
      if (entry && entry.group === group) this.#setRead(name, entry, record);
    }
    for (const id of new Set(this.#readFrom.values())) this.#markUsed(id);
  }

  /** Returns the entry of a packument, without reading its record. */
  entry(name: string): CacheEntry | undefined {
    return this.#records.get(name) ?? this.#index.entries.get(name);
  }

  names(): Iterable<string> {
    return new Set([...this.#index.entries.keys(), ...this.#records.keys()]);
  }

  /** Returns all names of the batches that hold these names, in the order of their groups. Reads nothing. */
  relatedNames(names: Iterable<string>): string[] {
    const { entries, groups } = this.#index;
    const batchOf = (group: number | undefined) => groups.get(group ?? Number.NaN)?.batch;
    const batches = new Set([...names].map((name) => batchOf(entries.get(name)?.group)));
    batches.delete(undefined);
    return [...this.#members].flatMap(([group, members]) => (batches.has(batchOf(group)) ? members : []));
  }

  /**
   * Reads packuments, so that `get` returns them. All calls of one tick share two transactions, which read the blobs of
   * whole batches. Only the groups that hold these names are unpacked.
   */
  async load(names: Iterable<string>): Promise<void> {
    const groups = new Set<number>();
    for (const name of names) {
      const group = this.#records.has(name) ? undefined : this.#index.entries.get(name)?.group;
      if (group !== undefined) groups.add(group);
    }
    await Promise.all([...groups].map((id) => this.#unpack(id)));
  }

  /** Returns a packument that was loaded or added. The record belongs to the cache: do not transfer it. */
  get(name: string): CachedPackument | undefined {
    return this.#records.get(name);
  }

  /** Returns records that were read, of at most `room` bytes together. */
  read(room: number): GroupRecords {
    const records = new Map<string, { group: number; record: Uint8Array }>();
    let left = room;
    for (const [name, group] of this.#readFrom) {
      const record = this.#records.get(name)?.record;
      // A record without bytes was transferred to another thread.
      if (!record?.length || record.length > left) continue;
      left -= record.length;
      records.set(name, { group, record });
    }
    return records;
  }

  /** Adds a packument. `get` returns it at once; the next `flush` writes it. */
  add(packument: CachedPackument): void {
    this.#readFrom.delete(packument.name);
    this.#records.set(packument.name, packument);
    this.#queue.set(packument.name, this.#index.entries.get(packument.name)?.group);
  }

  /** Records that a registry has confirmed a packument. Only the index is written again. */
  renew(name: string, fetchedAt: number, etag?: string): void {
    const update = { fetchedAt, ...(etag === undefined ? {} : { etag }) };
    const packument = this.#records.get(name);
    if (packument) this.#records.set(name, { ...packument, ...update });
    const entry = this.#index.entries.get(name);
    if (!entry || this.#queue.has(name)) return;
    this.#index.entries.set(name, { ...entry, ...update });
    this.#changes.renewed.set(name, { ...entry, ...update });
  }

  /** Writes all changes, after a write that is in progress. Writes nothing if nothing has changed. */
  flush(): Promise<void> {
    this.#flushing = this.#flushing.then(() => this.#write()).catch((error) => this.#writer.disable(error));
    return this.#flushing;
  }

  #unpack(id: number): Promise<void> {
    let done = this.#unpacked.get(id);
    if (!done) {
      done = this.#readGroup(id);
      this.#unpacked.set(id, done);
    }
    return done;
  }

  async #readGroup(id: number): Promise<void> {
    this.#request(id);
    const blob = await this.#blobs.get(id);
    // Groups are unpacked one by one: in parallel they would block the thread and finish no sooner.
    const unpacking = this.#unpacking.then(() => blob && unpackGroup(blob, this.#writer.ports));
    this.#unpacking = unpacking;
    const records = await unpacking;
    // Without this the promise would keep the blob in memory.
    this.#blobs.set(id, Promise.resolve(undefined));
    for (const name of this.#members.get(id) ?? []) {
      const entry = this.#index.entries.get(name);
      if (entry?.group === id) this.#setRead(name, entry, records?.get(name));
    }
    this.#markUsed(id);
  }

  #markUsed(group: number): void {
    const today = dayOf(this.#writer.ports.now());
    if ((this.#index.groups.get(group)?.used ?? today) !== today) this.#changes.used.add(group);
  }

  /** Stores a record that was read. Drops the entry if the record is missing or of an old format. */
  #setRead(name: string, { group, ...entry }: IndexEntry, record: Uint8Array | undefined): void {
    if (record && this.#writer.ports.isRecord(record)) {
      if (this.#records.has(name)) return;
      this.#records.set(name, { name, record, ...entry });
      this.#readFrom.set(name, group);
    } else {
      this.#index.entries.delete(name);
      this.#changes.lost.set(name, group);
    }
  }

  /** Requests the blobs of a group and of the other groups of its batch. */
  #request(id: number): void {
    if (this.#blobs.has(id)) return;
    if (this.#requested.length === 0) this.#reading = Promise.resolve().then(() => this.#readRequested());
    const batch = this.#index.groups.get(id)?.batch;
    for (const [other, group] of this.#index.groups) {
      if (group.batch !== batch || this.#blobs.has(other)) continue;
      this.#requested.push(other);
      this.#blobs.set(
        other,
        this.#reading.then((found) => found.get(other)),
      );
    }
  }

  /** Starts the transactions that read the requested groups. */
  #readRequested(): Map<number, Promise<Uint8Array | undefined>> {
    const ids = this.#requested;
    this.#requested = [];
    const blobs = new Map<number, Promise<Uint8Array | undefined>>();
    for (const [from, to] of TRANSACTIONS) {
      const some = ids.slice(from, to);
      if (some.length === 0) break;
      const found = this.#writer.read(some.map((id) => groupKey(this.#namespace, id)));
      for (const [i, id] of some.entries())
        blobs.set(
          id,
          found.then((list) => list[i]),
        );
    }
    return blobs;
  }

  /**
   * Writes the added records and the changes of the index.
   *
   * 1. Choose the batch that the new groups join.
   * 2. Collect the added records, and the live records of half-empty groups of that batch.
   * 3. Pack them into groups, and write these with the index in one transaction.
   * 4. Take over the merged index, and apply the changes that came during the write.
   */
  async #write(): Promise<void> {
    const { ports, isWritable } = this.#writer;
    const changes = this.#changes;
    if (!isWritable || (this.#queue.size === 0 && isEmpty(changes))) return;
    const batch = this.#batchToJoin();
    const members = [...this.#added(), ...(this.#queue.size > 0 ? this.#movable(batch) : [])];
    this.#queue.clear();
    this.#changes = noIndexChanges();
    const groups: PackedGroup[] = [];
    for (const part of inGroups(members, ports.group ?? GROUP))
      groups.push({ members: part, blob: await packGroup(part, ports) });
    const write = { groups, batch, changes, now: ports.now() };
    const index = await this.#writer.write(this.#namespace, write, this.#used());
    if (!index) return;
    this.#index = index;
    this.#members = namesByGroup(index);
    applyIndexChanges(index, this.#changes, dayOf(write.now));
  }

  /** Returns the groups that records were read from, in this run or in an earlier one. */
  #used(): Set<number> {
    return new Set([...this.#unpacked.keys(), ...this.#readFrom.values()]);
  }

  /** Yields the added records. Skips those whose bytes a caller has transferred to another thread. */
  *#added(): Generator<GroupMember> {
    for (const [name, from] of this.#queue) {
      const packument = this.#records.get(name);
      if (packument?.record.length) yield { ...packument, from };
    }
  }

  /** Returns the batch that supplied the most names, provided that it has at least as many as were added. */
  #batchToJoin(): number | undefined {
    const sizes = new Map<number, number>();
    for (const id of this.#used()) {
      const batch = this.#index.groups.get(id)?.batch;
      if (batch !== undefined) sizes.set(batch, (sizes.get(batch) ?? 0) + (this.#members.get(id)?.length ?? 0));
    }
    const [largest] = [...sizes].sort((a, b) => b[1] - a[1]);
    return largest && largest[1] >= this.#queue.size ? largest[0] : undefined;
  }

  /** Yields the live records of the batch's unpacked groups that are half dead or half empty. They move to the new groups. */
  *#movable(batch: number | undefined): Generator<GroupMember> {
    const limit = this.#writer.ports.group ?? GROUP;
    for (const id of this.#unpacked.keys()) {
      const group = this.#index.groups.get(id);
      if (!group || group.batch !== batch) continue;
      const names = (this.#members.get(id) ?? []).filter((name) => this.#isLive(name, id));
      const isHalfDead = names.length * 2 < group.count;
      const isHalfEmpty = group.count * 2 < limit.records && group.bytes * 4 < limit.bytes;
      if (!isHalfDead && !isHalfEmpty) continue;
      for (const name of names) {
        const packument = this.#records.get(name);
        if (packument) yield { ...packument, from: id, moved: true };
      }
    }
  }

  #isLive(name: string, group: number): boolean {
    return !this.#queue.has(name) && this.#index.entries.get(name)?.group === group;
  }
}

/** Splits records into groups of at most `limit`. */
function* inGroups(members: readonly GroupMember[], limit: GroupSize): Generator<readonly GroupMember[]> {
  let part: GroupMember[] = [];
  let bytes = 0;
  for (const member of members) {
    part.push(member);
    bytes += member.record.length;
    if (part.length < limit.records && bytes < limit.bytes) continue;
    yield part;
    part = [];
    bytes = 0;
  }
  if (part.length > 0) yield part;
}
