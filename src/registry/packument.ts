import { compareVersions, parseVersion, readRelease, type Version } from "../spec/version.ts";
import type { Manifest } from "./manifest.ts";
import { normaliseManifest } from "./normalise-manifest.ts";
import {
  DIST_TAGS,
  decode,
  findParts,
  invalidPackument,
  ODD_KEYS,
  ODD_TIME,
  type PackumentIndex,
  RESTRICTIONS,
  readKey,
  STRIDE,
  TIME,
  VERSIONS,
} from "./packument-index.ts";

/** A version that a range can pick, and where its entry stands in the index. */
export interface Candidate {
  readonly version: Version;
  readonly entry: number;
}

/** Indexes a document. Throws an InstallError (`EINVALIDPACKUMENT`) when it is not a JSON object through and through. */
export function indexPackument(name: string, bytes: Uint8Array): Packument {
  return new Packument(name, bytes, findParts(name, bytes));
}

/**
 * Every version of a package, as the registry's bytes and an index of them. Parts are parsed when they are asked for;
 * one that is broken inside throws an InstallError (`EINVALIDPACKUMENT`) then.
 */
export class Packument {
  declare readonly name: string;
  /** How many manifests were parsed so far. */
  manifestsParsed = 0;
  readonly #bytes: Uint8Array;
  readonly #index: PackumentIndex;
  readonly #manifests = new Map<string, Manifest>();
  #distTags: ReadonlyMap<string, string> | null = null;
  #times: ReadonlyMap<string, unknown> | null = null;
  #restrictions: { message: string; keys: ReadonlySet<string> } | null = null;
  #keys: readonly string[] | null = null;
  #sorted: readonly Candidate[] | null = null;
  #releases: readonly Candidate[] | null = null;

  constructor(name: string, bytes: Uint8Array, index: PackumentIndex) {
    this.name = name;
    this.#bytes = bytes;
    this.#index = index;
  }

  get byteLength(): number {
    return this.#bytes.length;
  }

  /** Tag to version. */
  get distTags(): ReadonlyMap<string, string> {
    this.#distTags ??= stringsOf(this.#part(DIST_TAGS));
    return this.#distTags;
  }

  /** Whether the document says when versions were published: the abbreviated form does not. */
  get hasTime(): boolean {
    return this.#index[TIME + 1] !== 0 && this.#bytes[this.#index[TIME] as number] === 123;
  }

  /** False when every publish time has the form of a date, so that none needs to be read unless dates matter. */
  get hasOddTime(): boolean {
    return this.#index[ODD_TIME] === 1;
  }

  /** When a version was published, as the registry says it. */
  time(version: string): string | undefined {
    this.#times ??= new Map(Object.entries(this.hasTime ? (this.#part(TIME) as object) : {}));
    const time = this.#times.get(version);
    return time ? String(time) : undefined;
  }

  /** Versions that a policy of the registry withholds: they may be named, and not downloaded (npm-tree §3.3.4). */
  get restrictions(): ReadonlySet<string> {
    return this.#restricted().keys;
  }

  get restrictionMessage(): string {
    return this.#restricted().message;
  }

  #restricted(): { message: string; keys: ReadonlySet<string> } {
    if (!this.#restrictions) {
      const part = this.#part(RESTRICTIONS) as { versions?: object; message?: unknown } | null;
      this.#restrictions = { message: String(part?.message), keys: new Set(Object.keys(part?.versions ?? {})) };
    }
    return this.#restrictions;
  }

  /** Keys of `versions` in the order of `Object.keys(JSON.parse(…).versions)`. */
  versionKeys(): readonly string[] {
    if (!this.#keys) {
      // this object orders them: a repeated key stays at its first place, and `1` comes before `1.0.0`
      const keys: Record<string, true> = Object.create(null);
      for (let at = VERSIONS; at < this.#index.length; at += STRIDE) keys[this.keyOf(at)] = true;
      this.#keys = Object.keys(keys);
    }
    return this.#keys;
  }

  /** The keys that are versions, lowest first; of those that differ in build metadata alone the first one last. */
  sorted(): readonly Candidate[] {
    this.#sorted ??= this.#sort((entry) => parseVersion(this.keyOf(entry)));
    return this.#sorted;
  }

  /** {@link sorted} without prereleases, which most ranges cannot pick: their keys are not even decoded. */
  releases(): readonly Candidate[] {
    this.#releases ??= this.#sort((entry) => this.#releaseAt(entry));
    return this.#releases;
  }

  #sort(read: (entry: number) => Version | null): readonly Candidate[] {
    const candidates: Candidate[] = [];
    for (let entry = this.#index.length - STRIDE; entry >= VERSIONS; entry -= STRIDE) {
      const version = read(entry);
      if (version) candidates.push({ version, entry });
    }
    return candidates.sort((a, b) => compareVersions(a.version, b.version));
  }

  #releaseAt(entry: number): Version | null {
    const release = readRelease(this.#bytes, this.#index[entry] as number, this.#index[entry + 1] as number);
    if (release !== undefined) return release;
    const version = parseVersion(this.keyOf(entry));
    return version?.pre ? null : version;
  }

  has(version: string): boolean {
    return this.#find(version) > 0;
  }

  /** A version's manifest after intake: the same object each time. Undefined when there is no such version. */
  manifest(version: string): Manifest | undefined {
    const known = this.#manifests.get(version);
    if (known) return known;
    const at = this.#find(version);
    if (at === 0) return undefined;
    const start = this.#index[at + 2] as number;
    const raw = this.#parse(start, this.#index[at + 3] as number);
    if (!raw || typeof raw !== "object") throw invalidPackument(this.name, `${version} is not an object`, start);
    const manifest = normaliseManifest(raw);
    this.manifestsParsed++;
    this.#manifests.set(version, manifest);
    return manifest;
  }

  /** Where a version's entry stands in the index; 0 when there is none. The last of equal keys wins, as in JSON. */
  #find(version: string): number {
    const index = this.#index;
    const odd = index[ODD_KEYS] === 1;
    for (let at = index.length - STRIDE; at >= VERSIONS; at -= STRIDE) {
      if (odd ? this.keyOf(at) === version : this.#isKey(at, version)) return at;
    }
    return 0;
  }

  #isKey(at: number, version: string): boolean {
    const start = this.#index[at] as number;
    let left = version.length;
    if ((this.#index[at + 1] as number) - start !== left) return false;
    // versions differ at the end rather than at the start
    while (left-- > 0) if (this.#bytes[start + left] !== version.charCodeAt(left)) return false;
    return true;
  }

  keyOf(entry: number): string {
    return readKey(this.#bytes, this.#index[entry] as number, this.#index[entry + 1] as number);
  }

  #part(slot: number): unknown {
    const end = this.#index[slot + 1] as number;
    return end === 0 ? null : this.#parse(this.#index[slot] as number, end);
  }

  #parse(start: number, end: number): unknown {
    try {
      return JSON.parse(decode(this.#bytes, start, end));
    } catch {
      throw invalidPackument(this.name, "what starts", start);
    }
  }
}

function stringsOf(value: unknown): ReadonlyMap<string, string> {
  const strings = new Map<string, string>();
  if (value && typeof value === "object") {
    for (const [key, text] of Object.entries(value)) if (typeof text === "string") strings.set(key, text);
  }
  return strings;
}
