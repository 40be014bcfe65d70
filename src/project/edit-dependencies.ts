// Edits the dependency sections of a package.json for `add`, `rm` and `update`, as npm does (npm-tree §19):
//
// 1. Before the tree is built:
//    a. add: choose the section (the given save type, else the section that has the name, else dependencies). Remove the
//       name from the sections that this one excludes. Write the spec, unless it is `*` and the section has one already.
//    b. rm: remove the name from every section and from bundleDependencies.
// 2. After the tree is built, for each dependency that was added or updated:
//    a. Choose the text to save: `^` and the version, or the requested range if the former would allow versions outside it.
//       Aliases, folders, tarballs and repositories keep their kind.
//    b. Write it to the given section, or to each section that has the name. A peer range stays if it still meets the dev
//       dependency's.

import type { Manifest } from "../api/manifest.ts";
import type { SaveType } from "../api/resolve.ts";
import { enOrder } from "../base/collate.ts";
import { isObject } from "../base/json.ts";
import { relativePath } from "../base/posix-path.ts";
import { bundledNames } from "../spec/bundled-names.ts";
import { hostedText } from "../spec/hosted.ts";
import { LOOSE, rangesIntersect } from "../spec/range.ts";
import { rangeWithin } from "../spec/range-within.ts";
import { parseArg, type Spec } from "../spec/spec.ts";

type SavedSection = "dependencies" | "devDependencies" | "optionalDependencies" | "peerDependencies";

const SECTION: Readonly<Record<SaveType, SavedSection>> = {
  dev: "devDependencies",
  optional: "optionalDependencies",
  prod: "dependencies",
  peerOptional: "peerDependencies",
  peer: "peerDependencies",
};
const EDITED_SECTIONS = ["devDependencies", "optionalDependencies", "dependencies", "peerDependencies"] as const;

/** The sections from which a dependency is removed when it is saved as this type. It may stay in the other ones. */
const REPLACES: Readonly<Record<SaveType, readonly SavedSection[]>> = {
  prod: ["devDependencies", "peerDependencies"],
  dev: ["dependencies"],
  optional: ["peerDependencies"],
  peer: ["dependencies", "optionalDependencies"],
  peerOptional: ["dependencies", "optionalDependencies"],
};

/** A dependency to add. A `rawSpec` of `*` keeps the spec that package.json already has. */
export interface DependencyToAdd {
  readonly name: string;
  readonly rawSpec: string;
}

export interface AddOptions {
  saveType?: SaveType | undefined;
  saveBundle?: boolean | undefined;
}

/** Copies a manifest, so that its sections can be edited without changing the original. Drops sections of the wrong type. */
export function editable(manifest: Manifest): Manifest {
  const copy: Manifest = { ...manifest };
  for (const section of [...EDITED_SECTIONS, "peerDependenciesMeta"] as const) {
    if (isObject(copy[section])) copy[section] = { ...copy[section] } as never;
    else delete copy[section];
  }
  if ("bundleDependencies" in copy) copy.bundleDependencies = [...bundledNames(copy)];
  return copy;
}

function has(manifest: Manifest, section: SavedSection, name: string): boolean {
  // A section may be null in a package.json.
  return Object.hasOwn(manifest[section] ?? {}, name);
}

function putSpec(manifest: Manifest, section: SavedSection, [name, spec]: readonly [string, string]): void {
  manifest[section] ??= {};
  // defined, because a dependency may be named `__proto__`
  Object.defineProperty(manifest[section], name, { value: spec, writable: true, enumerable: true, configurable: true });
}

/** Removes a dependency from a section, and the section if it is then empty. */
function drop(manifest: Manifest, section: SavedSection, name: string): void {
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

/** Step 1a: returns the save type of the section that has the name, in the order of precedence of edges; otherwise prod. */
function inferSaveType(manifest: Manifest, name: string): SaveType {
  if (has(manifest, "devDependencies", name)) return "dev";
  if (has(manifest, "optionalDependencies", name)) return "optional";
  if (has(manifest, "dependencies", name) || !has(manifest, "peerDependencies", name)) return "prod";
  return manifest.peerDependenciesMeta?.[name]?.optional ? "peerOptional" : "peer";
}

/** Step 1a: returns the manifest with dependencies added. The tree is then built from it. */
export function addDependencies(
  from: Manifest,
  requests: readonly DependencyToAdd[],
  options: AddOptions = {},
): Manifest {
  const manifest = editable(from);
  for (const request of requests) addOne(manifest, request, options);
  return manifest;
}

function addOne(manifest: Manifest, { name, rawSpec }: DependencyToAdd, options: AddOptions): void {
  const type = options.saveType ?? inferSaveType(manifest, name);
  const section = SECTION[type];
  const peer = section === "peerDependencies";
  for (const other of REPLACES[type]) drop(manifest, other, name);
  if (rawSpec !== "*" || !has(manifest, section, name)) putSpec(manifest, section, [name, rawSpec]);
  const spec = manifest[section]?.[name] ?? rawSpec;
  // as in npm, an optional dependency is also written to `dependencies`; normalising removes it again
  if (type === "optional") putSpec(manifest, "dependencies", [name, spec]);
  if (peer) {
    const meta = manifest.peerDependenciesMeta;
    const wasOptional = meta?.[name]?.optional;
    if (type === "peerOptional" || wasOptional) {
      manifest.peerDependenciesMeta = { ...meta, [name]: { ...meta?.[name], optional: type === "peerOptional" } };
    }
    // a peer that is also a dev dependency: both get the spec
    if (has(manifest, "devDependencies", name)) putSpec(manifest, "devDependencies", [name, spec]);
  } else if (options.saveBundle) {
    manifest.bundleDependencies = [...new Set([...(manifest.bundleDependencies ?? []), name])].sort(enOrder);
  }
}

/** Step 1b: returns the manifest without these dependencies. */
export function removeDependencies(from: Manifest, names: readonly string[]): Manifest {
  const manifest = editable(from);
  for (const section of EDITED_SECTIONS) for (const name of names) drop(manifest, section, name);
  const bundled = manifest.bundleDependencies?.filter((name) => !names.includes(name));
  if (bundled?.length) manifest.bundleDependencies = bundled;
  else delete manifest.bundleDependencies;
  return manifest;
}

/** Makes the path of a local folder or tarball relative to `folder`, where its manifest is. Returns other specs unchanged. */
export function localSpec(spec: Spec, folder: string): Spec {
  if (spec.type !== "file" && spec.type !== "directory") return spec;
  return { ...parseArg(`file:${relativePath(folder, spec.fetchSpec)}`, folder), name: spec.name };
}

/** A dependency that was added or updated, and the node that its edge resolved to. */
export interface Saved {
  readonly name: string;
  /** The parsed spec of its edge. */
  readonly spec: Spec;
  /** The node's version (for a workspace, its target's). Empty if it has none. */
  readonly version: string;
  readonly packageName: string | null;
  readonly isWorkspace: boolean;
  /** The absolute folder of the package.json to change. */
  readonly folder: string;
}

/**
 * Step 2a: returns the text that package.json gets after the build. It is `prefix` and the version, unless that would allow
 * versions outside the requested range. Example: `1.x <1.2.3` that resolved to 1.2.2 stays, because `^1.2.2` allows 1.2.3.
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
      const requested = spec.type === "alias" ? spec.subSpec : spec;
      const keeps = requested.type === "range" && requested.rawSpec !== "*";
      const range = keeps && !rangeWithin(wide, requested.rawSpec, LOOSE) ? requested.rawSpec : wide;
      // A package that could not be loaded has no name. npm saves it as `npm:null@…`, and so does this.
      return packageName !== name ? `npm:${packageName}@${range}` : range;
    }
  }
}

/** Step 2b: returns the manifest with the saved spec in the section of `saveType`, or in each section that has the name. */
export function saveDependency(
  from: Manifest,
  saved: Saved,
  options: { prefix: string; saveType?: SaveType | undefined },
): Manifest {
  const manifest = editable(from);
  saveInto(manifest, saved, options);
  return manifest;
}

/** Does the same as {@link saveDependency} to a manifest that is {@link editable}. */
export function saveInto(
  manifest: Manifest,
  saved: Saved,
  options: { prefix: string; saveType?: SaveType | undefined },
): void {
  const { name, spec } = saved;
  const text = savedSpec(saved, options.prefix);
  if (options.saveType) {
    putSpec(manifest, SECTION[options.saveType], [name, text]);
    if (options.saveType === "prod" && manifest.optionalDependencies) delete manifest.optionalDependencies[name];
    return;
  }
  const local = spec.type === "file" || spec.type === "directory";
  const dev = has(manifest, "devDependencies", name);
  for (const section of ["dependencies", "devDependencies"] as const) {
    if (has(manifest, section, name)) putSpec(manifest, section, [name, text]);
  }
  for (const section of ["peerDependencies", "optionalDependencies"] as const) {
    // The peer range of a dev dependency does not change if the two ranges still intersect.
    const range: unknown = manifest[section]?.[name];
    const meets = dev && !local && typeof range === "string" && rangesIntersect(text, range);
    if (has(manifest, section, name) && !meets) putSpec(manifest, section, [name, text]);
  }
}

/** Checks whether a spec allows only this version. `npm update --save` does not change such a dependency. */
export function pinsVersion(spec: string, version: string): boolean {
  return rangeWithin(spec, version) === true;
}
