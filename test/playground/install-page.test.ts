import type { Page } from "playwright";
import { afterAll, beforeAll, expect, test } from "vitest";
import { edit, type Files, manifest, type Packages, PageHost, rows } from "./page-host.ts";

const host = new PageHost();
beforeAll(() => host.start(), 180_000);
afterAll(() => host.stop());

const PACKAGES: Packages = {
  "a@1.0.0": { dependencies: { b: "^1.0.0" }, bin: { "a-tool": "cli.js" }, scripts: { postinstall: "node build.js" } },
  "b@1.4.0": {},
  "b@2.0.0": {},
};

const PIXEL = "<svg xmlns='http://www.w3.org/2000/svg' width='40' height='30'><rect width='40' height='30'/></svg>";
const FILES: Files = {
  "a@1.0.0": {
    "cli.js": "#!/usr/bin/env node\nconsole.log('a <b>');\n",
    "lib/deep/one.d.ts": "export {};\n",
    "logo.svg": PIXEL,
    "data.bin": "\0\u0001binary",
    "empty.txt": "",
    "long.js": `// ${"x".repeat(60)}\n`.repeat(8000),
  },
  "b@2.0.0": { "two.d.ts": "export declare const two: 2;\n" },
};
const PROJECT = manifest({ dependencies: { a: "^1.0.0", b: "^2.0.0" } });

async function install(page: Page, wanted: string = "#panel-files [role=tree]"): Promise<void> {
  await page.getByRole("button", { name: "Install", exact: true }).click();
  await page.locator(wanted).first().waitFor();
}

async function installed(options: Parameters<PageHost["open"]>[0] = {}): Promise<Page> {
  const page = await host.open({ packages: PACKAGES, files: FILES, ...options });
  await edit(page, PROJECT);
  await install(page);
  return page;
}

const file = (page: Page, name: string) => page.locator("#panel-files [role=treeitem]").filter({ hasText: name });

async function fileRows(page: Page): Promise<string[]> {
  return await page.locator("#panel-files [role=treeitem]").evaluateAll((items) =>
    items
      .sort((a, b) => Number(a.getAttribute("data-index")) - Number(b.getAttribute("data-index")))
      .map((item) => {
        const level = Number(item.getAttribute("aria-level"));
        return "  ".repeat(level - 1) + (item.querySelector(".row-name")?.textContent ?? "");
      }),
  );
}

test("a project is resolved and installed in one go, and its folders are there", async () => {
  const page = await installed();
  expect(await page.locator(".summary h2").textContent()).toContain("3 packages installed in");
  expect(await fileRows(page)).toEqual(["node_modules", "  .bin", "  a", "  b", "package.json"]);
  await file(page, "a1.0.0").click();
  await file(page, "node_modules").last().click();
  expect(await fileRows(page)).toEqual([
    "node_modules",
    "  .bin",
    "  a",
    "    lib",
    "    node_modules",
    "      b",
    "    cli.js",
    "    data.bin",
    "    empty.txt",
    "    logo.svg",
    "    long.js",
    "    package.json",
    "  b",
    "package.json",
  ]);
});
