import { readdirSync, readFileSync } from "node:fs";
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import type { Browser, Page } from "playwright";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openChromium } from "../../support/chromium.ts";
import { registryOf } from "./install.ts";
import type { BundlersPage } from "./page.ts";

const at = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const installed = (path: string): string => at(`../../../node_modules/${path}`);

/** Returns an installed package of this repository as published. */
function publish(name: string): [id: string, files: Record<string, unknown>] {
  const folder = installed(name);
  const files: Record<string, unknown> = {};
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isFile()) files[relative(folder, path)] = readFileSync(path, "utf8");
  }
  const manifest = JSON.parse(String(files["package.json"])) as { version: string };
  return [`${name}@${manifest.version}`, { ...files, "package.json": manifest }];
}

/** Builds the page's script. It runs on the page's thread, without a worker. */
async function pageScript(): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [at("page.ts")],
    bundle: true,
    write: false,
    format: "esm",
    target: "es2023",
    alias: Object.fromEntries(["path", "fs", "fdir"].map((name) => [name, at("page-path.ts")])),
    define: {
      __WEBHOIST_REGISTRY__: `"http://registry.local/"`,
      __WEBHOIST_INTERLEAVE__: "undefined",
      __WEBHOIST_VERSION__: `"0.0.0"`,
    },
    plugins: [
      {
        name: "no-worker",
        setup(setup): void {
          setup.onResolve({ filter: /\?worker&url$/ }, ({ path }) => ({ path, namespace: "none" }));
          setup.onLoad({ filter: /^/, namespace: "none" }, () => ({ contents: `export default ""` }));
        },
      },
    ],
  });
  return outputFiles[0]?.text ?? "";
}

const TYPES: Readonly<Record<string, string>> = {
  js: "text/javascript",
  wasm: "application/wasm",
  json: "application/json",
};

/** The site's files, besides the registry. */
async function siteFiles(): Promise<Map<string, string | Uint8Array>> {
  return new Map<string, string | Uint8Array>([
    ["/", `<!doctype html><link rel="icon" href="data:,"><body><script type="module" src="/page.js"></script>`],
    ["/page.js", await pageScript()],
    ["/esbuild.wasm", readFileSync(installed("esbuild-wasm/esbuild.wasm"))],
    // Rollup looks for it beside its own script.
    ["/bindings_wasm_bg.wasm", readFileSync(installed("@rollup/browser/dist/es/bindings_wasm_bg.wasm"))],
  ]);
}

let server: Server;
let browser: Browser;
let page: Page;

beforeAll(async () => {
  const files = await siteFiles();
  const answer: RequestListener = async ({ url = "/", headers }, response) => {
    const body = files.get(url) ?? (await ask(`http://${headers.host}${url}`));
    response.writeHead(200, { "content-type": TYPES[url.split(".").pop() ?? ""] ?? "text/html" }).end(body);
  };
  server = createServer((request, response) => void answer(request, response));
  await new Promise<void>((done) => void server.listen(0, "127.0.0.1", done));
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const registry = registryOf(Object.fromEntries(["react", "react-dom", "scheduler"].map(publish)), `${base}registry/`);
  const ask = async (url: string): Promise<Uint8Array> =>
    new Uint8Array(await (await registry.fetch(url)).arrayBuffer());
  browser = await openChromium();
  page = await browser.newPage();
  await page.goto(base);
  await page.waitForFunction(() => "bundlersPage" in globalThis);
}, 60_000);

afterAll(async () => {
  await browser?.close();
  server?.closeAllConnections();
  server?.close();
});

test.each(["esbuild", "rollup"] as const)(
  "React, installed and bundled in a page by %s, renders and counts",
  async (bundler) => {
    const { shown, length } = await page.evaluate(
      (name) => (globalThis as never as { bundlersPage: BundlersPage }).bundlersPage.run(name),
      bundler,
    );
    const version = (JSON.parse(readFileSync(installed("react/package.json"), "utf8")) as { version: string }).version;
    expect(shown).toEqual([41, 42].map((count) => `<h1>app on ${version}</h1><button>${count}</button>`));
    // Production only: the development build would add a megabyte.
    expect(length).toBeLessThan(1_000_000);
  },
  60_000,
);
