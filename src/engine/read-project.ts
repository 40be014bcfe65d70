import type { Platform } from "../api/common.ts";
import type { ProjectInput, ResolveOptions } from "../api/resolve.ts";
import { resolvePath } from "../base/posix-path.ts";
import { fail, type Outcome, ok } from "../errors/failure.ts";
import { notFound } from "../errors/files.ts";
import { edgeSpec } from "../graph/edge-spec.ts";
import { Node } from "../graph/node.ts";
import { SpecTable } from "../graph/spec-table.ts";
import { Tree } from "../graph/tree.ts";
import type { LockInput } from "../lockfile/write-lock.ts";
import { ProjectFiles } from "../project/files.ts";
import { type PackageJson, readPackageJson } from "../project/package-json.ts";
import type { Requested } from "./apply-requests.ts";
import type { Context } from "./context.ts";
import { clearFlags } from "./flags.ts";
import { buildOptions, updatesAll } from "./options.ts";

export interface ReadInput extends ProjectInput {
  options: ResolveOptions;
  platform: Platform;
}

/** A project as it was read: its files, and a tree with nothing but the root and the names of its workspaces. */
export interface Project {
  readonly files: ProjectFiles;
  /** Absolute folder of the project among `files`. */
  readonly path: string;
  readonly packageJson: PackageJson | null;
  readonly options: ResolveOptions;
  readonly context: Context;
  /** What `add`, `rm` and `update` need: loaded only for those. */
  readonly edits: typeof import("./edit-requests.ts") | null;
  /** What those touched, once they ran. */
  requested: Requested | null;
  readonly lockfileVersion: number;
  readonly legacy: LockInput["legacy"];
  /** The bytes of a tarball among the project's files, by absolute path. */
  tarball(path: string, name: string): Outcome<Uint8Array>;
}

/**
 * The virtual folder where file sets stand. It is deep, so that `file:../../x` of a project at the top of its set leads
 * to a place outside the set rather than to some file in it.
 */
const MOUNT = "/0/1/2/3/4/5/6/7";

/** @throws InstallError EJSONPARSE, EDUPLICATEWORKSPACE, EWORKSPACESCONFIG, EOVERRIDE, EINVALIDOPTION, EUPDATEARGS, EINVALIDLOCK, EMISSINGTARGET */
export async function readProject(input: ReadInput): Promise<Project> {
  const { files: map, root: folder = "", name, options, platform } = input;
  const own = (name ?? "").split("/").filter((part) => part && part !== "." && part !== "..");
  const below = resolvePath("/", folder);
  const mount = below === "/" ? `${MOUNT}/${own.join("/") || "project"}` : MOUNT;
  const files = new ProjectFiles(map, mount);
  const path = below === "/" ? mount : MOUNT + below;
  const packageJson = readPackageJson(files, path);
  const context = await readContext({ files, path, packageJson, options, platform, name });
  await readOldLock(context, { files, path, options });
  const edits = context.mutationRequested ? await import("./edit-requests.ts") : null;
  const tarball = (at: string, name: string): Outcome<Uint8Array> => {
    const bytes = files.bytes(at);
    return bytes
      ? ok(bytes)
      : fail(notFound(`There is no tarball ${files.key(at)}, which ${name} is to come from.`, { package: name }));
  };
  const lockfileVersion = options.lockfileVersion ?? context.lock?.lockfileVersion ?? 3;
  const old = lockfileVersion < 3 ? await import("../lockfile/legacy-lock.ts") : null;
  const legacy = old?.legacyDependencies;
  return { files, path, packageJson, options, context, tarball, edits, requested: null, lockfileVersion, legacy };
}

interface Parts {
  files: ProjectFiles;
  path: string;
  packageJson: PackageJson | null;
  options: ResolveOptions;
  platform: Platform;
  name: string | undefined;
}

async function readContext({ files, path, packageJson, options: raw, platform, name }: Parts): Promise<Context> {
  const specTable = new SpecTable({
    legacyPeerDeps: Boolean(raw.legacyPeerDeps),
    installLinks: Boolean(raw.installLinks),
  });
  const options = await buildOptions(raw, platform, specTable);
  const manifest = packageJson?.manifest ?? {};
  const overrides = hasRules(manifest.overrides) ? await import("../graph/overrides.ts") : null;
  if (overrides) specTable.overrides = new overrides.OverrideSet(manifest.overrides);
  const folderName = name || path.slice(path.lastIndexOf("/") + 1);
  const root = new Node({ specTable, name: folderName, manifest, overrides: specTable.overrides });
  clearFlags(root);
  const globs = manifest.workspaces ? await import("../project/workspaces.ts") : null;
  const workspaces = [...(globs?.findWorkspaces(manifest.workspaces, files, path) ?? [])];
  const tree = new Tree(
    root,
    path,
    workspaces.map(([name, folder]) => edgeSpec(name, `file:${folder}`, { type: "workspace" })),
  );
  tree.start();
  const mutationRequested = Boolean(raw.add?.length || raw.rm?.length || updatesAll(raw) || options.updateNames.size);
  return {
    specTable,
    tree,
    options,
    folders: { manifest: (at) => readPackageJson(files, at)?.manifest ?? null },
    explicit: new Set(),
    loadFailures: new Set(),
    warnings: [],
    unexplained: [],
    picked: new Set(),
    yarn: null,
    mutationRequested,
    mutated: mutationRequested,
    lock: null,
    old: null,
  };
}

/** Reads the lock that is there, if it counts, and loads what puts it into the tree only then. */
async function readOldLock(
  context: Context,
  { files, path, options }: Pick<Parts, "files" | "path" | "options">,
): Promise<void> {
  const place = { files, root: path, manifest: context.tree.root.manifest };
  const names = ["npm-shrinkwrap.json", "package-lock.json", "yarn.lock"];
  const found = options.packageLock !== false && names.some((name) => files.has(`${path}/${name}`));
  if (found) {
    const { lockWithoutEntries, readLock } = await import("../lockfile/read-lock.ts");
    context.lock = updatesAll(options) ? lockWithoutEntries(place) : await readLock(place);
  }
  if (found || context.tree.hasWorkspaces) context.old = await import("./load-lock.ts");
  const yarn = context.lock?.yarn ? await import("./yarn-pins.ts") : null;
  if (yarn && context.lock?.yarn) {
    const pin = context.lock.loaded ? null : yarn.yarnPins(context.lock.yarn);
    context.yarn = { pin, write: yarn.writeYarnLock };
  }
}

function hasRules(value: unknown): boolean {
  return typeof value === "object" && value !== null && Object.keys(value).length > 0;
}
