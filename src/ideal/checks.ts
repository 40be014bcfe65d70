import { type Failure, failure, type WayOut } from "../errors.ts";
import { optionalSet } from "../graph/gather.ts";
import type { Node } from "../graph/node.ts";
import type { Manifest } from "../registry/manifest.ts";
import { engineFits } from "../registry/select-version.ts";
import { pathTo } from "./conflict.ts";
import { type Context, raise } from "./context.ts";

interface Machine {
  os: string;
  cpu: string;
  libc: string | undefined;
}

/**
 * A dependency that could not be loaded stops the resolution, unless it is optional: then it is left out with all that
 * needed it (npm-tree §16).
 */
export function pruneFailedOptional({ loadFailures }: Context): void {
  for (const node of loadFailures) {
    if (!node.optional) raise(withPaths(node.errors[0] as Failure, node));
    for (const one of optionalSet(node)) one.inert = true;
  }
}

function withPaths(cause: Failure, node: Node): Failure {
  const dependents = [...node.edgesIn].map((edge) => edge.from);
  if (dependents.length === 0) return cause;
  const paths = dependents.slice(0, 5).map(pathTo);
  return { ...cause, requiredBy: dependents.map((from) => from.location), paths };
}

/** npm's engine and platform checks (npm-tree §16), in the order of the tree. */
export function checkEnginesAndPlatforms(context: Context): void {
  const { tree, options } = context;
  const { platform, policy, forced } = options;
  const running: Machine = { os: platform.os, cpu: platform.cpu, libc: platform.libc };
  const wanted: Machine = {
    os: forced.os || running.os,
    cpu: forced.cpu || running.cpu,
    libc: forced.libc || running.libc,
  };
  const engines = options.force ? { ...policy, nodeVersion: null } : policy;
  for (const node of tree.inventory.values()) {
    const { manifest } = node;
    if (!node.optional && !omitted(node, options.omit)) {
      if (manifest.engines && !(node.isProjectRoot && manifest["devEngines"]) && !engineFits(manifest, engines)) {
        const problem = badEngine(node, context);
        if (options.engineStrict) raise(problem);
        context.warnings.push(problem);
      }
      if (!options.force && !platformFits(manifest, running)) raise(badPlatform(node, running));
    }
    if (node.optional && !node.inert && !(engineFits(manifest, policy) && platformFits(manifest, wanted))) {
      for (const one of optionalSet(node)) one.inert = true;
    }
  }
}

function omitted(node: Node, omit: ReadonlySet<string>): boolean {
  if (omit.size === 0) return false;
  let top = node;
  while (top.parent) top = top.parent;
  if (!top.isProjectRoot && !top.isWorkspace) return false;
  if ((node.peer && omit.has("peer")) || (node.dev && omit.has("dev")) || (node.optional && omit.has("optional"))) return true;
  return node.devOptional && omit.has("optional") && omit.has("dev");
}

/** Whether a package may be installed on a machine, by its `os`, `cpu` and `libc`. */
export function platformFits({ os, cpu, libc }: Manifest, machine: Machine): boolean {
  if (!os && !cpu && !libc) return true;
  return listed(machine.os, os) && listed(machine.cpu, cpu) && (!libc || (Boolean(machine.libc) && listed(machine.libc, libc)));
}

/** `["any"]` fits all; `!x` excludes; otherwise one must match, unless all only exclude. */
function listed(value: string | undefined, list: string | string[] | undefined): boolean {
  if (!list) return true;
  const entries = typeof list === "string" ? [list] : list;
  if (!Array.isArray(entries) || (entries.length === 1 && entries[0] === "any")) return true;
  const excluded = entries.filter((entry) => String(entry).startsWith("!"));
  if (excluded.includes(`!${value}`)) return false;
  return excluded.length === entries.length || entries.includes(value as string);
}

function badEngine(node: Node, { options }: Context): Failure {
  const { engines } = node.manifest;
  const { node: version, npm } = options.platform;
  const required = Object.entries(engines ?? {}).map(([name, range]) => `${name} ${range}`);
  return failure("EBADENGINE", `${idOf(node)} needs ${required.join(", ")}; this is node ${version}, npm ${npm}`, {
    ...about(node),
    found: `node ${version}, npm ${npm}`,
    wayOut: [{ kind: "other", text: `Use an engine that fits (${required.join(", ")}), or another version of ${node.name}` }],
    details: { required: engines, current: { node: version, npm } },
  });
}

function badPlatform(node: Node, machine: Machine): Failure {
  const { os, cpu, libc } = node.manifest;
  const needs = [os, cpu, libc].filter(Boolean).map((list) => [list].flat().join("|"));
  const force: WayOut = { kind: "option", option: "force", text: "Resolve with force, which skips this check" };
  return failure("EBADPLATFORM", `${idOf(node)} is for ${needs.join(" ")}, not for ${machine.os} ${machine.cpu}`, {
    ...about(node),
    found: [machine.os, machine.cpu, machine.libc].filter(Boolean).join(" "),
    wayOut: [{ kind: "other", text: `Move ${node.name} to optionalDependencies` }, force],
    details: { required: { os, cpu, libc }, current: machine },
  });
}

function about(node: Node): Partial<Failure> {
  const dependents = [...node.edgesIn].map((edge) => edge.from);
  return {
    package: node.name,
    spec: [...node.edgesIn][0]?.effective ?? node.version,
    requiredBy: dependents.map((from) => from.location),
    paths: dependents.slice(0, 3).map(pathTo),
  };
}

function idOf(node: Node): string {
  return node.version ? `${node.packageName ?? node.name}@${node.version}` : (node.packageName ?? node.name);
}

/** One warning for each deprecated package that is placed. */
export function warnDeprecated({ tree, warnings }: Context): void {
  const seen = new Set<Manifest>();
  for (const node of tree.inventory.values()) {
    const { deprecated } = node.manifest;
    if (!deprecated || node.isLink || seen.has(node.manifest)) continue;
    seen.add(node.manifest);
    warnings.push(failure("EDEPRECATED", `${idOf(node)} is deprecated: ${String(deprecated)}`, about(node)));
  }
}
