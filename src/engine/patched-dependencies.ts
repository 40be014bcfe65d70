// Loaded on demand: for a package.json or a lock with patches, under the rules of npm 12.
import type { ErrorCode } from "../api/error-code.ts";
import type { Failure } from "../api/failure.ts";
import type { LockMarks, PatchMark } from "../api/lock-marks.ts";
import { relativePath, resolvePath } from "../base/posix-path.ts";
import { failure, InstallError } from "../errors/failure.ts";
import { overLimit } from "../errors/limit.ts";
import { missingPatch, unsafePatch } from "../errors/patches.ts";
import type { Node } from "../graph/node.ts";
import { LOOSE } from "../spec/range.ts";
import { rangeWithin } from "../spec/range-within.ts";
import { compareVersions, parseVersion } from "../spec/version.ts";
import { sriOf } from "../tarball/text-hash.ts";
import type { BuildOptions, Context } from "./context.ts";
import { PAUSE, type Steps } from "./need.ts";

/** Entries of `patchedDependencies` at most. */
const MAX_PATCHES = 10_000;
/** Bytes of all patches of a project at most. */
const MAX_PATCH_BYTES = 64 << 20;

interface Selector {
  readonly key: string;
  readonly name: string;
  /** A version or a range. Null for a bare name. */
  readonly spec: string | null;
  readonly path: unknown;
}

/**
 * Marks the nodes of a finished tree to which the project's `patchedDependencies` apply a patch (npm-tree §28).
 *
 * For every node in the tree's order, except the project:
 * 1. A workspace must have no `patchedDependencies` of its own.
 * 2. Choose the entry by the name of the node's folder: its exact version, else the narrowest range, else the bare name. Without one, the
 *    node loses a mark that the lock has.
 * 3. The package must come from a registry for all of its dependents.
 * 4. The patch must be a file of the project. The mark has its path and its hash.
 *
 * Then, entries that no node uses: those of removed packages are dropped from package.json, others end the build.
 * @throws InstallError EPATCHWORKSPACE, EPATCHAMBIGUOUS, EPATCHNONREGISTRY, EPATCHUNSAFE, EPATCHNOTFOUND, EPATCHUNUSED, ELIMIT
 */
export function* markPatches(context: Context): Steps<void> {
  const { tree, specTable } = context;
  const { root } = tree;
  const entries = Object.entries(declaredPatches(root));
  if (entries.length > MAX_PATCHES) {
    throw new InstallError(overLimit(`patchedDependencies has more than ${MAX_PATCHES} entries. Remove some.`));
  }
  const selectors = new Map<string, Selector[]>();
  for (const selector of entries.map(selectorOf)) {
    const same = selectors.get(selector.name) ?? [];
    same.push(selector);
    selectors.set(selector.name, same);
  }
  const patches = new PatchFiles(context);
  const used = new Set<string>();
  for (const node of [...tree.inventory.values()]) {
    specTable.budget.visit(1);
    if (specTable.budget.pauseDue) yield PAUSE;
    if (node === root) continue;
    if (node.isWorkspace) {
      refuseInWorkspace(node);
      continue;
    }
    const selector = chooseSelector(selectors.get(node.name) ?? [], node);
    if (selector) {
      assertFromRegistry(node, selector);
      used.add(selector.key);
    }
    if (!selector && !node.marks?.patched) continue;
    node.marks = withPatch(node.marks, selector ? patches.mark(selector.path, node) : null);
  }
  const unused = [...selectors.values()].flat().filter(({ key }) => !used.has(key));
  if (unused.length > 0) dropUnused(unused, root, context.options);
}

function withPatch(marks: LockMarks | null, patched: PatchMark | null): LockMarks | null {
  const { patched: _, ...others } = marks ?? {};
  if (patched) return { ...others, patched };
  return Object.keys(others).length > 0 ? others : null;
}

/** Returns the member as it is: npm takes the letters of a text for entries, and they match no package. */
function declaredPatches({ manifest }: Node): object {
  const { patchedDependencies } = manifest as { patchedDependencies?: unknown };
  return Object(patchedDependencies || {}) as object;
}

function selectorOf([key, path]: [string, unknown]): Selector {
  const at = key.indexOf("@", 1);
  return at < 0 ? { key, name: key, spec: null, path } : { key, name: key.slice(0, at), spec: key.slice(at + 1), path };
}

function refuse(code: ErrorCode, message: string, node: Node, more: Partial<Failure> = {}): never {
  throw new InstallError(
    failure(code, message, { package: node.name, found: node.version, requiredBy: [node.location], ...more }),
  );
}

function refuseInWorkspace(node: Node): void {
  if (Object.keys(declaredPatches(node.target)).length === 0) return;
  const message = `The workspace ${node.name} has patchedDependencies, which count only in the package.json of the project. Move them there.`;
  refuse("EPATCHWORKSPACE", message, node);
}

/** Step 2. @throws InstallError EPATCHAMBIGUOUS */
function chooseSelector(selectors: readonly Selector[], node: Node): Selector | undefined {
  if (selectors.length === 0) return undefined;
  const version = parseVersion(node.target.version);
  const versions = selectors.filter(({ spec }) => spec && EXACT.test(spec.trim()));
  const exact = versions.find(({ spec }) => {
    const own = parseVersion(spec as string);
    return own && version && compareVersions(own, version) === 0;
  });
  if (exact) return exact;
  const { ranges } = node.specTable;
  const matching = selectors.filter(
    (one) => one.spec && !versions.includes(one) && ranges.satisfies(node.target.version, one.spec),
  );
  return narrowest(matching, node) ?? selectors.find(({ spec }) => spec === null);
}

/** A version in the strict form. Any other spec is a range. */
const EXACT = /^v?\d+\.\d+\.\d+(?:-[\da-z.-]+)?(?:\+[\da-z.-]+)?$/i;

/** Returns the range that is within all others. @throws InstallError EPATCHAMBIGUOUS if two ranges overlap */
function narrowest(ranges: readonly Selector[], node: Node): Selector | undefined {
  let best = ranges[0];
  for (const one of ranges.slice(1)) {
    const [inner, outer] = [one.spec as string, best?.spec as string];
    if (rangeWithin(inner, outer, LOOSE)) best = one;
    else if (!rangeWithin(outer, inner, LOOSE)) {
      const message = `Two patches match ${node.name}@${node.version}, and neither range is within the other: "${best?.key}" and "${one.key}". Add an entry for "${node.name}@${node.version}".`;
      refuse("EPATCHAMBIGUOUS", message, node);
    }
  }
  return best;
}

/** Step 3. */
function assertFromRegistry(node: Node, { key }: Selector): void {
  for (const edge of node.edgesIn) {
    const { spec } = edge.parsed();
    if (!spec || "registry" in spec) continue;
    const message = `The entry "${key}" of patchedDependencies matches ${node.name}@${node.version}, which does not come from a registry: a dependent asks for "${edge.effective}". Only packages of registries can be patched.`;
    refuse("EPATCHNONREGISTRY", message, node, { spec: edge.effective });
  }
}

/** Reads and hashes each patch once. */
class PatchFiles {
  readonly #context: Context;
  readonly #marks = new Map<string, PatchMark>();
  #bytes = 0;

  constructor(context: Context) {
    this.#context = context;
  }

  /** Step 4. @throws InstallError EPATCHUNSAFE, EPATCHNOTFOUND, ELIMIT */
  mark(path: unknown, node: Node): PatchMark {
    if (typeof path !== "string") throw unsafePatch(JSON.stringify(path) ?? "", node.name);
    const known = this.#marks.get(path);
    if (known) return known;
    const { folders, tree } = this.#context;
    const full = resolvePath(tree.root.path, path);
    const relative = relativePath(tree.root.path, full);
    if (relative === "" || relative.startsWith("..")) throw unsafePatch(path, node.name);
    const bytes = folders.file(full);
    if (!bytes) throw missingPatch(path, node.name);
    this.#bytes += bytes.length;
    if (this.#bytes > MAX_PATCH_BYTES) {
      throw new InstallError(overLimit(`The patches of the project have more than ${MAX_PATCH_BYTES} bytes.`));
    }
    const mark = { integrity: sriOf(bytes), path };
    this.#marks.set(path, mark);
    return mark;
  }
}

/** @throws InstallError EPATCHUNUSED */
function dropUnused(unused: readonly Selector[], root: Node, { removed, allowUnusedPatches }: BuildOptions): void {
  const gone = new Set(unused.filter(({ name }) => removed.includes(name)));
  if (gone.size > 0) {
    const keys = new Set([...gone].map(({ key }) => key));
    const kept = Object.entries(declaredPatches(root)).filter(([key]) => !keys.has(key));
    const { patchedDependencies: _, ...manifest } = root.manifest as Node["manifest"] & {
      patchedDependencies?: unknown;
    };
    root.manifest =
      kept.length > 0 ? Object.assign(manifest, { patchedDependencies: Object.fromEntries(kept) }) : manifest;
  }
  const left = unused.filter((one) => !gone.has(one));
  if (left.length === 0 || allowUnusedPatches) return;
  const list = left.slice(0, 20).map(({ key }) => `"${key}"`);
  const message = `No installed package uses these entries of patchedDependencies: ${list.join(", ")}. Remove them, or set options.allowUnusedPatches.`;
  throw new InstallError(
    failure("EPATCHUNUSED", message, {
      details: { unused: left.map(({ key }) => key) },
      wayOut: [{ kind: "option", text: "Set `allowUnusedPatches`.", option: "allowUnusedPatches" }],
    }),
  );
}
