import type { Tree, TreeNode } from "../api/resolve.ts";

/** What the project's own modules see: first what it asks for itself, then the rest of its `node_modules`. */
export function importablePackages({ root }: Tree): TreeNode[] {
  const own = new Set(root.children);
  const asked = root.edgesOut.flatMap(({ to }) => (to && own.has(to) ? [to] : []));
  return [...new Set([...asked, ...root.children])].filter(mayHaveModules);
}

/** What is left out of the install has none, and types have none. */
export function mayHaveModules({ name, packageName, inert }: TreeNode): boolean {
  return !inert && !/^@types\//.test(name) && !/^@types\//.test(packageName);
}
