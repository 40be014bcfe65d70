import { parseRange, type Range, rangesIntersect, testRange } from "./range.ts";
import { parseVersion, type Version } from "./version.ts";

/** Every range and version of one run, parsed once. */
export class RangeTable {
  readonly #ranges = new Map<string, Range | null>();
  readonly #versions = new Map<string, Version | null>();
  readonly #relations = new Map<string, boolean | undefined>();

  /** semver's `satisfies(version, range, { loose: true })`: false when either is not valid. */
  satisfies(version: string, range: string): boolean {
    const parsed = this.range(range);
    if (!parsed) return false;
    const candidate = this.version(version);
    return candidate !== null && testRange(parsed, candidate);
  }

  range(text: string): Range | null {
    let range = this.#ranges.get(text);
    if (range === undefined) {
      range = parseRange(text);
      this.#ranges.set(text, range);
    }
    return range;
  }

  version(text: string): Version | null {
    let version = this.#versions.get(text);
    if (version === undefined) {
      version = parseVersion(text);
      this.#versions.set(text, version);
    }
    return version;
  }

  /** semver's strict `intersects`; undefined where that throws: one of them is not a range. */
  intersects(a: string, b: string): boolean | undefined {
    const key = `${a}\n${b}`;
    if (!this.#relations.has(key)) this.#relations.set(key, rangesIntersect(a, b));
    return this.#relations.get(key);
  }
}
