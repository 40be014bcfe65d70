/** More than any disk takes; npm's own client stops at 1,024 folders. */
const LONGEST = 4096;

/**
 * The path below an archive's first folder, whatever that is called; `""` for what npm skips (a file beside that folder), null
 * for a name that could lead out of the package on some system: one with `..`, an absolute one, one on a drive, one with NUL.
 *
 *     package/lib/a.js → lib/a.js     package//./a.js → a.js     README → ""     package/../x, /etc/x, package/c:/x → null
 */
export function insidePath(path: string): string | null {
  // Most are so: there is nothing to take out of them, and nothing to fear.
  if (path.length <= LONGEST && PLAIN.test(path)) return path.slice(path.indexOf("/") + 1);
  const inside = path
    .split("/")
    .slice(1)
    .filter((part) => part !== "" && part !== ".")
    .join("/");
  const odd = path.length > LONGEST || path.includes("\0") || path.split(/[/\\]/).includes("..");
  return odd || isRooted(path) || isRooted(inside) ? null : inside;
}

/** A folder, and in it names that begin with no dot and have nothing odd in them. */
const PLAIN = /^[\w@+-][\w@.+-]*(?:\/[\w@+-][\w@.+-]*)+$/;

const isRooted = (path: string): boolean => /^(?:[/\\]|[a-z]:)/i.test(path);

const NUL = 0;
const SLASH = 0x2f;
const BACKSLASH = 0x5c;
const DOT = 0x2e;
const COLON = 0x3a;

/** How many paths there are in UTF-8, with NUL between them; -1 when one of them is none that `insidePath` gives. */
export function countSafePaths(bytes: Uint8Array): number {
  let paths = 0;
  let path = 0;
  let part = 0;
  for (let i = 0; i <= bytes.length; i++) {
    const byte = i < bytes.length ? bytes[i] : NUL;
    if (byte === COLON && i === path + 1 && isLetter(bytes[path] as number)) return -1;
    if (byte !== NUL && byte !== SLASH && byte !== BACKSLASH) continue;
    // No empty part, and none that is a dot. On all systems but one a backslash is part of a name like any letter.
    if (i === path || (byte !== BACKSLASH && isNothing(bytes, i, path))) return -1;
    if (i === part + 2 && bytes[part] === DOT && bytes[part + 1] === DOT) return -1;
    part = i + 1;
    if (byte === NUL) {
      paths++;
      path = part;
    }
  }
  return paths;
}

/** Whether before `end` there is a slash, or a dot alone. */
function isNothing(bytes: Uint8Array, end: number, path: number): boolean {
  const last = bytes[end - 1] === DOT ? end - 1 : end;
  return last === path || bytes[last - 1] === SLASH;
}

const isLetter = (byte: number): boolean => (byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x7a;
