import { compareVersions, parseVersion, type Version } from "./version.ts";

/** What differs between the versions of npm whose trees and locks webhoist gives. Each rule is named by what npm does. */
export interface NpmRules {
  /** An optional peer that nothing provides, and that its dependent's place does not contradict, is not loaded (11.20, 12.1). */
  readonly skipsAbsentOptionalPeers: boolean;
  /** A package that could not be loaded is no peer conflict. Its own failure counts (11.21.1, 12.2.1). */
  readonly excusesFailedPeers: boolean;
  /** An entry of `rm` must be a bare name (11.20, 12.1). */
  readonly refusesSpecsInRm: boolean;
  /** Shrinkwraps count, those of packages and the project's own (until 12). */
  readonly readsShrinkwraps: boolean;
  /** Overrides do not reach what the project itself bundles (until 12). */
  readonly sparesOwnBundle: boolean;
  /** A repository of a known host becomes `git+ssh`, even if it was written with `https` (until 12). */
  readonly turnsGitHttpsToSsh: boolean;
  /** Locks of version 4 carry extensions and patches; newer locks are refused (12). */
  readonly knowsLock4: boolean;
  /** `strict-npmrc` refuses unknown keys of an `.npmrc`, and the keys that are new in 12 are known (12). */
  readonly refusesUnknownKeys: boolean;
  /** The scripts of packages run only if `allowScripts` says so (12). */
  readonly asksForScripts: boolean;
  /** The command refuses git and URLs unless they are allowed (12). */
  readonly refusesGitAndUrls: boolean;
}

/** The oldest and the newest npm whose rules are known. */
const OLDEST = "11.10.0";
const NEWEST = "12.2.2";

/** Returns the rules of a version of npm. One that is newer than all known ones has the newest known rules. */
export function npmRules(npm: string): NpmRules {
  const version = versionOf(npm);
  const since = (eleven: string, twelve: string): boolean => isAtLeast(version, version.major < 12 ? eleven : twelve);
  const twelve = version.major >= 12;
  return {
    skipsAbsentOptionalPeers: since("11.20.0", "12.1.0"),
    excusesFailedPeers: since("11.21.1", "12.2.1"),
    refusesSpecsInRm: since("11.20.0", "12.1.0"),
    readsShrinkwraps: !twelve,
    sparesOwnBundle: !twelve,
    turnsGitHttpsToSsh: !twelve,
    knowsLock4: twelve,
    refusesUnknownKeys: twelve,
    asksForScripts: twelve,
    refusesGitAndUrls: twelve,
  };
}

/** Checks whether a version of npm is outside of those whose rules are known: then those of the nearest one hold. */
export function unknownNpm(npm: string): "older" | "newer" | null {
  const version = versionOf(npm);
  const [oldest, newest] = [versionOf(OLDEST), versionOf(NEWEST)];
  if (compareVersions(version, oldest) < 0) return "older";
  // A patch release does not change the rules.
  return version.major > newest.major || (version.major === newest.major && version.minor > newest.minor)
    ? "newer"
    : null;
}

function isAtLeast(version: Version, least: string): boolean {
  return compareVersions(version, versionOf(least)) >= 0;
}

/** Reads a version. A text that is none counts as the newest. */
function versionOf(text: string): Version {
  return parseVersion(text) ?? (parseVersion(NEWEST) as Version);
}
