import type { Resolution, TreeNode } from "../../../src/api/resolve.ts";
import { h } from "../elements/dom.ts";
import type { ResultTab } from "../elements/tabs.ts";
import { packageDetails } from "./package-details.ts";
import { PackageTree } from "./package-tree.ts";

export interface TreeTabHost {
  /** Brings the tab into sight. */
  show: () => void;
  /** What shows a package's folder among the installed files; undefined where there is none. */
  files?: ((node: TreeNode) => (() => void) | undefined) | undefined;
}

export interface TreeTab {
  tab: ResultTab;
  /** What shows a location of the tree; undefined where there is no such place in it. */
  goTo: (location: string) => (() => void) | undefined;
  dispose: () => void;
}

/** The resolved tree and, beside it, the package that was chosen. */
export function treeTab(resolution: Resolution, { show, files }: TreeTabHost): TreeTab {
  const holder = h("div", { class: "tree-and-details" });
  const tree = new PackageTree(resolution.tree, (node) => open(node));
  const go = (node: TreeNode): void => {
    tree.locate(node);
    open(node);
    holder.querySelector<HTMLElement>(".details")?.focus();
  };
  const close = (): void => {
    holder.querySelector(".details")?.remove();
    holder.classList.remove("with-details");
    tree.element.querySelector<HTMLElement>("[role=tree]")?.focus();
  };
  const open = (node: TreeNode): void => {
    holder.querySelector(".details")?.remove();
    holder.append(packageDetails({ resolution, model: tree.model, go, close, files }, node));
    holder.classList.add("with-details");
  };
  holder.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && holder.classList.contains("with-details")) close();
  });
  holder.append(tree.element);
  const goTo = (location: string): (() => void) | undefined => {
    const node = location === "" ? resolution.tree.root : resolution.tree.get(location);
    if (!node) return undefined;
    return () => {
      show();
      go(node);
    };
  };
  return { tab: { id: "tree", title: "Tree", body: holder }, goTo, dispose: () => tree.dispose() };
}
