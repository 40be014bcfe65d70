import { packageNameProblem } from "../spec/package-name.ts";

/** A lock's location, taken apart. */
export interface LocationParts {
  /** `package`: it ends in a name below `node_modules`. `folder`: anything else. */
  readonly kind: "package" | "folder";
  /** Of a package: the folder that has the `node_modules`. Of a folder: the folder above it. */
  readonly above: string;
  /** Of a package: its folder's name, with the scope. Of a folder: its last segment. */
  readonly folder: string;
}

/** Characters. No disk takes a longer path, and a hostile one would take too long to walk. */
const MAX_LENGTH = 4096;

/** Checks that no file system and no URL reads a segment as anything but a name. */
function isPlain(segment: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are refused
  return segment !== "" && !/^\.\.?$|^[a-z]:|[\u0000-\u001f\u007f\\]/i.test(segment);
}

/**
 * Takes a lock's location apart. Returns null for a location that is not safe: an absolute path, a path with `..`, or a name
 * below `node_modules` that no package can have (`node_modules/.bin`).
 *
 *     packages/a/node_modules/@s/b  →  package "@s/b" in packages/a
 *     node_modules/a/vendored       →  folder "vendored" in node_modules/a
 */
export function parseLocation(location: string): LocationParts | null {
  if (location.length > MAX_LENGTH) return null;
  const segments = location.split("/");
  let parts: LocationParts | null = null;
  let above = "";
  for (let at = 0; at < segments.length; at++) {
    const segment = segments[at] as string;
    if (segment === "node_modules") {
      const first = segments[++at] ?? "";
      const folder = first[0] === "@" ? `${first}/${segments[++at] ?? ""}` : first;
      if (packageNameProblem(folder) !== null || /(?:^|\/)node_modules$/i.test(folder)) return null;
      parts = { kind: "package", above, folder };
      above = join(above, `node_modules/${folder}`);
    } else {
      if (!isPlain(segment) || /^node_modules$/i.test(segment)) return null;
      parts = { kind: "folder", above, folder: segment };
      above = join(above, segment);
    }
  }
  return parts;
}

/** Checks whether a location is beside or above the project: `..`, `../../shared/a`. */
export function isOutside(location: string): boolean {
  if (location.length > MAX_LENGTH) return false;
  const segments = location.split("/");
  const first = segments.findIndex((segment) => segment !== "..");
  return first < 0 || (first > 0 && segments.slice(first).every(isPlain));
}

export function join(folder: string, path: string): string {
  return folder === "" ? path : `${folder}/${path}`;
}
