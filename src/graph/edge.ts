import { depValid } from "./dep-valid.ts";
import type { EdgeSpec } from "./edge-spec.ts";
import type { Node } from "./node.ts";
import type { OverrideSet } from "./overrides.ts";
import type { Want } from "./spec-table.ts";

export type EdgeError = "MISSING" | "INVALID" | "PEER LOCAL";

/** A dependency of a node: what is wanted, and the node it resolves to now. `to` is kept live by the tree. */
export class Edge {
  declare readonly from: Node;
  declare readonly spec: EdgeSpec;
  to: Node | null = null;
  /** The override rule in force, or the set of the dependent when no rule names this edge. */
  rule: OverrideSet | null = null;
  /** npm gave up on this peer: it is left unmet and not looked at again. */
  peerConflicted = false;
  #error: EdgeError | null | undefined = undefined;

  constructor(from: Node, spec: EdgeSpec) {
    this.from = from;
    this.spec = spec;
    if (from.overrides) this.rule = from.overrides.ruleFor(this, from.specTable);
  }

  get name(): string {
    return this.spec.name;
  }
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

  /** `effective`, parsed. */
  want(): Want {
    if (!this.rule) return this.rawWant();
    const text = this.effective;
    return text === this.spec.raw ? this.rawWant() : this.parse(text);
  }

  rawWant(): Want {
    const { spec } = this;
    if (spec.want) return spec.want;
    const want = this.parse(spec.raw);
    const type = want.spec?.type;
    if (type !== "file" && type !== "directory") spec.want = want;
    return want;
  }

  parse(text: string): Want {
    return this.from.specTable.want(this.spec.name, text || "*", this.where());
  }

  /** The folder that a relative spec of this edge starts from: the project for an override's value. */
  where(): string {
    const { rule, from } = this;
    if (rule?.value && rule.name === this.spec.name) return (from.source ?? from).tree.root.path;
    return from.sourceFolder();
  }

  satisfiedBy(node: Node): boolean {
    if (node.name !== this.spec.name) return false;
    return this.rule?.keySpec ? this.rule.met(node, this) : this.accepts(node, this.want());
  }

  accepts(node: Node, want: Want): boolean {
    if (depValid(node, want, this)) return true;
    const accept = this.spec.accept;
    return accept !== undefined && depValid(node, this.parse(accept), this);
  }

  /** Cached until `to` changes or {@link forget} is called (npm-tree §5). */
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

  /** Points the edge at what its name resolves to now, and lets override rules follow (npm-tree §6.5). */
  point(to: Node | null, hard = false): void {
    const { from, rule: old } = this;
    const rule = from.overrides?.ruleFor(this, from.specTable) ?? null;
    const changed = rule !== null && !rule.equals(old);
    if (changed || !rule) this.rule = rule;
    if (to !== this.to) {
      this.to?.dropEdgeIn(this);
      this.to = to;
      this.#error = undefined;
      to?.addEdgeIn(this);
    } else if (hard) {
      this.#error = undefined;
    } else if (changed && to) {
      old?.leave(to);
      rule.reach(to);
    }
  }
}
