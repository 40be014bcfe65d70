import type { Platform } from "../api/common.ts";
import type { ProjectInput, ResolveOptions } from "../api/resolve.ts";
import { resolvePath } from "../base/posix-path.ts";
import { runWithPauses } from "../base/run-to-end.ts";
import { fail, type Outcome, ok } from "../errors/failure.ts";
import { notFound } from "../errors/files.ts";
import { edgeSpec, readEdgeSpecs } from "../graph/edge-spec.ts";
import { Node } from "../graph/node.ts";
import { SpecTable } from "../graph/spec-table.ts";
import { ProjectTree } from "../graph/tree.ts";
import type { LockInput } from "../lockfile/write-lock.ts";
import { PROJECT_MOUNT, ProjectFiles } from "../project/files.ts";
import { type PackageJson, readPackageJson, readSoundPackageJson } from "../project/package-json.ts";
import { npmRules } from "../spec/npm-rules.ts";
import type { Requested } from "./apply-requests.ts";
import type { Context } from "./context.ts";
import { clearFlags } from "./flags.ts";
import { buildOptions, updatesAll } from "./options.ts";

export interface ReadInput extends ProjectInput {
  options: ResolveOptions;
  platform: Platform;
  /** Resolves in a later turn of the event loop. Rejects after a cancel. */
  pause?(): Promise<void>;
}

/** A project that was read: its files, and a tree that has only the root and the names of the workspaces. */
export interface Project {
  readonly files: ProjectFiles;
  /** Absolute folder of the project among `files`. */
  readonly path: string;
  readonly packageJson: PackageJson | null;
  readonly options: ResolveOptions;
  readonly context: Context;
  /** The code for `add`, `rm` and `update`. Null without them. */
  readonly edits: typeof import("./edit-requests.ts") | null;
  /** The changes that `edits` made. Null before they are applied. */
  requested: Requested | null;
  readonly lockfileVersion: number;
  readonly legacy: LockInput["legacy"];
  /** Returns the bytes of a tarball among the project's files, by absolute path, or ENOENT. */
  tarball(path: string, name: string): Outcome<Uint8Array>;
}

/**
 * Reads a project: its package.json, its workspaces, and its lock if it has one.
 * @throws InstallError EJSONPARSE, EINVALIDINPUT, EDUPLICATEWORKSPACE, EWORKSPACESCONFIG, EOVERRIDE, EINVALIDOPTION, EUPDATEARGS, EINVALIDLOCK, EMISSINGTARGET
 */
export async function readProject(input: ReadInput): Promise<Project> {
  const { files: map, root: folder = "", name, options, platform, pause = async () => {} } = input;
  const own = (name ?? "").split("/").filter((part) => part && part !== "." && part !== "..");
  const below = resolvePath("/", folder);
  const mount = below === "/" ? `${PROJECT_MOUNT}/${own.join("/") || "project"}` : PROJECT_MOUNT;
  const files = new ProjectFiles(map, mount);
  const path = below === "/" ? mount : PROJECT_MOUNT + below;
  const packageJson = readSoundPackageJson(files, path);
  if (packageJson && "path" in packageJson) {
    const { manifestRefused } = await import("../project/refuse-manifest.ts");
    throw manifestRefused(packageJson.value, packageJson.path, packageJson.file);
  }
  const context = await readContext({ files, path, packageJson, options, platform, name, pause });
  await readProjectLock(context, { files, path, options, pause });
  if (context.specTable.rules.knowsLock4) await readExtensions(context);
  const isRequest = context.mutationRequested || Boolean(options.workspaces?.length);
  const edits = isRequest ? await import("./edit-requests.ts") : null;
  const tarball = (at: string, name: string): Outcome<Uint8Array> => {
    const bytes = files.bytes(at);
    return bytes
      ? ok(bytes)
      : fail(
          notFound(`The project has no file ${files.key(at)}, the tarball of ${name}.`, {
            package: name,
            wayOut: [{ kind: "other", text: `Add the file, or correct the path of ${name}.` }],
          }),
        );
  };
  const lockfileVersion = options.lockfileVersion ?? context.lock?.lockfileVersion ?? 3;
  const old = lockfileVersion < 3 ? await import("../lockfile/legacy-lock.ts") : null;
  const legacy: Project["legacy"] = old
    ? (root) => old.legacyDependencies(root, context.specTable.rules, options.omitLockfileRegistryResolved)
    : undefined;
  return { files, path, packageJson, options, context, tarball, edits, requested: null, lockfileVersion, legacy };
}

interface ProjectParts {
  files: ProjectFiles;
  path: string;
  packageJson: PackageJson | null;
  options: ResolveOptions;
  platform: Platform;
  name: string | undefined;
  pause: () => Promise<void>;
}

async function readContext({
  files,
  path,
  packageJson,
  options: raw,
  platform,
  name,
  pause,
}: ProjectParts): Promise<Context> {
  const specTable = new SpecTable({
    legacyPeerDeps: Boolean(raw.legacyPeerDeps),
    installLinks: Boolean(raw.installLinks),
    rules: npmRules(platform.npm),
  });
  const options = await buildOptions(raw, platform, specTable);
  const manifest = packageJson?.manifest ?? {};
  const { devEngines } = manifest as { devEngines?: unknown };
  if (devEngines !== undefined)
    (await import("./dev-engines.ts")).checkDevEngines(devEngines, files.key(resolvePath(path, "package.json")));
  const overrides = hasRules(manifest.overrides) ? await import("../graph/overrides.ts") : null;
  if (overrides) specTable.overrides = new overrides.OverrideSet(manifest.overrides);
  const folderName = name || path.slice(path.lastIndexOf("/") + 1);
  const root = new Node({ specTable, name: folderName, manifest, overrides: specTable.overrides });
  clearFlags(root);
  const globs = manifest.workspaces !== undefined ? await import("../project/workspaces.ts") : null;
  const found = globs && (await runWithPauses(globs.findWorkspaces(manifest.workspaces, files, path), pause));
  const workspaces = [...(found ?? [])];
  const tree = new ProjectTree(
    root,
    path,
    workspaces.map(([name, folder]) => edgeSpec(name, `file:${folder}`, { type: "workspace" })),
  );
  // A project may have tens of thousands of dependencies. The tree reads them from here.
  await runWithPauses(readEdgeSpecs(manifest, { dev: true, peers: !specTable.legacyPeerDeps }), pause);
  tree.start();
  const mutationRequested = Boolean(raw.add?.length || raw.rm?.length || updatesAll(raw) || options.updateNames.size);
  return {
    specTable,
    tree,
    options,
    folders: { manifest: (at) => readPackageJson(files, at)?.manifest ?? null, file: (at) => files.bytes(at) },
    explicitEdges: new Set(),
    loadFailures: new Set(),
    warnings: [],
    pendingWarnings: [],
    picked: new Set(),
    yarn: null,
    mutationRequested,
    mutated: mutationRequested,
    lock: null,
    hashes: {},
    extensions: null,
    lockLoader: null,
  };
}

/** Reads the lock, unless `packageLock` is false, and loads the code that puts locks and workspaces into the tree. */
async function readProjectLock(
  context: Context,
  { files, path, options, pause }: Pick<ProjectParts, "files" | "path" | "options" | "pause">,
): Promise<void> {
  const { rules } = context.specTable;
  const place = { files, root: path, manifest: context.tree.root.manifest, rules, pause };
  const names = [...(rules.readsShrinkwraps ? ["npm-shrinkwrap.json"] : []), "package-lock.json", "yarn.lock"];
  const found = options.packageLock !== false && names.some((name) => files.has(`${path}/${name}`));
  if (found) {
    const { lockWithoutEntries, readLock } = await import("../lockfile/read-lock.ts");
    context.lock = updatesAll(options) ? lockWithoutEntries(place) : await readLock(place);
    context.hashes = context.lock?.hashes ?? {};
    const lost = context.lock?.lost ?? [];
    if (lost.length > 0) context.warnings.push((await import("../errors/lockfile.ts")).lostFeatures(lost));
  }
  if (found || context.tree.hasWorkspaces) context.lockLoader = await import("./load-lock.ts");
  const yarn = context.lock?.yarn ? await import("./yarn-pins.ts") : null;
  if (yarn && context.lock?.yarn) {
    const pin = context.lock.loaded ? null : await runWithPauses(yarn.yarnPins(context.lock.yarn), pause);
    context.yarn = { pin, write: (root) => yarn.writeYarnLock(root, rules) };
  }
}

/** Reads the rules of `packageExtensions`. Their hash replaces that of the lock. @throws InstallError EEXTENSION…, ELIMIT */
async function readExtensions(context: Context): Promise<void> {
  const { packageExtensionsHash: _, ...hashes } = context.hashes;
  context.hashes = hashes;
  const rules = context.tree.root.manifest["packageExtensions"];
  if (rules === undefined) return;
  context.extensions = new (await import("../project/package-extensions.ts")).PackageExtensions(rules);
  context.hashes = { ...hashes, packageExtensionsHash: context.extensions.hash };
}

function hasRules(value: unknown): boolean {
  return typeof value === "object" && value !== null && Object.keys(value).length > 0;
}
