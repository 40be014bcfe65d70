/** A child of an element. Strings become text nodes, never markup, because names and messages from a registry are not trusted. */
export type Child = Node | string | null | undefined | false;

type Props = Record<string, string | number | boolean | EventListener | undefined>;

/**
 * Creates an element: `h("button", { class: "quiet", onclick: save }, "Save")`. A function becomes an event listener. `true`
 * sets an empty attribute; `false` and `undefined` set none.
 */
export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  props: Props = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [key, value] of Object.entries(props)) {
    if (typeof value === "function") element.addEventListener(key.slice(2), value);
    else if (value !== undefined && value !== false) element.setAttribute(key, value === true ? "" : String(value));
  }
  appendChildren(element, children);
  return element;
}

/** Appends the children that are not empty. */
export function appendChildren(parent: Node, children: readonly Child[]): void {
  for (const child of children) {
    if (child) parent.appendChild(typeof child === "string" ? document.createTextNode(child) : child);
  }
}

/** Returns a region that scrolls and that the keyboard can reach. `label` is its accessible name. */
export function scrollRegion(label: string, classes: string, ...children: Child[]): HTMLElement {
  const attributes = { class: `${classes} scroll`.trim(), tabindex: 0, role: "region", "aria-label": label };
  return h("div", attributes, ...children);
}

/** Replaces all children of `parent`. */
export function setChildren(parent: Element, ...children: Child[]): void {
  parent.replaceChildren();
  appendChildren(parent, children);
}

/** Returns an element of index.html. @throws Error if it does not exist */
export function byId<T extends HTMLElement = HTMLElement>(id: string): T {
  const element = document.getElementById(id);
  if (!element) throw new Error(`index.html has no element #${id}`);
  return element as T;
}

const ICONS = {
  chevron: "M6 4l4 4-4 4",
  close: "M4 4l8 8M12 4l-8 8",
  sun: "M8 1.5v1M8 13.5v1M1.5 8h1M13.5 8h1M3.4 3.4l.7.7M11.9 11.9l.7.7M3.4 12.6l.7-.7M11.9 4.1l.7-.7M8 5a3 3 0 1 0 0 6 3 3 0 0 0 0-6z",
  moon: "M13.5 9.7A5.8 5.8 0 0 1 6.3 2.5 5.8 5.8 0 1 0 13.5 9.7z",
  system: "M2 3h12v8H2zM6 14h4M8 11v3",
  copy: "M6 6h7v7H6zM10 3H3v7",
  download: "M8 2v8M4.5 7L8 10.5 11.5 7M3 13.5h10",
  locate: "M8 1.5v2M8 12.5v2M1.5 8h2M12.5 8h2M8 4.5a3.5 3.5 0 1 0 0 7 3.5 3.5 0 0 0 0-7z",
} as const;

/** Returns an icon of 16 by 16 units, hidden from screen readers: the button around it has a label. */
export function icon(name: keyof typeof ICONS): SVGSVGElement {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 16 16");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  path.setAttribute("d", ICONS[name]);
  svg.append(path);
  return svg;
}

const ENGLISH_NUMBERS = new Intl.NumberFormat("en");

/** `1 package`, `1,317 packages`. */
export function formatCount(value: number, singular: string, plural: string = `${singular}s`): string {
  return `${ENGLISH_NUMBERS.format(value)} ${value === 1 ? singular : plural}`;
}

/** `840 ms`, `2.41 s`, `38 s`. */
export function formatDuration(milliseconds: number): string {
  if (milliseconds < 1000) return `${Math.round(milliseconds)} ms`;
  return `${(milliseconds / 1000).toFixed(milliseconds < 10_000 ? 2 : 0)} s`;
}

/** `840 B`, `12 kB`, `9.1 MB`: decimal units, as in the network panel of a browser. */
export function formatBytes(value: number): string {
  if (value < 1000) return `${value} B`;
  return value < 1e6 ? `${(value / 1000).toFixed(0)} kB` : `${(value / 1e6).toFixed(1)} MB`;
}
