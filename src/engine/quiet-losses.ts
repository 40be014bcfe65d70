// Loaded on demand: to warn of what a project loses without a word from npm.
import type { Failure } from "../api/failure.ts";
import { failure, InstallError } from "../errors/failure.ts";
import type { Edge } from "../graph/edge.ts";
import { repeatsNames } from "../graph/edge-spec.ts";
import { fold } from "../graph/fold.ts";
import type { Node } from "../graph/node.ts";
import type { OverrideSet } from "../graph/overrides.ts";
import { bundledNames } from "../spec/bundled-names.ts";
import { declaredDependencies } from "../spec/declared-dependencies.ts";
import { workspaceOf } from "./absent-package.ts";
import { pathTo } from "./conflict.ts";
import type { Context } from "./context.ts";
import { needPackument, PAUSE, type Steps, withPauses } from "./need.ts";

/** The names that a warning lists. */
const MAX_NAMED = 5;
/** A node whose dependents put different rules on it: no single rule is expected below it. */
const UNCLEAR = Symbol("unclear");

/**
 * Adds a warning for each loss of the finished tree:
 *
 * - ELOSTPACKAGE: a package is not in the tree, because it left with a link to it.
 * - ENAMESALIKE: of two dependencies whose names differ in case only, one is dropped.
 * - EINCOMPLETEBUNDLE: a bundle lacks what it needs.
 * - ELOCKEDOVERRIDE: a package of the lock does not get the override that a fresh resolution would give it.
 * - EOVERRIDEFOLDER: an override with a folder leads to another folder.
 * - ENOTWORKSPACE: a package of the registry is installed, because the workspace of its name does not match.
 * - EUNKNOWNAGE: with a date limit, versions were picked whose age the registry does not tell.
 */
export function* warnOfLosses(context: Context, fromLock: boolean): Steps<void> {
  const { tree, specTable, options } = context;
  for (const node of tree.inventory.values()) {
    specTable.budget.visit(1);
    if (specTable.budget.takePause()) yield PAUSE;
    if (node.isLink || node.inert) continue;
    if (repeatsNames(node.manifest)) namesAlike(node, context);
    if (tree.lostTarget) lostPackage(node, context);
    if (tree.hasWorkspaces) notWorkspace(node, context);
    if (tree.hasLinks && specTable.overrides) misledOverride(node, context);
    if (tree.hasBundles && node !== tree.root) incompleteBundle(node, context);
  }
  const { overrides } = specTable;
  if (overrides && fromLock) yield* withPauses(lockedOverrides(overrides, context));
  if (options.policy.before != null) yield* unknownAges(context);
}

/** ENAMESALIKE */
function namesAlike(node: Node, { specTable, warnings }: Context): void {
  const kept = node.specs();
  const scope = { dev: node.isTop, peers: !specTable.legacyPeerDeps };
  const dropped = new Set<string>();
  for (const { name, spec } of declaredDependencies(node.manifest, scope)) {
    const other = kept.get(fold(name))?.name;
    if (other === undefined || other === name || typeof spec !== "string" || dropped.has(name)) continue;
    dropped.add(name);
    const message = `${idOf(node)} requires both ${name} and ${other}. These names differ in case or Unicode form only, so ${name}@${spec} is not installed. npm does the same.`;
    const wayOut = [{ kind: "other", text: `Remove ${name} or ${other}, or install one under an alias.` } as const];
    warnings.push(failure("ENAMESALIKE", message, { ...about(node), package: name, spec, found: other, wayOut }));
  }
}

/** ELOSTPACKAGE */
function lostPackage(node: Node, { tree, warnings, specTable }: Context): void {
  specTable.budget.visit(node.edges().size);
  if (node.extraneous || !node.isDescendantOf(tree.root) || node.bundler()) return;
  const bundled = new Set(node === tree.root ? [] : bundledNames(node.manifest));
  for (const { to, name, effective, optional, peerConflicted } of node.edges().values()) {
    if (to || optional || peerConflicted || bundled.has(name)) continue;
    const message = `${idOf(node)} requires ${name}@${effective}, which is not in the tree: npm takes it out together with a link that leads to it.`;
    const wayOut = [{ kind: "other", text: "Resolve the project again with the new lock: npm adds it then." } as const];
    warnings.push(failure("ELOSTPACKAGE", message, { ...about(node), package: name, spec: effective, wayOut }));
  }
}

/** EOVERRIDEFOLDER */
function misledOverride(node: Node, { warnings, specTable }: Context): void {
  specTable.budget.visit(node.edges().size);
  for (const edge of node.edges().values()) {
    const { to, rule, name } = edge;
    if (!to?.isLink || edge.valid || rule?.name !== name || edge.parsed().spec?.type !== "directory") continue;
    const message = `The override of ${name} with ${rule.value} leads to the folder ${to.target.location}, because npm reads it from the folder of ${idOf(node)}.`;
    const text = `Make ${name} a dependency of the project with this folder, and write "$${name}" as the override.`;
    const more = { ...about(node), package: name, spec: edge.effective, found: to.target.location };
    warnings.push(failure("EOVERRIDEFOLDER", message, { ...more, wayOut: [{ kind: "other", text }] }));
  }
}

/** ENOTWORKSPACE */
function notWorkspace(node: Node, { warnings, specTable }: Context): void {
  specTable.budget.visit(node.edges().size);
  for (const edge of node.edges().values()) {
    const { to, name, effective } = edge;
    const workspace = to && !to.isLink && edge.spec.type !== "workspace" && !to.inert ? workspaceOf(edge) : null;
    if (!to || !workspace || workspace === to || to.inDepBundle) continue;
    const message = `${idOf(node)} requires ${name}@${effective}, and the workspace ${idOf(workspace)} in ${workspace.location} does not match. So npm installs ${idOf(to)} from the registry.`;
    const text = `Write a range for ${name} that includes ${workspace.version || "the workspace"}, if you mean the workspace.`;
    const more = { ...about(node), package: name, spec: effective, found: to.version };
    warnings.push(failure("ENOTWORKSPACE", message, { ...more, wayOut: [{ kind: "other", text }] }));
  }
}

/** EINCOMPLETEBUNDLE */
function incompleteBundle(node: Node, { tree, warnings }: Context): void {
  const names = new Set(bundledNames(node.manifest));
  const bundler = node.bundler();
  if (names.size === 0 && (bundler === null || bundler === tree.root)) return;
  for (const edge of node.edges().values()) {
    const isOwn = names.has(edge.name);
    if (edge.peer || edge.valid || (bundler === null && !isOwn)) continue;
    const wanted = `${edge.name}@${edge.effective}`;
    const bundle = bundler === null || bundler === tree.root ? node : bundler;
    const start = isOwn ? `${idOf(node)} bundles ${edge.name}` : `${idOf(bundle)} bundles ${idOf(node)}`;
    const lack = edge.to ? `it gets ${idOf(edge.to)}` : "the tarball lacks it";
    const message = `${start}, which requires ${wanted}, but ${lack}. npm installs it with the next run only.`;
    warnings.push(
      failure("EINCOMPLETEBUNDLE", isOwn ? `${start}, but ${lack}, or it does not match ${edge.effective}.` : message, {
        ...about(node),
        package: edge.name,
        spec: edge.effective,
        wayOut: [{ kind: "other", text: "Resolve the project again with the new lock, or use another version." }],
      }),
    );
  }
}

/** ELOCKEDOVERRIDE */
function* lockedOverrides(root: OverrideSet, context: Context): Generator<undefined, void> {
  const { specTable, tree, warnings } = context;
  const expected = yield* expectedRules(root, context);
  for (const [from, set] of expected) {
    if (from === tree.root || set === UNCLEAR) continue;
    for (const edge of from.edges().values()) {
      specTable.budget.visit(2);
      const rule = keptRule(edge, set, context);
      if (!rule || !edge.to) continue;
      const message = `The lock keeps the override of ${edge.name} with ${rule.value} from acting: ${idOf(from)} still gets ${idOf(edge.to)}. npm does the same.`;
      warnings.push(
        failure("ELOCKEDOVERRIDE", message, {
          ...about(from),
          package: edge.name,
          spec: rule.value,
          found: edge.to.version,
          wayOut: [{ kind: "other", text: `Remove ${edge.name} from the lock, or the whole lock, and resolve again.` }],
        }),
      );
    }
    if (specTable.budget.takePause()) yield;
  }
}

/** Returns the rule that a fresh resolution would apply to an edge, if the edge's node breaks it. */
function keptRule(edge: Edge, set: OverrideSet, { specTable }: Context): OverrideSet | null {
  const { to } = edge;
  if (!to || edge.peerConflicted || to.isLink || to.hasShrinkwrap || to.inShrinkwrap || to.bundler()) return null;
  try {
    const rule = set.ruleFor(edge, specTable);
    if (rule.name !== edge.name || rule.value === rule.keySpec) return null;
    if (edge.accepts(to, edge.parse(rule.effective(edge.rawSpec, edge)))) return null;
    return edge.accepts(to, edge.parsedRaw()) && !edge.accepts(to, edge.parse(rule.keySpec)) ? null : rule;
  } catch (error) {
    // npm never looks at this rule, so what is wrong with it must not end the run.
    if (error instanceof InstallError) return null;
    throw error;
  }
}

/** Returns the set of rules that each node would get without a lock: that of the edges into it. */
function* expectedRules(
  root: OverrideSet,
  { specTable, tree }: Context,
): Generator<undefined, Map<Node, OverrideSet | typeof UNCLEAR>> {
  const sets = new Map<Node, OverrideSet | typeof UNCLEAR>([[tree.root, root]]);
  const open: Node[] = [tree.root];
  for (let from = open.pop(); from; from = open.pop()) {
    const set = sets.get(from) as OverrideSet | typeof UNCLEAR;
    specTable.budget.visit(1 + from.edges().size);
    if (specTable.budget.takePause()) yield;
    for (const edge of from.edges().values()) {
      const to = edge.to?.target;
      if (!to || to === tree.root) continue;
      const next = set === UNCLEAR ? UNCLEAR : ruleOf(set, edge, specTable);
      const known = sets.get(to);
      if (known === next || known === UNCLEAR) continue;
      sets.set(to, known === undefined ? next : UNCLEAR);
      open.push(to);
    }
  }
  return sets;
}

function ruleOf(set: OverrideSet, edge: Edge, specTable: Context["specTable"]): OverrideSet | typeof UNCLEAR {
  try {
    return set.ruleFor(edge, specTable);
  } catch (error) {
    if (error instanceof InstallError) return UNCLEAR;
    throw error;
  }
}

/** EUNKNOWNAGE: one warning for all packages. */
function* unknownAges({ tree, picked, options, warnings, specTable }: Context): Steps<void> {
  const undated: Node[] = [];
  for (const node of tree.inventory.values()) {
    const { name, version } = node.manifest;
    if (!picked.has(node.manifest) || !name || !version || options.policyFor(name).before == null) continue;
    // Each of them is there already: a version was picked from it.
    const packument = yield* needPackument(name);
    if (packument.ok && packument.value.time(version) === undefined) undated.push(node);
    specTable.budget.visit(2);
  }
  const [first] = undated;
  if (!first) return;
  const ids = [...new Set(undated.map(idOf))];
  const more = ids.length > MAX_NAMED ? ` and ${ids.length - MAX_NAMED} others` : "";
  const message = `The age of ${ids.slice(0, MAX_NAMED).join(", ")}${more} is unknown: the registry does not say when they were published. They may be newer than the date limit allows. npm takes them too.`;
  warnings.push(
    failure("EUNKNOWNAGE", message, {
      ...about(first),
      details: { packages: ids },
      wayOut: [
        { kind: "option", option: "registry", text: "Use a registry that has publish times." },
        { kind: "option", option: "minReleaseAgeExclude", text: "Exclude packages that you trust from the limit." },
      ],
    }),
  );
}

function about(node: Node): Partial<Failure> {
  return { package: node.packageName ?? node.name, requiredBy: [node.location], paths: [pathTo(node)] };
}

function idOf(node: Node): string {
  const name = node.packageName ?? node.name;
  return node.isProjectRoot && !node.packageName ? "the project" : node.version ? `${name}@${node.version}` : name;
}
