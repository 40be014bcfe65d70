import type { Tree, TreeEdge, TreeNode } from "../../../src/api/resolve.ts";
import { type Child, formatCount, h, setChildren } from "../elements/dom.ts";
import { RowTree } from "../elements/row-tree.ts";
import { type PackageFlag, type PackageRow, PackageRows, type TreeOrder } from "./package-rows.ts";

/** The badge of each flag and its tooltip, in the order in which badges are shown. */
const FLAG_BADGES: ReadonlyMap<PackageFlag, readonly [string, string]> = new Map([
  ["deprecated", ["deprecated", "The author advises against this version"]],
  ["extraneous", ["extraneous", "No package depends on it"]],
  ["dev", ["dev", "Needed for development only"]],
  ["optional", ["optional", "The install continues without it if it fails"]],
  ["peer", ["peer", "Installed because a package lists it as a peer dependency"]],
  ["bundled", ["bundled", "Comes inside the tarball of the package that depends on it"]],
  ["link", ["link", "A link to a folder of the project"]],
  ["inert", ["other platform", "Not installed on this platform"]],
  ["duplicate", ["duplicate", "The tree has more than one version of it"]],
]);

/** Returns the badges of a row. `duplicate` is only a filter: as a badge it would be on every third row. */
export function badges(flags: ReadonlySet<PackageFlag>): HTMLElement[] {
  const shown: HTMLElement[] = [];
  for (const [flag, [word, title]] of FLAG_BADGES) {
    if (flag !== "duplicate" && flags.has(flag)) shown.push(h("span", { class: `badge badge-${flag}`, title }, word));
  }
  return shown;
}

function isInstalled({ location, name }: TreeNode): boolean {
  return location.endsWith(`node_modules/${name}`);
}

/** Returns the name to show. For the project and its workspaces this is the name in package.json, not the folder's name. */
export function displayName(node: TreeNode): string {
  return (isInstalled(node) ? node.name : node.packageName || node.name) || "the project";
}

/** Returns the spec to show. A workspace's spec is a path, which tells a reader nothing. */
export function displaySpec({ type, spec }: TreeEdge): string {
  return type === "workspace" ? "workspace" : spec || "*";
}

function classesOf({ node, edge, match }: PackageRow): string {
  const direct = (edge ? [edge] : node.edgesIn).some(({ from }) => from.location === "");
  return `${match ? "" : "faint"}${direct ? " direct" : ""}`;
}

/** Returns the version to show. An alias also shows its real name: `string-width@4.2.3` in the folder `string-width-cjs`. */
function displayVersion(node: TreeNode): string {
  if (node.isLink) return `→ ${node.target?.location ?? node.resolved ?? ""}`;
  const installed = isInstalled(node);
  // A workspace and the link to it have the same name; the folder tells them apart.
  if (!installed && node.location !== "") return `${node.version} in ${node.location}`;
  const alias = installed && node.packageName !== node.name;
  return alias ? `${node.packageName}@${node.version}` : node.version;
}

/** Returns the text at the end of a row: the project's spec for the package, or the first packages that depend on it. */
function requiredBy({ node, edge }: PackageRow): string {
  if (edge) return displaySpec(edge);
  const direct = node.edgesIn.find(({ from }) => from.location === "");
  if (direct) return displaySpec(direct);
  const names = [...new Set(node.edgesIn.map(({ from }) => displayName(from)))];
  const rest = names.length - 2;
  return names.slice(0, 2).join(", ") + (rest > 0 ? ` and ${rest} more` : "");
}

/** The resolved packages as a tree, with a search and filters. */
export class PackageTree {
  readonly element: HTMLElement;
  readonly model: PackageRows;
  readonly #rows: RowTree<PackageRow>;
  readonly #search: HTMLInputElement;
  readonly #found = h("span", { class: "note", role: "status" });
  readonly #openAll = h("button", { type: "button", onclick: () => this.#toggleAll() }, "Expand all");
  readonly #flags = new Set<PackageFlag>();
  #allOpen = false;
  #selected: TreeNode | null = null;

  constructor(tree: Tree, onSelect: (node: TreeNode) => void) {
    this.model = new PackageRows(tree);
    this.#search = h("input", {
      type: "search",
      placeholder: "Search packages",
      "aria-label": "Search packages",
      autocomplete: "off",
      spellcheck: "false",
      oninput: () => this.#filter(),
    });
    this.#rows = new RowTree({
      label: "Resolved packages",
      idPrefix: "row",
      rows: () => this.model.rows,
      foldable: () => !this.model.filtered,
      nameOf: ({ node }) => node.name,
      draw: (row) => ({
        classes: classesOf(row),
        selected: row.node === this.#selected,
        children: this.#cells(row),
      }),
      toggle: ({ id }, open) => this.model.toggle(id, open),
      select: ({ node }, index) => {
        const before = this.model.rows.findIndex((row) => row.node === this.#selected);
        this.#selected = node;
        this.#rows.redraw(before, index);
        onSelect(node);
      },
    });
    this.element = h("div", { class: "tree-pane" }, this.#toolbar(), this.#rows.element);
    this.#refresh();
  }

  focus(): void {
    this.#rows.element.focus();
  }

  /** Shows and selects the row of `node`. Does not move the focus. */
  locate(node: TreeNode): void {
    const index = this.model.reveal(node);
    this.#selected = node;
    if (!this.model.filtered) this.#clearSearch();
    this.#refresh();
    if (index >= 0) this.#rows.move(index, true);
  }

  dispose(): void {
    this.#rows.dispose();
  }

  #toolbar(): HTMLElement {
    const order = h(
      "select",
      { "aria-label": "Arrange packages", onchange: () => this.#show(order.value as TreeOrder) },
      h("option", { value: "folders" }, "By folder"),
      h("option", { value: "dependencies" }, "By dependency"),
    );
    const chips = h("div", { class: "chips", role: "group", "aria-label": "Show only" });
    const tally = this.model.tally();
    for (const [flag, [word, title]] of FLAG_BADGES) {
      const number = tally.get(flag);
      if (number) chips.append(this.#chip(flag, `${word} ${number}`, title));
    }
    return h(
      "div",
      { class: "tree-tools" },
      h("div", { class: "tree-line" }, this.#search, order, this.#openAll),
      h("div", { class: "tree-line" }, chips, this.#found),
    );
  }

  #chip(flag: PackageFlag, text: string, title: string): HTMLElement {
    const toggle = (): void => {
      const on = !this.#flags.delete(flag);
      if (on) this.#flags.add(flag);
      chip.setAttribute("aria-pressed", String(on));
      this.#filter();
    };
    const chip = h("button", { type: "button", class: "chip", title, "aria-pressed": "false", onclick: toggle }, text);
    return chip;
  }

  #cells({ node, edge, ...row }: PackageRow): Child[] {
    return [
      h("span", { class: "row-name" }, displayName(node)),
      h("span", { class: "row-version" }, displayVersion(node)),
      edge && !edge.valid ? h("span", { class: "badge badge-invalid" }, "invalid") : null,
      ...badges(this.model.flags(node)),
      h("span", { class: "row-for" }, requiredBy({ node, edge, ...row })),
    ];
  }

  #clearSearch(): void {
    this.#search.value = "";
    this.#flags.clear();
    for (const chip of this.element.querySelectorAll(".chip")) chip.setAttribute("aria-pressed", "false");
  }

  #show(order: TreeOrder): void {
    this.model.show(order);
    this.#openAll.hidden = order !== "folders";
    this.#refresh(0);
    this.#rows.element.scrollTop = 0;
  }

  #toggleAll(): void {
    const active = this.model.rows[this.#rows.active]?.id;
    this.#allOpen = !this.#allOpen;
    if (this.#allOpen) this.model.expandAll();
    else this.model.collapseAll();
    this.#openAll.textContent = this.#allOpen ? "Collapse all" : "Expand all";
    this.#refresh(this.model.rows.findIndex(({ id }) => id === active));
  }

  #filter(): void {
    this.model.filter(this.#search.value, this.#flags);
    this.#rows.element.scrollTop = 0;
    this.#refresh(this.model.rows.findIndex((row) => row.match));
  }

  #refresh(active?: number): void {
    this.#rows.refresh(active);
    const total = formatCount(this.model.tree.nodes.length, "package");
    setChildren(this.#found, this.model.filtered ? `${this.model.matches} of ${total}` : total);
  }
}
