import { packageNameProblem } from "../spec/package-name.ts";

/** What stands at a place of a lock: below the last `node_modules` of a path, or in a folder of its own. */
export interface Place {
  readonly kind: "package" | "folder";
  /** Of a package: the folder whose `node_modules` it is in. Of a folder: the one above it. */
  readonly above: string;
  /** A package's folder, with its scope; a folder's last segment. */
  readonly folder: string;
}

/** No disk takes a longer path; without a limit, walking up a hostile one would take for ever. */
const MAX_LENGTH = 4096;

/** A segment that no disk and no path of a page misreads: not empty, `.`, `..`, nor with `\`, NUL, a line's end or a drive. */
function isPlain(segment: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is refused
  return segment !== "" && !/^\.\.?$|^[a-z]:|[\u0000-\u001f\u007f\\]/i.test(segment);
}

/**
 * Reads a lock's location, or gives null where it could lead astray: absolute, with `..`, with a name that is no
 * package's below `node_modules` (`node_modules/.bin`).
 *
 *     packages/a/node_modules/@s/b  →  package "@s/b" in packages/a
 *     node_modules/a/vendored       →  folder "vendored" in node_modules/a
 */
export function readLocation(location: string): Place | null {
  if (location.length > MAX_LENGTH) return null;
  const segments = location.split("/");
  let place: Place | null = null;
  let above = "";
  for (let at = 0; at < segments.length; at++) {
    const segment = segments[at] as string;
    if (segment === "node_modules") {
      const first = segments[++at] ?? "";
      const folder = first[0] === "@" ? `${first}/${segments[++at] ?? ""}` : first;
      if (packageNameProblem(folder) !== null || /(?:^|\/)node_modules$/i.test(folder)) return null;
      place = { kind: "package", above, folder };
      above = join(above, `node_modules/${folder}`);
    } else {
      if (!isPlain(segment) || /^node_modules$/i.test(segment)) return null;
      place = { kind: "folder", above, folder: segment };
      above = join(above, segment);
    }
  }
  return place;
}

/** Whether it leads to a folder beside or above the project: `..`, `../../shared/a`. */
export function isOutside(location: string): boolean {
  const match = /^\.\.(?:\/\.\.)*(?:\/(.+))?$/.exec(location);
  return (
    match !== null && location.length <= MAX_LENGTH && (match[1] === undefined || match[1].split("/").every(isPlain))
  );
}

export function join(folder: string, path: string): string {
  return folder === "" ? path : `${folder}/${path}`;
}
