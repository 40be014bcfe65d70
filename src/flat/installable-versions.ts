import type { Manifest } from "../api/manifest.ts";
import { MOST_SUITABLE, type PickPolicy, suitability } from "../registry/select-version.ts";
import { NOTHING, type SetId, type VersionSets } from "../solver/version-sets.ts";
import { compareVersions, parseVersion, type Version } from "../spec/version.ts";
import type { PackumentVersions } from "./packument-versions.ts";

/** A package that is there in one form only: a folder of the project, or a tarball by its address. */
export interface Single {
  readonly manifest: Manifest;
  readonly resolved: string | null;
  readonly integrity: string | null;
  /** Absolute folder that a link leads to. */
  readonly folder: string | null;
}

type Segment = { readonly first: number } & ({ readonly versions: PackumentVersions } | { readonly single: Single });

/** Releases or prereleases of one source; its name where that is a package of a registry. */
type Band = readonly [start: number, end: number, source: string | undefined];

/** How to choose among versions that would all do. */
export interface Preference {
  readonly policy: PickPolicy;
  readonly lowest: boolean;
  /** Stay at this version where it will do: what a lock has. */
  readonly locked: readonly string[];
}

/**
 * All that can stand in one folder of `node_modules`: the versions of the package of that name, of those that an alias puts
 * there, and folders and tarballs. Each source has a stretch of indices of its own, the first beginning at 1; 0 is "not there".
 */
export class InstallableVersions {
  /** As the first one who asked for it writes it. */
  declare readonly name: string;
  readonly #sets: VersionSets;
  readonly #segments = new Map<string, Segment>();
  readonly #written = new Map<SetId, string>();
  readonly #picks = new Map<SetId, number>();
  readonly #ranks = new Map<number, number>();

  constructor(name: string, sets: VersionSets) {
    this.name = name;
    this.#sets = sets;
  }

  has(source: string): boolean {
    return this.#segments.has(source);
  }

  get isEmpty(): boolean {
    return this.#segments.size === 0;
  }

  add(source: string, content: PackumentVersions | Single): void {
    const first = this.#end();
    this.#segments.set(source, "packument" in content ? { first, versions: content } : { first, single: content });
    this.#picks.clear();
  }

  #end(): number {
    let end = 1;
    for (const segment of this.#segments.values()) end = segment.first + sizeOf(segment);
    return end;
  }

  /** Places of a source as a set of the universe's indices. */
  setOf(source: string, bounds: readonly number[]): SetId {
    const { first } = this.#segments.get(source) as Segment;
    return this.#sets.of(bounds.map((place) => place + first));
  }

  /** Where an index of one of the universe's sets is. */
  #at(index: number): { segment: Segment; place: number } {
    let found: Segment | undefined;
    for (const segment of this.#segments.values()) if (segment.first <= index) found = segment;
    return { segment: found as Segment, place: index - (found as Segment).first };
  }

  manifest(index: number): Manifest {
    const { segment, place } = this.#at(index);
    return "versions" in segment ? segment.versions.manifest(place) : segment.single.manifest;
  }

  single(index: number): Single | null {
    const { segment } = this.#at(index);
    return "single" in segment ? segment.single : null;
  }

  /** As the registry spells it; empty for a folder without one. */
  version(index: number): string {
    const { segment, place } = this.#at(index);
    return "versions" in segment ? segment.versions.key(place) : (segment.single.manifest.version ?? "");
  }

  /** Null where there is none, or it is none. */
  parsed(index: number): Version | null {
    const { segment, place } = this.#at(index);
    return "versions" in segment
      ? segment.versions.version(place)
      : parseVersion(segment.single.manifest.version ?? "");
  }

  /** Versions around an index that ask for the very same: it costs next to nothing to find them. */
  alike(index: number): readonly [low: number, high: number] {
    const { segment, place } = this.#at(index);
    if ("single" in segment) return [index, index + 1];
    const { versions, first } = segment;
    const shape = versions.shape(place);
    const end = place < versions.releases ? versions.releases : versions.size;
    let [low, high] = [place, place + 1];
    while (low > 0 && versions.shape(low - 1) === shape) low--;
    while (high < end && versions.shape(high) === shape) high++;
    return [first + low, first + high];
  }

  /** All versions of an index's source, those that ask for the very same together; each in order. */
  families(index: number): Iterable<readonly number[]> {
    const { segment } = this.#at(index);
    if ("single" in segment) return [[index]];
    const { versions, first } = segment;
    const families = new Map<number, number[]>();
    for (let place = 0; place < versions.size; place++) {
      const shape = versions.shape(place);
      const family = families.get(shape);
      if (family) family.push(first + place);
      else families.set(shape, [first + place]);
    }
    return families.values();
  }

  /** Tells the source of an index from others. */
  sourceOf(index: number): number {
    return this.#at(index).segment.first;
  }

  /** Remembers how a set was written, for whoever is told of it. */
  write(set: SetId, text: string): void {
    if (!this.#written.has(set)) this.#written.set(set, text);
  }

  /**
   * A set as a range over the versions there are: as it was written, else `1.2.0`, `1.2.0 - 1.4.1`, `<=1.4.1`, `>=1.2.0`, `*`;
   * of another package that an alias puts there `npm:b@1.2.0`. A stretch is one of releases or one of prereleases.
   * @param set without "not there"
   */
  describe(set: SetId): string {
    const clipped = this.#sets.and(set, this.#all());
    if (clipped === this.#all()) return "*";
    return this.#written.get(set) ?? this.#written.get(clipped) ?? (this.#ranges(clipped).join(" || ") || "no version");
  }

  #all(): SetId {
    const end = this.#end();
    return end === 1 ? NOTHING : this.#sets.of([1, end]);
  }

  #ranges(set: SetId): string[] {
    const texts: string[] = [];
    const bounds = this.#sets.bounds(set);
    for (let at = 0; at < bounds.length; at += 2) {
      const [low, high] = [bounds[at] as number, bounds[at + 1] as number];
      for (const band of this.#bands()) {
        const [from, to] = [Math.max(low, band[0]), Math.min(high, band[1])];
        if (from < to) texts.push(this.#rangeRead(from, to, band));
      }
    }
    return texts;
  }

  #rangeRead(from: number, to: number, [start, end, source]: Band): string {
    const [low, high] = [this.version(from), this.version(to - 1)];
    const alias = source === undefined || source === this.name ? "" : `npm:${source}@`;
    if (to - from === 1) return alias + low || "the project's folder";
    if (from === start && to < end) return `${alias}<=${high}`;
    return alias + (to === end && from > start ? `>=${low}` : `${low} - ${high}`);
  }

  #bands(): Band[] {
    const bands: Band[] = [];
    for (const [source, segment] of this.#segments) {
      const { first } = segment;
      const end = first + sizeOf(segment);
      const middle = "versions" in segment ? first + segment.versions.releases : end;
      const name = "versions" in segment ? source : undefined;
      bands.push([first, middle, name], [middle, end, name]);
    }
    return bands.filter(([start, end]) => start < end);
  }

  /**
   * The version to try first (npm-tree §3.3): the locked one, the tagged one, else the best and highest, or lowest. Remembered by
   * the set alone: a resolution asks with one preference.
   */
  pick(set: SetId, preference: Preference): number {
    const known = this.#picks.get(set);
    if (known !== undefined) return known;
    const picked = this.#locked(set, preference) ?? this.preferred(set, preference);
    this.#picks.set(set, picked);
    return picked;
  }

  /** As {@link pick}, whatever a lock has. Not remembered: it may be asked with another preference. */
  preferred(set: SetId, preference: Preference): number {
    return this.#tagged(set, preference) ?? this.#best(set, preference);
  }

  #locked(set: SetId, { locked }: Preference): number | undefined {
    for (const version of locked) {
      const index = this.#find(set, (versions) => versions.find(version));
      if (index !== undefined) return index;
    }
    return undefined;
  }

  #tagged(set: SetId, { lowest, policy }: Preference): number | undefined {
    if (lowest) return undefined;
    const index = this.#find(set, (versions) => versions.tag(policy.defaultTag ?? "latest"));
    return index !== undefined && suitability(this.manifest(index), policy) === MOST_SUITABLE ? index : undefined;
  }

  #find(set: SetId, place: (versions: PackumentVersions) => number): number | undefined {
    for (const segment of this.#segments.values()) {
      const at = "versions" in segment ? place(segment.versions) : -1;
      if (at >= 0 && this.#sets.has(set, segment.first + at)) return segment.first + at;
    }
    return undefined;
  }

  #best(set: SetId, { policy, lowest }: Preference): number {
    let best = 0;
    let bestRank = -1;
    for (const index of this.#ordered(set, lowest)) {
      const own = this.#ranks.get(index) ?? suitability(this.manifest(index), policy);
      this.#ranks.set(index, own);
      if (own <= bestRank) continue;
      best = index;
      bestRank = own;
      if (own === MOST_SUITABLE) break;
    }
    return best;
  }

  /** Highest first, or lowest first. Releases alone are in order already. */
  #ordered(set: SetId, lowest: boolean): Iterable<number> {
    const [only] = this.#segments.values();
    const known = this.#sets.bounds(set);
    // most often only releases are asked for: then nothing needs to know of prereleases
    if (
      this.#segments.size === 1 &&
      only &&
      "versions" in only &&
      (known.at(-1) ?? 0) <= only.first + only.versions.releases
    ) {
      return lowest ? upwards(known) : downwards(known);
    }
    const clipped = this.#sets.and(set, this.#all());
    const bounds = this.#sets.bounds(clipped);
    const bands = this.#bands().filter(
      ([start, end]) => this.#sets.and(clipped, this.#sets.of([start, end])) !== NOTHING,
    );
    if (bands.length < 2) return lowest ? upwards(bounds) : downwards(bounds);
    const sign = lowest ? 1 : -1;
    const order = (a: number, b: number): number => {
      const [one, two] = [this.parsed(a), this.parsed(b)];
      return one && two ? sign * compareVersions(one, two) : a - b;
    };
    return [...upwards(bounds)].sort(order);
  }
}

function sizeOf(segment: Segment): number {
  return "versions" in segment ? segment.versions.size : 1;
}

function* upwards(bounds: readonly number[]): Generator<number> {
  for (let at = 0; at < bounds.length; at += 2) {
    for (let index = bounds[at] as number; index < (bounds[at + 1] as number); index++) yield index;
  }
}

function* downwards(bounds: readonly number[]): Generator<number> {
  for (let at = bounds.length - 2; at >= 0; at -= 2) {
    for (let index = (bounds[at + 1] as number) - 1; index >= (bounds[at] as number); index--) yield index;
  }
}
