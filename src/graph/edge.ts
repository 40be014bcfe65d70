import { depValid } from "./dep-valid.ts";
import type { EdgeSpec } from "./edge-spec.ts";
import type { Node } from "./node.ts";
import type { OverrideSet } from "./overrides.ts";
import type { ParsedSpec } from "./spec-table.ts";

export type EdgeError = "MISSING" | "INVALID" | "PEER LOCAL";

/**
 * A dependency of a node (npm-tree §4). The tree keeps `to`, the node that the name resolves to, up to date.
 *
 * `error` says why `to` does not satisfy the edge (§5):
 * 1. Nothing has the name: MISSING, unless the edge is optional.
 * 2. The edge is a peer and `to` is in the dependent's own folder: PEER LOCAL. The project and workspaces may have it there.
 * 3. `to` does not satisfy the spec after overrides: INVALID.
 * 4. The override rules of the edge and of `to` conflict: INVALID.
 */
export class Edge {
  declare readonly from: Node;
  declare readonly spec: EdgeSpec;
  to: Node | null = null;
  /** The override rule that applies, or the dependent's set if no rule names this edge (npm-tree §6.2). */
  rule: OverrideSet | null = null;
  /** Set if this peer conflicts and was left unmet. It is not examined again. */
  peerConflicted = false;
  /** The edges into one node have increasing numbers, and so have the edges of one name that lead to nothing. */
  order = 0;
  #error: EdgeError | null | undefined = undefined;

  constructor(from: Node, spec: EdgeSpec) {
    this.from = from;
    this.spec = spec;
    if (from.overrides) this.rule = from.overrides.ruleFor(this, from.specTable);
  }

  get name(): string {
    return this.spec.name;
  }
  /** The folded name: see `fold` (npm-tree §4). */
  get key(): string {
    return this.spec.key;
  }
  get peer(): boolean {
    return this.spec.peer;
  }
  get optional(): boolean {
    return this.spec.optional;
  }
  get rawSpec(): string {
    return this.spec.raw;
  }

  /** The spec after overrides (npm-tree §6.3). */
  get effective(): string {
    const { rule, spec } = this;
    return rule && rule.name === spec.name ? rule.effective(spec.raw, this) : spec.raw;
  }

  /** Returns the parsed spec after overrides. */
  parsed(): ParsedSpec {
    if (!this.rule) return this.parsedRaw();
    const text = this.effective;
    return text === this.spec.raw ? this.parsedRaw() : this.parse(text);
  }

  parsedRaw(): ParsedSpec {
    const { spec } = this;
    if (spec.parsed) return spec.parsed;
    const parsed = this.parse(spec.raw);
    const type = parsed.spec?.type;
    if (type !== "file" && type !== "directory") spec.parsed = parsed;
    return parsed;
  }

  /** Checks whether the spec after overrides names a package of a registry. */
  isRegistry(): boolean {
    const { spec } = this.parsed();
    return spec !== null && "registry" in spec;
  }

  parse(text: string): ParsedSpec {
    return this.from.specTable.parsed(this.spec.name, text || "*", this.baseFolder());
  }

  /** Returns the folder that a relative spec is relative to. For the value of an override, that is the project. */
  baseFolder(): string {
    const { rule, from } = this;
    if (rule?.value && rule.name === this.spec.name) return (from.source ?? from).tree.root.path;
    return from.sourceFolder();
  }

  /** Checks whether a node satisfies this edge (npm-tree §5, §6.4). */
  satisfiedBy(node: Node): boolean {
    if (node.name !== this.spec.name) return false;
    return this.rule?.keySpec ? this.rule.isSatisfiedBy(node, this) : this.accepts(node, this.parsed());
  }

  /** Checks whether a node satisfies one spec, or the name's range in `acceptDependencies`. */
  accepts(node: Node, parsed: ParsedSpec): boolean {
    if (depValid(node, parsed, this)) return true;
    const accept = this.spec.accept;
    return accept !== undefined && depValid(node, this.parse(accept), this);
  }

  /** Why the edge is not valid, or null. Cached until `to` changes or {@link forget} is called (npm-tree §5). */
  get error(): EdgeError | null {
    if (this.#error === undefined) this.#error = this.#judge();
    return this.#error;
  }
  get valid(): boolean {
    return this.error === null;
  }

  forget(): void {
    this.#error = undefined;
  }

  #judge(): EdgeError | null {
    const { to, from } = this;
    if (!to) return this.spec.optional ? null : "MISSING";
    if (this.spec.peer && to.parent === from && !from.isTop) return "PEER LOCAL";
    if (!this.satisfiedBy(to)) return "INVALID";
    if (this.rule && to.overrides && to.specs().size && this.rule.conflictsWith(to.overrides, from.specTable))
      return "INVALID";
    return null;
  }

  /**
   * Points the edge at the node that its name resolves to now, and updates override rules (npm-tree §6.5). `hard` forgets the
   * cached error even if that is the same node.
   */
  point(to: Node | null, hard = false): void {
    const { from, rule: old } = this;
    const rule = from.overrides?.ruleFor(this, from.specTable) ?? null;
    const changed = rule !== null && rule !== old;
    if (changed || !rule) this.rule = rule;
    if (to !== this.to) {
      from.specTable.changes++;
      this.to?.dropEdgeIn(this);
      this.to = to;
      this.#error = undefined;
      to?.addEdgeIn(this);
    } else if (hard) {
      this.#error = undefined;
    } else if (changed && to) {
      old?.withdrawFrom(to);
      rule.applyTo(to);
    }
  }
}
