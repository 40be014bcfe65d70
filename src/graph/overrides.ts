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
  /** The number of sets above this one. */
  readonly depth: number;
  /** The children by the name that they cover. */
  #byName: Map<string, OverrideSet[]> | null = null;
  /** The rules in force, by the names that were looked up. */
  readonly #rules = new Map<string, readonly OverrideSet[]>();
  /** The sets that were compared with this one: see {@link contradicts}. */
  readonly #compared = new Map<OverrideSet, boolean>();

  constructor(overrides: unknown, key = "", parent: OverrideSet | null = null) {
    // npm takes a number or a boolean as a rule without content, and stops at null and at a rule without a name.
    if (overrides === null) throw invalidOverride(key, "is null, but must be a version or a set of rules");
    const rules = (typeof overrides === "string" ? { ".": overrides } : Object(overrides)) as Record<string, unknown>;
    this.parent = parent;
    this.depth = parent ? parent.depth + 1 : 0;
    if (parent) {
      const { name, spec } = splitKey(key);
      if (!name) throw invalidOverride(key, "names no package");
      this.name = name;
      this.key = key;
      this.keySpec = spec;
      const own = rules["."] === "" ? "*" : rules["."];
      this.value = typeof own === "string" ? own : spec;
    }
    for (const child of Object.keys(rules)) {
      if (child !== ".") this.children.set(child, new OverrideSet(rules[child], child, this));
    }
  }

  /** Returns the set's own rules for a name: its children, then itself. */
  #own(name: string): readonly OverrideSet[] {
    if (!this.#byName) {
      this.#byName = new Map();
      for (const child of this.children.values()) {
        const list = this.#byName.get(child.name);
        if (list) list.push(child);
        else this.#byName.set(child.name, [child]);
      }
    }
    const children = this.#byName.get(name) ?? NO_RULES;
    return this.parent && this.name === name ? [...children, this] : children;
  }

  /** Returns the rules in force for a name: those of this set, then those of each ancestor. Of one key, the first one counts. */
  named(name: string): readonly OverrideSet[] {
    let found = this.#rules.get(name);
    if (!found) {
      const rules = new Map<string, OverrideSet>();
      for (let set: OverrideSet | null = this; set; set = set.parent) {
        for (const rule of set.#own(name)) if (!rules.has(rule.key)) rules.set(rule.key, rule);
      }
      found = rules.size > 0 ? [...rules.values()] : NO_RULES;
      this.#rules.set(name, found);
    }
    return found;
  }

  /** Returns the rule for an edge of a node under this set, or the set itself if no rule applies (npm-tree §6.2). */
  ruleFor(edge: EdgeLike, specTable: SpecTable): OverrideSet {
    for (const rule of this.named(edge.spec.name)) if (applies(rule, edge, specTable)) return rule;
    return this;
  }

  /** Returns the rule for a workspace that no edge leads to yet, by its name and version (npm-tree §6.5). */
  ruleForNode({ name, version }: { name?: unknown; version?: unknown }, specTable: SpecTable): OverrideSet {
    if (typeof name !== "string" || typeof version !== "string") return this;
    for (const rule of this.named(name)) {
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
    if (other === this) return this;
    const common = nearestCommon(this, other);
    if (common === this) return other;
    if (common === other) return this;
    return this.#contradicts(other, common, specTable) ? undefined : common;
  }

  /**
   * Checks whether two sets have rules for one key whose ranges do not intersect. A `$ref` is not compared. Both have the rules of
   * their common ancestor, so only keys of the sets below it can differ.
   */
  #contradicts(other: OverrideSet, common: OverrideSet, specTable: SpecTable): boolean {
    let answer = this.#compared.get(other);
    if (answer === undefined) {
      answer = false;
      for (const start of [this, other]) {
        for (let set: OverrideSet = start; !answer && set !== common; set = set.parent as OverrideSet) {
          for (const rule of [...set.children.values(), set]) {
            const [own, others] = [this.#rule(rule), other.#rule(rule)];
            if (own && others && excludes(own, others, specTable)) answer = true;
          }
        }
      }
      this.#compared.set(other, answer);
    }
    return answer;
  }

  /** Returns the rule in force for the key of a rule. */
  #rule({ name, key }: OverrideSet): OverrideSet | undefined {
    return this.named(name).find((rule) => rule.key === key);
  }

  conflictsWith(other: OverrideSet, specTable: SpecTable): boolean {
    return this.combine(other, specTable) === undefined;
  }

  /**
   * Checks whether a node satisfies an edge that this rule applies to (npm-tree §6.4).
   *
   * 1. Bundled packages and those of a shrinkwrap are never overridden: the raw spec decides. From npm 12 on, what the project itself
   *    bundles is overridden.
   * 2. A node that satisfies the new spec satisfies the edge.
   * 3. A node that satisfies the raw spec does so too, unless `keySpec` covers its version: the rule replaces those versions.
   *
   * ```
   * raw spec ^8, rule "x@8.23.0": "9.0.0"        9.0.0: yes by 2;  8.24.0: yes by 3;  8.23.0: no
   * ```
   */
  isSatisfiedBy(node: Node, edge: Edge): boolean {
    const raw = edge.parsedRaw();
    const isBundled = node.specTable.rules.sparesOwnBundle ? node.bundler() !== null : node.inDepBundle;
    if (isBundled || node.hasShrinkwrap || node.inShrinkwrap) return edge.accepts(node, raw);
    if (edge.accepts(node, edge.parsed())) return true;
    return edge.accepts(node, raw) && !edge.accepts(node, edge.parse(this.keySpec));
  }

  /** Checks whether this rule chose the node's version. Such a node is not deduped to a newer one (npm-tree §13.3). */
  chose(node: Node): boolean {
    if (!this.value || this.name !== node.name) return false;
    for (const { rule, from } of node.edgesIn) {
      if (rule && rule.name === node.name && rule.value === node.version && rule !== from.overrides) return true;
    }
    return false;
  }

  /** Updates the set of a node that an edge under this set now leads to, then those of its dependencies (npm-tree §6.5). */
  applyTo(node: Node): void {
    if (this.settle(node)) spread(node);
  }

  /** Updates the set of one node. Returns whether it has changed. */
  settle(node: Node): boolean {
    if (this === node.overrides) return false;
    const next = node.overrides ? node.overrides.combine(this, node.specTable) : this;
    if (!next || next === node.overrides) return false;
    node.overrides = next;
    return true;
  }

  /** Updates the set of a node that an edge under this set no longer leads to: the node's other edges decide. */
  withdrawFrom(node: Node): void {
    if (this !== node.overrides) return;
    let next: OverrideSet | null = null;
    for (const { rule } of node.edgesIn) next = next && rule ? (rule.combine(next, node.specTable) ?? null) : rule;
    if (this === next) return;
    node.overrides = next;
    if (next) spread(node);
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
}

const NO_RULES: readonly OverrideSet[] = [];

/** Returns the nearest set at or above both sets. */
function nearestCommon(a: OverrideSet, b: OverrideSet): OverrideSet {
  let [one, two] = [a, b];
  while (one !== two) {
    if (one.depth >= two.depth) one = one.parent as OverrideSet;
    else two = two.parent as OverrideSet;
  }
  return one;
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
function spread(node: Node): void {
  // A list instead of recursion: a row of packages would fill the stack.
  const open = [reapplyRules(node)];
  for (let last = open.at(-1); last; last = open.at(-1)) {
    const { done, value } = last.next();
    if (done) open.pop();
    else if (value.rule.settle(value.to)) open.push(reapplyRules(value.to));
  }
}

/** Gives the edges of one node new rules. Yields each target that gets a rule, in the order of npm. */
function* reapplyRules(node: Node): Generator<{ rule: OverrideSet; to: Node }, void> {
  if (node.isLink) {
    if (node.overrides && leadsToRule(node.overrides, node.target)) yield { rule: node.overrides, to: node.target };
    return;
  }
  if (!node.hasEdges) return;
  for (const edge of node.edges().values()) {
    edge.point(node.placed ? node.resolve(edge.key) : edge.to, true);
    if (edge.to && edge.rule) yield { rule: edge.rule, to: edge.to };
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

/** Checks whether two rules for one key have ranges that do not intersect. */
function excludes(rule: OverrideSet, other: OverrideSet, specTable: SpecTable): boolean {
  if (rule === other || rule.value.startsWith("$") || other.value.startsWith("$")) return false;
  const one = specTable.parsed(rule.name, rule.value, "/").spec;
  const two = specTable.parsed(other.name, other.value, "/").spec;
  if (!isSemver(one) || !isSemver(two)) return false;
  return specTable.ranges.intersects(one.fetchSpec, two.fetchSpec) === false;
}

function isSemver(spec: { type: string } | null): spec is { type: "range" | "version"; fetchSpec: string } {
  return spec?.type === "range" || spec?.type === "version";
}

/** Names that need no parser to be recognised as names. */
const PLAIN_NAME = /^(?:@[a-z0-9-]+\/)?[a-z0-9-]+$/;

/** Splits a key: `foo@^1` is foo and `^1`, `@s/foo` is @s/foo and `*`. @throws InstallError EOVERRIDE */
function splitKey(key: string): { name: string; spec: string } {
  const at = key.indexOf("@", 1);
  const name = at < 0 ? key : key.slice(0, at);
  if (at < 0 ? !PLAIN_NAME.test(key) && parseArg(key, "/").name !== key : name === "")
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
