import type { Dist, Manifest } from "../api/manifest.ts";
import type { InstallError } from "../errors/failure.ts";
import { parseVersion, readRelease, type Version } from "../spec/version.ts";
import { normaliseManifest } from "./normalise-manifest.ts";
import {
  aligned,
  asUint32,
  DIST_TAGS,
  decode,
  FLAGS,
  HASH_BYTES,
  HASHES,
  HEADER,
  inOrder,
  invalidPackument,
  latin1,
  NON_PLAIN_KEYS,
  PARTS,
  PREFIX,
  REGULAR_DIST,
  RELEASES,
  RESTRICTIONS,
  readKey,
  SAME_NAME,
  SAME_VERSION,
  TIME,
  UNCHECKED_TIME,
  VERSIONS,
  type VersionEntry,
  WORDS,
} from "./record.ts";

/**
 * Every version of a package, read off its record. Parts are parsed when they are asked for; one that is broken inside
 * throws an InstallError (`EINVALIDPACKUMENT`) then. Versions are addressed by *entries*: numbers in the document's order.
 */
export class Packument {
  declare readonly name: string;
  /** What it reads: bytes that may be shared with other threads. */
  declare readonly record: Uint8Array;
  /** How many manifests were parsed so far. */
  manifestsParsed = 0;
  readonly #words: Uint32Array;
  /** Where each slice starts, and the last one ends. */
  readonly #starts: number[];
  readonly #manifests = new Map<string, Manifest>();
  #distTags: ReadonlyMap<string, string> | null = null;
  #times: ReadonlyMap<string, unknown> | null = null;
  #restrictedVersions: { message: string; keys: ReadonlySet<string> } | null = null;
  #keys: readonly string[] | null = null;
  #sorted: ArrayLike<number> | null = null;
  #releases: ArrayLike<number> | null = null;
  #prefix: string | null = null;

  /** A record from outside must be one that `isRecord` is true of. */
  constructor(name: string, record: Uint8Array) {
    this.name = name;
    this.record = aligned(record);
    this.#words = asUint32(this.record);
    let at = this.#word(WORDS) * 4;
    this.#starts = [at];
    for (let word = HEADER + this.#word(VERSIONS) + this.#word(RELEASES); word < this.#word(WORDS); word++) {
      at += this.#word(word);
      this.#starts.push(at);
    }
  }

  /** Tag to version. */
  get distTags(): ReadonlyMap<string, string> {
    this.#distTags ??= stringsOf(this.#part(DIST_TAGS));
    return this.#distTags;
  }

  /** Whether the document says when versions were published: the abbreviated form does not. */
  get hasTime(): boolean {
    const slice = this.#slice(TIME);
    return this.#start(slice) < this.#start(slice + 1) && this.record[this.#start(slice)] === 123;
  }

  /** False when every publish time has the form of a date, so that none needs to be read unless dates matter. */
  get mayHaveInvalidTime(): boolean {
    return (this.#word(FLAGS) & UNCHECKED_TIME) > 0;
  }

  /** When a version was published, as the registry says it. */
  time(version: string): string | undefined {
    this.#times ??= new Map(Object.entries(this.hasTime ? (this.#part(TIME) as object) : {}));
    const time = this.#times.get(version);
    return time ? (typeof time === "string" ? time : JSON.stringify(time)) : undefined;
  }

  /** Versions that a policy of the registry withholds: they may be named, and not downloaded (npm-tree §3.3.4). */
  get restrictedVersions(): ReadonlySet<string> {
    return this.#restricted().keys;
  }

  get restrictionMessage(): string {
    return this.#restricted().message;
  }

  #restricted(): { message: string; keys: ReadonlySet<string> } {
    if (!this.#restrictedVersions) {
      const part = this.#part(RESTRICTIONS) as { versions?: object; message?: unknown } | null;
      this.#restrictedVersions = { message: String(part?.message), keys: new Set(Object.keys(part?.versions ?? {})) };
    }
    return this.#restrictedVersions;
  }

  /** Keys of `versions` in the order of `Object.keys(JSON.parse(…).versions)`. */
  versionKeys(): readonly string[] {
    if (!this.#keys) {
      // this object orders them: a repeated key stays at its first place, and `1` comes before `1.0.0`
      const keys: Record<string, true> = Object.create(null);
      for (let entry = 0; entry < this.#word(VERSIONS); entry++) keys[this.keyOf(entry)] = true;
      this.#keys = Object.keys(keys);
    }
    return this.#keys;
  }

  /** Entries whose keys are versions, lowest first; of those that differ in build metadata alone the first one last. */
  sorted(): ArrayLike<number> {
    if (!this.#sorted) {
      const candidates: VersionEntry[] = [];
      for (let entry = 0; entry < this.#word(VERSIONS); entry++) {
        const version = this.#version(entry);
        if (version) candidates.push({ version, entry });
      }
      this.#sorted = inOrder(candidates);
    }
    return this.#sorted;
  }

  /** {@link sorted} without prereleases, which most ranges cannot pick: as the record has it. */
  releases(): ArrayLike<number> {
    const start = HEADER + this.#word(VERSIONS);
    this.#releases ??= this.#words.subarray(start, start + this.#word(RELEASES));
    return this.#releases;
  }

  /** The version of an entry that is in {@link sorted}. */
  versionOf(entry: number): Version {
    const version = this.#version(entry);
    if (!version) throw this.#invalid();
    return version;
  }

  #version(entry: number): Version | null {
    return readRelease(this.record, this.#start(entry), this.#start(entry + 1)) ?? parseVersion(this.keyOf(entry));
  }

  keyOf(entry: number): string {
    try {
      return readKey(this.record, this.#start(entry), this.#start(entry + 1));
    } catch {
      throw this.#invalid();
    }
  }

  /** Versions of equal shape differ in nothing but their version and their tarball. */
  shapeOf(entry: number): number {
    return this.#word(HEADER + entry);
  }

  has(version: string): boolean {
    return this.#find(version) >= 0;
  }

  /** A version's manifest after intake: the same object each time. Undefined when there is no such version. */
  manifest(version: string): Manifest | undefined {
    const known = this.#manifests.get(version);
    if (known) return known;
    const entry = this.#find(version);
    return entry < 0 ? undefined : this.#read(entry, version);
  }

  /** The manifest of an entry whose key no later one repeats, as those of {@link sorted} are. */
  manifestAt(entry: number): Manifest {
    const version = this.keyOf(entry);
    return this.#manifests.get(version) ?? this.#read(entry, version);
  }

  #read(entry: number, version: string): Manifest {
    const shape = this.#word(VERSIONS) + this.#word(HEADER + entry);
    const start = this.#start(shape);
    const flags = this.record[start] as number;
    const raw = this.#parse(start + 1, this.#start(shape + 1));
    if (!raw || typeof raw !== "object") throw this.#invalid();
    const manifest = raw as Manifest;
    if (flags & SAME_NAME) manifest.name = this.name;
    if (flags & SAME_VERSION) manifest.version = version;
    if (flags & REGULAR_DIST) manifest.dist = this.#dist(entry, version);
    normaliseManifest(manifest);
    this.manifestsParsed++;
    this.#manifests.set(version, manifest);
    return manifest;
  }

  #dist(entry: number, version: string): Dist {
    const start = this.#word(HASHES) + entry * HASH_BYTES;
    const hash = latin1(this.record, start, start + HASH_BYTES);
    const prefix = this.#slice(PREFIX);
    // it was plain ASCII when it was taken
    this.#prefix ??= latin1(this.record, this.#start(prefix), this.#start(prefix + 1));
    return { integrity: `sha512-${btoa(hash)}`, tarball: `${this.#prefix + version}.tgz` };
  }

  /** The last entry of a key, which wins, as in JSON; -1 when there is none. */
  #find(version: string): number {
    const odd = this.#word(FLAGS) & NON_PLAIN_KEYS;
    let entry = this.#word(VERSIONS);
    while (entry-- > 0) if (odd ? this.keyOf(entry) === version : this.#isKey(entry, version)) break;
    return entry;
  }

  #isKey(entry: number, version: string): boolean {
    const start = this.#start(entry);
    let left = version.length;
    if (this.#start(entry + 1) - start !== left) return false;
    // versions differ at the end rather than at the start
    while (left-- > 0) if (this.record[start + left] !== version.charCodeAt(left)) return false;
    return true;
  }

  #word(at: number): number {
    return this.#words[at] as number;
  }

  #start(slice: number): number {
    return this.#starts[slice] as number;
  }

  #slice(part: number): number {
    return this.#starts.length - 1 - PARTS + part;
  }

  #part(part: number): unknown {
    const slice = this.#slice(part);
    const [start, end] = [this.#start(slice), this.#start(slice + 1)];
    return start === end ? null : this.#parse(start, end);
  }

  #parse(start: number, end: number): unknown {
    try {
      return JSON.parse(decode(this.record, start, end));
    } catch {
      throw this.#invalid();
    }
  }

  #invalid(): InstallError {
    return invalidPackument(this.name, "a part of it is not what it should be");
  }
}

function stringsOf(value: unknown): ReadonlyMap<string, string> {
  const strings = new Map<string, string>();
  if (value && typeof value === "object") {
    for (const [key, text] of Object.entries(value)) if (typeof text === "string") strings.set(key, text);
  }
  return strings;
}
