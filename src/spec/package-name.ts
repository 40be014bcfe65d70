import { InstallError } from "../errors/failure.ts";
import { invalidPackageName } from "../errors/packages.ts";

/** The form of nearly every name. Only names that differ from it are examined further. */
const USUAL = /^(?:@[a-z0-9][a-z0-9._-]*\/)?[a-z0-9][a-z0-9._-]*$/;

function encodes(text: string): boolean {
  try {
    return encodeURIComponent(text) !== text;
  } catch {
    return true; // a lone surrogate
  }
}

/** The most characters of a name. npm publishes none above 214, but older names are longer. */
const MAX_NAME = 1024;

/**
 * Returns the reason why `name` is not a valid package name, or null if it is valid. The rules are npm's for old packages:
 * capitals and `~'!()*` are allowed (npm-tree §2).
 */
export function packageNameProblem(name: string): string | null {
  if (name.length > MAX_NAME) return `has more than ${MAX_NAME} characters`;
  if (name === "node_modules" || name === "favicon.ico") return "is reserved";
  if (USUAL.test(name)) return null;
  if (name === "") return "is empty";
  if (/^[.\-_]/.test(name)) return `starts with "${name[0]}"`;
  if (name.trim() !== name) return "starts or ends with a blank";
  if (/^(?:node_modules|favicon\.ico)$/i.test(name)) return "is reserved";
  if (!encodes(name)) return null;
  const slash = name.indexOf("/");
  const scope = name.slice(1, slash);
  const base = name.slice(slash + 1);
  if (name[0] !== "@" || slash < 2 || base === "" || encodes(scope) || encodes(base)) {
    return "has characters that a URL cannot carry";
  }
  return base[0] === "." ? `starts with "." after its scope` : null;
}

/**
 * Checks a package name.
 * @param raw the spec that contains the name, for the message
 * @throws InstallError EINVALIDPACKAGENAME
 */
export function assertPackageName(name: string, raw: string): void {
  const problem = packageNameProblem(name);
  if (problem !== null) throw new InstallError(invalidPackageName(name, problem, raw));
}

/** Escapes a name for a registry's URL: `@a/b` becomes `@a%2fb`. */
export function escapePackageName(name: string): string {
  return name.replace("/", "%2f");
}

/** Returns the scope of a name, `@a` for `@a/b`, or undefined if it has none. */
export function scopeOf(name: string): string | undefined {
  return name[0] === "@" ? name.slice(0, name.indexOf("/")) : undefined;
}
