import type { Resolution, TreeEdge, TreeNode } from "../../../src/api/resolve.ts";
import { collapsibleList } from "../elements/collapsible-list.ts";
import { type Child, h } from "../elements/dom.ts";
import { sidePanel } from "../elements/side-panel.ts";
import type { PackageRows } from "./package-rows.ts";
import { badges, displayName, displaySpec } from "./package-tree.ts";

const FIRST_PATHS = 4;
const FIRST_EDGES = 8;

export interface DetailsHost {
  resolution: Resolution;
  model: PackageRows;
  /** Shows another package, both here and in the tree. */
  go: (node: TreeNode) => void;
  close: () => void;
  /** Returns a function that shows the installed files of a package, or undefined if there are none. */
  files?: ((node: TreeNode) => (() => void) | undefined) | undefined;
}

/** Returns the panel about one package: why it is in the tree, its dependents, its dependencies and its metadata. */
export function packageDetails(host: DetailsHost, node: TreeNode): HTMLElement {
  const { resolution, model } = host;
  const shown = node.isLink && node.target ? node.target : node;
  const isRoot = node === resolution.tree.root;
  const { deprecated } = node.manifest;
  const showFiles = host.files?.(node);
  const heading = [displayName(node), " ", h("span", { class: "mono" }, shown.version)];
  return sidePanel(
    { label: `About ${displayName(node)}`, heading, close: host.close },
    h("p", { class: "mono where" }, node.location || "the project itself"),
    h("p", { class: "badges" }, ...badges(model.flags(node))),
    showFiles ? h("button", { type: "button", class: "to-files", onclick: showFiles }, "Show files") : null,
    deprecated ? h("p", { class: "notice" }, `Deprecated: ${String(deprecated)}`) : null,
    isRoot ? null : whySection(host, node),
    isRoot ? null : otherCopies(host, node),
    edgeSection(host, node, "from"),
    edgeSection(host, shown, "to"),
    manifestFacts(node),
  );
}

function detailSection(title: string, ...children: Child[]): HTMLElement {
  return h("section", {}, h("h3", {}, title), ...children);
}

function nodeLink(host: DetailsHost, node: TreeNode): HTMLElement {
  const text = node.location === "" ? displayName(node) : `${displayName(node)}@${node.version}`;
  return h("button", { type: "button", class: "link", title: node.location, onclick: () => host.go(node) }, text);
}

function whySection(host: DetailsHost, node: TreeNode): HTMLElement {
  const answers = host.resolution.why(node.name).filter((answer) => answer.node === node);
  const paths = answers.flatMap((answer) => answer.paths);
  if (paths.length === 0) {
    const text = node.extraneous ? "Nothing in the project depends on it." : "It is part of the project itself.";
    return detailSection("Why is it in the tree?", h("p", { class: "note" }, text));
  }
  const items = paths.map(({ edges }) => {
    const item = h("li", {});
    const first = edges[0];
    if (first) item.append(nodeLink(host, first.from));
    for (const edge of edges) {
      item.append(h("span", { class: "step" }, h("span", { class: `spec spec-${edge.type}` }, specText(edge)), " → "));
      if (edge.to) item.append(nodeLink(host, edge.to));
    }
    return item;
  });
  return detailSection("Why is it in the tree?", ...collapsibleList(items, FIRST_PATHS, h("ol", { class: "paths" })));
}

function specText(edge: TreeEdge): string {
  const kind = { peer: "peer ", peerOptional: "peer? ", dev: "dev ", optional: "optional ", prod: "", workspace: "" }[
    edge.type
  ];
  return ` ${kind}${displaySpec(edge)}${edge.overridden && edge.type !== "workspace" ? " (overridden)" : ""}`;
}

function otherCopies(host: DetailsHost, node: TreeNode): HTMLElement | null {
  const others = host.resolution.tree.nodes.filter((other) => other !== node && other.name === node.name);
  if (others.length === 0) return null;
  const items = others.map((other) =>
    h("li", {}, nodeLink(host, other), " ", h("span", { class: "note mono" }, other.location)),
  );
  return detailSection(
    `Other copies (${others.length})`,
    ...collapsibleList(items, FIRST_EDGES, h("ul", { class: "edges" })),
  );
}

function edgeSection(host: DetailsHost, node: TreeNode, end: "from" | "to"): HTMLElement | null {
  // Optional peers that are not installed are left out.
  const shown = end === "from" ? node.edgesIn : node.edgesOut.filter((edge) => edge.to || edge.error);
  if (shown.length === 0) return null;
  const items = shown.map((edge) => {
    const other = edge[end];
    return h(
      "li",
      {},
      other ? nodeLink(host, other) : h("span", {}, edge.name),
      h("span", { class: `spec spec-${edge.type}` }, specText(edge)),
      edge.error ? h("span", { class: "badge badge-invalid" }, edge.error.toLowerCase()) : null,
    );
  });
  return detailSection(
    `${end === "from" ? "Required by" : "Requires"} (${shown.length})`,
    ...collapsibleList(items, FIRST_EDGES, h("ul", { class: "edges" })),
  );
}

function manifestFacts(node: TreeNode): HTMLElement | null {
  const { license, engines } = node.manifest;
  const rows: [string, string | null | undefined][] = [
    ["License", typeof license === "string" ? license : undefined],
    [
      "Engines",
      engines
        ? Object.entries(engines)
            .map((pair) => pair.join(" "))
            .join(", ")
        : undefined,
    ],
    ["Source", node.resolved],
    ["Integrity", node.integrity],
  ];
  const list = h("dl", { class: "facts" });
  for (const [term, value] of rows) if (value) list.append(h("dt", {}, term), h("dd", { class: "mono" }, value));
  return list.childElementCount > 0 ? detailSection("Metadata", list) : null;
}
