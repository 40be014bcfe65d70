import type { LockChange, Resolution, ResolutionStats, TreeNode } from "../../src/api.ts";
import type { Failure } from "../../src/errors.ts";
import { details } from "./details.ts";
import { append, byId, bytes, count, duration, fill, h } from "./dom.ts";
import { hoisting } from "./hoisting.ts";
import { LockView } from "./lock-view.ts";
import { type ProblemHost, problemCard } from "./problems.ts";
import type { Where } from "./session.ts";
import { type Tab, tabs } from "./tabs.ts";
import { TreeView } from "./tree-view.ts";

const FIRST_CARDS = 60;

export interface ResultHost extends Omit<ProblemHost, "goTo"> {
  keep: (path: string, text: string) => void;
}

/** Everything right of the editor: what came of the last run. */
export class ResultPane {
  readonly #pane = byId("result");
  readonly #host: ResultHost;
  #dispose: (() => void) | undefined;

  constructor(host: ResultHost) {
    this.#host = host;
  }

  /** Before the first run. */
  showEmpty(): void {
    this.#clear();
    fill(
      this.#pane,
      h(
        "div",
        { class: "empty" },
        hoisting(),
        h("h2", {}, "The tree that npm would build"),
        h(
          "p",
          {},
          "Press Resolve, or ",
          h("kbd", {}, "Ctrl"),
          " ",
          h("kbd", {}, "Enter"),
          " in the editor. This tab asks the" +
            " registry what it needs to know and writes package-lock.json as npm does, to the byte. Nothing is installed.",
        ),
      ),
    );
  }

  showFailure(failure: Failure, milliseconds: number): void {
    this.#clear();
    const card = problemCard(failure, "failure", this.#host);
    fill(
      this.#pane,
      h(
        "div",
        { class: "summary summary-failed" },
        h("h2", {}, "Not resolved"),
        h("p", {}, `after ${duration(milliseconds)}`),
      ),
      h("div", { class: "cards scroll", tabindex: 0, role: "region", "aria-label": "Failure" }, card),
    );
  }

  showResolution(resolution: Resolution, where: Where, baseLock: string | undefined): void {
    this.#clear();
    const holder = h("div", { class: "tree-and-details" });
    const tree = new TreeView(resolution.tree, (node) => open(node));
    const lock = new LockView(resolution.files, this.#host.keep);
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
      holder.append(details({ resolution, model: tree.model, go, close }, node));
      holder.classList.add("with-details");
    };
    holder.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && holder.classList.contains("with-details")) close();
    });
    holder.append(tree.element);
    const goTo = (location: string): (() => void) | undefined => {
      const node = location === "" ? resolution.tree.root : resolution.tree.get(location);
      return (
        node &&
        (() => {
          tabbed.show("tree");
          go(node);
        })
      );
    };
    const list: Tab[] = [
      { id: "tree", title: "Tree", body: holder },
      this.#warnings(resolution, goTo),
      { id: "lock", title: "Lockfile", body: lock.element, onShow: () => lock.open() },
    ];
    const changes = baseLock === undefined ? undefined : resolution.diff(baseLock);
    if (changes) list.push(changesTab(changes, goTo));
    const tabbed = tabs("Result", list, "tree");
    fill(this.#pane, summary(resolution, where), tabbed.element);
    this.#dispose = () => {
      tree.dispose();
      lock.dispose();
    };
  }

  #warnings({ warnings }: Resolution, goTo: NonNullable<ProblemHost["goTo"]>): Tab {
    const host: ProblemHost = { ...this.#host, goTo };
    const body = h("div", { class: "cards scroll", tabindex: 0, role: "region", "aria-label": "Warnings" });
    const draw = (from: number): void => {
      const next = from === 0 ? FIRST_CARDS : warnings.length;
      append(
        body,
        warnings.slice(from, next).map((warning) => problemCard(warning, "warning", host)),
      );
      if (next >= warnings.length) return;
      const more = h("button", { type: "button" }, `Show the other ${warnings.length - next}`);
      more.addEventListener("click", () => {
        more.remove();
        draw(next);
      });
      body.append(more);
    };
    if (warnings.length === 0) body.append(h("p", { class: "nothing" }, "No warnings: npm would say nothing either."));
    else draw(0);
    return { id: "warnings", title: "Warnings", mark: warnings.length > 0 ? String(warnings.length) : "", body };
  }

  #clear(): void {
    this.#dispose?.();
    this.#dispose = undefined;
  }
}

function changesTab(changes: readonly LockChange[], goTo: NonNullable<ProblemHost["goTo"]>): Tab {
  const items = changes.slice(0, 1000).map(({ kind, name, location, before, after }) => {
    const go = goTo(location);
    const open = go
      ? h("button", { type: "button", class: "link", title: location, onclick: go }, name)
      : h("span", { title: location }, name);
    const versions = [before, after].filter((version) => version !== undefined).join(" → ");
    return h(
      "li",
      { class: `change-${kind}` },
      h("span", { class: "badge" }, kind),
      open,
      h("span", { class: "mono note" }, versions),
    );
  });
  const body = h("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": "Changes" });
  body.append(
    items.length > 0 ? h("ul", { class: "changes" }, ...items) : h("p", { class: "nothing" }, "The lock is as it was."),
  );
  return { id: "changes", title: "Changes", mark: changes.length > 0 ? String(changes.length) : "", body };
}

const PHASES: readonly (readonly [keyof ResolutionStats["milliseconds"], string])[] = [
  ["read", "reading the project"],
  ["resolve", "resolving"],
  ["complete", "completing the lock"],
  ["write", "writing"],
];

function summary({ stats, tree }: Resolution, { mode, modeReason }: Where): HTMLElement {
  const total = Math.max(1, stats.milliseconds.total);
  const phases = PHASES.filter(([phase]) => stats.milliseconds[phase] > 0);
  const bar = h("div", { class: "phases", "aria-hidden": "true" });
  for (const [phase, words] of phases) {
    const part = h("i", { class: `phase-${phase}`, title: `${words}: ${duration(stats.milliseconds[phase])}` });
    part.style.flexGrow = String(stats.milliseconds[phase] / total);
    bar.append(part);
  }
  const facts: [string, string][] = [
    [String(count(stats.packuments, "packument")), "read"],
    [count(stats.requests, "request"), bytes(stats.bytes)],
    [count(stats.manifestsParsed, "manifest"), "parsed"],
  ];
  const said = phases.map(([phase, words]) => `${words} ${duration(stats.milliseconds[phase])}`).join(", ");
  return h(
    "div",
    { class: "summary" },
    h("h2", {}, count(tree.nodes.length, "package"), " in ", duration(stats.milliseconds.total)),
    h(
      "ul",
      { class: "stats" },
      ...facts.map(([value, word]) => h("li", {}, h("b", {}, value), ` ${word}`)),
      h("li", { title: modeReason }, "in mode ", h("b", {}, mode)),
    ),
    bar,
    h("p", { class: "sr-only" }, `Time: ${said}`),
  );
}
