import type { Failure } from "../api/failure.ts";
import { InstallError } from "../errors/failure.ts";
import type { NpmRules } from "../spec/npm-rules.ts";
import { packageNameProblem } from "../spec/package-name.ts";
import { parseSpec, type Spec } from "../spec/spec.ts";
import { compareVersions } from "../spec/version.ts";
import { RangeTable } from "../spec/version-range.ts";
import type { OverrideSet } from "./overrides.ts";
import { StepBudget } from "./step-budget.ts";

/** A parsed spec, or the failure to parse it. One of `spec` and `failure` is set. */
export interface ParsedSpec {
  spec: Spec | null;
  failure: Failure | null;
  /** Results for versions that were tested against a range. */
  tested: Map<string, boolean> | null;
}

/** Parses specs and compares versions for all nodes and edges of one run, each only once. */
export class SpecTable {
  readonly ranges: RangeTable = new RangeTable();
  declare readonly legacyPeerDeps: boolean;
  declare readonly installLinks: boolean;
  declare readonly rules: NpmRules;
  /** The project's override rules. Null for a project without overrides. */
  overrides: OverrideSet | null = null;
  readonly #known = new Map<string, ParsedSpec>();
  readonly budget: StepBudget = new StepBudget();
  /** Changes of any tree of the run, so that what was computed from a tree can be reused until it changes. */
  changes = 0;

  constructor(options: { legacyPeerDeps: boolean; installLinks: boolean; rules: NpmRules }) {
    this.legacyPeerDeps = options.legacyPeerDeps;
    this.installLinks = options.installLinks;
    this.rules = options.rules;
  }

  /** Returns a spec, parsed once. `where` is the absolute folder that `file:` specs are relative to. */
  parsed(name: string, raw: string, where: string): ParsedSpec {
    // A spec parsed for one name is the same for every other valid name.
    const known = packageNameProblem(name) ? undefined : this.#known.get(raw);
    if (known) return known;
    const parsed = this.#parsePlain(name, raw) ?? parseAny(name, raw, where);
    const type = parsed.spec?.type;
    if (type && type !== "file" && type !== "directory" && type !== "alias") this.#known.set(raw, parsed);
    return parsed;
  }

  /** Parses a range or version without the full parser, which most specs do not need. Returns null for any other spec. */
  #parsePlain(name: string, raw: string): ParsedSpec | null {
    if (!/^[\w.+\-^~<>=|* ]*$/.test(raw) || packageNameProblem(name)) return null;
    const fetchSpec = raw.trim();
    if (!this.ranges.range(fetchSpec)) return null;
    const type = fetchSpec && this.ranges.version(fetchSpec) ? "version" : "range";
    const spec: Spec = { type, name, raw: `${name}@${raw}`, rawSpec: raw, fetchSpec, registry: true };
    return { spec, failure: null, tested: null };
  }

  /** Checks a version against a range, once for each version. */
  satisfies(version: string, parsed: ParsedSpec, range: string): boolean {
    if (range === "*") return true;
    parsed.tested ??= new Map();
    let answer = parsed.tested.get(version);
    if (answer === undefined) {
      answer = this.ranges.satisfies(version, range);
      parsed.tested.set(version, answer);
    }
    return answer;
  }

  /** Returns a negative number, zero or a positive number, as semver orders the versions; NaN if one is not a version. */
  compare(a: string, b: string): number {
    const [x, y] = [this.ranges.version(a), this.ranges.version(b)];
    return x && y ? compareVersions(x, y) : Number.NaN;
  }
}

function parseAny(name: string, raw: string, where: string): ParsedSpec {
  try {
    return { spec: parseSpec(name, raw, where), failure: null, tested: null };
  } catch (error) {
    if (error instanceof InstallError) return { spec: null, failure: error.failure, tested: null };
    throw error;
  }
}
