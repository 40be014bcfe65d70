import { afterAll, beforeAll, expect, test } from "vitest";
import type { ImportMap, ImportMapOptions } from "../../src/api/flat.ts";
import type { InstalledProject } from "../../src/api/install.ts";
import { byMap } from "./by-map.ts";
import { installFiles, installPublished } from "./packs.ts";
import { type Files, type Played, Stage } from "./stage.ts";
import { standIn } from "./stand-in.ts";

let stage: Stage;
beforeAll(async () => {
  stage = await Stage.open();
}, 60_000);
afterAll(async () => await stage?.[Symbol.asyncDispose]());

const filesOf =
  (project: InstalledProject): Files =>
  async (path) =>
    project.exists(path) ? await project.readFile(path) : null;

const served = { site: 0 };

/** Runs a module in a page that is served the project's files. */
async function play(
  project: InstalledProject,
  script: string,
  options: ImportMapOptions = {},
): Promise<Played & { map: ImportMap }> {
  const site = `site${served.site++}`;
  const map = await project.resolution!.importMap({ provider: project, base: `/${site}/`, ...options });
  await agrees(project, map, site);
  return { ...(await stage.play(site, { map, script, files: filesOf(project) })), map };
}

/** Checks that every entry leads to an existing file, and that every import of a module leads to the file that Node finds. */
async function agrees(project: InstalledProject, { integrity = {}, ...map }: ImportMap, site: string): Promise<void> {
  const page = `http://page.local/${site}/`;
  const meaning = byMap(map, page);
  const pathOf = (address: string): string => decodeURIComponent(new URL(address, page).href.slice(page.length));
  for (const to of [map.imports, ...Object.values(map.scopes ?? {})].flatMap((section) => Object.values(section)))
    expect(to.startsWith("data:") || project.exists(pathOf(to)), to).toBe(true);
  let imports = 0;
  for (const address of Object.keys(integrity)) {
    const path = pathOf(address);
    const text = new TextDecoder().decode(await project.readFile(path));
    // A simple pattern that misses some imports but reports no wrong ones.
    for (const [, specifier = ""] of text.matchAll(/^(?:import|export)\b[^;'"`]*?from\s*["']([^"'\n]+)["']/gm)) {
      const wanted = await project.nodeResolve(specifier, path).catch(() => null);
      if (wanted === null || wanted.endsWith(".cjs")) continue;
      const meant = meaning(specifier, new URL(address, page).href);
      // CommonJS that the map contains itself.
      if (meant?.startsWith("data:text/javascript;base64,")) continue;
      expect(meant && pathOf(meant), `${specifier} in ${path}`).toBe(wanted);
      imports++;
    }
  }
  expect(imports).toBeGreaterThan(0);
}

const fine = { errors: [], lost: [] };

/** A module that runs on installed files, and the text that it shows. */
interface Page {
  title: string;
  /** Packages of this repository. */
  packages: readonly string[];
  script: string;
  shown: string;
  /** A path that exactly one loaded module has. */
  loadedOnce?: RegExp;
  /** More modules than this are loaded. */
  loadedOver?: number;
  /** The keys of the map's scopes, after the address of the page. */
  scopes?: readonly string[];
}

const PAGES: readonly Page[] = [
  {
    title: "Vue with its router and Pinia shares one Vue",
    packages: ["vue", "vue-router", "pinia"],
    script: `import { createApp, h, nextTick } from "vue";
     import { createMemoryHistory, createRouter, RouterView, useRoute } from "vue-router";
     import { createPinia, defineStore } from "pinia";
     const useCount = defineStore("count", { state: () => ({ n: 41 }), actions: { add() { this.n++; } } });
     const Page = { setup: () => { const store = useCount(), route = useRoute(); return () => h("p", route.params.id + " " + store.n); } };
     const router = createRouter({ history: createMemoryHistory(), routes: [{ path: "/page/:id", component: Page }] });
     const app = createApp({ render: () => h(RouterView) }).use(createPinia()).use(router);
     await router.push("/page/first");
     app.mount("main");
     const shown = [document.querySelector("main").textContent];
     useCount().add();
     await router.push("/page/second");
     await nextTick();
     shown.push(document.querySelector("main").textContent);
     document.querySelector("main").textContent = shown.join(", ");
     done();`,
    shown: "first 41, second 42",
    loadedOnce: /runtime-core.*\.js/,
  },
  {
    title: "d3 draws, and its parts are those of d3",
    packages: ["d3"],
    script: `import * as d3 from "d3";
     import { selection } from "d3-selection";
     const x = d3.scaleLinear([0, 10], [0, 100]);
     const svg = d3.select("main").append("svg");
     svg.selectAll("text").data([1, 2, 4]).join("text").attr("x", x).text((n) => n + "@" + x(n) + " ");
     svg.append("text").text(String(svg instanceof selection));
     done();`,
    shown: "1@10 2@20 4@40 true",
  },
  {
    title: "lit renders an element with a directive of a subpath",
    packages: ["lit"],
    script: `import { html, LitElement } from "lit";
     import { repeat } from "lit/directives/repeat.js";
     customElements.define("a-list", class extends LitElement {
       static properties = { items: {} };
       createRenderRoot() { return this; }
       render() { return html\`\${repeat(this.items ?? [], (n) => n, (n) => html\`<i>\${n}</i>\`)}\`; }
     });
     const list = document.querySelector("main").appendChild(document.createElement("a-list"));
     list.items = [1, 2, 3];
     await list.updateComplete;
     list.items = [3, 1];
     await list.updateComplete;
     done();`,
    shown: "31",
  },
  {
    title: "Preact's hooks and signals share one Preact",
    packages: ["preact", "@preact/signals"],
    script: `import { h, render } from "preact";
     import { useState } from "preact/hooks";
     import { signal } from "@preact/signals";
     const count = signal(41);
     const App = () => { const [name] = useState("count"); return h("p", null, name, " ", count); };
     render(h(App), document.querySelector("main"));
     count.value++;
     await new Promise(requestAnimationFrame);
     await new Promise((next) => setTimeout(next, 50));
     done();`,
    shown: "count 42",
    loadedOnce: /\/preact\/dist\//,
  },
  {
    title: "RxJS, whose modules import each other without extensions, works",
    packages: ["rxjs"],
    script: `import { from, lastValueFrom, Observable } from "rxjs";
     import { map, reduce } from "rxjs/operators";
     const sum = from([1, 2, 3]).pipe(map((n) => n * n), reduce((a, b) => a + b));
     document.querySelector("main").textContent = (await lastValueFrom(sum)) + " " + (sum instanceof Observable);
     done();`,
    shown: "14 true",
    loadedOver: 100,
    scopes: ["node_modules/rxjs/"],
  },
  {
    title: "three works with a subpath of its export patterns",
    packages: ["three"],
    script: `import { Matrix4, Vector3 } from "three";
     import { OBB } from "three/addons/math/OBB.js";
     const box = new OBB(new Vector3(1, 2, 3), new Vector3(1, 1, 1)).applyMatrix4(new Matrix4().makeTranslation(1, 0, 0));
     document.querySelector("main").textContent = box.center.toArray() + " " + (box.center instanceof Vector3);
     done();`,
    shown: "2,2,3 true",
    loadedOnce: /three\.core/,
  },
];

test.each(PAGES)("$title", { timeout: 30_000 }, async (page) => {
  const { packages, script, shown, loadedOnce, loadedOver = 0, scopes } = page;
  const project = await installPublished(packages);
  const { map, loaded, ...played } = await play(project, script);
  expect(played).toEqual({ ...fine, shown });
  if (loadedOnce) expect(loaded.filter((path) => loadedOnce.test(path))).toHaveLength(1);
  expect(loaded.length).toBeGreaterThan(loadedOver);
  if (scopes) expect(Object.keys(map.scopes ?? {}).map((key) => key.replace(/^\/[^/]*\//, ""))).toEqual(scopes);
  // Vue's packages need two versions of one tool; RxJS needs entries for its relative imports.
  const scoped = packages.includes("vue") || packages.includes("rxjs");
  expect(Object.keys(map.scopes ?? {}).length > 0).toBe(scoped);
});

/** Shows a switch, and clicks it twice. */
const SWITCH = `
  import { createElement, useState } from "react";
  import { createRoot } from "react-dom/client";
  import { flushSync } from "react-dom";
  import * as Switch from "@radix-ui/react-switch";
  const App = () => {
    const [on, turn] = useState(false);
    return createElement("div", null,
      createElement(Switch.Root, { checked: on, onCheckedChange: turn }, createElement(Switch.Thumb)), on ? "on" : "off");
  };
  const main = document.querySelector("main");
  const root = createRoot(main);
  flushSync(() => root.render(createElement(App)));
  const shown = [main.textContent];
  for (let i = 0; i < 2; i++) {
    flushSync(() => document.querySelector("button").click());
    shown.push(main.textContent + " " + document.querySelector("button").getAttribute("aria-checked"));
  }
  flushSync(() => root.unmount());
  main.textContent = shown.join(", ");
  done();`;

test("React and a switch of Radix from an imitated CDN share one React", async () => {
  const project = await installPublished(["react", "react-dom", "@radix-ui/react-switch"]);
  const map = await project.resolution!.importMap({ provider: "{name}@{version}{path}", base: "/react/cdn/" });
  const { loaded, ...played } = await stage.play("react", { map, script: SWITCH, files: standIn });
  expect(played).toEqual({ ...fine, shown: "off, on true, off false" });
  expect(loaded.filter((path) => /^cdn\/react@[^/]+$/.test(path))).toHaveLength(1);
  expect(map.scopes).toBeUndefined();
}, 30_000);

test("React and a switch of Radix from installed files, with CommonJS in the map", async () => {
  const project = await installPublished(["react", "react-dom", "@radix-ui/react-switch"]);
  const { map, loaded, ...played } = await play(project, SWITCH, { commonjs: "wrap" });
  expect(played).toEqual({ ...fine, shown: "off, on true, off false" });
  expect(loaded.some((path) => path.includes("react-switch"))).toBe(true);
  expect(Object.keys(map.imports).filter((key) => /react\/cjs\/react\.(?!.*production)/.test(key))).toEqual([]);
}, 60_000);

const versioned = (version: string): Record<string, unknown> => ({
  "package.json": { type: "module", exports: { ".": "./index.js", "./name": "./name.js" } },
  "index.js": `import name from "shared/name"; export default name + " ${version}"`,
  "name.js": `export default "shared"`,
});
const dependent = (name: string, range: string): Record<string, unknown> => ({
  "package.json": { type: "module", dependencies: { shared: range } },
  "index.js": `import shared from "shared"; export const ${name} = "${name}: " + shared`,
});
const COPIES = {
  "left@1.0.0": dependent("left", "^1.0.0"),
  "right@1.0.0": dependent("right", "^2.0.0"),
  "shared@1.5.0": versioned("1.5.0"),
  "shared@2.1.0": versioned("2.1.0"),
  "odd@1.0.0": {
    "package.json": { type: "module" },
    "index.js": `export { default } from "./a b%20?#[].js"`,
    "a b%20?#[].js": "",
  },
};
const TWO = `import { left } from "left"; import { right } from "right"; import shared from "shared"; import old from "old";
  document.querySelector("main").textContent = [left, right, shared, old].join(", ");
  done();`;

test("two dependents get two versions, from installed files and from a CDN", async () => {
  const dependencies = { left: "1", right: "1", shared: "2", old: "npm:shared@1" };
  const project = await installFiles(COPIES, { dependencies });
  const shown = "left: shared 1.5.0, right: shared 2.1.0, shared 2.1.0, shared 1.5.0";
  const { map: _, loaded, ...played } = await play(project, TWO);
  expect(played).toEqual({ ...fine, shown });
  expect(loaded.filter((path) => path.endsWith("name.js"))).toHaveLength(3);

  const map = await project.resolution!.importMap({ provider: "/two/cdn/{name}@{version}{path}" });
  const files: Files = async (path) => {
    const [, name, version, subpath = "/index"] = /^cdn\/([^@/]+)@([^/]+)(\/.*)?$/.exec(path) ?? [];
    const found = COPIES[`${name}@${version}` as keyof typeof COPIES] as Readonly<Record<string, unknown>> | undefined;
    return (found?.[`${subpath.slice(1)}.js`] as string | undefined) ?? null;
  };
  const fromCdn = await stage.play("two", { map, script: TWO, files });
  expect(fromCdn).toMatchObject({ ...fine, shown });
}, 30_000);

test("a module whose bytes do not match its hash does not run", async () => {
  const project = await installFiles(COPIES, { dependencies: { shared: "2" } });
  const map = await project.resolution!.importMap({ provider: project, base: "/changed/" });
  const files: Files = async (path) => `${new TextDecoder().decode(await project.readFile(path))} `;
  const { shown, errors } = await stage.play("changed", { map, script: `import "shared"; done();`, files });
  expect(shown).toBe("");
  expect(errors.join()).toMatch(/integrity/i);
}, 30_000);
