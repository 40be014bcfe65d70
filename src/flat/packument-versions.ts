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

/** Ranges of versions whose prereleases count like any other. */
export const WITH_PRERELEASES: RangeMode = { loose: true, prereleases: true };

/** What a spec comes to: half-open intervals of places, and, where there are none, why. */
export interface Evaluated {
  readonly bounds: readonly number[];
  /** Worked out when somebody asks: most of what fits nothing is never told. */
  readonly missing?: () => Missing;
}

/**
 * A packument's versions by *place*: releases ascending, then prereleases ascending. In one band a range over a package of many
 * prereleases would come to hundreds of intervals (`^15.0.0` skips each `15.x.y-canary.n`); in two it is one or two. The
 * prereleases are only ordered once something asks for one.
 */
export class PackumentVersions {
  readonly packument: Packument;
  readonly #policy: PickPolicy;
  readonly #mode: PrereleaseMode;
  readonly #releases: ArrayLike<number>;
  #prereleases: readonly number[] | null = null;
  readonly #versions = new Map<number, Version>();
  readonly #evaluated = new Map<string, Evaluated>();

  constructor(packument: Packument, policy: PickPolicy, mode: PrereleaseMode) {
    this.packument = packument;
    this.#policy = policy;
    this.#mode = mode;
    this.#releases = this.#within(packument.releases());
  }

  /** Versions that the date limit or the registry's policy hides are none. */
  #within(entries: ArrayLike<number>): ArrayLike<number> {
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

  #prerelease(): readonly number[] {
    if (!this.#prereleases) {
      const { packument } = this;
      const all = Array.from(packument.sorted()).filter((entry) => packument.versionOf(entry).pre);
      this.#prereleases = this.#mode === "never" ? [] : Array.from(this.#within(all));
    }
    return this.#prereleases;
  }

  get releases(): number {
    return this.#releases.length;
  }

  get size(): number {
    return this.#releases.length + this.#prerelease().length;
  }

  #entry(place: number): number {
    const { length } = this.#releases;
    return (place < length ? this.#releases[place] : this.#prerelease()[place - length]) as number;
  }

  version(place: number): Version {
    const known = this.#versions.get(place);
    if (known) return known;
    const version = this.packument.versionOf(this.#entry(place));
    this.#versions.set(place, version);
    return version;
  }

  /** The version as the registry spells it. */
  key(place: number): string {
    return this.packument.keyOf(this.#entry(place));
  }

  manifest(place: number): Manifest {
    return this.packument.manifestAt(this.#entry(place));
  }

  /** Equal for versions that ask for the same. */
  shape(place: number): number {
    return this.packument.shapeOf(this.#entry(place));
  }

  /** The place of a version, or -1. */
  find(text: string | undefined): number {
    const version = text === undefined ? null : parseVersion(text);
    if (!version) return -1;
    const [from, to] = version.pre ? [this.releases, this.size] : [0, this.releases];
    const place = this.#first(from, to, (one) => compareVersions(one, version) >= 0);
    return place < to && compareVersions(this.version(place), version) === 0 ? place : -1;
  }

  tag(name: string): number {
    return this.find(this.packument.distTags.get(name));
  }

  /** What a spec of the registry (trimmed; a version, a range or a tag) comes to. */
  evaluate(text: string, type: "version" | "range" | "tag"): Evaluated {
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
        this.#mode === "allow" ? [] : this.#range(this.#policy.ranges.range(text), false, this.#any(text));
      const open = this.#mode === "allow" || (this.#mode === "if-necessary" && written.length === 0);
      return open ? this.#range(parseRange(text, WITH_PRERELEASES), true) : written;
    }
    const place = type === "version" ? this.find(cleanVersion(text) ?? undefined) : this.#tagged(text);
    return place < 0 ? [] : [place, place + 1];
  }

  /** What npm takes for a tag: of one that is too young the best that is not newer. */
  #tagged(text: string): number {
    const picked = selectVersion(this.packument, text, this.#policy);
    return picked.ok ? this.find(picked.value.version) : -1;
  }

  /** `*` is also what is tagged `latest`, prerelease or not: of a package that has no releases npm takes that one. */
  #any(text: string): [number, number][] {
    const place = text === "*" ? this.tag(this.#policy.defaultTag ?? "latest") : -1;
    return place < 0 ? [] : [[place, place + 1]];
  }

  #range(range: Range | null, prereleases: boolean, parts: [number, number][] = []): readonly number[] {
    for (const set of range ?? []) {
      parts.push(...this.#rangeRead([set], [0, this.releases]));
      if (prereleases) parts.push(...this.#rangeRead([set], [this.releases, this.size], WITH_PRERELEASES));
      else if (namesPrerelease([set])) parts.push(...this.#written(set));
    }
    return joined(parts);
  }

  /** A set of comparators over versions in order is one stretch of them. */
  #rangeRead(range: Range, [from, to]: readonly [number, number], reading?: RangeMode): [number, number][] {
    let low = this.#first(from, to, (version) => overBottom(range, version));
    let high = this.#first(low, to, (version) => !underTop(range, version));
    // the ends themselves may be out: >1.2.0, <2.0.0
    while (low < high && !testRange(range, this.version(low), reading)) low++;
    while (low < high && !testRange(range, this.version(high - 1), reading)) high--;
    return low < high ? [[low, high]] : [];
  }

  /** Prereleases that a set lets in by node-semver's rule: those of a triple that it names with one. */
  #written(set: readonly Comparator[]): [number, number][] {
    const places: [number, number][] = [];
    const first = this.#first(this.releases, this.size, (version) => overBottom([set], version));
    for (let place = first; place < this.size && underTop([set], this.version(place)); place++) {
      if (testRange([set], this.version(place))) places.push([place, place + 1]);
    }
    return places;
  }

  /** The first place from which on something is true. */
  #first(from: number, to: number, isTrue: (version: Version) => boolean): number {
    let [low, high] = [from, to];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (isTrue(this.version(middle))) high = middle;
      else low = middle + 1;
    }
    return low;
  }

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
    const pre = packument.versionKeys().findLast((key) => {
      const version = parseVersion(key);
      return version?.pre && open !== null && testRange(open, version, WITH_PRERELEASES);
    });
    if (pre !== undefined) return { why: "prerelease", found: pre };
    return this.releases === 0 && this.size > 0
      ? { why: "prerelease", found: this.key(this.size - 1) }
      : { why: "none", ...found };
  }
}

/** Intervals in order, those that meet made one. */
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
