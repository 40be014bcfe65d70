import type { Missing, PrereleaseMode } from "../api/flat.ts";
import type { Manifest } from "../api/manifest.ts";
import type { Packument } from "../registry/packument.ts";
import { isOldEnough } from "../registry/release-age.ts";
import { type PickPolicy, selectVersion } from "../registry/select-version.ts";
import {
  type Comparator,
  namesPrerelease,
  overBottom,
  parseRange,
  type Range,
  type RangeMode,
  testRange,
  underTop,
} from "../spec/range.ts";
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
    const position = this.#first(from, to, (one) => compareVersions(one, version) >= 0);
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
      evaluated = bounds.length > 0 ? { bounds } : { bounds, missing: () => this.#missing(text, type) };
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
    for (const set of range ?? []) {
      parts.push(...this.#interval([set], [0, this.releases]));
      if (prereleases) parts.push(...this.#interval([set], [this.releases, this.size], WITH_PRERELEASES));
      else if (namesPrerelease([set])) parts.push(...this.#namedPrereleases(set));
    }
    return joined(parts);
  }

  /** Returns the interval of a band that satisfies a comparator set: over sorted versions there is at most one. */
  #interval(range: Range, [from, to]: readonly [number, number], mode?: RangeMode): [number, number][] {
    let low = this.#first(from, to, (version) => overBottom(range, version));
    let high = this.#first(low, to, (version) => !underTop(range, version));
    // The ends themselves may be excluded: >1.2.0, <2.0.0.
    while (low < high && !testRange(range, this.version(low), mode)) low++;
    while (low < high && !testRange(range, this.version(high - 1), mode)) high--;
    return low < high ? [[low, high]] : [];
  }

  /** Returns the prereleases that node-semver allows: those of a major.minor.patch that the comparator set names with a prerelease. */
  #namedPrereleases(set: readonly Comparator[]): [number, number][] {
    const positions: [number, number][] = [];
    const first = this.#first(this.releases, this.size, (version) => overBottom([set], version));
    for (let position = first; position < this.size && underTop([set], this.version(position)); position++) {
      if (testRange([set], this.version(position))) positions.push([position, position + 1]);
    }
    return positions;
  }

  /** Returns the first position from which a condition holds, by binary search. */
  #first(from: number, to: number, isTrue: (version: Version) => boolean): number {
    let [low, high] = [from, to];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (isTrue(this.version(middle))) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  /** Returns the last prerelease of the packument that matches. */
  #matchingPrerelease(matches: (version: Version) => boolean): string | undefined {
    return this.packument.versionKeys().findLast((key) => {
      const version = parseVersion(key);
      return version?.pre && matches(version);
    });
  }

  /** Says why no version satisfies a spec. */
  #missing(text: string, type: "version" | "range" | "tag"): Missing {
    const { packument } = this;
    const latest = packument.distTags.get(this.#policy.defaultTag ?? "latest");
    const found = latest === undefined ? {} : { found: latest };
    if (type === "tag" && !packument.distTags.has(text)) return { why: "tag", ...found };
    const range = this.#policy.ranges.range(type === "tag" ? (packument.distTags.get(text) as string) : text);
    const hidden = packument.versionKeys().filter((key) => {
      const version = parseVersion(key);
      return version !== null && range !== null && testRange(range, version);
    });
    if (hidden.some((key) => packument.restrictedVersions.has(key)))
      return { why: "policy", found: hidden.at(-1) as string };
    const late = hidden.find((key) => !isOldEnough(packument, key, this.#policy));
    if (late !== undefined) return { why: "time", found: late };
    const open = type === "range" ? parseRange(text, WITH_PRERELEASES) : range;
    const pre = this.#matchingPrerelease((version) => open !== null && testRange(open, version, WITH_PRERELEASES));
    // ^2.0.0 does not allow 2.0.0-rc.1 in any mode, but 2.0.0-rc.1 is the nearest version.
    const early =
      pre ?? this.#matchingPrerelease((version) => range !== null && testRange(range, { ...version, pre: null }));
    if (early !== undefined) return { why: "prerelease", found: early };
    return this.releases === 0 && this.size > 0
      ? { why: "prerelease", found: this.key(this.size - 1) }
      : { why: "none", ...found };
  }
}

/** Sorts intervals, and joins those that touch. */
function joined(parts: [number, number][]): number[] {
  parts.sort(([a], [b]) => a - b);
  const bounds: number[] = [];
  for (const [low, high] of parts) {
    const last = bounds.length - 1;
    if (last > 0 && (bounds[last] as number) >= low) bounds[last] = Math.max(bounds[last] as number, high);
    else bounds.push(low, high);
  }
  return bounds;
}
