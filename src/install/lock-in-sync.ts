// Loaded on demand: for a lock with patches or extensions, or for a project that has some, under the rules of npm 12.
import { isObject, type Json } from "../base/json.ts";
import { nameFromFolder } from "../base/posix-path.ts";
import { InstallError } from "../errors/failure.ts";
import { unusedPatches } from "../errors/patches.ts";
import { outOfSync } from "../errors/usage.ts";
import type { ProjectFiles } from "../project/files.ts";
import { PackageExtensions } from "../project/package-extensions.ts";
import { parsePackageJson } from "../project/package-json.ts";
import { PatchFiles } from "../project/patch-files.ts";
import { PatchSelectors } from "../project/patch-selectors.ts";
import { npmRules } from "../spec/npm-rules.ts";
import { sriOf } from "../tarball/text-hash.ts";
import { ENTRIES_IN_A_STEP, parseLock } from "./lock-nodes.ts";
import type { PlanCode } from "./plan.ts";

/** A package of the lock. */
interface Entry {
  readonly location: string;
  /** The name of its folder. */
  readonly folder: string;
  /** Its own name, which may differ from the folder's. */
  readonly name: string;
  readonly version: string;
  readonly raw: Json;
}

interface SyncOptions extends Pick<PlanCode, "parseLargeJson"> {
  /** The version of npm whose rules apply. */
  readonly npm: string;
  readonly allowUnusedPatches?: boolean | undefined;
}

/**
 * Checks whether a lock says the same of patches and extensions as the project's files, as `npm ci` does since npm 12. A project whose
 * package.json is not among the files is not checked.
 *
 * 1. Each package has the patch that package.json gives it: the same path, and the hash of the file.
 * 2. The lock has the hash of `packageExtensions`. If so, no package matches two selectors, and each mark has its selector.
 * 3. The lock has the hash of `.npm-extension`, which is read and not run.
 *
 * Pauses every {@link ENTRIES_IN_A_STEP} entries.
 * @param files the project's
 * @throws InstallError EUSAGE with everything that differs; EPATCH… and EEXTENSION… for wrong entries of package.json
 */
export function* assertInSync(lock: string, files: ProjectFiles, options: SyncOptions): Generator<undefined, void> {
  const { npm, allowUnusedPatches = false, parseLargeJson } = options;
  const packageJson = files.text("/package.json");
  if (packageJson === null || !npmRules(npm).knowsLock4) return;
  const { manifest } = parsePackageJson(packageJson, "package.json");
  const { packages } = yield* parseLock(lock, parseLargeJson);
  const root = isObject(packages[""]) ? packages[""] : {};
  const entries = Object.entries(packages).flatMap(([location, raw]) => readEntry(location, raw));
  yield;
  const extensions =
    manifest["packageExtensions"] === undefined ? null : new PackageExtensions(manifest["packageExtensions"]);
  const problems = [
    ...(yield* patchProblems(entries, new PatchSelectors(manifest), files, allowUnusedPatches)),
    ...(yield* extensionProblems(entries, root["packageExtensionsHash"] || null, extensions)),
    ...codeProblems(entries, root["npmExtensionHash"] || null, files),
  ];
  if (problems.length > 0) throw new InstallError(outOfSync(problems));
}

function readEntry(location: string, raw: unknown): Entry[] {
  if (!isObject(raw) || raw["link"] || !/(?:^|\/)node_modules\//.test(location)) return [];
  const folder = nameFromFolder(location);
  const { name, version } = raw;
  return [
    {
      location,
      folder,
      name: typeof name === "string" ? name : folder,
      version: typeof version === "string" ? version : "",
      raw,
    },
  ];
}

/** Step 1. @throws InstallError EPATCHAMBIGUOUS, EPATCHNOTFOUND, EPATCHUNSAFE, EPATCHUNUSED */
function* patchProblems(
  entries: readonly Entry[],
  selectors: PatchSelectors,
  files: ProjectFiles,
  allowUnused: boolean,
): Generator<undefined, string[]> {
  const patches = new PatchFiles((path) => files.bytes(`/${path}`));
  const used = new Set<string>();
  const problems: string[] = [];
  for (const [at, { location, folder, version, raw }] of entries.entries()) {
    if (at % ENTRIES_IN_A_STEP === 0) yield;
    const selector = selectors.choose({ name: folder, version, location });
    if (selector) used.add(selector.key);
    const locked = isObject(raw["patched"]) ? raw["patched"] : null;
    const declared = selector ? patches.mark(selector.path, folder) : null;
    const isSame =
      (locked?.["integrity"] || null) === (declared?.integrity ?? null) &&
      (locked?.["path"] || null) === (declared?.path ?? null);
    if (!isSame) problems.push(patchProblem(`${folder}@${version}`, locked !== null, declared !== null));
  }
  const unused = selectors.all().filter(({ key }) => !used.has(key));
  if (unused.length > 0 && !allowUnused) throw new InstallError(unusedPatches(unused.map(({ key }) => key)));
  return problems;
}

function patchProblem(id: string, isLocked: boolean, isDeclared: boolean): string {
  if (!isLocked) {
    return `Invalid: package.json declares a patch for ${id} that the lock file does not record (it may have been skipped with --ignore-patch-failures). Fix the patch and reinstall, or remove its patchedDependencies entry`;
  }
  return isDeclared
    ? `Invalid: patch for ${id} does not match the patch recorded in the lock file`
    : `Invalid: lock file records a patch for ${id} that package.json no longer declares`;
}

/** Step 2. @param locked the hash in the lock */
function* extensionProblems(
  entries: readonly Entry[],
  locked: unknown,
  extensions: PackageExtensions | null,
): Generator<undefined, string[]> {
  if (extensions && !locked) return ["Missing: packageExtensions state from lock file"];
  if (!extensions && locked) return ["Invalid: lock file records packageExtensions state but package.json has none"];
  if (extensions && extensions.hash !== locked) {
    return ["Invalid: packageExtensions in package.json do not match the lock file"];
  }
  const problems: string[] = [];
  for (const [at, { name, folder, version, raw }] of entries.entries()) {
    if (at % ENTRIES_IN_A_STEP === 0) yield;
    const matching = extensions?.selectors(name, version) ?? [];
    if (matching.length > 1) {
      const all = matching.map((selector) => `"${selector}"`).join(", ");
      problems.push(`Invalid: several selectors of packageExtensions match ${name}@${version}: ${all}`);
    }
    const mark = raw["packageExtensionsApplied"];
    const selector = isObject(mark) ? mark["selector"] : undefined;
    if (mark && !(matching.length > 0 && extensions?.has(selector))) {
      problems.push(`Invalid: stale packageExtensions provenance for ${folder}@${version} (selector "${selector}")`);
    }
  }
  return problems;
}

/** Step 3. @param locked the hash in the lock */
function codeProblems(entries: readonly Entry[], locked: unknown, files: ProjectFiles): string[] {
  const found = ["mjs", "cjs"].filter((ending) => files.has(`/.npm-extension.${ending}`));
  if (found.length > 1) return ["Invalid: the project has both .npm-extension.mjs and .npm-extension.cjs"];
  const [ending] = found;
  if (ending !== undefined) {
    const head = new TextEncoder().encode(`npm-extension:v1:${ending}\n`);
    const code = files.bytes(`/.npm-extension.${ending}`) ?? new Uint8Array();
    const bytes = new Uint8Array(head.length + code.length);
    bytes.set(head);
    bytes.set(code, head.length);
    if (!locked) return ["Missing: .npm-extension state from lock file"];
    return locked === sriOf(bytes) ? [] : ["Invalid: .npm-extension file does not match the lock file"];
  }
  if (!locked && !entries.some(({ raw }) => raw["npmExtensionApplied"])) return [];
  return ["Invalid: lock file records .npm-extension state but no .npm-extension file is present"];
}
