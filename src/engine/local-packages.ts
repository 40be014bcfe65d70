// Loaded on demand: for a dependency on a folder, a workspace, a tarball or a repository.
import type { Failure } from "../api/failure.ts";
import type { Manifest } from "../api/manifest.ts";
import { isDeeperThan, MAX_JSON_DEPTH } from "../base/json-depth.ts";
import { relativePath } from "../base/posix-path.ts";
import { fail, type Outcome, ok } from "../errors/failure.ts";
import { notFound } from "../errors/files.ts";
import { noManifest } from "../errors/local-packages.ts";
import type { Edge } from "../graph/edge.ts";
import { FOLDER_OPERATIONS } from "../graph/folders.ts";
import { Link } from "../graph/link.ts";
import { Node } from "../graph/node.ts";
import { normaliseManifest } from "../registry/normalise-manifest.ts";
import type { FileSpec, GitSpec, RemoteSpec, Spec } from "../spec/spec.ts";
import type { Context } from "./context.ts";
import { hideProjectPath } from "./hide-project-path.ts";
import { needTarball, type Steps } from "./need.ts";
import { noGit } from "./problems.ts";

/** A loaded manifest, and the source of its package's files. */
export interface LoadedManifest {
  manifest: Manifest;
  resolved: string | null;
  integrity: string | null;
}

/** Returns the link for an edge to a folder or a workspace of the project (npm-tree §9), or null if the package must be fetched. */
export function linkFor(edge: Edge, at: { spec: Spec; name: string; context: Context }): Node | null {
  const { name, context } = at;
  // As in npm, the folder of the dependent counts, even for the value of an override: the link may then lead to no folder of the project.
  const { from } = edge;
  const { spec } = at.spec.type === "directory" ? context.specTable.parsed(name, edge.effective, from.path) : at;
  if (spec?.type === "directory" && isLinked(edge, spec.fetchSpec, context))
    return linkTo(name, spec.fetchSpec, context);
  return workspaceFor(edge, context);
}

/** Checks whether a folder is linked. Under `installLinks`, only workspaces and folders inside the project are. */
function isLinked(edge: Edge, folder: string, { tree, options }: Context): boolean {
  if (!options.installLinks || tree.workspaceSpecs.has(edge.key)) return true;
  return /^file:\.\.?\//.test(edge.rawSpec) && `${folder}/`.startsWith(`${tree.root.path}/`);
}

/** Returns a link to a folder of the project. Placing the link also places the folder. */
export function linkTo(name: string, folder: string, { specTable, tree, folders }: Context): Node {
  tree.folders = FOLDER_OPERATIONS;
  if (folder === tree.root.path) return new Link({ specTable, name }, tree.root);
  const present = tree.at(folder);
  const manifest = folders.manifest(folder) ?? {};
  // A package that was placed there is not what the link asks for: npm reads the folder, which is not there yet.
  const isFolder = present && !present.isLink && !present.parent;
  const target = isFolder ? present : new Node({ specTable, name, manifest });
  if (target !== present) target.ownPath = folder;
  return new Link({ specTable, name }, target);
}

/** Returns a link to the workspace of the edge's name, if the edge accepts the workspace's version. */
function workspaceFor(edge: Edge, { tree }: Context): Node | null {
  if (!tree.workspaceSpecs.has(edge.key)) return null;
  const link = tree.root.edges().get(edge.key)?.to;
  if (!link?.isWorkspace || !link.satisfies(edge)) return null;
  return link;
}

/** Loads the manifest for a spec that does not name a registry. Fails with EUNSUPPORTED for git. */
export function* loadLocal(
  spec: FileSpec | RemoteSpec | GitSpec,
  edge: { readonly name: string; readonly from: { readonly location: string } },
  context: Context,
): Steps<Outcome<LoadedManifest>> {
  switch (spec.type) {
    case "remote":
      return yield* fromTarball(spec.fetchSpec, edge.name, context);
    case "file":
      return yield* fromTarball(`file:${spec.fetchSpec}`, edge.name, context);
    case "directory":
      return fromFolder(spec.fetchSpec, edge.name, context);
    case "git":
      return fail(noGit(edge.name, spec.saveSpec, edge.from.location));
    default:
      return spec satisfies never;
  }
}

function* fromTarball(url: string, name: string, { tree }: Context): Steps<Outcome<LoadedManifest>> {
  const refuse = (failure: Failure): Outcome<never> => fail(hideProjectPath(failure, tree.root.path));
  const listing = yield* needTarball(url, name, null);
  if (!listing.ok) return refuse(listing.failure);
  const { texts, integrity } = listing.value;
  const manifest = readManifest(texts.get("package.json"));
  if (!manifest) return refuse(noManifest(name, url));
  const shrinkwrapped = texts.has("npm-shrinkwrap.json");
  return ok({ manifest: shrinkwrapped ? { ...manifest, _hasShrinkwrap: true } : manifest, resolved: url, integrity });
}

function fromFolder(folder: string, name: string, { folders, tree }: Context): Outcome<LoadedManifest> {
  const manifest = folders.manifest(folder);
  if (manifest) return ok({ manifest, resolved: `file:${folder}`, integrity: null });
  const shown = relativePath(tree.root.path, folder);
  return fail(notFound(`The folder of ${name} has no package.json: ${shown}.`, { package: name }));
}

/** Returns the normalised manifest, or null if the text is missing, not JSON, or nested too deep. */
export function readManifest(text: string | undefined): Manifest | null {
  if (text === undefined) return null;
  try {
    return isDeeperThan(text, MAX_JSON_DEPTH) ? null : normaliseManifest(JSON.parse(text));
  } catch {
    return null;
  }
}
