import { relativePath } from "../base/posix-path.ts";
import { InstallError } from "../errors/failure.ts";
import { hostedText } from "../spec/hosted.ts";
import { parseArg, type Spec } from "../spec/spec.ts";

/** `resolved` as a spec, or null where it is none. */
export function parseResolved(resolved: string, where: string): Spec | null {
  try {
    return parseArg(resolved, where);
  } catch (error) {
    if (error instanceof InstallError) return null;
    throw error;
  }
}

/** A tarball of a registry, which is carried as it is: nearly every entry. Only a known host's URL could be a repository. */
export function isPlainUrl(resolved: string): boolean {
  return resolved.startsWith("http") && /^https?:/.test(resolved) && !/git|bitbucket/.test(resolved);
}

/**
 * `resolved` carried from one place to another as npm does: `file:` paths start from `from` and become relative to
 * `to`, or absolute without it; hosted repositories get their `git+ssh` form; the rest stays.
 */
export function carryResolved(resolved: unknown, from: string, to: string | null): string | null {
  if (typeof resolved !== "string" || resolved === "") return null;
  if (isPlainUrl(resolved)) return resolved;
  const spec = parseResolved(resolved, from);
  if (spec === null) return resolved;
  switch (spec.type) {
    case "file":
    case "directory":
      return `file:${to === null ? spec.fetchSpec : relativePath(to, spec.fetchSpec)}`;
    case "git":
      if (!spec.hosted) return spec.saveSpec;
      return hostedText(spec.hosted, spec.hosted.auth ? "https" : "sshurl").replace(/^(?!git\+)/, "git+");
    default:
      return spec.rawSpec === "*" ? spec.raw : spec.rawSpec;
  }
}
