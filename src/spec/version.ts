/** A parsed version. `pre` is null without a prerelease. Its identifiers of digits are numbers. Build metadata is dropped. */
export interface Version {
  readonly major: number;
  readonly minor: number;
  readonly patch: number;
  readonly pre: readonly (string | number)[] | null;
}

/** A number with more digits may not fit a double exactly. */
const MAX_DIGITS = 15;
const DIGITS = /^[0-9]+$/;
/** Parts of semver's loose grammar, with its limits: a number, a word in a prerelease, build metadata. */
export const NUMBER = "\\d{1,256}";
export const WORD = "\\d{0,256}[a-zA-Z-][a-zA-Z0-9-]{0,250}";
export const BUILD = "\\+[a-zA-Z0-9-]+(?:\\.[a-zA-Z0-9-]+)*";
const IDENTIFIER = `(?:${WORD}|${NUMBER})`;
const VERSION_PATTERN = new RegExp(
  `^[v=\\s]*(${NUMBER})\\.(${NUMBER})\\.(${NUMBER})(?:-?(${IDENTIFIER}(?:\\.${IDENTIFIER})*))?(?:${BUILD})?$`,
);

/** Parses a version as semver does in loose mode (`v1.2.3`, ` =1.2.3`, `1.2.3beta`). Returns null if it is not one. */
export function parseVersion(text: string): Version | null {
  // semver's limits: 256 characters, and numbers that a double holds exactly
  const match = text.length > 256 ? null : VERSION_PATTERN.exec(text.trim());
  if (!match) return null;
  const [major, minor, patch] = [Number(match[1]), Number(match[2]), Number(match[3])] as const;
  if (Math.max(major, minor, patch) > Number.MAX_SAFE_INTEGER) return null;
  return { major, minor, patch, pre: match[4] ? match[4].split(".").map(readIdentifier) : null };
}

/** Reads an identifier of a prerelease. Digits that are too long for a number stay text. */
function readIdentifier(text: string): string | number {
  const value = DIGITS.test(text) ? Number(text) : Number.NaN;
  return value < Number.MAX_SAFE_INTEGER ? value : text;
}

/**
 * Reads a version like `1.2.3` from the bytes between `start` and `end`, without making a string. Returns null for `1.2.3-…`,
 * which is a prerelease or invalid, and undefined for any other text, which `parseVersion` must read.
 */
export function readRelease(bytes: Uint8Array, start: number, end: number): Version | null | undefined {
  let major = 0;
  let minor = 0;
  let number = 0;
  let dots = 0;
  let digits = 0;
  for (let at = start; at < end; at++) {
    const code = bytes[at] as number;
    if (code >= 48 && code <= 57 && ++digits <= MAX_DIGITS) number = number * 10 + code - 48;
    else if (digits === 0 || digits > MAX_DIGITS) return undefined;
    else if (code === 46 && ++dots < 3) {
      major = minor;
      minor = number;
      number = digits = 0;
    } else return code === 45 && dots === 2 ? null : undefined;
  }
  return dots === 2 && digits > 0 ? { major, minor, patch: number, pre: null } : undefined;
}

/** Compares two versions: negative, zero or positive. Versions that differ only in build metadata are equal. */
export function compareVersions(a: Version, b: Version): number {
  return a.major - b.major || a.minor - b.minor || a.patch - b.patch || comparePrereleases(a.pre, b.pre);
}

function comparePrereleases(a: Version["pre"], b: Version["pre"]): number {
  // 1.0.0-beta comes before 1.0.0
  if (!a) return b ? 1 : 0;
  if (!b) return -1;
  for (let i = 0; ; i++) {
    const one = a[i];
    const two = b[i];
    // 1.0.0-beta comes before 1.0.0-beta.1
    if (one === undefined) return two === undefined ? 0 : -1;
    if (two === undefined) return 1;
    if (one !== two) return compareIdentifiers(one, two);
  }
}

/** Compares identifiers: numbers come before words. Digits that are text, because they are too long, also compare as numbers. */
function compareIdentifiers(a: string | number, b: string | number): number {
  const numericA = typeof a === "number" || DIGITS.test(a);
  const numericB = typeof b === "number" || DIGITS.test(b);
  if (numericA !== numericB) return numericA ? -1 : 1;
  const one = numericA ? Number(a) : a;
  const two = numericB ? Number(b) : b;
  return one === two ? 0 : one < two ? -1 : 1;
}

export function formatVersion({ major, minor, patch, pre }: Version): string {
  return `${major}.${minor}.${patch}${pre ? `-${pre.join(".")}` : ""}`;
}

/** Returns the version without `v`, `=`, blanks and build metadata: ` =v1.2.3+x` → `1.2.3`. Null if it is not a version. */
export function cleanVersion(text: string): string | null {
  const version = parseVersion(text.trim().replace(/^[=v]+/, ""));
  return version && formatVersion(version);
}

export function validVersion(text: string): boolean {
  return parseVersion(text) !== null;
}

/** Compares two version texts (loose). Returns NaN, which fails every comparison, if one of them is not a version. */
export function compare(a: string, b: string): number {
  const one = parseVersion(a);
  const two = parseVersion(b);
  return one && two ? compareVersions(one, two) : Number.NaN;
}
