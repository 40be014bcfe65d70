// Loaded on demand: for a project with overrides.
import type { Failure } from "../api/failure.ts";
import { isObject } from "../base/json.ts";
import { InstallError } from "../errors/failure.ts";
import { overrideRefused } from "../errors/tree.ts";
import { parseArg } from "../spec/spec.ts";
import type { Edge } from "./edge.ts";
import type { EdgeSpec } from "./edge-spec.ts";
import type { Node } from "./node.ts";
import type { SpecTable } from "./spec-table.ts";

type EdgeLike = { spec: Pick<EdgeSpec, "name" | "raw"> };

/**
 * One rule of the project's `overrides`, with the rules nested in it (npm-tree §6.1). The root set has no name.
 *
 * 1. Parse: each key `name` or `name@range` becomes a set; the constructor.
 * 2. Find the rule that applies to an edge: {@link ruleFor} (§6.2).
 * 3. Compute the new spec of that edge, with every `$ref` resolved: {@link effective} (§6.3).
 * 4. Check whether a node satisfies the edge: {@link isSatisfiedBy} (§6.4).
 * 5. Spread the rules: a node has the set of the edges into it; if they differ, {@link combine} decides. When the set of a
 *    node changes, its edges get new rules, and so do their targets: {@link applyTo}, {@link withdrawFrom} (§6.5).
 * 6. Reject overrides of the project's own dependencies: {@link assertNoDirectConflict} (§6.6).
 *
 * ```
 * overrides: { "a": { "c": "2" } }        root -> a -> b -> c@^1;  root -> d -> c@^1
 *   a and b have the set of rule a, so b gets c@2. d has the root set, so d gets c@1
 * ```
 */
export class OverrideSet {
  declare readonly parent: OverrideSet | null;
  readonly children: Map<string, OverrideSet> = new Map();
  readonly name: string = "";
  readonly key: string = "";
  /** The specs of the name that the rule covers: `*` for all. Empty for the root set. */
  readonly keySpec: string = "";
  /** The new spec. A rule that has only nested rules repeats `keySpec` here. */
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
    if (typeof rules !== "object") throw invalidOverride(key, "is neither a version nor a set of rules");
    for (const child of Object.keys(rules)) {
      if (child !== ".") this.children.set(child, new OverrideSet(rules[child], child, this));
    }
  }

  /** The rules in force under this set, by key: its children, then itself, then the same for each ancestor. The first one wins. */
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

  /** Returns the rule for an edge of a node under this set, or the set itself if no rule applies (npm-tree §6.2). */
  ruleFor(edge: EdgeLike, specTable: SpecTable): OverrideSet {
    for (const rule of this.#named(edge.spec.name)) if (applies(rule, edge, specTable)) return rule;
    return this;
  }

  /** Returns the rule for a workspace that no edge leads to yet, by its name and version (npm-tree §6.5). */
  ruleForNode({ name, version }: { name?: unknown; version?: unknown }, specTable: SpecTable): OverrideSet {
    if (typeof name !== "string" || typeof version !== "string") return this;
    for (const rule of this.#named(name)) {
      if (specTable.ranges.satisfies(version, rule.keySpec) || specTable.ranges.satisfies(version, rule.value))
        return rule;
    }
    return this;
  }

  /**
   * Returns the set of a node that edges of two sets lead to (npm-tree §6.5).
   *
   * 1. One set is an ancestor of the other: the more specific one.
   * 2. Both have rules for one key, with versions that exclude each other: undefined.
   * 3. Else their nearest common ancestor.
   */
  combine(other: OverrideSet, specTable: SpecTable): OverrideSet | undefined {
    for (let set: OverrideSet | null = other; set; set = set.parent) if (set.equals(this)) return other;
    for (let set: OverrideSet | null = this; set; set = set.parent) if (set.equals(other)) return this;
    if (contradict(this, other, specTable)) return undefined;
    for (let set: OverrideSet | null = other; set; set = set.parent) {
      for (let own: OverrideSet | null = this; own; own = own.parent) if (own.equals(set)) return own;
    }
    return undefined;
  }

  conflictsWith(other: OverrideSet, specTable: SpecTable): boolean {
    return this.combine(other, specTable) === undefined && contradict(this, other, specTable);
  }

  /**
   * Checks whether a node satisfies an edge that this rule applies to (npm-tree §6.4).
   *
   * 1. Bundled packages and those of a shrinkwrap are never overridden: the raw spec decides.
   * 2. A node that satisfies the new spec satisfies the edge.
   * 3. A node that satisfies the raw spec does so too, unless `keySpec` covers its version: the rule replaces those versions.
   *
   * ```
   * raw spec ^8, rule "x@8.23.0": "9.0.0"        9.0.0: yes by 2;  8.24.0: yes by 3;  8.23.0: no
   * ```
   */
  isSatisfiedBy(node: Node, edge: Edge): boolean {
    const raw = edge.parsedRaw();
    if (node.hasShrinkwrap || node.inShrinkwrap || node.bundler()) return edge.accepts(node, raw);
    if (edge.accepts(node, edge.parsed())) return true;
    return edge.accepts(node, raw) && !edge.accepts(node, edge.parse(this.keySpec));
  }

  /** Checks whether this rule chose the node's version. Such a node is not deduped to a newer one (npm-tree §13.3). */
  chose(node: Node): boolean {
    if (!this.value || this.name !== node.name) return false;
    for (const { rule, from } of node.edgesIn) {
      if (rule && rule.name === node.name && rule.value === node.version && !rule.equals(from.overrides)) return true;
    }
    return false;
  }

  /** Updates the set of a node that an edge under this set now leads to (npm-tree §6.5). */
  applyTo(node: Node): void {
    if (this.equals(node.overrides)) return;
    const next = node.overrides ? node.overrides.combine(this, node.specTable) : this;
    if (!next || next.equals(node.overrides)) return;
    node.overrides = next;
    reapplyRules(node);
  }

  /** Updates the set of a node that an edge under this set no longer leads to: the node's other edges decide. */
  withdrawFrom(node: Node): void {
    if (!this.equals(node.overrides)) return;
    let next: OverrideSet | null = null;
    for (const { rule } of node.edgesIn) next = next && rule ? (rule.combine(next, node.specTable) ?? null) : rule;
    if (this.equals(next)) return;
    node.overrides = next;
    if (next) reapplyRules(node);
  }

  /** Returns the spec of an edge that this rule applies to (npm-tree §6.3). A `$ref` becomes the spec that it refers to. */
  effective(raw: string, { from }: Pick<Edge, "from">): string {
    if (!this.value || this.value === "*") return raw;
    return this.value.startsWith("$") ? resolveReference(this.value, from) : this.value;
  }

  /** Checks that no rule changes the spec of a dependency of the project itself (npm-tree §6.6). @throws InstallError EOVERRIDE */
  assertNoDirectConflict(edges: Iterable<Edge>): void {
    for (const edge of edges) {
      const { name, rawSpec, effective } = edge;
      if (effective !== rawSpec && !effective.startsWith("$"))
        throw new InstallError(directConflict(name, rawSpec, effective));
    }
  }

  equals(other: OverrideSet | null | undefined): boolean {
    if (this === other) return true;
    if (!other || this.key !== other.key || this.value !== other.value) return false;
    if (!sameChildren(this, other)) return false;
    return this.parent ? this.parent.equals(other.parent) : !other.parent;
  }
}

/** Checks whether a rule applies to an edge of its name, by the edge's raw spec (npm-tree §6.2). */
function applies(rule: OverrideSet, edge: EdgeLike, specTable: SpecTable): boolean {
  if (rule.keySpec === "*") return true;
  let spec = specTable.parsed(edge.spec.name, edge.spec.raw, "/").spec;
  if (spec?.type === "alias") spec = spec.subSpec;
  if (!spec) return false;
  if (spec.type === "git") return spec.gitRange ? intersectsKey(spec.gitRange, rule, specTable) : false;
  return spec.type === "range" || spec.type === "version" ? intersectsKey(spec.fetchSpec, rule, specTable) : true;
}

/** Gives the edges of a node new rules after its set changed, and passes the rules on to their targets (npm-tree §6.5). */
function reapplyRules(node: Node): void {
  if (node.isLink) {
    if (node.overrides && leadsToRule(node.overrides, node.target)) node.overrides.applyTo(node.target);
    return;
  }
  if (!node.hasEdges) return;
  for (const edge of node.edges().values()) {
    edge.point(node.placed ? node.resolve(edge.key) : edge.to, true);
    if (edge.to) edge.rule?.applyTo(edge.to);
  }
}

/** Checks whether a rule names a dependency that the target reaches. Only then does a link pass its set on (npm-tree §6.5). */
function leadsToRule(set: OverrideSet, target: Node): boolean {
  const seen = new Set<Node>([target]);
  for (const node of seen) {
    for (const edge of node.edges().values()) {
      if (set.ruleFor(edge, node.specTable).name === edge.name) return true;
      if (edge.to) seen.add(edge.to.target);
    }
  }
  return false;
}

/** Checks whether a range and a rule's `keySpec` intersect. @throws InstallError EOVERRIDE if one of them is not a range */
function intersectsKey(range: string, rule: OverrideSet, specTable: SpecTable): boolean {
  const answer = specTable.ranges.intersects(range, rule.keySpec);
  if (answer === undefined)
    throw invalidOverride(rule.key, "cannot be compared with the spec of a dependency: one of them is not a range");
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

/** Checks whether two sets have rules for one key whose ranges do not intersect. A `$ref` is not compared. */
function contradict(a: OverrideSet, b: OverrideSet, specTable: SpecTable): boolean {
  for (const [key, rule] of a.ruleset) {
    const other = b.ruleset.get(key);
    if (!other || rule.equals(other) || rule.value.startsWith("$") || other.value.startsWith("$")) continue;
    const one = specTable.parsed(rule.name, rule.value, "/").spec;
    const two = specTable.parsed(other.name, other.value, "/").spec;
    if (!isSemver(one) || !isSemver(two)) continue;
    if (specTable.ranges.intersects(one.fetchSpec, two.fetchSpec) === false) return true;
  }
  return false;
}

function isSemver(spec: { type: string } | null): spec is { type: "range" | "version"; fetchSpec: string } {
  return spec?.type === "range" || spec?.type === "version";
}

/** Splits a key: `foo@^1` is foo and `^1`, `@s/foo` is @s/foo and `*`. @throws InstallError EOVERRIDE */
function splitKey(key: string): { name: string; spec: string } {
  const at = key.indexOf("@", 1);
  const name = at < 0 ? key : key.slice(0, at);
  if (at < 0 ? parseArg(key, "/").name !== key : name === "")
    throw invalidOverride(key, "does not start with a package name");
  return { name, spec: (at < 0 ? "" : key.slice(at + 1)) || "*" };
}

function invalidOverride(key: string, why: string): InstallError {
  return new InstallError(
    overrideRefused(`The override "${key}" ${why}.`, {
      package: key,
      wayOut: [{ kind: "other", text: 'Write overrides as { "name": "version" } or { "name@range": { … } }.' }],
    }),
  );
}

const SECTIONS = ["devDependencies", "optionalDependencies", "dependencies", "peerDependencies"] as const;

/**
 * Resolves a `$ref` in overrides (npm-tree §6.3): returns the spec that the project has for the name, or else the dependent.
 * The sections are searched in the order of {@link SECTIONS}. @throws InstallError EOVERRIDE if neither depends on it
 */
function resolveReference(value: string, from: Node): string {
  const ref = value.slice(1);
  const root = (from.source ?? from).tree.root;
  for (const manifest of [root.manifest, from.manifest]) {
    for (const section of SECTIONS) {
      const deps = manifest[section];
      if (isObject(deps) && Object.hasOwn(deps, ref) && typeof deps[ref] === "string" && deps[ref]) return deps[ref];
    }
  }
  throw new InstallError(
    overrideRefused(`The override "${value}" refers to ${ref}, which the project does not depend on.`, {
      package: ref,
      requiredBy: [""],
      wayOut: [
        {
          kind: "other",
          text: `Add ${ref} to the project's dependencies, or write its version instead of "${value}".`,
        },
      ],
    }),
  );
}

function directConflict(name: string, raw: string, found: string): Failure {
  return overrideRefused(
    `The override of ${name} with ${found} conflicts with the project's own dependency ${name}@${raw}.`,
    {
      package: name,
      spec: raw,
      requiredBy: [""],
      found,
      wayOut: [
        { kind: "override", text: `Refer to the dependency: "$${name}".`, overrides: { [name]: `$${name}` } },
        { kind: "spec", text: `Change the dependency to ${name}@${found}.`, package: name, spec: found },
      ],
    },
  );
}
