import type { Spec } from "../spec/spec.ts";
import type { Edge } from "./edge.ts";
import type { Node } from "./node.ts";
import type { Want } from "./spec-table.ts";

/** Whether a node is what a spec asks for (npm-tree §5). A spec that cannot be parsed is met by nothing. */
export function depValid(node: Node, want: Want, edge: Edge): boolean {
  const { from } = edge;
  const { spec } = want;
  if (!spec) {
    if (want.failure) from.errors = [...from.errors, want.failure];
    return false;
  }
  return specMet(node, spec, { want, from });
}

function specMet(node: Node, spec: Spec, at: { want: Want; from: Node }): boolean {
  const { specTable } = at.from;
  switch (spec.type) {
    case "range":
    case "version":
      return specTable.satisfies(node.version, at.want, spec.fetchSpec);
    case "alias":
      // npm looks at the version alone: the name behind the alias is not compared.
      return specMet(node, spec.subSpec, at);
    case "tag":
      return isRemote(node.resolved);
    case "directory":
      if (specTable.installLinks && !node.isWorkspace) return !node.isLink;
      return node.isLink && node.realpath === spec.fetchSpec;
    case "file":
      return !node.isLink && node.resolved === `file:${spec.fetchSpec}`;
    case "remote":
      return node.resolved === spec.fetchSpec;
    case "git":
      return gitMet(node, spec, at);
    default:
      return spec satisfies never;
  }
}

function gitMet(node: Node, spec: Spec & { type: "git" }, at: { want: Want; from: Node }): boolean {
  const { specTable } = at.from;
  if (!node.resolved) return false;
  const stored = specTable.want(node.name, node.resolved, "/").spec;
  if (stored?.type !== "git") return false;
  const sha = /^[a-f0-9]{40,64}$/i.test(spec.gitCommittish ?? "");
  if (repository(stored) !== repository(spec)) return false;
  if (sha && stored.gitCommittish !== spec.gitCommittish) return false;
  return spec.gitRange ? specTable.ranges.satisfies(node.version, spec.gitRange) : true;
}

function repository(spec: Spec & { type: "git" }): string {
  return spec.saveSpec.replace(/#.*$/, "");
}

function isRemote(resolved: string | null): boolean {
  return resolved !== null && /^https?:/i.test(resolved);
}
