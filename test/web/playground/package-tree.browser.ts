import { expect, test } from "vitest";
import { PackageTree } from "../../../web/playground/tree/package-tree.ts";
import { resolutionOf } from "./lock-resolution.ts";

const COUNT = 5000;

function bigLock(): string {
  const names = Array.from({ length: COUNT }, (_, i) => `p${String(i).padStart(4, "0")}`);
  const entries = names.map((name) => [`node_modules/${name}`, { version: "1.0.0" }] as const);
  const root = { name: "big", dependencies: Object.fromEntries(names.map((name) => [name, "*"])) };
  return JSON.stringify({ packages: { "": root, ...Object.fromEntries(entries) } });
}

function show(): { view: PackageTree; box: HTMLElement } {
  const view = new PackageTree(resolutionOf(bigLock()).tree, () => {});
  const box = view.element.querySelector<HTMLElement>("[role=tree]")!;
  box.style.cssText = "height: 600px; overflow: auto; position: relative";
  document.body.replaceChildren(view.element);
  return { view, box };
}

const frame = (): Promise<unknown> => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));

test("only the visible rows of thousands are drawn, at any scroll position", async () => {
  const { box } = show();
  for (const top of [0, 50_000, COUNT * 28]) {
    box.scrollTop = top;
    await frame();
    const drawn = [...box.querySelectorAll("[role=treeitem]")].map((row) => Number(row.getAttribute("data-index")));
    expect(drawn.length).toBeLessThan(60);
    const first = Math.floor(box.scrollTop / 28);
    for (let index = first; index < Math.min(first + 20, COUNT + 1); index++) expect(drawn).toContain(index);
  }
});

test("End moves to the last row, which screen readers can read", async () => {
  const { box } = show();
  await frame();
  box.focus();
  box.dispatchEvent(new KeyboardEvent("keydown", { key: "End" }));
  await frame();
  const active = document.getElementById(box.getAttribute("aria-activedescendant") ?? "");
  expect(active?.querySelector(".row-name")?.textContent).toBe("p4999");
  expect(active?.getAttribute("aria-posinset")).toBe(String(COUNT));
  expect(active?.getAttribute("aria-setsize")).toBe(String(COUNT));
});
