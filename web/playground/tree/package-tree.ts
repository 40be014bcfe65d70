import type { Tree, TreeEdge, TreeNode } from "../../../src/api/resolve.ts";
import { formatCount, h, icon, setChildren } from "../elements/dom.ts";
import { type KeyboardTree, TreeKeyboard } from "../elements/tree-keys.ts";
import { VirtualList } from "../elements/virtual-list.ts";
import type { PackageFlag, PackageRow, TreeOrder } from "./package-rows.ts";
import { PackageRows } from "./package-rows.ts";

const ROW_HEIGHT = 28;

/** Word, and what it means, in the order in which badges stand. */
const FLAG_BADGES: ReadonlyMap<PackageFlag, readonly [string, string]> = new Map([
  ["deprecated", ["deprecated", "Its author asks not to use this version"]],
  ["extraneous", ["extraneous", "Nothing asks for it"]],
  ["dev", ["dev", "Only wanted for development"]],
  ["optional", ["optional", "Installing it may fail without harm"]],
  ["peer", ["peer", "Here because a package expects its dependent to have it"]],
  ["bundled", ["bundled", "Comes inside the package that wants it"]],
  ["link", ["link", "A link to a folder of the project"]],
  ["inert", ["other platform", "Left out on the platform that was resolved for"]],
  ["duplicate", ["duplicate", "In the tree in more than one version"]],
]);

/** Flags that a row shows; `duplicate` is for the search alone: it would be on every third row. */
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

/** The project and its workspaces are called what their package.json says, whatever their folder is called. */
export function displayName(node: TreeNode): string {
  return (isInstalled(node) ? node.name : node.packageName || node.name) || "the project";
}

/** A workspace's own spec is a path that means nothing to a reader. */
export function displaySpec({ type, spec }: TreeEdge): string {
  return type === "workspace" ? "workspace" : spec || "*";
}

function classOf({ node, edge, match }: PackageRow, active: boolean): string {
  const direct = (edge ? [edge] : node.edgesIn).some(({ from }) => from.location === "");
  return `row${active ? " active" : ""}${match ? "" : " faint"}${direct ? " direct" : ""}`;
}

/** An alias says what it stands for: `npm:string-width@4.2.3` in the folder `string-width-cjs`. */
function displayVersion(node: TreeNode): string {
  if (node.isLink) return `→ ${node.target?.location ?? node.resolved ?? ""}`;
  const installed = isInstalled(node);
  // A workspace stands beside the link to it, under the same name: its folder tells them apart.
  if (!installed && node.location !== "") return `${node.version} in ${node.location}`;
  const alias = installed && node.packageName !== node.name;
  return alias ? `${node.packageName}@${node.version}` : node.version;
}

/** The end of the line: what the project asks for, or the first of those that ask. */
function wantedFor({ node, edge }: PackageRow): string {
  if (edge) return displaySpec(edge);
  const direct = node.edgesIn.find(({ from }) => from.location === "");
  if (direct) return displaySpec(direct);
  const names = [...new Set(node.edgesIn.map(({ from }) => displayName(from)))];
  const rest = names.length - 2;
  return names.slice(0, 2).join(", ") + (rest > 0 ? ` and ${rest} more` : "");
}

/** The tree with its search: one tab stop, walked by keys as the ARIA tree pattern has it. */
export class PackageTree {
  readonly element: HTMLElement;
  readonly model: PackageRows;
  readonly #box: HTMLElement;
  readonly #list: VirtualList;
  readonly #search: HTMLInputElement;
  readonly #found: HTMLElement;
  readonly #openAll = h("button", { type: "button", onclick: () => this.#toggleAll() }, "Open all");
  readonly #wanted = new Set<PackageFlag>();
  readonly #onSelect: (node: TreeNode) => void;
  #active = 0;
  #allOpen = false;
  #selected: TreeNode | null = null;

  constructor(tree: Tree, onSelect: (node: TreeNode) => void) {
    this.model = new PackageRows(tree);
    this.#onSelect = onSelect;
    this.#search = h("input", {
      type: "search",
      placeholder: "Search packages",
      "aria-label": "Search packages",
      autocomplete: "off",
      spellcheck: "false",
      oninput: () => this.#filter(),
    });
    this.#found = h("span", { class: "note", role: "status" });
    const keys = new TreeKeyboard(this.#walked());
    this.#box = h("div", {
      class: "tree",
      role: "tree",
      tabindex: 0,
      "aria-label": "Resolved packages",
      onkeydown: (event) => keys.handle(event as KeyboardEvent),
      onclick: (event) => this.#click(event as MouseEvent),
    });
    this.element = h("div", { class: "tree-pane" }, this.#toolbar(), this.#box);
    this.#list = new VirtualList(this.#box, ROW_HEIGHT, (index) => this.#row(index));
    this.#refresh();
  }

  focusSearch(): void {
    this.#search.focus();
    this.#search.select();
  }

  /** Shows where `node` stands, and marks it, without moving the focus. */
  locate(node: TreeNode): void {
    const index = this.model.reveal(node);
    this.#selected = node;
    if (!this.model.filtered) this.#clearSearch();
    this.#refresh();
    if (index >= 0) this.#move(index, true);
  }

  dispose(): void {
    this.#list.dispose();
  }

  #walked(): KeyboardTree {
    return {
      rows: () => this.model.rows,
      active: () => this.#active,
      page: () => this.#list.page,
      foldable: () => !this.model.filtered,
      nameAt: (index) => this.model.rows[index]?.node.name ?? "",
      move: (index) => this.#move(index),
      toggle: (index, open) => this.#toggle(index, open),
      select: (index) => this.#select(index),
    };
  }

  #toolbar(): HTMLElement {
    const kind = h(
      "select",
      { "aria-label": "Order of the tree", onchange: () => this.#show(kind.value as TreeOrder) },
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
      h("div", { class: "tree-line" }, this.#search, kind, this.#openAll),
      h("div", { class: "tree-line" }, chips, this.#found),
    );
  }

  #chip(flag: PackageFlag, text: string, title: string): HTMLElement {
    const toggle = (): void => {
      const on = !this.#wanted.delete(flag);
      if (on) this.#wanted.add(flag);
      chip.setAttribute("aria-pressed", String(on));
      this.#filter();
    };
    const chip = h("button", { type: "button", class: "chip", title, "aria-pressed": "false", onclick: toggle }, text);
    return chip;
  }

  #clearSearch(): void {
    this.#search.value = "";
    this.#wanted.clear();
    for (const chip of this.element.querySelectorAll(".chip")) chip.setAttribute("aria-pressed", "false");
  }

  #show(kind: TreeOrder): void {
    this.model.show(kind);
    this.#openAll.hidden = kind !== "folders";
    this.#active = 0;
    this.#refresh();
    this.#box.scrollTop = 0;
  }

  #toggleAll(): void {
    const at = this.model.rows[this.#active]?.id;
    this.#allOpen = !this.#allOpen;
    if (this.#allOpen) this.model.expandAll();
    else this.model.collapseAll();
    this.#openAll.textContent = this.#allOpen ? "Close all" : "Open all";
    const active = this.model.rows.findIndex((row) => row.id === at);
    this.#active = Math.max(0, active);
    this.#refresh();
  }

  #filter(): void {
    this.model.filter(this.#search.value, this.#wanted);
    this.#active = Math.max(
      0,
      this.model.rows.findIndex((row) => row.match),
    );
    this.#box.scrollTop = 0;
    this.#refresh();
  }

  #refresh(): void {
    const { model } = this;
    this.#active = Math.min(this.#active, Math.max(0, model.rows.length - 1));
    this.#list.reset(model.rows.length);
    const total = model.tree.nodes.length;
    setChildren(
      this.#found,
      model.filtered ? `${model.matches} of ${formatCount(total, "package")}` : formatCount(total, "package"),
    );
    this.#point();
  }

  #point(): void {
    if (this.model.rows.length > 0) this.#box.setAttribute("aria-activedescendant", `row-${this.#active}`);
    else this.#box.removeAttribute("aria-activedescendant");
  }

  #row(index: number): HTMLElement {
    const row = this.model.rows[index];
    if (!row) return h("div");
    const { node } = row;
    const flags = this.model.flags(node);
    const twisty = row.expandable ? h("span", { class: "twisty", "data-twisty": true }, icon("chevron")) : h("span");
    const element = h(
      "div",
      {
        id: `row-${index}`,
        class: classOf(row, index === this.#active),
        role: "treeitem",
        "data-index": index,
        "aria-level": row.level,
        "aria-posinset": row.position,
        "aria-setsize": row.siblings,
        "aria-expanded": row.expandable ? String(row.expanded) : undefined,
        "aria-selected": String(node === this.#selected),
      },
      twisty,
      h("span", { class: "row-name" }, displayName(node)),
      h("span", { class: "row-version" }, displayVersion(node)),
      row.edge && !row.edge.valid ? h("span", { class: "badge badge-invalid" }, "invalid") : null,
      ...badges(flags),
      h("span", { class: "row-for" }, wantedFor(row)),
    );
    element.style.setProperty("--level", String(row.level - 1));
    return element;
  }

  #click(event: MouseEvent): void {
    const target = event.target as Element;
    const index = Number(target.closest("[data-index]")?.getAttribute("data-index") ?? -1);
    if (index < 0) return;
    if (target.closest("[data-twisty]")) this.#toggle(index);
    else {
      this.#move(index);
      this.#select(index);
    }
  }

  #toggle(index: number, open?: boolean): void {
    const row = this.model.rows[index];
    if (!row?.expandable || this.model.filtered) return;
    this.model.toggle(row.id, open);
    this.#active = index;
    this.#refresh();
  }

  #select(index: number): void {
    const row = this.model.rows[index];
    if (!row) return;
    const before = this.model.rows.findIndex(({ node }) => node === this.#selected);
    this.#selected = row.node;
    this.#list.redraw(before, index);
    this.#onSelect(row.node);
  }

  #move(index: number, center: boolean = false): void {
    const before = this.#active;
    this.#active = Math.max(0, Math.min(index, this.model.rows.length - 1));
    this.#list.reveal(this.#active, center);
    this.#list.redraw(before, this.#active);
    this.#point();
  }
}
