import { type CacheIndex, membersOf, type Place } from "./cache-index.ts";
import { packGroup, unpackGroup } from "./group.ts";
import { groupKey } from "./keys.ts";
import { applyChanges, type Changes, DAY, isEmpty, type Member, noChanges, type PackedGroup } from "./merge.ts";
import type { MetadataWriter } from "./metadata-writer.ts";
import type { Entry, GroupSize, Kept } from "./ports.ts";

/** How much goes into a group, records or their bytes before anything is deflated: docs/metadata-cache.md says what was tried. */
const GROUP = { records: 128, bytes: 2 << 20 };

/** Which of the groups that are wanted are read in one transaction: so that the first is unpacked while the others are read. */
const PORTIONS = [
  [0, 1],
  [1, Number.POSITIVE_INFINITY],
] as const;

/**
 * One namespace's packuments, for one resolution: what was stored when it was opened, and what it adds. Nothing here
 * rejects; what cannot be read is missing.
 */
export class MetadataCache {
  readonly #namespace: string;
  readonly #writer: MetadataWriter;
  #index: CacheIndex;
  /** Names by group, as the index said when they were first wanted. */
  #members: Map<number, string[]>;
  /** Everything read or kept. */
  readonly #records = new Map<string, Kept>();
  /** Kept and not yet written, and the group that the name was in by then. */
  readonly #queue = new Map<string, number | undefined>();
  #changes: Changes = noChanges();
  /** Groups by number: their blobs, asked for, and their records, unpacked. */
  readonly #blobs = new Map<number, Promise<Uint8Array | undefined>>();
  readonly #unpacked = new Map<number, Promise<void>>();
  #wanted: number[] = [];
  #reading: Promise<Map<number, Promise<Uint8Array | undefined>>> = Promise.resolve(new Map());
  #unpacking: Promise<unknown> = Promise.resolve();
  #flushing: Promise<void> = Promise.resolve();

  constructor(namespace: string, writer: MetadataWriter, index: CacheIndex) {
    this.#namespace = namespace;
    this.#writer = writer;
    this.#index = index;
    this.#members = membersOf(index);
  }

  /** Without reading anything. */
  entry(name: string): Entry | undefined {
    return this.#records.get(name) ?? this.#index.entries.get(name);
  }

  names(): Iterable<string> {
    return new Set([...this.#index.entries.keys(), ...this.#records.keys()]);
  }

  /** All that was written along with these, in the order of its groups. Nothing is read. */
  mates(names: Iterable<string>): string[] {
    const { entries, groups } = this.#index;
    const batchOf = (group: number | undefined) => groups.get(group ?? Number.NaN)?.batch;
    const batches = new Set([...names].map((name) => batchOf(entries.get(name)?.group)));
    batches.delete(undefined);
    return [...this.#members].flatMap(([group, members]) => (batches.has(batchOf(group)) ? members : []));
  }

  /**
   * Makes `get` answer for these names. Blobs are read with all of their batch, in two transactions for what is asked within
   * a tick; of these only the groups that hold the names are unpacked.
   */
  async load(names: Iterable<string>): Promise<void> {
    const groups = new Set<number>();
    for (const name of names) {
      const group = this.#records.has(name) ? undefined : this.#index.entries.get(name)?.group;
      if (group !== undefined) groups.add(group);
    }
    await Promise.all([...groups].map((id) => this.#unpack(id)));
  }

  /** After `load`, or `keep`. The same object each time: its record is not to be transferred. */
  get(name: string): Kept | undefined {
    return this.#records.get(name);
  }

  /** Written by the next `flush`; `get` has it now. */
  keep(kept: Kept): void {
    this.#records.set(kept.name, kept);
    this.#queue.set(kept.name, this.#index.entries.get(kept.name)?.group);
  }

  /** A registry says that the record still holds: it is not written again. */
  renew(name: string, fetchedAt: number, etag?: string): void {
    const news = { fetchedAt, ...(etag === undefined ? {} : { etag }) };
    const kept = this.#records.get(name);
    if (kept) this.#records.set(name, { ...kept, ...news });
    const place = this.#index.entries.get(name);
    if (!place || this.#queue.has(name)) return;
    this.#index.entries.set(name, { ...place, ...news });
    this.#changes.renewed.set(name, { ...place, ...news });
  }

  /** Writes what is new, after what is being written. Nothing new, nothing written. */
  flush(): Promise<void> {
    this.#flushing = this.#flushing.then(() => this.#write()).catch((error) => this.#writer.fail(error));
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
    this.#want(id);
    const blob = await this.#blobs.get(id);
    // One after the other: all at once would hold the thread, for nobody's good.
    const unpacking = this.#unpacking.then(() => blob && unpackGroup(blob, this.#writer.tools));
    this.#unpacking = unpacking;
    const records = await unpacking;
    // The promise holds the blob otherwise.
    this.#blobs.set(id, Promise.resolve(undefined));
    for (const name of this.#members.get(id) ?? []) {
      const place = this.#index.entries.get(name);
      if (place?.group === id) this.#found(name, place, records?.get(name));
    }
    const today = Math.floor(this.#writer.tools.now() / DAY);
    if ((this.#index.groups.get(id)?.used ?? today) !== today) this.#changes.used.add(id);
  }

  #found(name: string, { group, ...entry }: Place, record: Uint8Array | undefined): void {
    if (record && this.#writer.tools.isRecord(record)) {
      if (!this.#records.has(name)) this.#records.set(name, { name, record, ...entry });
    } else {
      this.#index.entries.delete(name);
      this.#changes.lost.set(name, group);
    }
  }

  /** Asks for a group's blob, and for those of its batch. */
  #want(id: number): void {
    if (this.#blobs.has(id)) return;
    if (this.#wanted.length === 0) this.#reading = Promise.resolve().then(() => this.#read());
    const batch = this.#index.groups.get(id)?.batch;
    for (const [other, group] of this.#index.groups) {
      if (group.batch !== batch || this.#blobs.has(other)) continue;
      this.#wanted.push(other);
      this.#blobs.set(
        other,
        this.#reading.then((found) => found.get(other)),
      );
    }
  }

  #read(): Map<number, Promise<Uint8Array | undefined>> {
    const ids = this.#wanted;
    this.#wanted = [];
    const blobs = new Map<number, Promise<Uint8Array | undefined>>();
    for (const [from, to] of PORTIONS) {
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

  async #write(): Promise<void> {
    const { tools, isWritable } = this.#writer;
    const changes = this.#changes;
    if (!isWritable || (this.#queue.size === 0 && isEmpty(changes))) return;
    const batch = this.#home();
    const members = [...this.#kept(), ...(this.#queue.size > 0 ? this.#straggling(batch) : [])];
    this.#queue.clear();
    this.#changes = noChanges();
    const groups: PackedGroup[] = [];
    for (const part of portions(members, tools.group ?? GROUP))
      groups.push({ members: part, blob: await packGroup(part, tools) });
    const writing = { groups, batch, changes, now: tools.now() };
    const index = await this.#writer.write(this.#namespace, writing, this.#unpacked.keys());
    if (!index) return;
    this.#index = index;
    this.#members = membersOf(index);
    applyChanges(index, this.#changes, Math.floor(writing.now / DAY));
  }

  *#kept(): Generator<Member> {
    for (const [name, from] of this.#queue) {
      const kept = this.#records.get(name);
      // One that its owner has transferred away is no record any more.
      if (kept?.record.length) yield { ...kept, from };
    }
  }

  /** The batch that most of what was used is in, if it is at least as large as what is new. */
  #home(): number | undefined {
    const sizes = new Map<number, number>();
    for (const id of this.#unpacked.keys()) {
      const batch = this.#index.groups.get(id)?.batch;
      if (batch !== undefined) sizes.set(batch, (sizes.get(batch) ?? 0) + (this.#members.get(id)?.length ?? 0));
    }
    const [largest] = [...sizes].sort((a, b) => b[1] - a[1]);
    return largest && largest[1] >= this.#queue.size ? largest[0] : undefined;
  }

  /** Live records of groups of a batch that are half dead or half empty: they move along with what is new. */
  *#straggling(batch: number | undefined): Generator<Member> {
    const most = this.#writer.tools.group ?? GROUP;
    for (const id of this.#unpacked.keys()) {
      const group = this.#index.groups.get(id);
      if (!group || group.batch !== batch) continue;
      const names = (this.#members.get(id) ?? []).filter((name) => this.#isLive(name, id));
      const isHalfDead = names.length * 2 < group.count;
      const isHalfEmpty = group.count * 2 < most.records && group.bytes * 4 < most.bytes;
      if (!isHalfDead && !isHalfEmpty) continue;
      for (const name of names) {
        const kept = this.#records.get(name);
        if (kept) yield { ...kept, from: id, moved: true };
      }
    }
  }

  #isLive(name: string, group: number): boolean {
    return !this.#queue.has(name) && this.#index.entries.get(name)?.group === group;
  }
}

function* portions(members: readonly Member[], most: GroupSize): Generator<readonly Member[]> {
  let part: Member[] = [];
  let bytes = 0;
  for (const member of members) {
    part.push(member);
    bytes += member.record.length;
    if (part.length < most.records && bytes < most.bytes) continue;
    yield part;
    part = [];
    bytes = 0;
  }
  if (part.length > 0) yield part;
}
