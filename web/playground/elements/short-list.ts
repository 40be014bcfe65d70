import { h } from "./dom.ts";

/** A list of the first few, and a button for the rest. */
export function shortList(items: readonly HTMLElement[], first: number, list: HTMLElement): HTMLElement[] {
  const cut = items.length <= first + 1 ? items.length : first;
  list.append(...items.slice(0, cut));
  if (cut === items.length) return [list];
  const more = h("button", { type: "button", class: "quiet" }, `Show all ${items.length}`);
  more.addEventListener("click", () => {
    const fresh = items.slice(cut);
    list.append(...fresh);
    more.remove();
    fresh[0]?.querySelector("button")?.focus();
  });
  return [list, more];
}
