import type { Failure } from "../api/failure.ts";
import { InstallError } from "../errors/failure.ts";
import { packageNameProblem } from "../spec/package-name.ts";
import { parseSpec, type Spec } from "../spec/spec.ts";
import { compareVersions } from "../spec/version.ts";
import { RangeTable } from "../spec/version-range.ts";
import type { OverrideSet } from "./overrides.ts";
import { StepBudget } from "./step-budget.ts";

/** A parsed spec with what is already known of it. Either `spec` or `failure` is there. */
export interface Want {
  spec: Spec | null;
  failure: Failure | null;
  /** Versions already tested against a range. */
  tested: Map<string, boolean> | null;
}

/** What every node and edge of one run shares. Nothing in it outlives the run. */
export class SpecTable {
  readonly ranges: RangeTable = new RangeTable();
  declare readonly legacyPeerDeps: boolean;
  declare readonly installLinks: boolean;
  /** The root's override rules, or null: most projects have none and skip all that goes with them. */
  overrides: OverrideSet | null = null;
  readonly #wants = new Map<string, Want>();
  readonly budget: StepBudget = new StepBudget();

  constructor(options: { legacyPeerDeps: boolean; installLinks: boolean }) {
    this.legacyPeerDeps = options.legacyPeerDeps;
    this.installLinks = options.installLinks;
  }

  /** Parses a spec once. Only `file:` specs depend on `where`, the absolute folder they are relative to. */
  want(name: string, raw: string, where: string): Want {
    // A spec parsed for one name serves all others, as long as those are valid.
    const known = packageNameProblem(name) ? undefined : this.#wants.get(raw);
    if (known) return known;
    const want = this.#plain(name, raw) ?? parseWant(name, raw, where);
    const type = want.spec?.type;
    if (type && type !== "file" && type !== "directory" && type !== "alias") this.#wants.set(raw, want);
    return want;
  }

  /** A range or version, as most specs are: no path, URL, alias or tag in it. Parsed once, for the tests to come too. */
  #plain(name: string, raw: string): Want | null {
    if (!/^[\w.+\-^~<>=|* ]*$/.test(raw) || packageNameProblem(name)) return null;
    const fetchSpec = raw.trim();
    if (!this.ranges.range(fetchSpec)) return null;
    const type = fetchSpec && this.ranges.version(fetchSpec) ? "version" : "range";
    const spec: Spec = { type, name, raw: `${name}@${raw}`, rawSpec: raw, fetchSpec, registry: true };
    return { spec, failure: null, tested: null };
  }

  satisfies(version: string, want: Want, range: string): boolean {
    if (range === "*") return true;
    want.tested ??= new Map();
    let answer = want.tested.get(version);
    if (answer === undefined) {
      answer = this.ranges.satisfies(version, range);
      want.tested.set(version, answer);
    }
    return answer;
  }

  /** Negative, zero or positive as semver orders them; NaN when one of them is no version. */
  compare(a: string, b: string): number {
    const [x, y] = [this.ranges.version(a), this.ranges.version(b)];
    return x && y ? compareVersions(x, y) : Number.NaN;
  }
}

function parseWant(name: string, raw: string, where: string): Want {
  try {
    return { spec: parseSpec(name, raw, where), failure: null, tested: null };
  } catch (error) {
    if (error instanceof InstallError) return { spec: null, failure: error.failure, tested: null };
    throw error;
  }
}
