import type { Failure } from "../api/failure.ts";
import { InstallError } from "../errors/failure.ts";
import { overrideRefused } from "../errors/tree.ts";
import { parseArg } from "../spec/spec.ts";
import type { Edge } from "./edge.ts";
import type { EdgeSpec } from "./edge-spec.ts";
import type { Node } from "./node.ts";
import type { SpecTable } from "./spec-table.ts";

type Ruled = { spec: Pick<EdgeSpec, "name" | "raw"> };

/** One rule of the root's `overrides` with the rules below it (npm-tree §6.1). The root set itself has no name. */
export class OverrideSet {
  declare readonly parent: OverrideSet | null;
  readonly children: Map<string, OverrideSet> = new Map();
  readonly name: string = "";
  readonly key: string = "";
  /** Which specs of the name it is for; `*` for all. Empty for the root set. */
  readonly keySpec: string = "";
  /** What they become; equal to `keySpec` when the rule only leads to nested ones. */
  readonly value: string = "";
  #ruleset: Map<string, OverrideSet> | null = null;
  #rules: Map<string, OverrideSet[]> | null = null;

  constructor(overrides: unknown, key = "", parent: OverrideSet | null = null) {
    const rules: Record<string, unknown> =
      typeof overrides === "string" ? { ".": overrides } : ((overrides ?? {}) as Record<string, unknown>);
    this.parent = parent;
    if (parent) {
      const { name, spec } = splitKey(key);
      this.name = name;
      this.key = key;
      this.keySpec = spec;
      const own = rules["."] === "" ? "*" : rules["."];
      this.value = typeof own === "string" ? own : spec;
    }
    if (typeof rules !== "object") throw bad(key, "is neither a version nor a set of rules");
    for (const child of Object.keys(rules)) {
      if (child !== ".") this.children.set(child, new OverrideSet(rules[child], child, this));
    }
  }

  /** The rules in force under this set: own children first, then itself, then what its ancestors say. */
  get ruleset(): Map<string, OverrideSet> {
    if (this.#ruleset) return this.#ruleset;
    const all = new Map<string, OverrideSet>();
    for (let set: OverrideSet | null = this; set; set = set.parent) {
      for (const child of set.children.values()) if (!all.has(child.key)) all.set(child.key, child);
      if (set.parent && !all.has(set.key)) all.set(set.key, set);
    }
    this.#ruleset = all;
    return all;
  }

  #named(name: string): readonly OverrideSet[] {
    if (!this.#rules) {
      this.#rules = new Map();
      for (const rule of this.ruleset.values()) {
        const list = this.#rules.get(rule.name);
        if (list) list.push(rule);
        else this.#rules.set(rule.name, [rule]);
      }
    }
    return this.#rules.get(name) ?? [];
  }

  /** The rule for an edge of a node that is under this set; this set itself when none applies (npm-tree §6.2). */
  ruleFor(edge: Ruled, specTable: SpecTable): OverrideSet {
    for (const rule of this.#named(edge.spec.name)) if (applies(rule, edge, specTable)) return rule;
    return this;
  }

  /** The rule for a package that stands already: by its name and version. */
  ruleForNode({ name = "", version = "" }: { name?: string; version?: string }, specTable: SpecTable): OverrideSet {
    for (const rule of this.#named(name)) {
      if (specTable.ranges.satisfies(version, rule.keySpec) || specTable.ranges.satisfies(version, rule.value))
        return rule;
    }
    return this;
  }

  /**
   * Of two sets that meet on one node: the one that contains the other's rules; where neither does, undefined if they
   * contradict each other, else their nearest common ancestor (npm-tree §6.5).
   */
  meet(other: OverrideSet, specTable: SpecTable): OverrideSet | undefined {
    for (let set: OverrideSet | null = other; set; set = set.parent) if (set.equals(this)) return other;
    for (let set: OverrideSet | null = this; set; set = set.parent) if (set.equals(other)) return this;
    if (contradict(this, other, specTable)) return undefined;
    for (let set: OverrideSet | null = other; set; set = set.parent) {
      for (let own: OverrideSet | null = this; own; own = own.parent) if (own.equals(set)) return own;
    }
    return undefined;
  }

  conflictsWith(other: OverrideSet, specTable: SpecTable): boolean {
    return this.meet(other, specTable) === undefined && contradict(this, other, specTable);
  }

  /** Whether a node is what an edge under this rule asks for (npm-tree §6.4). */
  met(node: Node, edge: Edge): boolean {
    const raw = edge.rawWant();
    if (node.hasShrinkwrap || node.inShrinkwrap || node.bundler()) return edge.accepts(node, raw);
    // rawSpec ^8, rule 8.23.0 → 9.0.0: 9.0.0 is fine, 8.24.0 is fine, 8.23.0 is what the rule is against.
    if (edge.accepts(node, edge.want())) return true;
    return edge.accepts(node, raw) && !edge.accepts(node, edge.parse(this.keySpec));
  }

  /** Whether this rule made a node what it is, so that a newer one elsewhere is no reason to drop it. */
  made(node: Node): boolean {
    if (!this.value || this.name !== node.name) return false;
    for (const { rule, from } of node.edgesIn) {
      if (rule && rule.name === node.name && rule.value === node.version && !rule.equals(from.overrides)) return true;
    }
    return false;
  }

  /** An edge under this set now leads to the node (npm-tree §6.5). */
  reach(node: Node): void {
    if (this.equals(node.overrides)) return;
    const next = node.overrides ? node.overrides.meet(this, node.specTable) : this;
    if (!next || next.equals(node.overrides)) return;
    node.overrides = next;
    rerule(node);
  }

  /** An edge under this set leads to the node no more: its set is what its other edges make of it. */
  leave(node: Node): void {
    if (!this.equals(node.overrides)) return;
    let next: OverrideSet | null = null;
    for (const { rule } of node.edgesIn) next = next && rule ? (rule.meet(next, node.specTable) ?? null) : rule;
    if (this.equals(next)) return;
    node.overrides = next;
    if (next) rerule(node);
  }

  /** The spec of an edge that this rule is for (npm-tree §6.3). `$x` is what the project, or else the dependent, asks of x. */
  effective(raw: string, { from }: Pick<Edge, "from">): string {
    if (!this.value || this.value === "*") return raw;
    return this.value.startsWith("$") ? referenced(this.value, from) : this.value;
  }

  /** A project may not override what it itself asks for with something else (npm-tree §6.6). */
  assertDirect(edges: Iterable<Edge>): void {
    for (const edge of edges) {
      const { name, rawSpec, effective } = edge;
      if (effective !== rawSpec && !effective.startsWith("$")) throw new InstallError(direct(name, rawSpec, effective));
    }
  }

  equals(other: OverrideSet | null | undefined): boolean {
    if (this === other) return true;
    if (!other || this.key !== other.key || this.value !== other.value) return false;
    if (!sameChildren(this, other)) return false;
    return this.parent ? this.parent.equals(other.parent) : !other.parent;
  }
}

function applies(rule: OverrideSet, edge: Ruled, specTable: SpecTable): boolean {
  if (rule.keySpec === "*") return true;
  let spec = specTable.want(edge.spec.name, edge.spec.raw, "/").spec;
  if (spec?.type === "alias") spec = spec.subSpec;
  if (!spec) return false;
  if (spec.type === "git") return spec.gitRange ? meets(spec.gitRange, rule, specTable) : false;
  return spec.type === "range" || spec.type === "version" ? meets(spec.fetchSpec, rule, specTable) : true;
}

/** A node's set changed: so do the rules of its edges, and the sets of what they lead to. */
function rerule(node: Node): void {
  if (node.isLink) {
    if (node.overrides && reaches(node.overrides, node.target)) node.overrides.reach(node.target);
    return;
  }
  if (!node.hasEdges) return;
  for (const edge of node.edges().values()) {
    edge.point(node.placed ? node.resolve(edge.key) : edge.to, true);
    if (edge.to) edge.rule?.reach(edge.to);
  }
}

/** Whether some rule names a dependency that can be reached from the target: only then do rules pass a link. */
function reaches(set: OverrideSet, target: Node): boolean {
  const seen = new Set<Node>([target]);
  for (const node of seen) {
    for (const edge of node.edges().values()) {
      if (set.ruleFor(edge, node.specTable).name === edge.name) return true;
      if (edge.to) seen.add(edge.to.target);
    }
  }
  return false;
}

function meets(range: string, rule: OverrideSet, specTable: SpecTable): boolean {
  const answer = specTable.ranges.intersects(range, rule.keySpec);
  if (answer === undefined) throw bad(rule.key, "can only be compared with ranges, and one side is none");
  return answer;
}

function sameChildren(a: OverrideSet, b: OverrideSet): boolean {
  if (a.children.size !== b.children.size) return false;
  for (const [key, child] of a.children) {
    const other = b.children.get(key);
    if (!other || other.value !== child.value || !sameChildren(child, other)) return false;
  }
  return true;
}

/** The same key with versions that no version satisfies both of. A `$reference` is left to the moment it is used. */
function contradict(a: OverrideSet, b: OverrideSet, specTable: SpecTable): boolean {
  for (const [key, rule] of a.ruleset) {
    const other = b.ruleset.get(key);
    if (!other || rule.equals(other) || rule.value.startsWith("$") || other.value.startsWith("$")) continue;
    const one = specTable.want(rule.name, rule.value, "/").spec;
    const two = specTable.want(other.name, other.value, "/").spec;
    if (!isSemver(one) || !isSemver(two)) continue;
    if (specTable.ranges.intersects(one.fetchSpec, two.fetchSpec) === false) return true;
  }
  return false;
}

function isSemver(spec: { type: string } | null): spec is { type: "range" | "version"; fetchSpec: string } {
  return spec?.type === "range" || spec?.type === "version";
}

/** `foo@^1` → foo, `^1`; `@s/foo` → @s/foo, `*`. */
function splitKey(key: string): { name: string; spec: string } {
  const at = key.indexOf("@", 1);
  const name = at < 0 ? key : key.slice(0, at);
  if (at < 0 ? parseArg(key, "/").name !== key : name === "") throw bad(key, "does not start with a package name");
  return { name, spec: (at < 0 ? "" : key.slice(at + 1)) || "*" };
}

function bad(key: string, why: string): InstallError {
  return new InstallError(
    overrideRefused(`The override "${key}" ${why}`, {
      package: key,
      wayOut: [{ kind: "other", text: 'Write overrides as { "name": "version" } or { "name@range": { … } }' }],
    }),
  );
}

const SECTIONS = ["devDependencies", "optionalDependencies", "dependencies", "peerDependencies"] as const;

function referenced(value: string, from: Node): string {
  const ref = value.slice(1);
  const root = (from.source ?? from).tree.root;
  for (const manifest of [root.manifest, from.manifest]) {
    for (const section of SECTIONS) {
      const deps = manifest[section];
      if (deps && Object.hasOwn(deps, ref) && deps[ref]) return deps[ref];
    }
  }
  throw new InstallError(
    overrideRefused(`The override "${value}" refers to a package that the project does not depend on`, {
      package: ref,
      requiredBy: [""],
      wayOut: [{ kind: "other", text: `Add ${ref} to the project's dependencies, or write the version itself` }],
    }),
  );
}

function direct(name: string, raw: string, found: string): Failure {
  return overrideRefused(`Override for ${name}@${raw} conflicts with direct dependency`, {
    package: name,
    spec: raw,
    requiredBy: [""],
    found,
    wayOut: [
      { kind: "override", text: `Refer to the dependency itself: "$${name}"`, overrides: { [name]: `$${name}` } },
      { kind: "spec", text: `Ask for ${found} directly`, package: name, spec: found },
    ],
  });
}
