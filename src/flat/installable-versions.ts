import type { Manifest } from "../api/manifest.ts";
import { MOST_SUITABLE, type PickPolicy, suitability } from "../registry/select-version.ts";
import { NOTHING, type SetId, type VersionSets } from "../solver/version-sets.ts";
import { compareVersions, parseVersion, type Version } from "../spec/version.ts";
import type { PackumentVersions } from "./packument-versions.ts";

/** A package with a single version: a folder of the project, or a tarball by its address. */
export interface SingleVersion {
  readonly manifest: Manifest;
  readonly resolved: string | null;
  readonly integrity: string | null;
  /** Absolute folder that a link leads to. */
  readonly folder: string | null;
}

/** The versions of one source: indices from `first` on. */
type Segment = { readonly first: number } & (
  | { readonly versions: PackumentVersions }
  | { readonly single: SingleVersion }
);

/** The releases or the prereleases of one source. `source` is its package name if it is a package of a registry. */
type Band = readonly [start: number, end: number, source: string | undefined];

/** Decides which of several versions that fit is tried first. */
export interface VersionPreference {
  readonly policy: PickPolicy;
  readonly lowest: boolean;
  /** Versions in the lock: they are preferred if they fit. */
  readonly locked: readonly string[];
}

/**
 * All versions that can be installed under one name in `node_modules`, numbered for the solver (solver.md, "Incompatibilities").
 *
 * 1. Each source is a segment of indices, in the order in which the sources are added: the package of that name, the target of
 *    an alias, a folder, a tarball. The first segment begins at 1, because 0 is "absent".
 * 2. A segment of a packument has two bands: releases ascending, then prereleases ascending.
 *
 *     // "a": a@^1 and npm:b@2 are both installed as "a"
 *     //   1 = a 1.0.0   2 = a 1.1.0   3 = a 1.2.0-rc.1   4 = b 2.0.0
 *
 * {@link pick} chooses the version to try first (npm-tree §3.3):
 *
 * 1. A version in the lock.
 * 2. The version tagged `latest`, if it has the best suitability (its engines fit and it is not deprecated).
 * 3. The highest version (or lowest) of the best suitability.
 */
export class InstallableVersions {
  /** The name, spelled as in the first spec. */
  declare readonly name: string;
  readonly #sets: VersionSets;
  readonly #segments = new Map<string, Segment>();
  readonly #texts = new Map<SetId, string>();
  readonly #picks = new Map<SetId, number>();
  readonly #suitabilities = new Map<number, number>();

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

  add(source: string, content: PackumentVersions | SingleVersion): void {
    const first = this.#end();
    this.#segments.set(source, "packument" in content ? { first, versions: content } : { first, single: content });
    this.#picks.clear();
  }

  #end(): number {
    let end = 1;
    for (const segment of this.#segments.values()) end = segment.first + sizeOf(segment);
    return end;
  }

  /** Converts positions within a source to a set of indices. */
  setOf(source: string, bounds: readonly number[]): SetId {
    const { first } = this.#segments.get(source) as Segment;
    return this.#sets.of(bounds.map((position) => position + first));
  }

  /** Returns the segment of an index, and its position there. */
  #locate(index: number): { segment: Segment; position: number } {
    let found: Segment | undefined;
    for (const segment of this.#segments.values()) if (segment.first <= index) found = segment;
    return { segment: found as Segment, position: index - (found as Segment).first };
  }

  manifest(index: number): Manifest {
    const { segment, position } = this.#locate(index);
    return "versions" in segment ? segment.versions.manifest(position) : segment.single.manifest;
  }

  single(index: number): SingleVersion | null {
    const { segment } = this.#locate(index);
    return "single" in segment ? segment.single : null;
  }

  /** Returns the version as the registry spells it; empty for a folder without a version. */
  version(index: number): string {
    const { segment, position } = this.#locate(index);
    return "versions" in segment ? segment.versions.key(position) : (segment.single.manifest.version ?? "");
  }

  /** Returns the parsed version; null if it is missing or invalid. */
  parsed(index: number): Version | null {
    const { segment, position } = this.#locate(index);
    return "versions" in segment
      ? segment.versions.version(position)
      : parseVersion(segment.single.manifest.version ?? "");
  }

  /** Returns the interval of adjacent versions with the same dependencies as an index, without reading manifests. */
  alikeAround(index: number): readonly [low: number, high: number] {
    const { segment, position } = this.#locate(index);
    if ("single" in segment) return [index, index + 1];
    const { versions, first } = segment;
    const shape = versions.shape(position);
    const end = position < versions.releases ? versions.releases : versions.size;
    let [low, high] = [position, position + 1];
    while (low > 0 && versions.shape(low - 1) === shape) low--;
    while (high < end && versions.shape(high) === shape) high++;
    return [first + low, first + high];
  }

  /** Returns all versions of an index's source, grouped by equal dependencies. Each group is in ascending order. */
  alikeGroups(index: number): Iterable<readonly number[]> {
    const { segment } = this.#locate(index);
    if ("single" in segment) return [[index]];
    const { versions, first } = segment;
    const groups = new Map<number, number[]>();
    for (let position = 0; position < versions.size; position++) {
      const shape = versions.shape(position);
      const group = groups.get(shape);
      if (group) group.push(first + position);
      else groups.set(shape, [first + position]);
    }
    return groups.values();
  }

  /** Returns a number that identifies the source of an index. */
  sourceOf(index: number): number {
    return this.#locate(index).segment.first;
  }

  /** Remembers the text of a set, for {@link describe}. */
  rememberText(set: SetId, text: string): void {
    if (!this.#texts.has(set)) this.#texts.set(set, text);
  }

  /**
   * Describes a set as a range over the existing versions: the spec it comes from, otherwise `1.2.0`, `1.2.0 - 1.4.1`, `<=1.4.1`,
   * `>=1.2.0` or `*`; for the target of an alias `npm:b@1.2.0`. Each interval is one of releases or one of prereleases.
   * @param set without "absent"
   */
  describe(set: SetId): string {
    const known = this.#sets.and(set, this.#all());
    if (known === this.#all()) return "*";
    return this.#texts.get(set) ?? this.#texts.get(known) ?? (this.#intervals(known).join(" || ") || "no version");
  }

  #all(): SetId {
    const end = this.#end();
    return end === 1 ? NOTHING : this.#sets.of([1, end]);
  }

  #intervals(set: SetId): string[] {
    const texts: string[] = [];
    const bounds = this.#sets.bounds(set);
    for (let at = 0; at < bounds.length; at += 2) {
      const [low, high] = [bounds[at] as number, bounds[at + 1] as number];
      for (const band of this.#bands()) {
        const [from, to] = [Math.max(low, band[0]), Math.min(high, band[1])];
        if (from < to) texts.push(this.#intervalText(from, to, band));
      }
    }
    return texts;
  }

  #intervalText(from: number, to: number, [start, end, source]: Band): string {
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
   * Returns the version to try first, out of a set. Cached by the set alone, because all calls of a resolution have the same
   * preference.
   */
  pick(set: SetId, preference: VersionPreference): number {
    const known = this.#picks.get(set);
    if (known !== undefined) return known;
    const picked = this.#locked(set, preference) ?? this.preferred(set, preference);
    this.#picks.set(set, picked);
    return picked;
  }

  /** Like {@link pick}, but ignores the lock. Not cached: the preference may differ between calls. */
  preferred(set: SetId, preference: VersionPreference): number {
    return this.#tagged(set, preference) ?? this.#best(set, preference);
  }

  #locked(set: SetId, { locked }: VersionPreference): number | undefined {
    for (const version of locked) {
      const index = this.#find(set, (versions) => versions.find(version));
      if (index !== undefined) return index;
    }
    return undefined;
  }

  #tagged(set: SetId, { lowest, policy }: VersionPreference): number | undefined {
    if (lowest) return undefined;
    const index = this.#find(set, (versions) => versions.tag(policy.defaultTag ?? "latest"));
    return index !== undefined && suitability(this.manifest(index), policy) === MOST_SUITABLE ? index : undefined;
  }

  #find(set: SetId, positionIn: (versions: PackumentVersions) => number): number | undefined {
    for (const segment of this.#segments.values()) {
      const position = "versions" in segment ? positionIn(segment.versions) : -1;
      if (position >= 0 && this.#sets.has(set, segment.first + position)) return segment.first + position;
    }
    return undefined;
  }

  #best(set: SetId, { policy, lowest }: VersionPreference): number {
    let best = 0;
    let bestSuitability = -1;
    for (const index of this.#ordered(set, lowest)) {
      const own = this.#suitabilities.get(index) ?? suitability(this.manifest(index), policy);
      this.#suitabilities.set(index, own);
      if (own <= bestSuitability) continue;
      best = index;
      bestSuitability = own;
      if (own === MOST_SUITABLE) break;
    }
    return best;
  }

  /** Yields the versions of a set, the highest first or the lowest first. */
  #ordered(set: SetId, lowest: boolean): Iterable<number> {
    const [only] = this.#segments.values();
    const known = this.#sets.bounds(set);
    // The common case: releases of one source, which are in order. Prereleases are not read.
    if (
      this.#segments.size === 1 &&
      only &&
      "versions" in only &&
      (known.at(-1) ?? 0) <= only.first + only.versions.releases
    ) {
      return lowest ? ascending(known) : descending(known);
    }
    const clipped = this.#sets.and(set, this.#all());
    const bounds = this.#sets.bounds(clipped);
    const bands = this.#bands().filter(
      ([start, end]) => this.#sets.and(clipped, this.#sets.of([start, end])) !== NOTHING,
    );
    if (bands.length < 2) return lowest ? ascending(bounds) : descending(bounds);
    const sign = lowest ? 1 : -1;
    const order = (a: number, b: number): number => {
      const [first, second] = [this.parsed(a), this.parsed(b)];
      return first && second ? sign * compareVersions(first, second) : a - b;
    };
    return [...ascending(bounds)].sort(order);
  }
}

function sizeOf(segment: Segment): number {
  return "versions" in segment ? segment.versions.size : 1;
}

function* ascending(bounds: readonly number[]): Generator<number> {
  for (let at = 0; at < bounds.length; at += 2) {
    for (let index = bounds[at] as number; index < (bounds[at + 1] as number); index++) yield index;
  }
}

function* descending(bounds: readonly number[]): Generator<number> {
  for (let at = bounds.length - 2; at >= 0; at -= 2) {
    for (let index = (bounds[at + 1] as number) - 1; index >= (bounds[at] as number); index--) yield index;
  }
}
