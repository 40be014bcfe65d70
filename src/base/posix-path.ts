/**
 * Resolves `to` against the folder `from`, in a virtual file system whose root is `/`. The result is absolute, without `.`, `..`,
 * doubled or trailing slashes. `..` above the root stays at the root, so no path can leave it.
 */
export function resolvePath(from: string, to: string): string {
  const out: string[] = [];
  for (const part of (to[0] === "/" ? to : `${from}/${to}`).split("/")) {
    if (part === "..") out.pop();
    else if (part !== "" && part !== ".") out.push(part);
  }
  return `/${out.join("/")}`;
}

/** Returns the relative path from one absolute path to another: `/a/b` to `/a/c` is `../c`. A path to itself is `""`. */
export function relativePath(from: string, to: string): string {
  const source = resolvePath("/", from).split("/").filter(Boolean);
  const target = resolvePath("/", to).split("/").filter(Boolean);
  let shared = 0;
  while (shared < source.length && shared < target.length && source[shared] === target[shared]) shared++;
  return [...source.slice(shared).fill(".."), ...target.slice(shared)].join("/");
}

/** Returns npm's name for a package without a name: the folder's last segment, with a scope above it: `/x/@a/b` is `@a/b`. */
export function nameFromFolder(path: string): string {
  const slash = path.lastIndexOf("/");
  const above = path.lastIndexOf("/", slash - 1) + 1;
  return slash > 0 && path[above] === "@" ? path.slice(above) : path.slice(slash + 1);
}

/** Returns the folder of a path: `/a/b` is in `/a`. */
export function dirname(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf("/"))) || "/";
}

/** Removes slashes at the end of a text, in time linear in its length: `/\/+$/` tries every slash of it. */
export function trimSlashes(text: string): string {
  let end = text.length;
  while (end > 0 && text[end - 1] === "/") end--;
  return text.slice(0, end);
}
