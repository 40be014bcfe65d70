import type { Failure } from "../api/failure.ts";
import type { ResolveOptions } from "../api/resolve.ts";
import { failure } from "../errors/failure.ts";
import { namelessPackage } from "../errors/packages.ts";
import { fold } from "../graph/fold.ts";
import type { Node } from "../graph/node.ts";
import { addDependencies, localSpec, removeDependencies } from "../project/edit-dependencies.ts";
import { selectVersion } from "../registry/select-version.ts";
import { parseArg, type Spec } from "../spec/spec.ts";
import { type Context, raise } from "./context.ts";
import type { DepsQueue } from "./deps-queue.ts";
import { readManifest } from "./local-packages.ts";
import { needPackument, needTarball, type Steps } from "./need.ts";
import { noGit } from "./problems.ts";

/** What the requests touched: for the package.json files that are written at the end. */
export interface Requested {
  /** Dependencies that were added, and to which folder's package. */
  readonly added: { name: string; to: Node }[];
  /** Packages whose manifest was edited. */
  readonly edited: Set<Node>;
}

/** Edits the project as `add`, `rm` and `update` ask, and queues what must be looked at (npm-tree §19). */
export function* applyRequests(options: ResolveOptions, context: Context, queue: DepsQueue): Steps<Requested> {
  const requested: Requested = { added: [], edited: new Set() };
  for (const node of requestedNodes(options, context)) {
    queueUpdates(context, queue);
    if (options.rm?.length) {
      edit(node, removeDependencies(node.manifest, options.rm), context);
      requested.edited.add(node);
    }
    if (options.add?.length) yield* add(node, { options, context, requested });
    queue.push(node);
  }
  return requested;
}

/** The project itself, or the workspaces that were named. */
function requestedNodes({ workspaces, includeWorkspaceRoot }: ResolveOptions, { tree }: Context): Node[] {
  if (!workspaces?.length) return [tree.root];
  const specs = [...tree.workspaceSpecs.values()];
  const nodes = workspaces.map((name) => {
    const path = `${tree.root.path}/${name.replace(/^\.?\/+|\/+$/g, "")}`;
    const spec = specs.find((one) => one.key === fold(name)) ?? specs.find(({ raw }) => raw === `file:${path}`);
    const node = spec && tree.at(spec.raw.slice("file:".length));
    return (
      node?.target ??
      raise(
        noWorkspace(
          name,
          specs.map((one) => one.name),
        ),
      )
    );
  });
  return includeWorkspaceRoot ? [...nodes, tree.root] : nodes;
}

function noWorkspace(name: string, names: string[]): Failure {
  return failure("ENOWORKSPACES", `No workspace is called "${name}"`, {
    package: name,
    found: names.join(", ") || "none",
    wayOut: names
      .slice(0, 5)
      .map((text) => ({ kind: "other" as const, text: `Name a workspace of the project: ${text}` })),
  });
}

function queueUpdates({ tree, options }: Context, queue: DepsQueue): void {
  if (options.updateNames.size === 0) return;
  for (const node of tree.inventory.values()) {
    if (!options.updateNames.has(node.name) || node.isTop || node.inDepBundle || node.inShrinkwrap) continue;
    for (const edge of node.edgesIn) queue.push(edge.from);
  }
}

function edit(node: Node, manifest: Node["manifest"], { tree }: Context): void {
  node.manifest = manifest;
  for (const link of node.linksIn) link.manifest = manifest;
  tree.reload(node);
}

interface AddAt {
  options: ResolveOptions;
  context: Context;
  requested: Requested;
}

function* add(node: Node, { options, context, requested }: AddAt): Steps<void> {
  const specs: Spec[] = [];
  for (const text of options.add ?? []) specs.push(yield* named(text, node, context));
  const { saveType, saveBundle } = options;
  edit(node, addDependencies(node.manifest, specs, { saveType, saveBundle }), context);
  requested.edited.add(node);
  for (const { name } of specs) {
    const edge = node.edges().get(fold(name));
    if (edge) context.explicit.add(edge);
    requested.added.push({ name, to: node });
  }
}

/** An argument of `add` as a dependency with a name; a tag becomes the version it stands for now. */
function* named(text: string, node: Node, context: Context): Steps<Spec> {
  const root = context.tree.root.path;
  const spec = parseArg(text, root);
  if (spec.type === "git") return raise(noGit(spec.name || text, spec.saveSpec, ""));
  if (spec.type === "tag" && spec.rawSpec) {
    const packument = yield* needPackument(spec.name);
    const picked = packument.ok
      ? selectVersion(packument.value, spec.fetchSpec, context.options.policyFor(spec.name))
      : packument;
    if (!picked.ok) return raise({ ...picked.failure, requiredBy: [node.location] });
    return parseArg(`${picked.value.name}@${picked.value.version}`, root);
  }
  const name = spec.name || (yield* nameOf(spec, context)) || "";
  return localSpec({ ...spec, name }, node.path);
}

function* nameOf(spec: Spec, context: Context): Steps<string> {
  if (spec.type === "directory") {
    const manifest = context.folders.manifest(spec.fetchSpec);
    return manifest?.name ?? raise(namelessPackage(spec.rawSpec));
  }
  if (spec.type !== "file" && spec.type !== "remote") return raise(namelessPackage(spec.rawSpec));
  const key = spec.type === "file" ? `file:${spec.fetchSpec}` : spec.fetchSpec;
  const listing = yield* needTarball(key, spec.rawSpec, null);
  if (!listing.ok) return raise(listing.failure);
  return readManifest(listing.value.texts.get("package.json"))?.name ?? raise(namelessPackage(spec.rawSpec));
}
