import type { Manifest } from "../api/manifest.ts";
import { PAUSE, type Steps } from "../engine/need.ts";
import { MOST_SUITABLE, type PickPolicy, suitability } from "../registry/select-version.ts";
import { boundsOf, NOTHING, type SetId, type VersionSets } from "../solver/version-sets.ts";
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
type Segment = { readonly source: string; readonly first: number } & (
  | { readonly versions: PackumentVersions }
  | { readonly single: SingleVersion }
);

/** The releases or the prereleases of one source. `source` is its package name if it is a package of a registry. */
type Band = readonly [start: number, end: number, source: string | undefined];

/** The number of unsuitable versions that are looked at one by one. Then all versions are graded, once for all picks. */
const MAX_UNGRADED = 100;

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
  readonly #segments: Segment[] = [];
  readonly #bySource = new Map<string, Segment>();
  readonly #texts = new Map<SetId, string>();
  readonly #descriptions = new Map<SetId, string>();
  readonly #picks = new Map<SetId, number>();
  /** The versions of each suitability, once they are graded. */
  #grades: readonly SetId[] | null = null;

  constructor(name: string, sets: VersionSets) {
    this.name = name;
    this.#sets = sets;
  }

  has(source: string): boolean {
    return this.#bySource.has(source);
  }

  get isEmpty(): boolean {
    return this.#segments.length === 0;
  }

  add(source: string, content: PackumentVersions | SingleVersion): void {
    const first = this.#end();
    const own = { source, first };
    const segment: Segment = "packument" in content ? { ...own, versions: content } : { ...own, single: content };
    this.#segments.push(segment);
    this.#bySource.set(source, segment);
    this.#picks.clear();
    this.#descriptions.clear();
    this.#grades = null;
  }

  #end(): number {
    const last = this.#segments.at(-1);
    return last ? last.first + sizeOf(last) : 1;
  }

  /** Converts positions within a source to a set of indices. */
  setOf(source: string, bounds: readonly number[]): SetId {
    const { first } = this.#bySource.get(source) as Segment;
    return this.#sets.of(bounds.map((position) => position + first));
  }

  /** Returns the segment of an index, and its position there. */
  #locate(index: number): { segment: Segment; position: number } {
    let low = 0;
    let high = this.#segments.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.#segments[middle] as Segment).first <= index) low = middle;
      else high = middle - 1;
    }
    const segment = this.#segments[low] as Segment;
    return { segment, position: index - segment.first };
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

  /** Returns all versions of an index's source, grouped by equal dependencies. Each group is given as intervals of indices. */
  alikeGroups(index: number): Iterable<readonly number[]> {
    const { segment } = this.#locate(index);
    if ("single" in segment) return [[index, index + 1]];
    const { versions, first } = segment;
    const groups = new Map<number, number[]>();
    for (let position = 0; position < versions.size; position++) {
      const shape = versions.shape(position);
      const group = groups.get(shape);
      const own = first + position;
      if (!group) groups.set(shape, [own, own + 1]);
      else if (group.at(-1) === own) group[group.length - 1] = own + 1;
      else group.push(own, own + 1);
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
    const text = this.#texts.get(set) ?? this.#texts.get(known) ?? this.#descriptions.get(known);
    if (text !== undefined) return text;
    const described = this.#intervals(known).join(" || ") || "no version";
    this.#descriptions.set(known, described);
    return described;
  }

  #all(): SetId {
    const end = this.#end();
    return end === 1 ? NOTHING : this.#sets.of([1, end]);
  }

  #intervals(set: SetId): string[] {
    const texts: string[] = [];
    const bounds = this.#sets.bounds(set);
    const bands = this.#bands();
    this.#sets.counter.steps += bounds.length + bands.length;
    // Both lists ascend, so each is read once.
    for (let at = 0, from = 0; at < bounds.length && from < bands.length; ) {
      const [low, high] = [bounds[at] as number, bounds[at + 1] as number];
      const band = bands[from] as Band;
      const [start, end] = [Math.max(low, band[0]), Math.min(high, band[1])];
      if (start < end) texts.push(this.#intervalText(start, end, band));
      if (high <= band[1]) at += 2;
      if (band[1] <= high) from++;
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
    for (const segment of this.#segments) {
      const { first, source } = segment;
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
  *pick(set: SetId, preference: VersionPreference): Steps<number> {
    const known = this.#picks.get(set);
    if (known !== undefined) return known;
    const picked = this.#locked(set, preference) ?? (yield* this.preferred(set, preference));
    this.#picks.set(set, picked);
    return picked;
  }

  /** Like {@link pick}, but ignores the lock. Not cached: the preference may differ between calls. */
  *preferred(set: SetId, preference: VersionPreference): Steps<number> {
    return this.#tagged(set, preference) ?? (yield* this.#best(set, preference));
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
    this.#sets.counter.steps += this.#segments.length;
    for (const segment of this.#segments) {
      const position = "versions" in segment ? positionIn(segment.versions) : -1;
      if (position >= 0 && this.#sets.has(set, segment.first + position)) return segment.first + position;
    }
    return undefined;
  }

  /** Returns the highest (or lowest) version of the best suitability. Of several bands, each gives its best version first. */
  *#best(set: SetId, preference: VersionPreference): Steps<number> {
    const bands = this.#bandsOf(set);
    const [only] = bands;
    if (only !== undefined && bands.length === 1) return (yield* this.#bestOf(only, preference)).index;
    const found: { index: number; grade: number }[] = [];
    for (const band of bands) {
      const best = yield* this.#bestOf(band, preference);
      found.push({ index: this.#firstOfEqual(best.index, band, preference), grade: best.grade });
    }
    const sign = preference.lowest ? 1 : -1;
    found.sort((a, b) => {
      const [first, second] = [this.parsed(a.index), this.parsed(b.index)];
      return b.grade - a.grade || (first && second ? sign * compareVersions(first, second) : a.index - b.index);
    });
    return found[0]?.index ?? 0;
  }

  /** Returns the parts of a set that lie in one band each. */
  #bandsOf(set: SetId): SetId[] {
    const [only] = this.#segments;
    const known = this.#sets.bounds(set);
    // The common case: releases of one source. Prereleases are not read.
    const releases = this.#segments.length === 1 && only && "versions" in only ? only.versions.releases : 0;
    if (only && (known.at(-1) ?? 0) <= only.first + releases) return [set];
    const parts = this.#bands().map(([start, end]) => this.#sets.and(set, this.#sets.of([start, end])));
    return parts.filter((part) => part !== NOTHING);
  }

  /** Returns the best version of a set that lies in one band, with its suitability. */
  *#bestOf(set: SetId, { policy, lowest }: VersionPreference): Steps<{ index: number; grade: number }> {
    const bounds = this.#sets.bounds(set);
    let best = { index: 0, grade: -1 };
    let left = MAX_UNGRADED;
    for (const index of lowest ? ascending(bounds) : descending(bounds)) {
      if (left-- === 0) return yield* this.#bestGraded(set, { policy, lowest });
      const grade = suitability(this.manifest(index), policy);
      if (grade > best.grade) best = { index, grade };
      if (grade === MOST_SUITABLE) break;
    }
    return best;
  }

  *#bestGraded(
    set: SetId,
    { policy, lowest }: Omit<VersionPreference, "locked">,
  ): Steps<{ index: number; grade: number }> {
    this.#grades ??= yield* this.#grade(policy);
    for (let grade = MOST_SUITABLE; grade >= 0; grade--) {
      const bounds = this.#sets.bounds(this.#sets.and(set, this.#grades[grade] as SetId));
      const index = lowest ? bounds[0] : bounds.at(-1);
      if (index !== undefined) return { index: lowest ? index : index - 1, grade };
    }
    return { index: 0, grade: -1 };
  }

  /** Returns the versions of each suitability. */
  *#grade(policy: PickPolicy): Steps<SetId[]> {
    const { counter } = this.#sets;
    const grades: number[][] = Array.from({ length: MOST_SUITABLE + 1 }, () => []);
    const end = this.#end();
    for (let index = 1; index < end; index++) {
      grades[suitability(this.manifest(index), policy)]?.push(index);
      // Reading a manifest takes much longer than other steps.
      counter.steps += STEPS_OF_MANIFEST;
      if (counter.pauses()) yield PAUSE;
    }
    return grades.map((indices) => this.#sets.of(boundsOf(indices)));
  }

  /** Returns the first of the versions in a band that differ from an index in build metadata alone. */
  #firstOfEqual(index: number, band: SetId, { policy, lowest }: VersionPreference): number {
    let first = index;
    const own = this.parsed(index);
    while (!lowest && own && this.#sets.has(band, first - 1)) {
      const before = this.parsed(first - 1);
      if (!before || compareVersions(before, own) !== 0) break;
      if (suitability(this.manifest(first - 1), policy) !== suitability(this.manifest(index), policy)) break;
      first--;
    }
    return first;
  }
}

/** The steps that reading a manifest counts as. */
export const STEPS_OF_MANIFEST = 50;

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
