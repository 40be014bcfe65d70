import { hostedText } from "../spec/hosted.ts";
import type { Spec } from "../spec/spec.ts";
import type { Edge } from "./edge.ts";
import type { Node } from "./node.ts";
import type { ParsedSpec } from "./spec-table.ts";

/**
 * Checks whether a node satisfies a spec (npm-tree §5). No node satisfies a spec that cannot be parsed. The dependent
 * then gets the failure.
 */
export function depValid(node: Node, parsed: ParsedSpec, edge: Edge): boolean {
  const { from } = edge;
  const { spec } = parsed;
  if (!spec) {
    if (parsed.failure) from.errors = [...from.errors, parsed.failure];
    return false;
  }
  return satisfiesSpec(node, spec, { parsed, from });
}

function satisfiesSpec(node: Node, spec: Spec, at: { parsed: ParsedSpec; from: Node }): boolean {
  const { specTable } = at.from;
  switch (spec.type) {
    case "range":
    case "version":
      return specTable.satisfies(node.version, at.parsed, spec.fetchSpec);
    case "alias":
      // As in npm, only the version is compared, not the name behind the alias.
      return satisfiesSpec(node, spec.subSpec, at);
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
      return satisfiesGit(node, spec, at);
    default:
      return spec satisfies never;
  }
}

function satisfiesGit(node: Node, spec: Spec & { type: "git" }, at: { parsed: ParsedSpec; from: Node }): boolean {
  const { specTable } = at.from;
  if (!node.resolved) return false;
  const stored = specTable.parsed(node.name, node.resolved, "/").spec;
  if (stored?.type !== "git") return false;
  const sha = /^[a-f0-9]{40,64}$/i.test(spec.gitCommittish ?? "");
  if (repository(stored) !== repository(spec)) return false;
  if (sha && stored.gitCommittish !== spec.gitCommittish) return false;
  return spec.gitRange ? specTable.ranges.satisfies(node.version, spec.gitRange) : true;
}

/** Returns a repository's address, the same for `https`, `ssh` and the short form of one on a known host. */
function repository({ hosted, saveSpec }: Spec & { type: "git" }): string {
  const address = hosted ? hostedText(hosted, "scp") : saveSpec;
  return address.split("#", 1)[0] as string;
}

function isRemote(resolved: string | null): boolean {
  return resolved !== null && /^https?:/i.test(resolved);
}
