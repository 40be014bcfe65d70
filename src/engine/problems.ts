import type { Failure, WayOut } from "../api/failure.ts";
import { shownValue } from "../base/shown-value.ts";
import { failure } from "../errors/failure.ts";
import { npmCrashes, unsupportedSource } from "../errors/tree.ts";
import type { Node } from "../graph/node.ts";
import { badPlatform } from "../registry/bad-platform.ts";
import type { Machine } from "../registry/platform.ts";
import { aboutAbsent } from "./absent-package.ts";
import { pathTo } from "./conflict.ts";
import type { BuildOptions } from "./context.ts";
import { hideProjectPath } from "./hide-project-path.ts";

/** Returns the failure of a package that could not be loaded, with its dependents and the paths from the project to them. */
export function loadFailure(node: Node): Failure {
  const cause = node.errors[0] as Failure;
  const edges = [...node.edgesIn];
  if (edges.length === 0) return cause;
  const paths = edges.slice(0, 5).map(({ from, spec }) => {
    const path = pathTo(from);
    const last = path.at(-1);
    return last ? [...path.slice(0, -1), { ...last, type: spec.type }] : path;
  });
  const told = aboutAbsent(cause, node, edges);
  const failed = { ...told, requiredBy: edges.map(({ from }) => from.location), paths };
  return hideProjectPath(failed, node.tree.root.path);
}

/** EUNSUPPORTED: a dependency on a git repository. `from` is the location of the dependent. */
export function noGit(name: string, spec: string, from: string): Failure {
  const why = `webhoist cannot clone a git repository. ${from || "The project"} requires it`;
  return unsupportedSource(name, spec, why, { spec, requiredBy: [from] });
}

/** ENPMCRASH: a candidate was placed after another one had evicted it (npm-tree §25.2). */
export function npmCrash(node: Node): Failure {
  return npmCrashes(`the peers of ${node.name}@${node.version} displace each other`, {
    package: node.name,
    wayOut: [{ kind: "option", option: "legacyPeerDeps", text: "Resolve without peer dependencies (legacyPeerDeps)." }],
  });
}

/** EBADENGINE: a warning, or a failure with `engineStrict` (npm-tree §16). */
export function badEngine(node: Node, options: BuildOptions): Failure {
  const { engines } = node.manifest;
  const { node: version, npm } = options.platform;
  const required = Object.entries(engines ?? {}).map(([name, range]) => `${name} ${shownValue(range)}`);
  return failure(
    "EBADENGINE",
    `${idOf(node)} requires ${required.join(", ")}, but this is node ${version}, npm ${npm}.`,
    {
      ...about(node),
      found: `node ${version}, npm ${npm}`,
      wayOut: [{ kind: "other", text: `Use ${required.join(", ")}, or another version of ${node.name}.` }],
      details: { required: engines, current: { node: version, npm } },
    },
  );
}

/** EBADPLATFORM of a node (npm-tree §16). */
export function wrongPlatform(node: Node, machine: Machine): Failure {
  const force: WayOut = {
    kind: "option",
    option: "force",
    text: "Resolve with force (--force), which skips this check.",
  };
  return badPlatform(idOf(node), { needs: node.manifest, machine }, about(node), force);
}

/** Returns the fields of a failure that say which package it is about. */
function about(node: Node): Partial<Failure> {
  const dependents = [...node.edgesIn].map((edge) => edge.from);
  return {
    package: (node.isTop && node.packageName) || node.name,
    spec: [...node.edgesIn][0]?.effective ?? node.version,
    requiredBy: dependents.map((from) => from.location),
    paths: dependents.slice(0, 3).map(pathTo),
  };
}

/** Returns name and version, or the name alone. */
function idOf(node: Node): string {
  return node.version ? `${node.packageName ?? node.name}@${node.version}` : (node.packageName ?? node.name);
}

/** EDEPRECATED: a warning with the text of the package's author. */
export function deprecated(node: Node): Failure {
  return failure("EDEPRECATED", `${idOf(node)} is deprecated: ${shownValue(node.manifest.deprecated)}`, about(node));
}
