import type { Manifest } from "../api/manifest.ts";
import type { SaveType } from "../api/resolve.ts";
import { enOrder } from "../base/collate.ts";
import { relativePath } from "../base/posix-path.ts";
import { hostedText } from "../spec/hosted.ts";
import { rangesIntersect } from "../spec/range.ts";
import { rangeWithin } from "../spec/range-within.ts";
import { parseArg, type Spec } from "../spec/spec.ts";

type Section = "dependencies" | "devDependencies" | "optionalDependencies" | "peerDependencies";

const SECTION: Readonly<Record<SaveType, Section>> = {
  dev: "devDependencies",
  optional: "optionalDependencies",
  prod: "dependencies",
  peerOptional: "peerDependencies",
  peer: "peerDependencies",
};
const SECTIONS = ["devDependencies", "optionalDependencies", "dependencies", "peerDependencies"] as const;

/** Sections that give a dependency up when it is saved as this type; what is not named may keep it too. */
const REPLACES: Readonly<Record<SaveType, readonly Section[]>> = {
  prod: ["devDependencies", "peerDependencies"],
  dev: ["dependencies"],
  optional: ["peerDependencies"],
  peer: ["dependencies", "optionalDependencies"],
  peerOptional: ["dependencies", "optionalDependencies"],
};

/** One dependency to add; `rawSpec` `*` keeps what package.json says already. */
export interface AddRequest {
  readonly name: string;
  readonly rawSpec: string;
}

export interface AddOptions {
  saveType?: SaveType | undefined;
  saveBundle?: boolean | undefined;
}

/** A manifest whose sections can be edited without touching the one it was made from. */
function editable(manifest: Manifest): Manifest {
  const copy: Manifest = { ...manifest };
  for (const section of SECTIONS) if (copy[section]) copy[section] = { ...copy[section] };
  if (copy.peerDependenciesMeta) copy.peerDependenciesMeta = { ...copy.peerDependenciesMeta };
  return copy;
}

function has(manifest: Manifest, section: Section, name: string): boolean {
  return manifest[section] !== undefined && Object.hasOwn(manifest[section], name);
}

function put(manifest: Manifest, section: Section, [name, spec]: readonly [string, string]): void {
  // from entries: a dependency may be called `__proto__`
  manifest[section] = Object.fromEntries([...Object.entries(manifest[section] ?? {}), [name, spec]]);
}

function drop(manifest: Manifest, section: Section, name: string): void {
  const entries = manifest[section];
  if (!entries || !has(manifest, section, name)) return;
  delete entries[name];
  const meta = manifest.peerDependenciesMeta;
  if (section === "peerDependencies" && meta) {
    delete meta[name];
    if (Object.keys(meta).length === 0) delete manifest.peerDependenciesMeta;
  }
  if (Object.keys(entries).length === 0) delete manifest[section];
}

/** Where a dependency is saved when nobody says: where it is, by the precedence that edges have; else prod. */
function inferSaveType(manifest: Manifest, name: string): SaveType {
  if (has(manifest, "devDependencies", name)) return "dev";
  if (has(manifest, "optionalDependencies", name)) return "optional";
  if (has(manifest, "dependencies", name) || !has(manifest, "peerDependencies", name)) return "prod";
  return manifest.peerDependenciesMeta?.[name]?.optional ? "peerOptional" : "peer";
}

/** The manifest with these dependencies added, as the tree is then built from it (npm-tree §19). */
export function addDependencies(from: Manifest, requests: readonly AddRequest[], options: AddOptions = {}): Manifest {
  const manifest = editable(from);
  for (const request of requests) addOne(manifest, request, options);
  return manifest;
}

function addOne(manifest: Manifest, { name, rawSpec }: AddRequest, options: AddOptions): void {
  const type = options.saveType ?? inferSaveType(manifest, name);
  const section = SECTION[type];
  const peer = section === "peerDependencies";
  for (const other of REPLACES[type]) drop(manifest, other, name);
  if (rawSpec !== "*" || !has(manifest, section, name)) put(manifest, section, [name, rawSpec]);
  const spec = manifest[section]?.[name] ?? rawSpec;
  // npm writes an optional dependency into `dependencies` too; the next intake takes it out again
  if (type === "optional") put(manifest, "dependencies", [name, spec]);
  if (peer) {
    const meta = manifest.peerDependenciesMeta;
    const wasOptional = meta?.[name]?.optional;
    if (type === "peerOptional" || wasOptional) {
      manifest.peerDependenciesMeta = { ...meta, [name]: { ...meta?.[name], optional: type === "peerOptional" } };
    }
    // a peer that is also developed with: both follow
    if (has(manifest, "devDependencies", name)) put(manifest, "devDependencies", [name, spec]);
  } else if (options.saveBundle) {
    manifest.bundleDependencies = [...new Set([...(manifest.bundleDependencies ?? []), name])].sort(enOrder);
  }
}

/** The manifest without these dependencies, in whatever section they were. */
export function removeDependencies(from: Manifest, names: readonly string[]): Manifest {
  const manifest = editable(from);
  for (const section of SECTIONS) for (const name of names) drop(manifest, section, name);
  const bundled = manifest.bundleDependencies?.filter((name) => !names.includes(name));
  if (bundled?.length) manifest.bundleDependencies = bundled;
  else delete manifest.bundleDependencies;
  return manifest;
}

/** A local folder or tarball as the manifest in `folder` is to mention it; other specs as they are. */
export function localSpec(spec: Spec, folder: string): Spec {
  if (spec.type !== "file" && spec.type !== "directory") return spec;
  return { ...parseArg(`file:${relativePath(folder, spec.fetchSpec)}`, folder), name: spec.name };
}

/** A dependency that was added or updated, and what it got. */
export interface Saved {
  readonly name: string;
  /** The spec of its edge, parsed. */
  readonly spec: Spec;
  /** Of the node it got (a workspace: of the link's target); empty when it has none. */
  readonly version: string;
  readonly packageName: string | null;
  readonly isWorkspace: boolean;
  /** Absolute folder of the package.json it is saved in. */
  readonly folder: string;
}

/**
 * What package.json gets to say after the build: `prefix` and the version, unless that range allows what was not asked
 * for: `1.x <1.2.3` that got 1.2.2 stays, since `^1.2.2` has 1.2.3.
 * @param prefix npm's save-prefix: `^`, `~`, or empty for exact versions
 */
export function savedSpec({ name, spec, version, packageName, isWorkspace, folder }: Saved, prefix: string): string {
  const wide = version ? prefix + version : "*";
  switch (spec.type) {
    case "git": {
      if (!spec.hosted) return spec.saveSpec;
      if (!spec.hosted.auth) return hostedText(spec.hosted, "shortcut");
      return hostedText(spec.hosted, "https").replace(/^(?!git\+)/, "git+");
    }
    case "remote":
      return spec.saveSpec;
    case "file":
    case "directory":
      return isWorkspace ? wide : `file:${relativePath(folder, spec.fetchSpec)}`;
    default: {
      const asked = spec.type === "alias" ? spec.subSpec : spec;
      const keeps = asked.type === "range" && asked.rawSpec !== "*";
      const range = keeps && !rangeWithin(wide, asked.rawSpec, { loose: true }) ? asked.rawSpec : wide;
      // One that could not be loaded has no name: npm saves it as `npm:null@…`, and so do we.
      return packageName !== name ? `npm:${packageName}@${range}` : range;
    }
  }
}

/** The manifest with a saved spec put where the dependency is, or with `saveType` where that says. */
export function saveDependency(
  from: Manifest,
  saved: Saved,
  options: { prefix: string; saveType?: SaveType | undefined },
): Manifest {
  const manifest = editable(from);
  const { name, spec } = saved;
  const text = savedSpec(saved, options.prefix);
  if (options.saveType) {
    put(manifest, SECTION[options.saveType], [name, text]);
    if (options.saveType === "prod" && manifest.optionalDependencies) delete manifest.optionalDependencies[name];
    return manifest;
  }
  const local = spec.type === "file" || spec.type === "directory";
  const dev = has(manifest, "devDependencies", name);
  for (const section of ["dependencies", "devDependencies"] as const) {
    if (has(manifest, section, name)) put(manifest, section, [name, text]);
  }
  for (const section of ["peerDependencies", "optionalDependencies"] as const) {
    // what a dev dependency is developed against stays as wide as it was while the two still meet
    const meets = dev && !local && rangesIntersect(text, manifest[section]?.[name] ?? "");
    if (has(manifest, section, name) && !meets) put(manifest, section, [name, text]);
  }
  return manifest;
}

/** Whether a spec allows only this version: `npm update --save` leaves such a dependency alone. */
export function pinsVersion(spec: string, version: string): boolean {
  return rangeWithin(spec, version) === true;
}
