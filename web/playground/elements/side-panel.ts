import { type Child, h, icon } from "./dom.ts";

export interface SidePanelOptions {
  /** Accessible name. */
  label: string;
  heading: Child[];
  close: () => void;
}

/** Returns a panel about one package: a heading, a close button and a body. */
export function sidePanel({ label, heading, close }: SidePanelOptions, ...body: Child[]): HTMLElement {
  return h(
    "aside",
    { class: "details", "aria-label": label, tabindex: -1 },
    h("header", {}, h("h2", {}, ...heading), iconButton("close", "Close", close)),
    ...body,
  );
}

/** Returns a button that shows only an icon. Its label is for screen readers and the tooltip. */
export function iconButton(name: Parameters<typeof icon>[0], label: string, press: () => void): HTMLElement {
  const button = h("button", {
    type: "button",
    class: "icon-button",
    "aria-label": label,
    title: label,
    onclick: press,
  });
  button.append(icon(name));
  return button;
}

/** A main part with room for one side panel. Escape closes the panel. */
export class PanelHolder {
  readonly element: HTMLElement = h("div", { class: "tree-and-details" });
  readonly #closed: () => void;
  #panel: HTMLElement | undefined;

  /** `closed` is called after the panel was closed, to put the focus back. */
  constructor(closed: () => void) {
    this.#closed = closed;
    this.element.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && this.#panel) this.close();
    });
  }

  /** Shows a panel in place of the one before. */
  show(panel: HTMLElement): void {
    if (panel !== this.#panel) this.#panel?.remove();
    this.#panel = panel;
    this.element.append(panel);
    this.element.classList.add("with-details");
  }

  focusPanel(): void {
    this.#panel?.focus();
  }

  readonly close = (): void => {
    this.#panel?.remove();
    this.#panel = undefined;
    this.element.classList.remove("with-details");
    this.#closed();
  };
}
