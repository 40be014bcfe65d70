import type { Missing, PrereleaseMode } from "../api/flat.ts";
import type { Manifest } from "../api/manifest.ts";
import type { Packument } from "../registry/packument.ts";
import { isOldEnough } from "../registry/release-age.ts";
import { type PickPolicy, selectVersion } from "../registry/select-version.ts";
import { joined } from "../solver/version-sets.ts";
import { type Comparator, namesPrerelease, parseRange, type Range, type RangeMode } from "../spec/range.ts";
import { cleanVersion, compareVersions, parseVersion, type Version } from "../spec/version.ts";

/** Reads a range so that it treats prereleases like releases. */
export const WITH_PRERELEASES: RangeMode = { loose: true, prereleases: true };

/** The versions that satisfy a spec, as half-open intervals of positions. */
export interface EvaluatedSpec {
  readonly bounds: readonly number[];
  /** Says why no version satisfies the spec. A function, because most reasons are never needed. */
  readonly missing?: () => Missing;
}

/**
 * A packument's versions by position, in two bands: releases ascending, then prereleases ascending. In a single band, a range over
 * a package with many prereleases would be hundreds of intervals, because `^15.0.0` skips each `15.x.y-canary.n`. In two bands it
 * is one or two. Prereleases are sorted when a spec first needs them.
 *
 *     // 1.0.0  1.1.0  2.0.0  |  1.1.0-rc.1  2.0.0-rc.1
 *     //   position 0 to 2    |  3, 4
 *     //   ^1.0.0 is [0, 2)   |  ^2.0.0-rc.1 is [2, 3) and [4, 5)
 */
export class PackumentVersions {
  readonly packument: Packument;
  readonly #policy: PickPolicy;
  readonly #mode: PrereleaseMode;
  readonly #releases: ArrayLike<number>;
  #prereleases: readonly number[] | null = null;
  /** Entries of all prereleases, also of hidden ones, lowest first. */
  #early: readonly number[] | null = null;
  readonly #versions = new Map<number, Version>();
  readonly #evaluated = new Map<string, EvaluatedSpec>();

  constructor(packument: Packument, policy: PickPolicy, mode: PrereleaseMode) {
    this.packument = packument;
    this.#policy = policy;
    this.#mode = mode;
    this.#releases = this.#visible(packument.releases());
  }

  /** Removes the versions that the date limit or the registry's policy hides. */
  #visible(entries: ArrayLike<number>): ArrayLike<number> {
    const { packument } = this;
    if (
      (this.#policy.before ?? null) === null &&
      !packument.mayHaveInvalidTime &&
      packument.restrictedVersions.size === 0
    )
      return entries;
    return Array.from(entries).filter((entry) => {
      const key = packument.keyOf(entry);
      return !packument.restrictedVersions.has(key) && isOldEnough(packument, key, this.#policy);
    });
  }

  #sortedPrereleases(): readonly number[] {
    if (!this.#prereleases) {
      const { packument } = this;
      const all = Array.from(packument.sorted()).filter((entry) => packument.versionOf(entry).pre);
      this.#prereleases = this.#mode === "never" ? [] : Array.from(this.#visible(all));
    }
    return this.#prereleases;
  }

  get releases(): number {
    return this.#releases.length;
  }

  get size(): number {
    return this.#releases.length + this.#sortedPrereleases().length;
  }

  #entry(position: number): number {
    const { length } = this.#releases;
    return (position < length ? this.#releases[position] : this.#sortedPrereleases()[position - length]) as number;
  }

  version(position: number): Version {
    const known = this.#versions.get(position);
    if (known) return known;
    const version = this.packument.versionOf(this.#entry(position));
    this.#versions.set(position, version);
    return version;
  }

  /** Returns the version as the registry spells it. */
  key(position: number): string {
    return this.packument.keyOf(this.#entry(position));
  }

  manifest(position: number): Manifest {
    return this.packument.manifestAt(this.#entry(position));
  }

  /** Returns a number that is equal for versions with equal dependencies. */
  shape(position: number): number {
    return this.packument.shapeOf(this.#entry(position));
  }

  /** Returns the position of a version, or -1. */
  find(text: string | undefined): number {
    const version = text === undefined ? null : parseVersion(text);
    if (!version) return -1;
    const [from, to] = version.pre ? [this.releases, this.size] : [0, this.releases];
    const position = firstOf(from, to, (one) => compareVersions(this.version(one), version) >= 0);
    return position < to && compareVersions(this.version(position), version) === 0 ? position : -1;
  }

  tag(name: string): number {
    return this.find(this.packument.distTags.get(name));
  }

  /** Returns the versions that satisfy a trimmed spec: a version, a range or a tag. */
  evaluate(text: string, type: "version" | "range" | "tag"): EvaluatedSpec {
    const key = `${type} ${text}`;
    let evaluated = this.#evaluated.get(key);
    if (!evaluated) {
      const bounds = this.#bounds(text, type);
      let missing: Missing | undefined;
      const reason = (): Missing => (missing ??= this.#missing(text, type));
      evaluated = bounds.length > 0 ? { bounds } : { bounds, missing: reason };
      this.#evaluated.set(key, evaluated);
    }
    return evaluated;
  }

  #bounds(text: string, type: "version" | "range" | "tag"): readonly number[] {
    if (type === "range") {
      const written =
        this.#mode === "allow" ? [] : this.#range(this.#policy.ranges.range(text), false, this.#latestForAny(text));
      const open = this.#mode === "allow" || (this.#mode === "if-necessary" && written.length === 0);
      return open ? this.#range(parseRange(text, WITH_PRERELEASES), true) : written;
    }
    const position = type === "version" ? this.find(cleanVersion(text) ?? undefined) : this.#tagged(text);
    return position < 0 ? [] : [position, position + 1];
  }

  /** Returns the position that npm picks for a tag: if the tagged version is too new, the best older one (npm-tree §3.3). */
  #tagged(text: string): number {
    const picked = selectVersion(this.packument, text, this.#policy);
    return picked.ok ? this.find(picked.value.version) : -1;
  }

  /** Returns the version tagged `latest` if the range is `*`. npm picks it for a package without releases, even a prerelease. */
  #latestForAny(text: string): [number, number][] {
    const position = text === "*" ? this.tag(this.#policy.defaultTag ?? "latest") : -1;
    return position < 0 ? [] : [[position, position + 1]];
  }

  #range(range: Range | null, prereleases: boolean, parts: [number, number][] = []): readonly number[] {
    const [releases, all] = [
      this.releases,
      range && mayNeedPrereleases(range, prereleases) ? this.size : this.releases,
    ];
    const version = (position: number): Version => this.version(position);
    for (const set of range ?? []) {
      parts.push(...intervalOf(set, [0, releases], version));
      if (releases === all) continue;
      const early = intervalOf(set, [releases, all], version);
      parts.push(...(prereleases ? early : early.flatMap((within) => namedIn(set, within, version))));
    }
    return joined(parts);
  }

  /** Says why no version satisfies a spec. */
  #missing(text: string, type: "version" | "range" | "tag"): Missing {
    const { packument } = this;
    const latest = packument.distTags.get(this.#policy.defaultTag ?? "latest");
    if (packument.versionKeys().length === 0) return { why: "empty" };
    const found = latest === undefined || !packument.has(latest) ? {} : { found: latest };
    if (type === "tag" && !packument.distTags.has(text)) return { why: "tag", ...found };
    const range = this.#policy.ranges.range(type === "tag" ? (packument.distTags.get(text) as string) : text);
    const hidden = range && this.#hiddenIn(range);
    if (hidden) return hidden;
    const open = type === "range" ? parseRange(text, WITH_PRERELEASES) : range;
    // ^2.0.0 does not allow 2.0.0-rc.1 in any mode, but 2.0.0-rc.1 is the nearest version.
    const early = (open && this.#lastPrerelease(open)) ?? (range && this.#lastPrerelease(range, releaseOf));
    if (early != null) return { why: "prerelease", found: early };
    return this.releases === 0 && this.size > 0
      ? { why: "prerelease", found: this.key(this.size - 1) }
      : { why: "none", ...found };
  }

  /** Says which version satisfies a range, but is hidden by the registry's policy or the date limit. */
  #hiddenIn(range: Range): Missing | null {
    const { packument } = this;
    const { restrictedVersions: restricted } = packument;
    const isDated = (this.#policy.before ?? null) !== null || packument.mayHaveInvalidTime;
    if (!isDated && restricted.size === 0) return null;
    const matching = this.#matching(range).map((entry) => packument.keyOf(entry));
    if (matching.some((key) => restricted.has(key))) return { why: "policy", found: matching.at(-1) as string };
    const late = matching.find((key) => !isOldEnough(packument, key, this.#policy));
    return late === undefined ? null : { why: "time", found: late };
  }

  /** Returns the entries of a range, also hidden ones, in the order of the document. */
  #matching(range: Range): number[] {
    const { packument } = this;
    const [releases, prereleases] = [packument.releases(), this.#allPrereleases()];
    const versionIn = (entries: ArrayLike<number>) => (position: number) =>
      packument.versionOf(entries[position] as number);
    const early = versionIn(prereleases);
    const found = [
      ...entriesOf(
        range.flatMap((set) => intervalOf(set, [0, releases.length], versionIn(releases))),
        releases,
      ),
      ...entriesOf(
        range.flatMap((set) =>
          intervalOf(set, [0, prereleases.length], early).flatMap((within) => namedIn(set, within, early)),
        ),
        prereleases,
      ),
    ];
    return found.sort((a, b) => a - b);
  }

  /** Returns the last prerelease of the document that lies between the ends of a range. `as`: how its versions are compared. */
  #lastPrerelease(range: Range, as: (version: Version) => Version = (version) => version): string | undefined {
    const entries = this.#allPrereleases();
    const version = (position: number): Version => as(this.packument.versionOf(entries[position] as number));
    const intervals = range.flatMap((set) => intervalOf(set, [0, entries.length], version));
    let last = -1;
    for (const entry of entriesOf(intervals, entries)) last = Math.max(last, entry);
    return last < 0 ? undefined : this.packument.keyOf(last);
  }

  /** Returns the entries of all prereleases, also of hidden ones, the lowest first. */
  #allPrereleases(): readonly number[] {
    const { packument } = this;
    this.#early ??= Array.from(packument.sorted()).filter((entry) => packument.versionOf(entry).pre);
    return this.#early;
  }
}

/** Yields the entries at some positions, each once. */
function* entriesOf(intervals: [number, number][], entries: ArrayLike<number>): Generator<number> {
  const bounds = joined(intervals);
  for (let at = 0; at < bounds.length; at += 2) {
    for (let position = bounds[at] as number; position < (bounds[at + 1] as number); position++) {
      yield entries[position] as number;
    }
  }
}

/** Checks whether the prereleases of a packument matter for a range. If not, they need not be sorted. */
function mayNeedPrereleases(range: Range, prereleases: boolean): boolean {
  return prereleases || namesPrerelease(range);
}

function releaseOf(version: Version): Version {
  return { ...version, pre: null };
}

/** Returns the interval of sorted versions between the ends of a comparator set. Empty if there are none. */
export function intervalOf(
  set: readonly Comparator[],
  [from, to]: readonly [number, number],
  version: (position: number) => Version,
): [low: number, high: number][] {
  let [low, high] = [from, to];
  for (const { operator, version: limit } of set) {
    // The first version at or above the limit, or above it.
    const first = (above: number): number => firstOf(low, high, (at) => compareVersions(version(at), limit) >= above);
    if (operator === ">" || operator === ">=") low = first(operator === ">" ? 1 : 0);
    else if (operator === "<" || operator === "<=") high = first(operator === "<=" ? 1 : 0);
    else [low, high] = [first(0), first(1)];
  }
  return low < high ? [[low, high]] : [];
}

/** Returns the prereleases within an interval that node-semver allows: those of a major.minor.patch that the set names with one. */
function namedIn(
  set: readonly Comparator[],
  [low, high]: readonly [number, number],
  version: (position: number) => Version,
): [number, number][] {
  const named: [number, number][] = [];
  for (const { version: limit } of set) {
    if (!limit.pre) continue;
    const first = (above: number): number =>
      firstOf(low, high, (at) => compareVersions(releaseOf(version(at)), releaseOf(limit)) >= above);
    const [start, end] = [first(0), first(1)];
    if (start < end) named.push([start, end]);
  }
  return named;
}

/** Returns the first position from which a condition holds, by binary search. */
function firstOf(from: number, to: number, isTrue: (position: number) => boolean): number {
  let [low, high] = [from, to];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (isTrue(middle)) high = middle;
    else low = middle + 1;
  }
  return low;
}
