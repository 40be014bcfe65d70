// Loaded on demand: for a package.json or a lock with patches, under the rules of npm 12.

import type { ErrorCode } from "../api/error-code.ts";
import type { Failure } from "../api/failure.ts";
import { failure, InstallError } from "../errors/failure.ts";
import { overLimit } from "../errors/limit.ts";
import { LOOSE } from "../spec/range.ts";
import { rangeWithin } from "../spec/range-within.ts";
import { compareVersions, parseVersion, type Version } from "../spec/version.ts";
import { RangeTable } from "../spec/version-range.ts";

/** Entries of `patchedDependencies` at most. */
const MAX_PATCHES = 10_000;

/** An entry of `patchedDependencies`. */
export interface PatchSelector {
  readonly key: string;
  readonly name: string;
  /** A version or a range. Null for a bare name. */
  readonly spec: string | null;
  readonly path: unknown;
}

/** The package that a patch is looked for. */
export interface PatchedPackage {
  /** That of its folder. */
  readonly name: string;
  readonly version: string;
  readonly location: string;
}

/** The entries for one name. */
interface NamedSelectors {
  readonly all: PatchSelector[];
  readonly versions: { readonly version: Version; readonly selector: PatchSelector }[];
  readonly ranges: PatchSelector[];
  bare: PatchSelector | undefined;
}

/** The entries of a package.json's `patchedDependencies`, and the choice of the one that applies to a package (npm-tree §28). */
export class PatchSelectors {
  readonly #named = new Map<string, NamedSelectors>();
  /** Choices so far, by `name@version`. */
  readonly #chosen = new Map<string, PatchSelector | null>();
  readonly #ranges = new RangeTable();

  /** @throws InstallError ELIMIT */
  constructor(manifest: object) {
    const entries = Object.entries(declaredPatches(manifest));
    if (entries.length > MAX_PATCHES) {
      throw new InstallError(overLimit(`patchedDependencies has more than ${MAX_PATCHES} entries. Remove some.`));
    }
    for (const selector of entries.map(selectorOf)) this.#add(selector);
  }

  all(): PatchSelector[] {
    return [...this.#named.values()].flatMap(({ all }) => all);
  }

  /** Returns the number of entries for a name. */
  count(name: string): number {
    return this.#named.get(name)?.all.length ?? 0;
  }

  /**
   * Chooses by the name of the package's folder: its exact version, else the narrowest range, else the bare name.
   * @throws InstallError EPATCHAMBIGUOUS
   */
  choose(one: PatchedPackage): PatchSelector | undefined {
    const named = this.#named.get(one.name);
    if (!named) return undefined;
    const id = `${one.name}@${one.version}`;
    let chosen = this.#chosen.get(id);
    if (chosen === undefined) {
      chosen = this.#choose(named, one) ?? null;
      this.#chosen.set(id, chosen);
    }
    return chosen ?? undefined;
  }

  #add(selector: PatchSelector): void {
    const { name, spec } = selector;
    const named = this.#named.get(name) ?? { all: [], versions: [], ranges: [], bare: undefined };
    this.#named.set(name, named);
    named.all.push(selector);
    const version = spec !== null && EXACT.test(spec.trim()) ? parseVersion(spec) : null;
    if (version) named.versions.push({ version, selector });
    else if (spec === null) named.bare ??= selector;
    else if (spec !== "" && !EXACT.test(spec.trim())) named.ranges.push(selector);
  }

  #choose({ versions, ranges, bare }: NamedSelectors, one: PatchedPackage): PatchSelector | undefined {
    const version = parseVersion(one.version);
    const exact = version && versions.find((each) => compareVersions(each.version, version) === 0);
    if (exact) return exact.selector;
    return (
      narrowest(
        ranges.filter(({ spec }) => this.#ranges.satisfies(one.version, spec as string)),
        one,
      ) ?? bare
    );
  }
}

/** Returns the member as it is: npm takes the letters of a text for entries, and they match no package. */
export function declaredPatches(manifest: object): object {
  const { patchedDependencies } = manifest as { patchedDependencies?: unknown };
  return Object(patchedDependencies || {}) as object;
}

function selectorOf([key, path]: [string, unknown]): PatchSelector {
  const at = key.indexOf("@", 1);
  return at < 0 ? { key, name: key, spec: null, path } : { key, name: key.slice(0, at), spec: key.slice(at + 1), path };
}

/** A failure about one package. */
export function refusePatch(
  code: ErrorCode,
  message: string,
  { name, version, location }: PatchedPackage,
  more: Partial<Failure> = {},
): never {
  throw new InstallError(failure(code, message, { package: name, found: version, requiredBy: [location], ...more }));
}

/** A version in the strict form. Any other spec is a range. */
const EXACT = /^v?\d+\.\d+\.\d+(?:-[\da-z.-]+)?(?:\+[\da-z.-]+)?$/i;

/** Returns the range that is within all others. @throws InstallError EPATCHAMBIGUOUS if two ranges overlap */
function narrowest(ranges: readonly PatchSelector[], one: PatchedPackage): PatchSelector | undefined {
  let best = ranges[0];
  for (const other of ranges.slice(1)) {
    const [inner, outer] = [other.spec as string, best?.spec as string];
    if (rangeWithin(inner, outer, LOOSE)) best = other;
    else if (!rangeWithin(outer, inner, LOOSE)) {
      const message = `Two patches match ${one.name}@${one.version}, and neither range is within the other: "${best?.key}" and "${other.key}". Add an entry for "${one.name}@${one.version}".`;
      refusePatch("EPATCHAMBIGUOUS", message, one);
    }
  }
  return best;
}
