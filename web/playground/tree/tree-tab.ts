import type { Resolution, TreeNode } from "../../../src/api/resolve.ts";
import { PanelHolder } from "../elements/side-panel.ts";
import type { ResultTab } from "../elements/tabs.ts";
import { packageDetails } from "./package-details.ts";
import { PackageTree } from "./package-tree.ts";

/** Returns a function that shows the package at a location of the tree, or undefined if there is none. */
export type GoToPackage = (location: string) => (() => void) | undefined;

export interface TreeTabHost {
  /** Switches to this tab. */
  show: () => void;
  /** Returns a function that shows the installed files of a package, or undefined if there are none. */
  files?: ((node: TreeNode) => (() => void) | undefined) | undefined;
}

export interface TreeTab {
  tab: ResultTab;
  goTo: GoToPackage;
  dispose: () => void;
}

/** Creates the tab with the resolved tree and, beside it, the details of the selected package. */
export function treeTab(resolution: Resolution, { show, files }: TreeTabHost): TreeTab {
  const tree = new PackageTree(resolution.tree, (node) => open(node));
  const holder = new PanelHolder(() => tree.focus());
  const go = (node: TreeNode): void => {
    tree.locate(node);
    open(node);
    holder.focusPanel();
  };
  const open = (node: TreeNode): void =>
    holder.show(packageDetails({ resolution, model: tree.model, go, close: holder.close, files }, node));
  holder.element.append(tree.element);
  const goTo: GoToPackage = (location) => {
    const node = location === "" ? resolution.tree.root : resolution.tree.get(location);
    if (!node) return undefined;
    return () => {
      show();
      go(node);
    };
  };
  return { tab: { id: "tree", title: "Tree", body: holder.element }, goTo, dispose: () => tree.dispose() };
}
