import { parseRange, type Range, rangesIntersect, testRange } from "./range.ts";
import { parseVersion, type Version } from "./version.ts";

/** Parses each range and version of a run once, and remembers the result. */
export class RangeTable {
  readonly #ranges = new Map<string, Range | null>();
  readonly #versions = new Map<string, Version | null>();
  readonly #relations = new Map<string, boolean | undefined>();

  /** Equals semver's `satisfies(version, range, { loose: true })`: false if either is invalid. */
  satisfies(version: string, range: string): boolean {
    const parsed = this.range(range);
    if (!parsed) return false;
    const candidate = this.version(version);
    return candidate !== null && testRange(parsed, candidate);
  }

  /** Returns the parsed range, or null if `text` is not one. */
  range(text: string): Range | null {
    let range = this.#ranges.get(text);
    if (range === undefined) {
      range = parseRange(text);
      this.#ranges.set(text, range);
    }
    return range;
  }

  /** Returns the parsed version, or null if `text` is not one. */
  version(text: string): Version | null {
    let version = this.#versions.get(text);
    if (version === undefined) {
      version = parseVersion(text);
      this.#versions.set(text, version);
    }
    return version;
  }

  /** Equals semver's strict `intersects`. Returns undefined where that throws, because one of them is not a range. */
  intersects(a: string, b: string): boolean | undefined {
    const key = `${a}\n${b}`;
    if (!this.#relations.has(key)) this.#relations.set(key, rangesIntersect(a, b));
    return this.#relations.get(key);
  }
}
