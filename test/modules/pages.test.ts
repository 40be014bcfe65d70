import type { Page } from "playwright";
import { afterAll, beforeAll, expect, test } from "vitest";
import { moduleGraph } from "../../web/modules.ts";
import { codeBlocks, ROOT } from "../docs/markdown.ts";
import { openChromium } from "../support/chromium.ts";
import { diskProject } from "./disk-project.ts";

type Files = Record<string, string>;

let browser: Awaited<ReturnType<typeof openChromium>>;
beforeAll(async () => {
  browser = await openChromium();
}, 60_000);
afterAll(async () => await browser?.close());

/** The script of the frame, as docs/modules.md shows it. */
const FRAME_SCRIPT = codeBlocks("docs/modules.md").find(({ code }) => code.startsWith('addEventListener("message"'))
  ?.code as string;

/** Runs own files over this repository's packages in a sandboxed frame, and returns the page and the frame's errors. */
async function play(files: Files, entry = Object.keys(files)[0] as string): Promise<{ page: Page; errors: string[] }> {
  const graph = await moduleGraph(diskProject(ROOT), { files, entry });
  expect(graph.errors).toEqual([]);
  const page = await browser.newPage();
  const errors: string[] = [];
  page.on("pageerror", ({ message }) => errors.push(message));
  // A sandboxed frame has no storage, and some packages read it unguarded.
  const storage = `<script>Object.defineProperty(window, "localStorage", { value: { getItem: () => null, setItem() {} } })</script>`;
  const frame = `<!doctype html><body>${storage}<div id="app"></div><script>${FRAME_SCRIPT}</script>`;
  await page.setContent(
    `<iframe sandbox="allow-scripts" srcdoc="${frame.replaceAll("&", "&amp;").replaceAll('"', "&quot;")}"></iframe>`,
  );
  await page.frameLocator("iframe").locator("#app").waitFor({ state: "attached" });
  await page.evaluate((message) => document.querySelector("iframe")?.contentWindow?.postMessage(message, "*"), {
    modules: [...graph.modules.values()],
    entry: graph.entries[0],
  });
  return { page, errors };
}

/** Runs files, and waits for what the frame shows. */
async function shows(files: Files, text: string, entry?: string): Promise<void> {
  const { page, errors } = await play(files, entry);
  const app = page.frameLocator("iframe").locator("body");
  // Only what is visible: `textContent` has the text of scripts and style sheets too.
  const shown = async (): Promise<string> => (await app.allInnerTexts()).join(" ").replace(/\s+/g, " ").trim();
  await expect
    .poll(async () => ({ errors, shown: await shown() }), { timeout: 20_000 })
    .toEqual({ errors: [], shown: text });
  await page.close();
}

test("React with hooks, in TypeScript and JSX, with a style sheet", async () => {
  const files = {
    "src/main.tsx": `import { StrictMode, useEffect, useState } from "react";
import { createRoot } from "react-dom/client";
import * as Switch from "@radix-ui/react-switch";
import "./app.css";
function App({ title }: { title: string }) {
  const [seen, setSeen] = useState<boolean>(false);
  useEffect(() => setSeen(true), []);
  return <><h1>{title}</h1><Switch.Root>on</Switch.Root><p>{seen ? "seen" : "new"} {getComputedStyle(document.body).color}</p></>;
}
createRoot(document.getElementById("app")!).render(<StrictMode><App title="Hello" /></StrictMode>);`,
    "src/app.css": "@import './tokens.css'; body { color: var(--ink) }",
    "src/tokens.css": ":root { --ink: rgb(1, 2, 3) }",
  };
  await shows(files, "Hello on seen rgb(1, 2, 3)");
});

test("Vue with its router and Pinia", async () => {
  const files = {
    "main.js": `import { createApp, h } from "vue";
import { createMemoryHistory, createRouter, RouterView } from "vue-router";
import { createPinia, defineStore } from "pinia";
const useCount = defineStore("count", { state: () => ({ n: 2 }) });
const Home = () => h("p", "count " + useCount().n);
const router = createRouter({ history: createMemoryHistory(), routes: [{ path: "/", component: Home }] });
router.push("/");
createApp({ render: () => h(RouterView) }).use(createPinia()).use(router).mount("#app");`,
  };
  await shows(files, "count 2");
});

test("lit, Preact with signals, d3 and RxJS side by side", async () => {
  const files = {
    "main.js": `import { html, render } from "lit";
import { h, render as preact } from "preact";
import { signal } from "@preact/signals";
import { max, scaleLinear } from "d3";
import { map, of } from "rxjs";
const app = document.getElementById("app");
const part = () => app.appendChild(document.createElement("p"));
render(html\`<b>\${max([1, 3, 2])}</b>\`, part());
const n = signal(1);
preact(h("i", null, n), part());
part().textContent = scaleLinear([0, 1], [0, 10])(0.5);
of(1).pipe(map((x) => x + 1)).subscribe((x) => { part().textContent = x; });`,
  };
  await shows(files, "3 1 5 2");
});

test("CommonJS of the project, import() of it, and assets", async () => {
  const files = {
    "main.cjs": `const show = (text) => { document.getElementById("app").append(text + " "); };
show(require("./folder").name);
show(require("semver").major("3.2.1"));
import("./lazy.cjs").then(({ name, default: all }) => { show(name + all.name); });
const image = new Image();
image.onload = () => show(image.naturalWidth);
setTimeout(() => { image.src = require("./a.svg"); }, 100);`,
    "folder/index.js": "exports.name = 'folder'",
    "lazy.cjs": "exports.name = 'lazy'",
    "a.svg": '<svg xmlns="http://www.w3.org/2000/svg" width="30" height="20"></svg>',
  };
  await shows(files, "folder 3 lazylazy 30");
});

test("three, whose modules are large", async () => {
  await shows(
    {
      "main.js":
        'import { Vector3 } from "three"; document.getElementById("app").append(new Vector3(3, 4, 0).length());',
    },
    "5",
  );
});

test("a module worker that imports files, a package and CommonJS, and one by ?worker", async () => {
  const files = {
    "src/main.ts": `import Twice from "./twice.ts?worker";
const show = ({ data }: MessageEvent): void => document.getElementById("app")!.append(data + " ");
const worker = new Worker(new URL("./worker.js", import.meta.url), { type: "module" });
worker.onmessage = (event) => {
  show(event);
  const twice = new Twice();
  twice.onmessage = show;
  twice.postMessage(4);
};
worker.postMessage(100);`,
    "src/worker.js": `import { max } from "d3-array";
import semver from "semver";
import { sum, calls } from "./sum.js";
self.onmessage = async ({ data }) => {
  const { name } = await import("./lazy.js");
  self.postMessage([sum(data), calls, max([1, 3]), semver.major("2.1.0"), name].join());
};`,
    "src/sum.js": "export let calls = 0; export const sum = (n) => { calls++; return n * (n + 1) / 2; };",
    "src/lazy.js": "export * from './name.cjs';",
    "src/name.cjs": "exports.name = 'lazy';",
    "src/twice.ts": "self.onmessage = ({ data }: MessageEvent<number>) => self.postMessage(data * 2);",
  };
  await shows(files, "5050,1,3,2,lazy 8");
});
