import { h, setChildren } from "./dom.ts";

export interface ResultTab {
  id: string;
  title: string;
  /** A number after the title, for example the number of warnings. */
  mark?: string;
  body: HTMLElement;
  /** Called each time the tab is shown. */
  onShow?: () => void;
}

/** Creates tabs that follow the ARIA pattern: one tab stop, and arrow keys move between the tabs. */
export function createTabs(
  label: string,
  list: readonly ResultTab[],
  first: string,
): { element: HTMLElement; show: (id: string) => void } {
  const bar = h("div", { class: "tabs", role: "tablist", "aria-label": label });
  const panels = h("div", { class: "panels" });
  const show = (id: string, focus: boolean = false): void => {
    for (const tab of list) {
      const on = tab.id === id;
      const button = bar.querySelector<HTMLElement>(`[data-tab="${tab.id}"]`);
      button?.setAttribute("aria-selected", String(on));
      button?.setAttribute("tabindex", on ? "0" : "-1");
      if (on && focus) button?.focus();
      const panel = panels.querySelector<HTMLElement>(`#panel-${tab.id}`);
      if (panel) panel.hidden = !on;
      if (on) tab.onShow?.();
    }
  };
  for (const { id, title, mark, body } of list) {
    const button = h(
      "button",
      { type: "button", role: "tab", id: `tab-${id}`, "data-tab": id, "aria-controls": `panel-${id}` },
      title,
    );
    if (mark) button.append(" ", h("span", { class: "mark" }, mark));
    button.addEventListener("click", () => show(id));
    bar.append(button);
    panels.append(
      h("div", { id: `panel-${id}`, class: "panel", role: "tabpanel", "aria-labelledby": `tab-${id}` }, body),
    );
  }
  bar.addEventListener("keydown", (event) => {
    const at = list.findIndex(({ id }) => id === bar.querySelector("[aria-selected=true]")?.getAttribute("data-tab"));
    const to = { ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: list.length - 1 }[event.key];
    const next = to === undefined ? undefined : list.at(to % list.length);
    if (!next) return;
    event.preventDefault();
    show(next.id, true);
  });
  const element = h("div", { class: "tabbed" });
  setChildren(element, bar, panels);
  // A virtual list measures its height when shown, so the panels must be in the page first.
  queueMicrotask(() => show(first));
  return { element, show };
}
