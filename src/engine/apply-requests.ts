import type { Failure, WayOut } from "../api/failure.ts";
import type { ResolveOptions } from "../api/resolve.ts";
import { trimSlashes } from "../base/posix-path.ts";
import { failure, InstallError, raise } from "../errors/failure.ts";
import { namelessPackage } from "../errors/local-packages.ts";
import type { EdgeSpec } from "../graph/edge-spec.ts";
import { fold } from "../graph/fold.ts";
import type { Node } from "../graph/node.ts";
import { addDependencies, localSpec, removeDependencies } from "../project/edit-dependencies.ts";
import { pickVersion } from "../registry/select-version.ts";
import { parseArg, type Spec } from "../spec/spec.ts";
import type { Context } from "./context.ts";
import type { DepsQueue } from "./deps-queue.ts";
import { hideProjectPath } from "./hide-project-path.ts";
import { readManifest } from "./local-packages.ts";
import { needPackument, needTarball, type Steps, withPauses } from "./need.ts";
import { listOf } from "./options.ts";
import { noGit } from "./problems.ts";
import { queueUpdates } from "./update-requests.ts";

/** The changes that `add`, `rm` and `update` made, for the package.json files that are written at the end. */
export interface Requested {
  /** Added dependencies, each with the project or workspace that got it. */
  readonly added: { name: string; to: Node }[];
  /** The project and workspaces whose manifest was edited. */
  readonly edited: Set<Node>;
}

/**
 * Applies `add`, `rm` and `update` to the project, or to the workspaces that `workspaces` names (npm-tree §19).
 *
 * For each project or workspace:
 * 1. `update` with names: queue the dependents of every package with such a name. The whole rule is in `update-requests.ts`.
 * 2. `rm`: drop the names from all sections of the manifest.
 * 3. `add`: find the name of each spec, put it into the manifest, and remember its edge as an explicit request.
 *    a. A tag becomes the exact version that it names now.
 *    b. A source that an option forbids ends the run: EALLOWGIT and the like.
 *    c. A folder, file or URL without a name: read the name from its package.json.
 * 4. Queue the project or workspace.
 *
 * The main loop then places the edges. package.json is written at the end: `save-manifests.ts`.
 */
export function* applyRequests(options: ResolveOptions, context: Context, queue: DepsQueue): Steps<Requested> {
  const requested: Requested = { added: [], edited: new Set() };
  for (const node of requestedNodes(options, context)) {
    queueUpdates(context, queue);
    const removed = listOf(options.rm);
    if (removed.length > 0) {
      if (context.specTable.rules.refusesSpecsInRm) removed.forEach(checkRemoved);
      setManifest(node, removeDependencies(node.manifest, removed), context);
      requested.edited.add(node);
    }
    if (options.add?.length) yield* addTo(node, { options, context, requested });
    queue.push(node);
  }
  return requested;
}

/** Checks an entry of `rm`: npm takes bare names. @throws InstallError ERMARGS */
function checkRemoved(text: string): void {
  const { name, raw } = parseArg(text, "/");
  if (name === raw) return;
  const message = `rm takes the names of packages, without a version: "${text}" is not one.`;
  const bare = name ?? text;
  throw new InstallError(
    failure("ERMARGS", message, { spec: text, wayOut: [{ kind: "other", text: `Write ${bare}.` }] }),
  );
}

/**
 * Returns the project, or the workspaces that were named. As in npm, those that the lock lacks are left out, with a warning.
 * @throws InstallError ENOWORKSPACES
 */
function requestedNodes({ workspaces, includeWorkspaceRoot }: ResolveOptions, { tree, warnings }: Context): Node[] {
  if (!workspaces?.length) return [tree.root];
  const specs = [...tree.workspaceSpecs.values()];
  const nodes: Node[] = [];
  for (const name of workspaces) {
    const path = `${tree.root.path}/${trimSlashes(name.replace(/^\.?\/+/, ""))}`;
    const spec = specs.find((one) => one.key === fold(name)) ?? specs.find(({ raw }) => raw === `file:${path}`);
    if (!spec) throw new InstallError(noWorkspace(name, specs));
    const node = tree.at(spec.raw.slice("file:".length));
    if (node) nodes.push(node.target);
    else warnings.push(newWorkspace(spec.name));
  }
  return includeWorkspaceRoot ? [...nodes, tree.root] : nodes;
}

function newWorkspace(name: string): Failure {
  const message = `The lock does not have the workspace ${name} yet. npm adds the workspace, and ignores what was requested for it.`;
  const wayOut = [{ kind: "other" as const, text: "Resolve again with the new lock and the same request." }];
  return failure("ENEWWORKSPACE", message, { package: name, wayOut });
}

function noWorkspace(name: string, specs: readonly EdgeSpec[]): Failure {
  const names = specs.map((spec) => spec.name);
  return failure("ENOWORKSPACES", `The project has no workspace "${name}".`, {
    package: name,
    found: names.join(", ") || "none",
    wayOut: names.slice(0, 5).map((text) => ({ kind: "other" as const, text: `Use the workspace ${text}.` })),
  });
}

/** Gives a node a new manifest, and resolves its edges again. */
function setManifest(node: Node, manifest: Node["manifest"], { tree }: Context): void {
  node.manifest = manifest;
  for (const link of node.linksIn) link.manifest = manifest;
  tree.reload(node);
}

interface AddRequest {
  options: ResolveOptions;
  context: Context;
  requested: Requested;
}

function* addTo(node: Node, { options, context, requested }: AddRequest): Steps<void> {
  const specs: Spec[] = [];
  for (const text of listOf(options.add)) specs.push(yield* specToAdd(text, node, context));
  const { saveType, saveBundle } = options;
  setManifest(node, addDependencies(node.manifest, specs, { saveType, saveBundle }), context);
  requested.edited.add(node);
  for (const { name } of specs) {
    const edge = node.edges().get(fold(name));
    if (edge) context.explicitEdges.add(edge);
    requested.added.push({ name, to: node });
  }
}

/** Returns an argument of `add` as a spec with a name: step 3. */
function* specToAdd(text: string, node: Node, context: Context): Steps<Spec> {
  const root = context.tree.root.path;
  const spec = parseArg(text, root);
  if (spec.type === "git" || !spec.name) {
    const refused = context.options.forbidden?.({ name: spec.name, from: node }, spec);
    if (refused) raise(refused);
  }
  if (spec.type === "git") {
    const wayOut: WayOut[] = [{ kind: "other", text: "Add a published version, or the https URL of a tarball." }];
    return raise({ ...noGit(spec.name || text, spec.saveSpec, ""), wayOut });
  }
  if (spec.type === "tag" && spec.rawSpec) {
    const packument = yield* needPackument(spec.name);
    const policy = context.options.policyFor(spec.name);
    const picked = packument.ok ? yield* withPauses(pickVersion(packument.value, spec.fetchSpec, policy)) : packument;
    if (!picked.ok) return raise({ ...picked.failure, requiredBy: [node.location] });
    return parseArg(`${picked.value.name}@${picked.value.version}`, root);
  }
  const name = spec.name || (yield* readName(spec, context)) || "";
  return localSpec({ ...spec, name }, node.path);
}

function* readName(spec: Spec, context: Context): Steps<string> {
  if (spec.type === "directory") {
    const manifest = context.folders.manifest(spec.fetchSpec);
    return manifest?.name ?? raise(namelessPackage(spec.rawSpec));
  }
  if (spec.type !== "file" && spec.type !== "remote") return raise(namelessPackage(spec.rawSpec));
  const key = spec.type === "file" ? `file:${spec.fetchSpec}` : spec.fetchSpec;
  const listing = yield* needTarball(key, spec.rawSpec, null);
  if (!listing.ok) return raise(hideProjectPath(listing.failure, context.tree.root.path));
  return readManifest(listing.value.texts.get("package.json"))?.name ?? raise(namelessPackage(spec.rawSpec));
}
