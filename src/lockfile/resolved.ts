import { relativePath } from "../base/posix-path.ts";
import { InstallError } from "../errors/failure.ts";
import { hostedText } from "../spec/hosted.ts";
import type { NpmRules } from "../spec/npm-rules.ts";
import { parseArg, type Spec } from "../spec/spec.ts";

/** Parses `resolved` as a spec. Returns null if it is not one. */
export function parseResolved(resolved: string, where: string): Spec | null {
  try {
    return parseArg(resolved, where);
  } catch (error) {
    if (error instanceof InstallError) return null;
    throw error;
  }
}

/**
 * Checks for the URL of a registry's tarball, which stays unchanged. Nearly every entry has one. Only the URL of a git host
 * may be a repository.
 */
export function isPlainUrl(resolved: string): boolean {
  return resolved.startsWith("http") && /^https?:/.test(resolved) && !/git|bitbucket/.test(resolved);
}

/** What a converted `resolved` is relative to: `to`, or null for an absolute path. */
interface CarryOptions {
  to: string | null;
  rules: Pick<NpmRules, "turnsGitHttpsToSsh">;
}

/**
 * Converts `resolved` as npm does. A `file:` path that is relative to `from` becomes relative to `to`, or absolute if `to`
 * is null. A repository on a known host gets its `git+ssh` form, or keeps `git+https` if `rules` say so. Anything else stays unchanged.
 */
export function carryResolved(resolved: unknown, from: string, { to, rules }: CarryOptions): string | null {
  if (typeof resolved !== "string" || resolved === "") return null;
  if (isPlainUrl(resolved)) return resolved;
  const spec = parseResolved(resolved, from);
  if (spec === null) return resolved;
  switch (spec.type) {
    case "file":
    case "directory":
      return `file:${to === null ? spec.fetchSpec : relativePath(to, spec.fetchSpec)}`;
    case "git": {
      if (!spec.hosted) return spec.saveSpec;
      const isHttps = spec.hosted.auth !== null || (spec.hosted.form === "https" && !rules.turnsGitHttpsToSsh);
      return hostedText(spec.hosted, isHttps ? "https" : "sshurl").replace(/^(?!git\+)/, "git+");
    }
    default:
      return spec.rawSpec === "*" ? spec.raw : spec.rawSpec;
  }
}
