import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { PackumentVersions } from "../../src/flat/packument-versions.ts";
import { indexPackument } from "../../src/registry/condense.ts";
import { type SetId, VersionSets } from "../../src/solver/version-sets.ts";
import { compareVersions } from "../../src/spec/version.ts";
import { RangeTable } from "../../src/spec/version-range.ts";
import { seeded } from "./solver-cases.ts";

/** The number of intervals of a package's ranges, in one band and in two. */
export interface Bands {
  readonly name: string;
  readonly versions: number;
  readonly prereleases: number;
  readonly ranges: number;
  readonly one: { readonly mean: number; readonly most: number };
  readonly two: { readonly mean: number; readonly most: number };
  readonly worst: string;
}

/** Counts the intervals of all ranges in the recorded registry, for the packages with the most versions. */
export function twoBands(registry: string, most: number): Bands[] {
  const folder = join(registry, "snapshot/packuments");
  const sizes: { name: string; count: number }[] = [];
  const written = new Map<string, Set<string>>();
  for (const file of readdirSync(folder)) {
    const document = JSON.parse(gunzipSync(readFileSync(join(folder, file))).toString());
    const versions = Object.values<Record<string, unknown>>(document.versions ?? {});
    sizes.push({ name: document.name, count: versions.length });
    for (const version of versions) {
      for (const kind of ["dependencies", "peerDependencies", "optionalDependencies"]) {
        for (const [name, spec] of Object.entries(version[kind] ?? {})) {
          const ranges = written.get(name) ?? new Set();
          written.set(name, ranges.add(String(spec).trim()));
        }
      }
    }
  }
  sizes.sort((a, b) => b.count - a.count);
  return sizes.slice(0, most).map(({ name }) => bandsOf(registry, name, written.get(name) ?? new Set()));
}

/** Reads a packument of a recorded registry. */
export function readPackument(registry: string, name: string): Uint8Array {
  const file = join(registry, "snapshot/packuments", `${name.replace("/", "+")}.json.gz`);
  return new Uint8Array(gunzipSync(readFileSync(file)));
}

function bandsOf(registry: string, name: string, written: ReadonlySet<string>): Bands {
  const packument = indexPackument(name, readPackument(registry, name));
  const ranges = new RangeTable();
  const versions = new PackumentVersions(packument, { ranges }, "as-written");
  const places = Array.from({ length: versions.size }, (_, place) => place);
  const order = [...places].sort((a, b) => compareVersions(versions.version(a), versions.version(b)));
  const counts: { text: string; one: number; two: number }[] = [];
  for (const text of written) {
    if (ranges.range(text) === null) continue;
    const { bounds } = versions.evaluate(text, "range");
    if (bounds.length === 0) continue;
    const isIn = new Uint8Array(versions.size);
    for (let at = 0; at < bounds.length; at += 2) isIn.fill(1, bounds[at], bounds[at + 1]);
    const one = order.filter((place, at) => isIn[place] && !(at > 0 && isIn[order[at - 1] as number])).length;
    counts.push({ text, one, two: bounds.length / 2 });
  }
  const listed = (of: (count: { one: number; two: number }) => number): Bands["one"] => {
    const all = counts.map(of);
    return { mean: all.reduce((sum, count) => sum + count, 0) / (all.length || 1), most: Math.max(0, ...all) };
  };
  const worst = counts.reduce((most, count) => (count.one > most.one ? count : most), { text: "", one: 0, two: 0 });
  return {
    ...{ name, versions: versions.size, prereleases: versions.size - versions.releases, ranges: counts.length },
    ...{ one: listed(({ one }) => one), two: listed(({ two }) => two), worst: worst.text },
  };
}

/** The nanoseconds of one intersection and of one relation. */
export interface SetCost {
  readonly what: string;
  readonly and: number;
  readonly relation: number;
}

/** Times operations on repeated pairs of sets, with and without the cache. */
export function setCosts(rounds: number): SetCost[] {
  const costs: SetCost[] = [];
  for (const pairs of [1000, 10_000, 100_000]) {
    for (const remembers of [true, false]) {
      const what = `${pairs} pairs of 1 or 2 intervals, ${remembers ? "cached" : "computed each time"}`;
      costs.push({ what, ...costOf(new VersionSets(remembers), pairs, Math.ceil(rounds / pairs)) });
    }
  }
  return costs;
}

function costOf(sets: VersionSets, pairs: number, rounds: number): Omit<SetCost, "what"> {
  const random = seeded(1);
  const left = new Int32Array(pairs).map(() => someSet(sets, random));
  const right = new Int32Array(pairs).map(() => someSet(sets, random));
  const timed = (work: (a: SetId, b: SetId) => number): number => {
    let start = 0;
    let sum = 0;
    // The first round fills the cache.
    for (let round = 0; round <= rounds; round++) {
      if (round === 1) start = performance.now();
      for (let at = 0; at < pairs; at++) sum += work(left[at] as SetId, right[at] as SetId);
    }
    if (sum < 0) throw new Error("no set has such an id");
    return ((performance.now() - start) * 1e6) / (rounds * pairs);
  };
  return { and: timed((a, b) => sets.and(a, b)), relation: timed((a, b) => sets.relation(a, b)) };
}

/** Returns a random set like that of a range: one or two intervals within 300 versions, complemented a third of the time. */
function someSet(sets: VersionSets, random: () => number): SetId {
  const points = new Set<number>();
  const wanted = random() < 0.7 ? 2 : 4;
  while (points.size < wanted) points.add(1 + Math.floor(random() * 300));
  const set = sets.of([...points].sort((a, b) => a - b));
  return random() < 0.33 ? sets.not(set) : set;
}
