/** Characters. No file system allows more; npm's own client stops at 1,024 folders. */
const LONGEST = 4096;

/**
 * Returns a path without the archive's first folder, which may have any name, and then without a root, as npm does. Returns `""` for
 * a file beside that folder, which npm skips. Returns null for a name that could still leave the package on some system: with `..`
 * or NUL.
 *
 *     package/lib/a.js → lib/a.js     package//./a.js → a.js     README → ""
 *     /etc/x → etc/x                  package/c:/x → x           package/../x → null
 */
export function insidePath(path: string): string | null {
  // Most names are plain: safe, and without parts to remove.
  if (isPlain(path)) return path.slice(path.indexOf("/") + 1);
  if (path.length > LONGEST || path.includes("\0") || hasParent(path)) return null;
  // A root may stand behind a dot: `./c:/x`.
  const inside = withoutRoot(withoutRoot(restOf(path)));
  return hasParent(inside) || isRooted(inside) ? null : inside;
}

/** Checks whether a name has a root that {@link insidePath} removes. */
export function hasRoot(path: string): boolean {
  return !isPlain(path) && (isRooted(path) || insidePath(path) !== withoutDots(restOf(path)));
}

/** Returns the path behind the first folder. */
const restOf = (path: string): string => path.slice(path.indexOf("/") + 1 || path.length);
const withoutRoot = (path: string): string => withoutDots(path.replace(ROOTS, ""));

function withoutDots(path: string): string {
  const parts = path.split("/");
  return parts.filter((part) => part !== "" && part !== ".").join("/");
}

const hasParent = (path: string): boolean => path.split(/[/\\]/).includes("..");
const isPlain = (path: string): boolean => path.length <= LONGEST && PLAIN.test(path);

/** One root or several: a slash, a share (`\\host\share\`, or `//?/c:/`), or a drive with or without a slash. */
const ROOTS = /^(?:\/(?!\/\?\/)|(?:\\|\/(?=\/\?\/))[\\/][^\\/]+[\\/]+[^\\/]+(?:[\\/]|$)|[\\/]|[a-z]:[\\/]?)+/i;

/** A path of at least two parts with common characters only. No part begins with a dot. */
const PLAIN = /^[\w@+-][\w@.+-]*(?:\/[\w@+-][\w@.+-]*)+$/;

const isRooted = (path: string): boolean => /^(?:[/\\]|[a-z]:)/i.test(path);

const NUL = 0;
const SLASH = 0x2f;
const BACKSLASH = 0x5c;
const DOT = 0x2e;
const COLON = 0x3a;

/** Counts the paths in UTF-8 bytes with NUL between them. Returns -1 if `insidePath` could not have returned one of them. */
export function countSafePaths(bytes: Uint8Array): number {
  let paths = 0;
  let path = 0;
  let part = 0;
  for (let i = 0; i <= bytes.length; i++) {
    const byte = i < bytes.length ? bytes[i] : NUL;
    if (byte === COLON && i === path + 1 && isLetter(bytes[path] as number)) return -1;
    if (byte !== NUL && byte !== SLASH && byte !== BACKSLASH) continue;
    // No part is empty or a dot. Here a backslash does not end a part: it is an ordinary character on all systems but Windows.
    if (i === path || (byte !== BACKSLASH && isEmptyPart(bytes, i, path))) return -1;
    if (i === part + 2 && bytes[part] === DOT && bytes[part + 1] === DOT) return -1;
    part = i + 1;
    if (byte === NUL) {
      paths++;
      path = part;
    }
  }
  return paths;
}

/** Checks whether the part before `end` is empty or a dot. */
function isEmptyPart(bytes: Uint8Array, end: number, path: number): boolean {
  const last = bytes[end - 1] === DOT ? end - 1 : end;
  return last === path || bytes[last - 1] === SLASH;
}

const isLetter = (byte: number): boolean => (byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x7a;
