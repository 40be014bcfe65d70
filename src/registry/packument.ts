import type { Dist, Manifest } from "../api/manifest.ts";
import { isObject, type Json } from "../base/json.ts";
import { isDeeperThan, MAX_JSON_DEPTH } from "../base/json-depth.ts";
import { runToEnd } from "../base/run-to-end.ts";
import { shownValue } from "../base/shown-value.ts";
import { InstallError } from "../errors/failure.ts";
import { overLimit } from "../errors/limit.ts";
import { parseVersion, readRelease, type Version } from "../spec/version.ts";
import { normaliseManifest } from "./normalise-manifest.ts";
import {
  aligned,
  asUint32,
  DIST_TAGS,
  decodeUtf8,
  HASH_BYTES,
  HASHES,
  HEADER,
  invalidPackument,
  latin1,
  NON_PLAIN_KEYS,
  PARTS,
  PREFIX,
  RECORD_FLAGS,
  REGULAR_DIST,
  RELEASES,
  RESTRICTIONS,
  readKey,
  SAME_NAME,
  SAME_VERSION,
  sortedEntries,
  TIME,
  UNCHECKED_TIME,
  VERSIONS,
  type VersionEntry,
  WORD_COUNT,
} from "./record.ts";

/** More searches for a version than this, each through all keys, take longer than to make a map of them. */
const MAX_SEARCHES = 100;
/** Bytes of `dist-tags` at most: they are parsed without a pause. */
const MAX_TAGS = 2 ** 19;

/**
 * All versions of a package, read from its record. Each part is parsed when it is first needed. A broken part then throws an
 * InstallError (EINVALIDPACKUMENT). Versions are addressed by *entries*: their numbers in the document's order.
 */
export class Packument {
  declare readonly name: string;
  /** The record's bytes. Other threads may share them. */
  declare readonly record: Uint8Array;
  /** The number of manifests parsed so far. */
  manifestsParsed = 0;
  readonly #words: Uint32Array;
  /** The start of each slice, and the end of the last one. */
  readonly #starts: number[];
  readonly #manifests = new Map<string, Manifest>();
  #distTags: ReadonlyMap<string, string> | null = null;
  #times: ReadonlyMap<string, unknown> | null = null;
  #restrictedVersions: { message: string; keys: ReadonlySet<string> } | null = null;
  #keys: readonly string[] | null = null;
  #sorted: ArrayLike<number> | null = null;
  #releases: ArrayLike<number> | null = null;
  #prefix: string | null = null;
  #searches = 0;
  #entries: ReadonlyMap<string, number> | null = null;

  /** A record that this thread did not make itself must first pass `isRecord`. */
  constructor(name: string, record: Uint8Array) {
    this.name = name;
    this.record = aligned(record);
    this.#words = asUint32(this.record);
    let at = this.#word(WORD_COUNT) * 4;
    this.#starts = [at];
    for (let word = HEADER + this.#word(VERSIONS) + this.#word(RELEASES); word < this.#word(WORD_COUNT); word++) {
      at += this.#word(word);
      this.#starts.push(at);
    }
  }

  /** Maps each tag to its version. @throws InstallError ELIMIT if they have more than 512 KiB */
  get distTags(): ReadonlyMap<string, string> {
    if (!this.#distTags) {
      const slice = this.#slice(DIST_TAGS);
      if (this.#start(slice + 1) - this.#start(slice) > MAX_TAGS) {
        const message = `The packument of ${this.name} has more than ${MAX_TAGS} bytes of "dist-tags". Ask the registry's owner to remove old ones.`;
        throw new InstallError(overLimit(message, { package: this.name }));
      }
      this.#distTags = stringsOf(this.#part(DIST_TAGS));
    }
    return this.#distTags;
  }

  /** True if the document has publish times. The abbreviated form has none. */
  get hasTime(): boolean {
    const slice = this.#slice(TIME);
    return this.#start(slice) < this.#start(slice + 1) && this.record[this.#start(slice)] === 123;
  }

  /** False if every publish time looks like a date. Then no time has to be read unless `before` is set. */
  get mayHaveInvalidTime(): boolean {
    return (this.#word(RECORD_FLAGS) & UNCHECKED_TIME) > 0;
  }

  /** Returns the publish time of a version, as the registry's text. */
  time(version: string): string | undefined {
    this.#times ??= new Map(Object.entries(this.hasTime ? (this.#part(TIME) as object) : {}));
    const time = this.#times.get(version);
    return time ? (typeof time === "string" ? time : JSON.stringify(time)) : undefined;
  }

  /** The versions that a policy of the registry blocks from download (npm-tree §3.3.4). */
  get restrictedVersions(): ReadonlySet<string> {
    return this.#restricted().keys;
  }

  get restrictionMessage(): string {
    return this.#restricted().message;
  }

  #restricted(): { message: string; keys: ReadonlySet<string> } {
    if (!this.#restrictedVersions) {
      const part = this.#part(RESTRICTIONS) as { versions?: object; message?: unknown } | null;
      this.#restrictedVersions = {
        message: shownValue(part?.message),
        keys: new Set(Object.keys(part?.versions ?? {})),
      };
    }
    return this.#restrictedVersions;
  }

  /** Returns the keys of `versions`, in the order of `Object.keys(JSON.parse(…).versions)`. */
  versionKeys(): readonly string[] {
    if (!this.#keys) {
      // an object gives them that order: a repeated key stays at its first position, and `1` comes before `1.0.0`
      const keys: Record<string, true> = Object.create(null);
      for (let entry = 0; entry < this.#word(VERSIONS); entry++) keys[this.keyOf(entry)] = true;
      this.#keys = Object.keys(keys);
    }
    return this.#keys;
  }

  /**
   * Returns the entries whose keys are versions, lowest first. Among those that differ only in build metadata, the first one
   * comes last.
   */
  sorted(): ArrayLike<number> {
    if (!this.#sorted) {
      const candidates: VersionEntry[] = [];
      for (let entry = 0; entry < this.#word(VERSIONS); entry++) {
        const version = this.#version(entry);
        if (version) candidates.push({ version, entry });
      }
      this.#sorted = runToEnd(sortedEntries(candidates));
    }
    return this.#sorted;
  }

  /** Returns {@link sorted} without prereleases, which most ranges cannot pick. The record contains this list. */
  releases(): ArrayLike<number> {
    const start = HEADER + this.#word(VERSIONS);
    this.#releases ??= this.#words.subarray(start, start + this.#word(RELEASES));
    return this.#releases;
  }

  /** The number of entries. */
  get size(): number {
    return this.#word(VERSIONS);
  }

  /** Returns the version of any entry, or null if its key is not a version. */
  versionAt(entry: number): Version | null {
    return this.#version(entry);
  }

  /** Returns the version of an entry in {@link sorted}. */
  versionOf(entry: number): Version {
    const version = this.#version(entry);
    if (!version) throw this.#invalid();
    return version;
  }

  #version(entry: number): Version | null {
    return readRelease(this.record, this.#start(entry), this.#start(entry + 1)) ?? parseVersion(this.keyOf(entry));
  }

  /** Returns the key of an entry, the version as the registry wrote it. */
  keyOf(entry: number): string {
    try {
      return readKey(this.record, this.#start(entry), this.#start(entry + 1));
    } catch {
      throw this.#invalid();
    }
  }

  /** Returns the shape of an entry. Versions of the same shape differ only in their version and their tarball. */
  shapeOf(entry: number): number {
    return this.#word(HEADER + entry);
  }

  has(version: string): boolean {
    return this.#find(version) >= 0;
  }

  /** Returns a version's normalised manifest, the same object each time, or undefined if there is no such version. */
  manifest(version: string): Manifest | undefined {
    const known = this.#manifests.get(version);
    if (known) return known;
    const entry = this.#find(version);
    return entry < 0 ? undefined : this.#read(entry, version);
  }

  /** Returns the manifest of an entry whose key no later entry repeats, such as an entry of {@link sorted}. */
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
    dropWrongTypes(manifest);
    normaliseManifest(manifest);
    this.manifestsParsed++;
    this.#manifests.set(version, manifest);
    return manifest;
  }

  #dist(entry: number, version: string): Dist {
    const start = this.#word(HASHES) + entry * HASH_BYTES;
    const hash = latin1(this.record, start, start + HASH_BYTES);
    const prefix = this.#slice(PREFIX);
    // `condense` checked that the prefix is plain ASCII
    this.#prefix ??= latin1(this.record, this.#start(prefix), this.#start(prefix + 1));
    return { integrity: `sha512-${btoa(hash)}`, tarball: `${this.#prefix + version}.tgz` };
  }

  /** Returns the last entry with a key, which wins as in JSON.parse, or -1. Many searches make a map. */
  #find(version: string): number {
    if (++this.#searches > MAX_SEARCHES) {
      this.#entries ??= new Map(Array.from({ length: this.size }, (_, entry) => [this.keyOf(entry), entry]));
      return this.#entries.get(version) ?? -1;
    }
    const nonPlain = this.#word(RECORD_FLAGS) & NON_PLAIN_KEYS;
    let entry = this.#word(VERSIONS);
    while (entry-- > 0) if (nonPlain ? this.keyOf(entry) === version : this.#isKey(entry, version)) break;
    return entry;
  }

  #isKey(entry: number, version: string): boolean {
    const start = this.#start(entry);
    let left = version.length;
    if (this.#start(entry + 1) - start !== left) return false;
    // compared from the end, where versions most often differ
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
    let text: string;
    try {
      text = decodeUtf8(this.record, start, end);
      if (!isDeeperThan(text, MAX_JSON_DEPTH)) return JSON.parse(text);
    } catch {
      throw this.#invalid();
    }
    throw invalidPackument(this.name, `part of it nests more than ${MAX_JSON_DEPTH} levels deep`);
  }

  #invalid(): InstallError {
    return invalidPackument(this.name, "part of it is not valid JSON");
  }
}

/** Drops the members that the engine reads as texts or objects and that are not. The lock repeats all others unchanged. */
function dropWrongTypes(manifest: Manifest): void {
  const { name, version, dist } = manifest as Json;
  if (typeof name !== "string") delete manifest.name;
  if (typeof version !== "string") delete manifest.version;
  if (!isObject(dist)) delete manifest.dist;
  else if (typeof dist["tarball"] !== "string") delete dist["tarball"];
}

function stringsOf(value: unknown): ReadonlyMap<string, string> {
  const strings = new Map<string, string>();
  if (value && typeof value === "object") {
    const object = value as Json;
    // `JSON.parse` gives no inherited members, and a list of entries would take as long as the map.
    for (const key in object) {
      const text = object[key];
      if (typeof text === "string") strings.set(key, text);
    }
  }
  return strings;
}
