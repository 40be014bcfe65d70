// Loaded on demand: for a lock with patches or extensions, or for a project that has some, under the rules of npm 12.
import { isObject, type Json } from "../base/json.ts";
import { nameFromFolder, relativePath, resolvePath } from "../base/posix-path.ts";
import { InstallError } from "../errors/failure.ts";
import { missingPatch, unsafePatch, unusedPatches } from "../errors/patches.ts";
import { outOfSync } from "../errors/usage.ts";
import type { ProjectFiles } from "../project/files.ts";
import { PackageExtensions } from "../project/package-extensions.ts";
import { parsePackageJson } from "../project/package-json.ts";
import { PatchSelectors } from "../project/patch-selectors.ts";
import { npmRules } from "../spec/npm-rules.ts";
import { sriOf } from "../tarball/text-hash.ts";
import { parseLockText } from "./lock-nodes.ts";

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

/**
 * Checks whether a lock says the same of patches and extensions as the project's files, as `npm ci` does since npm 12. A project whose
 * package.json is not among the files is not checked.
 *
 * 1. Each package has the patch that package.json gives it: the same path, and the hash of the file.
 * 2. The lock has the hash of `packageExtensions`. If so, no package matches two selectors, and each mark has its selector.
 * 3. The lock has the hash of `.npm-extension`, which is read and not run.
 *
 * @param files the project's
 * @throws InstallError EUSAGE with everything that differs; EPATCH… and EEXTENSION… for wrong entries of package.json
 */
export function assertInSync(
  lock: string,
  files: ProjectFiles,
  { npm, allowUnusedPatches = false }: { npm: string; allowUnusedPatches?: boolean | undefined },
): void {
  const packageJson = files.text("/package.json");
  if (packageJson === null || !npmRules(npm).knowsLock4) return;
  const { manifest } = parsePackageJson(packageJson, "package.json");
  const { packages } = parseLockText(lock);
  const root = isObject(packages[""]) ? packages[""] : {};
  const entries = Object.entries(packages).flatMap(([location, raw]) => readEntry(location, raw));
  const extensions =
    manifest["packageExtensions"] === undefined ? null : new PackageExtensions(manifest["packageExtensions"]);
  const problems = [
    ...patchProblems(entries, new PatchSelectors(manifest), files, allowUnusedPatches),
    ...extensionProblems(entries, root["packageExtensionsHash"] || null, extensions),
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
function patchProblems(
  entries: readonly Entry[],
  selectors: PatchSelectors,
  files: ProjectFiles,
  allowUnused: boolean,
): string[] {
  const used = new Set<string>();
  const problems = entries.flatMap(({ location, folder, version, raw }) => {
    const selector = selectors.choose({ name: folder, version, location });
    if (selector) used.add(selector.key);
    const locked = isObject(raw["patched"]) ? raw["patched"] : null;
    const declared = selector ? { path: selector.path, integrity: hashOf(selector.path, folder, files) } : null;
    if (
      (locked?.["integrity"] || null) === (declared?.integrity ?? null) &&
      (locked?.["path"] || null) === (declared?.path ?? null)
    )
      return [];
    const one = `${folder}@${version}`;
    if (!locked) {
      return `Invalid: package.json declares a patch for ${one} that the lock file does not record (it may have been skipped with --ignore-patch-failures). Fix the patch and reinstall, or remove its patchedDependencies entry`;
    }
    return declared
      ? `Invalid: patch for ${one} does not match the patch recorded in the lock file`
      : `Invalid: lock file records a patch for ${one} that package.json no longer declares`;
  });
  const unused = selectors.all().filter(({ key }) => !used.has(key));
  if (unused.length > 0 && !allowUnused) throw new InstallError(unusedPatches(unused.map(({ key }) => key)));
  return problems;
}

function hashOf(path: unknown, name: string, files: ProjectFiles): string {
  if (typeof path !== "string") throw unsafePatch(JSON.stringify(path) ?? "", name);
  const base = "/0/1/2/3";
  const relative = relativePath(base, resolvePath(base, path));
  if (relative === "" || relative.startsWith("..")) throw unsafePatch(path, name);
  const bytes = files.bytes(`/${relative}`);
  if (!bytes) throw missingPatch(path, name);
  return sriOf(bytes);
}

/** Step 2. @param locked the hash in the lock */
function extensionProblems(entries: readonly Entry[], locked: unknown, extensions: PackageExtensions | null): string[] {
  if (extensions && !locked) return ["Missing: packageExtensions state from lock file"];
  if (!extensions && locked) return ["Invalid: lock file records packageExtensions state but package.json has none"];
  if (extensions && extensions.hash !== locked) {
    return ["Invalid: packageExtensions in package.json do not match the lock file"];
  }
  return entries.flatMap(({ name, folder, version, raw }) => {
    const matching = extensions?.selectors(name, version) ?? [];
    const problems: string[] = [];
    if (matching.length > 1) {
      const all = matching.map((selector) => `"${selector}"`).join(", ");
      problems.push(`Invalid: several selectors of packageExtensions match ${name}@${version}: ${all}`);
    }
    const mark = raw["packageExtensionsApplied"];
    const selector = isObject(mark) ? mark["selector"] : undefined;
    if (mark && !(matching.length > 0 && extensions?.has(selector))) {
      problems.push(`Invalid: stale packageExtensions provenance for ${folder}@${version} (selector "${selector}")`);
    }
    return problems;
  });
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
