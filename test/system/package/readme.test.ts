import { cpSync } from "node:fs";
import { join } from "node:path";
import type { Browser } from "playwright";
import { type InlineConfig, build as vite } from "vite";
import { afterAll, beforeAll, expect, test } from "vitest";
import { codeBlocks, ROOT } from "../../docs/markdown.ts";
import { registryBody } from "../../docs/readme-registry.ts";
import { openChromium } from "../../support/chromium.ts";
import { page, project } from "./consumer.ts";
import { packed } from "./packed.ts";
import { serveSite } from "./servers.ts";

const example = (kind: string): string =>
  codeBlocks("README.md").find((block) => block.kind === kind)?.code ?? `no example "${kind}" in the README`;

let browser: Browser;
beforeAll(async () => {
  browser = await openChromium();
});
afterAll(() => browser.close());

/** Opens a folder's page with a registry of the README's packages. Returns an element's text once it matches `done`. */
async function textOf(folder: string, selector: string, done: RegExp): Promise<string> {
  await using site = await serveSite(folder);
  const visit = await browser.newPage();
  // Any other address is the registry that the package was built for.
  await visit.route(
    (url) => !url.href.startsWith(site.base),
    async (route) => {
      const { origin, pathname } = new URL(route.request().url());
      const body = registryBody(pathname.slice(1), `${origin}/`);
      await route.fulfill({
        status: body === undefined ? 404 : 200,
        headers: { "access-control-allow-origin": "*", "content-type": "application/json" },
        body: typeof body === "string" ? body : Buffer.from(body ?? "{}"),
      });
    },
  );
  try {
    await visit.goto(site.base);
    const element = visit.locator(selector).filter({ hasText: done });
    return (await element.textContent()) ?? "";
  } finally {
    await visit.close();
  }
}

const build = (root: string, more: InlineConfig = {}): Promise<unknown> =>
  vite({ root, configFile: false, logLevel: "error", ...more });

test("the README's Vite app resolves a project", async () => {
  const root = project("readme-vite", { "index.html": page("./main.js"), "main.js": example("vite") });
  await build(root);
  const text = await textOf(join(root, "dist"), "body", /scheduler/);
  expect(JSON.parse(text)).toEqual({ react: "19.3.1", "react-dom": "19.3.1", scheduler: "0.28.0" });
});

test("the README's plain page resolves a project", async () => {
  const root = project("readme-page", { "index.html": example("page") });
  cpSync(join(packed().consumer, "node_modules/webhoist/dist"), join(root, "webhoist/dist"), { recursive: true });
  const lock = JSON.parse(await textOf(root, "#lock", /lockfileVersion/));
  expect(lock.packages["node_modules/react"].version).toBe("19.3.1");
});

test("the README's React component resolves a project", async () => {
  const root = project("readme-react", { "index.html": page("./main.jsx"), "main.jsx": example("react") });
  const alias = ["react", "react-dom"].map((name) => ({
    find: new RegExp(`^${name}(?=$|/)`),
    replacement: join(ROOT, "node_modules", name),
  }));
  await build(root, { resolve: { alias }, oxc: { jsx: { runtime: "automatic" } } });
  expect(await textOf(join(root, "dist"), "main", /19/)).toBe("react 19.3.1");
});
