import type { Tree, TreeNode } from "../api/resolve.ts";

/** Returns the packages that the project's own modules can import: its dependencies first, then the rest of its `node_modules`. */
export function importablePackages({ root }: Tree): TreeNode[] {
  const own = new Set(root.children);
  const direct = root.edgesOut.flatMap(({ to }) => (to && own.has(to) ? [to] : []));
  return [...new Set([...direct, ...root.children])].filter(mayHaveModules);
}

/** Checks whether a package can have modules. Packages of types, and packages that are not installed, have none. */
export function mayHaveModules({ name, packageName, inert }: TreeNode): boolean {
  return !inert && !/^@types\//.test(name) && !/^@types\//.test(packageName);
}
