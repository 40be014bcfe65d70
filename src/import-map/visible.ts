import type { Tree, TreeNode } from "../api.ts";

/** What the project's own modules see: first what it asks for itself, then the rest of its `node_modules`. Types have no modules. */
export function visible({ root }: Tree): TreeNode[] {
  const own = new Set(root.children);
  const asked = root.edgesOut.flatMap(({ to }) => (to && own.has(to) ? [to] : []));
  return [...new Set([...asked, ...root.children])].filter(
    ({ name, packageName, inert }) => !inert && !/^@types\//.test(name) && !/^@types\//.test(packageName),
  );
}
