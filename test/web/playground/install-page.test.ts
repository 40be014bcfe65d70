import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { unzipSync } from "fflate";
import type { Locator, Page } from "playwright";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  edit,
  type Files,
  manifest,
  overflowWidth,
  type Packages,
  PageHost,
  pressKeys,
  rows,
  unnamedControls,
} from "./page-host.ts";

const host = new PageHost();
beforeAll(() => host.start(), 180_000);
afterAll(() => host.stop());

const PACKAGES: Packages = {
  "a@1.0.0": { dependencies: { b: "^1.0.0" }, bin: { "a-tool": "cli.js" }, scripts: { postinstall: "node build.js" } },
  "b@1.4.0": {},
  "b@2.0.0": { type: "module", exports: "./index.js" },
};

const FILES: Files = {
  "a@1.0.0": {
    "cli.js": "#!/usr/bin/env node\nconsole.log('a <b>');\n",
    "lib/deep/one.d.ts": "export {};\n",
    "logo.svg": "<svg xmlns='http://www.w3.org/2000/svg' width='40' height='30'><rect width='40' height='30'/></svg>",
    "data.bin": "\0\u0001binary",
    "empty.txt": "",
    "long.js": `// ${"x".repeat(60)}\n`.repeat(8000),
  },
  "b@2.0.0": { "two.d.ts": "export declare const two: 2;\n", "index.js": "export const two = 2;\n" },
};
const PROJECT = manifest({ dependencies: { a: "^1.0.0", b: "^2.0.0" } });

async function press(page: Page, name: string): Promise<void> {
  await page.getByRole("button", { name, exact: true }).click();
}

/** Opens the page and installs the project. With a `width`, it is a first visit; otherwise the tarballs may be stored already. */
async function installed(width?: number): Promise<Page> {
  const registry = { packages: PACKAGES, files: FILES };
  const page = width === undefined ? await host.again(registry) : await host.open({ ...registry, width });
  await edit(page, PROJECT);
  await press(page, "Install");
  await page.locator("#panel-files [role=tree]").waitFor();
  return page;
}

/** Finds a row of the file tree by the end of its path. */
function row(page: Page, path: string): Locator {
  return page.locator(`#panel-files [role=treeitem][title$="${path}"]`);
}

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

async function text(page: Page): Promise<string> {
  return (await page.locator(".viewer .cm-line").allTextContents()).join("\n");
}

test("a project is resolved and installed in one run, and its folders are shown", async () => {
  const page = await installed();
  expect(await page.locator(".summary h2").textContent()).toContain("3 packages installed in");
  expect(await fileRows(page)).toEqual(["node_modules", "  .bin", "  a", "  b", "package.json"]);
  await row(page, "node_modules/a").click();
  await row(page, "a/node_modules").click();
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
  expect(await row(page, "a/cli.js").locator(".badge").textContent()).toBe("executable");
});

test("a file is shown by its kind: text, long text, image, binary, empty or link", async () => {
  const page = await installed();
  const viewer = page.getByRole("complementary");
  const open = async (path: string): Promise<void> => {
    await row(page, path).click();
    await viewer.and(page.locator(`[aria-label$="${path}"]:not([aria-busy])`)).waitFor();
  };
  await row(page, "node_modules/a").click();
  await open("a/cli.js");
  expect(await text(page)).toContain("console.log('a <b>');");
  expect(await viewer.locator(".viewer-facts").textContent()).toBe("42 B755a@1.0.0");
  await open("a/logo.svg");
  await viewer.getByText("40 × 30").waitFor();
  await viewer.getByRole("button", { name: "Show as text" }).click();
  expect(await text(page)).toContain("<rect width='40'");
  await open("a/data.bin");
  expect(await viewer.locator(".nothing").textContent()).toContain("Binary file");
  expect(await viewer.locator(".hex").textContent()).toBe(
    `00000000  ${"00 01 62 69 6e 61 72 79".padEnd(47)}  ..binary`,
  );
  await open("a/empty.txt");
  expect(await viewer.locator(".nothing").textContent()).toBe("This file is empty.");
  await open("a/long.js");
  expect(await viewer.locator(".viewer-cut").textContent()).toContain("Showing the first 400 kB of 512 kB.");
  await viewer.getByRole("button", { name: "Show all" }).click();
  expect(await viewer.locator(".viewer-cut").count()).toBe(0);
  await row(page, "node_modules/.bin").click();
  expect(await row(page, ".bin/a-tool").locator(".row-version").textContent()).toBe("→ ../a/cli.js");
  await open(".bin/a-tool");
  expect(await text(page)).toContain("console.log('a <b>');");
  await viewer.getByRole("button", { name: "→ ../a/cli.js" }).click();
  expect(await row(page, "a/cli.js").getAttribute("aria-selected")).toBe("true");
  await page.keyboard.press("Escape");
  expect(await page.locator(".viewer").count()).toBe(0);
  expect(await page.evaluate(() => document.activeElement?.getAttribute("aria-label"))).toBe("Installed files");
});

test("the file filter accepts a glob or a part of the path", async () => {
  const page = await installed();
  const search = page.getByRole("searchbox", { name: "Filter files" });
  const status = page.locator("#panel-files [role=status]");
  await search.fill("*.d.ts");
  await status.filter({ hasText: "2 of 12 files" }).waitFor();
  expect(await page.locator("#panel-files .row-folder").allTextContents()).toEqual(["a/lib/deep", "b"]);
  await search.fill("a/NODE_modules");
  await status.filter({ hasText: "1 of 12 files" }).waitFor();
  await search.fill("b/*.json");
  await status.filter({ hasText: "2 of 12 files" }).waitFor();
  await search.fill("/b/*.json");
  await status.filter({ hasText: "0 of 12 files" }).waitFor();
  await search.fill("");
  expect((await fileRows(page)).slice(0, 2)).toEqual(["node_modules", "  .bin"]);
});

test("links lead from a package to its files, from a file to its package, and from a script to its package.json", async () => {
  const page = await installed();
  await page.getByRole("tab", { name: "Tree" }).click();
  await page.getByRole("button", { name: "Expand all" }).click();
  await page.getByRole("treeitem", { name: "b 1.4.0" }).click();
  await press(page, "Show files");
  const selected = page.locator("#panel-files [role=treeitem][aria-selected=true]");
  expect(await selected.getAttribute("title")).toBe("node_modules/a/node_modules/b");
  await row(page, "a/node_modules/b/package.json").click();
  await page.locator(".viewer").getByRole("button", { name: "b@1.4.0" }).click();
  await page.getByRole("complementary", { name: "About b" }).waitFor();
  await page.getByRole("tab", { name: "Install" }).click();
  const scripts = page.locator(".report-section").filter({ hasText: "not run" });
  expect(await scripts.locator(".script").allTextContents()).toEqual(["postinstall node build.js"]);
  await scripts.getByRole("button", { name: "a@1.0.0" }).click();
  expect(await selected.getAttribute("title")).toBe("node_modules/a/package.json");
  await page.locator(".viewer .cm-line").first().waitFor();
  expect(JSON.parse(await text(page))).toMatchObject({ name: "a", scripts: { postinstall: "node build.js" } });
});

test("all files can be downloaded as a zip and as a tgz", async () => {
  const page = await installed();
  const packed = async (kind: string): Promise<Buffer> => {
    const coming = page.waitForEvent("download");
    await page.getByRole("button", { name: `as .${kind}` }).click();
    const download = await coming;
    expect(download.suggestedFilename()).toBe(`node_modules.${kind}`);
    return readFileSync(await download.path());
  };
  const zip = unzipSync(await packed("zip"));
  expect(Object.keys(zip)).toContain("node_modules/a/lib/deep/one.d.ts");
  expect(new TextDecoder().decode(zip["node_modules/b/two.d.ts"])).toBe("export declare const two: 2;\n");
  expect(gunzipSync(await packed("tgz")).includes("node_modules/a/node_modules/b/package.json")).toBe(true);
});

test("an import map can point to the installed files", async () => {
  const page = await installed();
  await page.getByRole("tab", { name: "Import map" }).click();
  const served = page.getByLabel("Base URL");
  await served.fill("/app/");
  await served.press("Enter");
  await page.locator(".cm-line", { hasText: "/app/" }).first().waitFor();
  const map = JSON.parse((await page.locator("#panel-import-map .cm-line").allTextContents()).join("\n"));
  expect(map.imports.b).toBe("/app/node_modules/b/index.js");
});

test("the keyboard moves through the file tree", async () => {
  const page = await installed();
  const tree = page.getByRole("tree", { name: "Installed files" });
  const walk = [
    ["Home", "node_modules"],
    ["ArrowRight", ".bin"],
    ["a", "a"],
    ["ArrowRight", "a"],
    ["ArrowRight", "lib"],
    ["ArrowLeft", "a"],
    ["ArrowLeft", "a"],
    ["ArrowDown", "b"],
    ["End", "package.json"],
  ];
  expect(await pressKeys(tree, walk)).toEqual(walk);
  await page.keyboard.press("Enter");
  await page.getByRole("complementary", { name: "File package.json" }).waitFor();
});

test("Ctrl+Shift+Enter in the editor installs", async () => {
  const page = await host.again({ packages: PACKAGES, files: FILES });
  await edit(page, PROJECT);
  await page.keyboard.press("Control+Shift+Enter");
  await page.locator("#panel-files [role=tree]").waitFor();
});

test("every control of an install has an accessible name", async () => {
  const page = await installed();
  await row(page, "package.json").click();
  await page.locator(".viewer .cm-line").first().waitFor();
  expect(await unnamedControls(page)).toEqual([]);
});

test.each([360, 768])("an install fits into %i pixels without scrolling sideways", async (width) => {
  const page = await installed(width);
  expect(await overflowWidth(page)).toBe(0);
  await row(page, "node_modules/b").click();
  await row(page, "b/two.d.ts").click();
  await page.locator(".viewer .cm-line").first().waitFor();
  expect(await overflowWidth(page)).toBe(0);
  await page.getByRole("tab", { name: "Install" }).click();
  await page.locator(".slowest").waitFor();
  expect(await overflowWidth(page)).toBe(0);
});

test("installing a resolved project fetches only tarballs", async () => {
  const asked: string[] = [];
  const page = await host.open({
    packages: PACKAGES,
    files: FILES,
    before: (url) => void asked.push(decodeURIComponent(url.slice("http://registry.local/".length))),
  });
  await edit(page, PROJECT);
  await press(page, "Resolve");
  await page.locator("#panel-tree [role=tree]").waitFor();
  expect(asked.sort()).toEqual(["a", "b"]);
  asked.length = 0;
  await press(page, "Install");
  await page.locator("#panel-files [role=tree]").waitFor();
  expect(asked.sort()).toEqual(["a/-/a-1.0.0.tgz", "b/-/b-1.4.0.tgz", "b/-/b-2.0.0.tgz"]);
  await page.getByRole("tab", { name: "Tree" }).click();
  expect(await rows(page)).toEqual(["p@1.0.0", "  a@1.0.0", "  b@2.0.0"]);
  // After an edit it is another project, which has to be resolved first.
  await edit(page, manifest({ dependencies: { b: "^1.0.0" } }));
  await press(page, "Install");
  await page.locator(".summary h2").filter({ hasText: "1 package installed" }).waitFor();
});

test("the timeline draws, counts and lists the operations", async () => {
  const page = await host.open({ packages: PACKAGES, files: FILES });
  await edit(page, PROJECT);
  await press(page, "Install");
  await page.locator("#panel-files [role=tree]").waitFor();
  await page.getByRole("tab", { name: "Install" }).click();
  const drawing = page.getByRole("img", { name: /^Operations over time/ });
  expect(await drawing.getAttribute("aria-label")).toContain("Downloads: 3, Verified and indexed: 3");
  expect(await page.locator(".slowest tbody tr").count()).toBe(6);
  const painted = await drawing.evaluate((canvas: HTMLCanvasElement) => {
    const swatch = getComputedStyle(document.querySelector(".swatch-download")!).backgroundColor.match(/\d+/g)!;
    const { data } = canvas.getContext("2d")!.getImageData(0, 0, canvas.width, canvas.height);
    let found = 0;
    for (let at = 0; at < data.length; at += 4) if (swatch.every((value, i) => Number(value) === data[at + i])) found++;
    return found;
  });
  expect(painted).toBeGreaterThan(0);
  await page.getByText("yes, so the next install needs no download").waitFor();
  await press(page, "Install");
  await page.getByText("3 tarballs from the browser’s storage").waitFor();
});

test("a tampered tarball is rejected, and the card shows its package, integrity and URL", async () => {
  const page = await host.open({ packages: PACKAGES, tampered: ["b@2.0.0"] });
  await edit(page, PROJECT);
  await press(page, "Install");
  const card = page.locator(".card-failure");
  await card.waitFor();
  expect(await page.locator(".summary h2").textContent()).toBe("Install failed");
  expect(await card.locator(".code").textContent()).toBe("EINTEGRITY");
  const facts = card.locator(".tarball-facts");
  expect(await facts.locator("dt").allTextContents()).toEqual(["Package", "Expected", "Received", "URL"]);
  const [name, expected, received, url] = await facts.locator("dd").allTextContents();
  expect([name, url]).toEqual(["b", "http://registry.local/b/-/b-2.0.0.tgz"]);
  expect(expected).toMatch(/^sha512-/);
  expect(received).toMatch(/^sha512-/);
  expect(received).not.toBe(expected);
});

test("cancelling an install shows the previous result again", async () => {
  let release = (): void => {};
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  const page = await host.open({ packages: PACKAGES, before: (url) => (url.endsWith(".tgz") ? held : undefined) });
  await edit(page, PROJECT);
  await press(page, "Resolve");
  await page.locator("#panel-tree [role=tree]").waitFor();
  await press(page, "Install");
  await page.locator(".summary h2").filter({ hasText: "Installing" }).waitFor();
  await page.locator(".legend").filter({ hasText: "Downloads 0 of 3" }).waitFor();
  await press(page, "Cancel");
  await page.locator("#panel-tree [role=tree]").waitFor();
  expect(await page.locator(".progress-text").textContent()).toBe("Cancelled");
  release();
  await press(page, "Install");
  await page.locator("#panel-files [role=tree]").waitFor();
});

test("installing from the offline snapshot fails and offers the live registry", async () => {
  const page = await host.open({ packages: PACKAGES, files: FILES });
  await edit(page, PROJECT);
  await page.selectOption("#source", "snapshot");
  await press(page, "Install");
  const card = page.locator(".card-failure");
  await card.waitFor();
  expect(await card.locator("h3").textContent()).toContain("The offline snapshot has no tarballs");
  await card.getByRole("button", { name: "Apply and install" }).click();
  await page.locator("#panel-files [role=tree]").waitFor();
  expect(await page.locator("#source").inputValue()).toBe("registry");
});

test("if the page cannot reach the registry, it uses the server's relay for metadata and tarballs", async () => {
  const page = await host.open({ relayed: PACKAGES });
  await edit(page, manifest({ dependencies: { b: "^2.0.0" } }));
  await press(page, "Resolve");
  await page.locator("#panel-tree [role=tree], .card-failure").first().waitFor();
  expect(await rows(page)).toEqual(["p@1.0.0", "  b@2.0.0"]);
  expect(await page.locator("#source").inputValue()).toBe("relay");
  await press(page, "Install");
  await page.locator("#panel-files [role=tree], .card-failure").first().waitFor();
  expect(await fileRows(page)).toEqual(["node_modules", "  b", "package.json"]);
}, 60_000);
