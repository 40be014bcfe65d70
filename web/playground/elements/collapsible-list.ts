import { h } from "./dom.ts";

/** Puts the first items into `list` and adds a button that shows the rest. A list of one item more is shown whole. */
export function collapsibleList(items: readonly HTMLElement[], first: number, list: HTMLElement): HTMLElement[] {
  const cut = items.length <= first + 1 ? items.length : first;
  list.append(...items.slice(0, cut));
  if (cut === items.length) return [list];
  const more = h("button", { type: "button", class: "quiet" }, `Show all ${items.length}`);
  more.addEventListener("click", () => {
    const rest = items.slice(cut);
    list.append(...rest);
    more.remove();
    rest[0]?.querySelector("button")?.focus();
  });
  return [list, more];
}
