import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import type { Page } from "playwright";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  edit,
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
  "a@1.0.0": { dependencies: { b: "^1.0.0", c: "*" }, license: "MIT" },
  "b@1.4.0": { deprecated: "b 1 is old: <img src=x onerror=alert(1)>" },
  "b@2.0.0": {},
  "c@1.0.0": { peerDependencies: { b: "^2.0.0" } },
  "needs-old@1.0.0": { peerDependencies: { b: "^1.0.0" } },
};

async function resolve(page: Page, wanted: string = "[role=tree]"): Promise<void> {
  await page.getByRole("button", { name: "Resolve", exact: true }).click();
  await page.locator(wanted).first().waitFor();
}

async function editorText(page: Page): Promise<string> {
  return (await page.locator("#editor .cm-line").allTextContents()).join("\n");
}

test("a package.json becomes npm's tree", async () => {
  const page = await host.again({ packages: PACKAGES });
  await edit(page, manifest({ dependencies: { a: "^1.0.0", b: "^2.0.0" } }));
  await resolve(page);
  expect(await rows(page)).toEqual(["p@1.0.0", "  a@1.0.0", "  b@2.0.0", "  c@1.0.0"]);
  await page.getByRole("button", { name: "Expand all" }).click();
  expect(await rows(page)).toContain("    b@1.4.0");
  expect(await page.locator(".summary h2").textContent()).toContain("4 packages in");
});

test("the details of a package show its paths from the project and link to its dependents", async () => {
  const page = await host.again({ packages: PACKAGES });
  await edit(page, manifest({ dependencies: { a: "^1.0.0", b: "^2.0.0" } }));
  await resolve(page);
  await page.getByRole("searchbox").fill("b@1");
  expect(await rows(page)).toEqual(["p@1.0.0", "  a@1.0.0", "    b@1.4.0"]);
  await page.getByRole("treeitem", { name: "b 1.4.0" }).click();
  const about = page.getByRole("complementary", { name: "About b" });
  expect(await about.locator(".paths li").allTextContents()).toEqual(["p ^1.0.0 → a@1.0.0 ^1.0.0 → b@1.4.0"]);
  await about.locator(".paths").getByRole("button", { name: "a@1.0.0" }).click();
  await page.getByRole("complementary", { name: "About a" }).waitFor();
  expect(await page.locator("[aria-selected=true].row .row-name").textContent()).toBe("a");
  await page.keyboard.press("Escape");
  expect(await page.locator(".details").count()).toBe(0);
});

test("text from a registry is never treated as markup", async () => {
  const page = await host.again({ packages: PACKAGES });
  await edit(page, manifest({ dependencies: { b: "^1.0.0" } }));
  await resolve(page);
  await page.getByRole("treeitem", { name: "b 1.4.0" }).click();
  expect(await page.locator(".notice").textContent()).toContain("<img src=x");
  expect(await page.locator("main img").count()).toBe(0);
});

test("a peer conflict shows both sides, and its way out can be applied", async () => {
  const page = await host.again({ packages: PACKAGES });
  await edit(page, manifest({ dependencies: { b: "^2.0.0", "needs-old": "^1.0.0" } }));
  await resolve(page, ".card-failure");
  const card = page.locator(".card-failure");
  expect(await card.locator(".code").textContent()).toBe("ERESOLVE");
  expect(await card.locator(".paths li").allTextContents()).toEqual([
    "the project ^1.0.0 → needs-old@1.0.0 peer ^1.0.0 → b",
    "the project ^2.0.0 → b@2.0.0",
  ]);
  await card.locator(".ways li").first().getByRole("button").click();
  await page.locator("[role=tree]").waitFor();
  expect(await editorText(page)).toContain('"b": "^1.0.0"');
  expect(await rows(page)).toEqual(["p@1.0.0", "  b@1.4.0", "  needs-old@1.0.0"]);
});

test("a dependency without a matching version is marked in the editor", async () => {
  const page = await host.again({ packages: PACKAGES });
  await edit(page, manifest({ dependencies: { a: "^9.0.0" } }));
  await resolve(page, ".card-failure");
  expect(await page.locator(".card-failure .code").textContent()).toBe("ETARGET");
  await page.locator("#editor .cm-lintRange-error").waitFor();
  expect(await page.locator("#editor .cm-lintRange-error").textContent()).toBe('"^9.0.0"');
});

test("a JSON error is marked in the editor and listed below it", async () => {
  const page = await host.again({ packages: PACKAGES });
  await edit(page, '{\n  "name": "p",\n  "dependencies": {},\n}\n');
  await page.locator("#editor .cm-lintRange-error").waitFor();
  expect(await page.locator("#editor .cm-lintRange-error").textContent()).toBe(",");
  expect(await page.locator("#editor-status").textContent()).toContain("Line 3: Remove the comma before “}”");
});

test("the lockfile can be read, copied, downloaded and added to the project", async () => {
  const page = await host.again({ packages: PACKAGES });
  await edit(page, manifest({ dependencies: { b: "^2.0.0" } }));
  await resolve(page);
  await page.getByRole("tab", { name: "Lockfile" }).click();
  await page.locator(".lock-text .cm-line").first().waitFor();
  await page.getByRole("button", { name: "Copy" }).click();
  await page.getByRole("button", { name: "Copied" }).waitFor();
  const copied = await page.evaluate(() => navigator.clipboard.readText());
  expect(JSON.parse(copied)).toMatchObject({
    lockfileVersion: 3,
    packages: { "node_modules/b": { version: "2.0.0" } },
  });
  const [download] = await Promise.all([
    page.waitForEvent("download"),
    page.getByRole("button", { name: "Download" }).click(),
  ]);
  expect(download.suggestedFilename()).toBe("package-lock.json");
  expect(readFileSync(await download.path(), "utf8")).toBe(copied);
  await page.getByRole("button", { name: "Add to project" }).click();
  await page.getByRole("tab", { name: "package.json", exact: true }).click();
  await edit(page, manifest({ dependencies: { b: "^2.0.0", c: "*" } }));
  await resolve(page, "#tab-changes");
  await page.getByRole("tab", { name: "Changes" }).click();
  expect(await page.locator(".changes li").allTextContents()).toEqual(["addedc1.0.0"]);
});

test("the keyboard moves through the tree", async () => {
  const page = await host.again({ packages: PACKAGES });
  await edit(page, manifest({ dependencies: { a: "^1.0.0", b: "^2.0.0" } }));
  await resolve(page);
  const tree = page.getByRole("tree");
  const walk = [
    ["ArrowDown", "a"],
    ["ArrowRight", "a"],
    ["ArrowRight", "b"],
    ["ArrowLeft", "a"],
    ["End", "c"],
    ["Home", "p"],
    ["b", "b"],
    ["ArrowUp", "a"],
  ];
  expect(await pressKeys(tree, walk)).toEqual(walk);
  await page.keyboard.press("Enter");
  await page.getByRole("complementary", { name: "About a" }).waitFor();
});

test("the editor completes versions", async () => {
  const page = await host.again({ packages: PACKAGES });
  await edit(page, '{"dependencies": {"b": ""}}');
  for (let step = 0; step < 3; step++) await page.keyboard.press("ArrowLeft");
  await page.keyboard.press("Control+Space");
  await page.locator(".cm-tooltip-autocomplete li").first().waitFor();
  expect(await page.locator(".cm-tooltip-autocomplete li").allTextContents()).toEqual([
    "^2.0.0latest",
    "2.0.0",
    "1.4.0",
  ]);
});

test.each([360, 768])("the page fits into %i pixels without scrolling sideways", async (width) => {
  const page = await host.again({ packages: PACKAGES }, width);
  await page.locator("#options").evaluate((options: HTMLDetailsElement) => {
    options.open = true;
  });
  expect(await overflowWidth(page)).toBe(0);
  await edit(page, manifest({ dependencies: { b: "^2.0.0", "needs-old": "^1.0.0" } }));
  await resolve(page, ".card-failure");
  expect(await overflowWidth(page)).toBe(0);
  await page.locator(".ways li").first().getByRole("button").click();
  await page.locator("[role=tree] .row").nth(1).click();
  await page.locator(".details").waitFor();
  expect(await overflowWidth(page)).toBe(0);
});

test("every control has an accessible name", async () => {
  const page = await host.again({ packages: PACKAGES });
  await edit(page, manifest({ dependencies: { a: "^1.0.0" } }));
  await resolve(page);
  await page.locator("[role=tree] .row").nth(1).click();
  expect(await unnamedControls(page)).toEqual([]);
});

test("applying a way out that is an option sets the option", async () => {
  const page = await host.open({ packages: PACKAGES });
  await edit(page, manifest({ dependencies: { b: "^2.0.0", "needs-old": "^1.0.0" } }));
  await resolve(page, ".card-failure");
  await page
    .locator(".ways li")
    .filter({ hasText: /legacy-?peer-?deps/i })
    .getByRole("button")
    .click();
  await page.locator("[role=tree]").waitFor();
  expect(await page.locator("#option-legacyPeerDeps").isChecked()).toBe(true);
  expect(await page.locator("#options-note").textContent()).toBe("legacy-peer-deps");
});

test("each file keeps its text and can be removed", async () => {
  const page = await host.open({ packages: PACKAGES, hash: "#monorepo" });
  await page.getByRole("tab", { name: "apps/site/package.json" }).click();
  await edit(page, manifest({ name: "@acme/site", dependencies: { b: "^2.0.0" } }));
  await page.getByRole("tab", { name: "packages/text/package.json" }).click();
  await edit(page, manifest({ name: "@acme/text", dependencies: { b: "^1.0.0" } }));
  await page.getByRole("button", { name: "Remove packages/ui/package.json" }).click();
  await page.getByRole("tab", { name: "package.json", exact: true }).click();
  await edit(page, manifest({ name: "acme", workspaces: ["apps/*", "packages/*"] }));
  await resolve(page);
  await page.getByRole("button", { name: "Expand all" }).click();
  expect(await rows(page)).toEqual([
    "acme@1.0.0",
    "  @acme/site@1.0.0 in apps/site",
    "  @acme/site@→ apps/site",
    "  @acme/text@→ packages/text",
    "  b@2.0.0",
    "  @acme/text@1.0.0 in packages/text",
    "    b@1.4.0",
  ]);
  await page.getByRole("treeitem", { name: "@acme/site → apps/site" }).click();
  const about = page.getByRole("complementary", { name: "About @acme/site" });
  expect(await about.locator(".paths li").allTextContents()).toEqual(["acme workspace → @acme/site@1.0.0"]);
  await page.getByRole("treeitem", { name: "b 1.4.0" }).click();
  const why = page.getByRole("complementary", { name: "About b" }).locator(".paths li");
  expect(await why.allTextContents()).toEqual(["acme workspace → @acme/text@1.0.0 ^1.0.0 → b@1.4.0"]);
});

test("a run can be cancelled", async () => {
  const page = await host.open({ packages: PACKAGES });
  await page.context().route("http://registry.local/**", () => {});
  await edit(page, manifest({ dependencies: { a: "^1.0.0" } }));
  await page.getByRole("button", { name: "Resolve", exact: true }).click();
  await page.getByRole("button", { name: "Cancel" }).click();
  await page.locator("#progress", { hasText: "Cancelled" }).waitFor();
  expect(await page.getByRole("button", { name: "Cancel" }).isVisible()).toBe(false);
  expect(await page.locator("[role=tree], .card").count()).toBe(0);
});

test("another registry can be used by its URL", async () => {
  const page = await host.open({ packages: PACKAGES });
  await page.selectOption("#source", "other");
  await page.getByLabel("Base URL").fill("http://registry.local");
  await page.getByRole("button", { name: "Use registry" }).click();
  await edit(page, manifest({ dependencies: { b: "^2.0.0" } }));
  await resolve(page);
  expect(await rows(page)).toEqual(["p@1.0.0", "  b@2.0.0"]);
  await page.selectOption("#source", "other");
  await page.getByRole("button", { name: "Cancel" }).last().click();
  expect(await page.locator("#source").inputValue()).toBe("other");
});

// SHA-256 of the lockfiles that npm 11.19.1 writes for these examples with the full recorded packuments.
test.each([
  ["docs-demo", "56668a4c7182cac545328191d384d8f9be8b97f54ec976ef0392f7808d144530"],
  ["react", "262a50e489df7b7ab1530e05aa8f4afc05f2617d6b52396d5d3d1f6161339009"],
  ["vue", "803ffe6ce98d981fe5ca647f930509dc61608806551b975631139e5c1f9c7dd2"],
  ["monorepo", "eb6ac779581a8d4abd52c53de829b7051560239730ba04004ac5983d96309beb"],
])("the offline snapshot resolves the example %s to npm's lockfile", async (id, hash) => {
  const page = await host.again();
  await page.selectOption("#source", "snapshot");
  await page.selectOption("#example", id);
  await resolve(page);
  await page.getByRole("tab", { name: "Lockfile" }).click();
  await page.getByRole("button", { name: "Copy" }).click();
  await page.getByRole("button", { name: "Copied" }).waitFor();
  const lock = await page.evaluate(() => navigator.clipboard.readText());
  expect(createHash("sha256").update(lock).digest("hex")).toBe(hash);
});

test("the offline snapshot resolves the first example", async () => {
  const page = await host.again();
  await page.selectOption("#source", "snapshot");
  await resolve(page);
  expect(await page.locator(".summary h2").textContent()).toContain("122 packages");
  await page.getByRole("searchbox").fill("d3-array@2");
  expect(await rows(page)).toEqual(["docs-demo@1.0.0", "  d3-sankey@0.12.3", "    d3-array@2.12.1"]);
});

test("the offline snapshot resolves the flat examples as described", async () => {
  const page = await host.again();
  await page.selectOption("#source", "snapshot");
  await page.selectOption("#example", "flat");
  await resolve(page);
  expect(await rows(page)).toContain("  d3-array@2.12.1");
  await page.selectOption("#example", "flat-conflict");
  await resolve(page, ".proof");
  expect(await page.locator(".proof li").last().textContent()).toContain("d3-array@1 - 2");
});

test("a flat conflict lists its proof, and its way out leads to a relaxed tree with an import map", async () => {
  const page = await host.open({ packages: PACKAGES });
  await page.getByLabel("Flat: no duplicates").check();
  await edit(page, manifest({ dependencies: { a: "^1.0.0" } }));
  await resolve(page, ".card-failure");
  expect(await page.locator(".card-failure .code").textContent()).toBe("ENOSOLUTION");
  await page.locator("#editor .cm-lintRange-error").waitFor();
  await page.locator(".proof").getByRole("button", { name: "b@^2.0.0" }).first().click();
  const about = page.getByRole("complementary", { name: "About b" });
  await about.getByText("2 versions").waitFor();
  expect(await about.locator(".version-chips li").allTextContents()).toEqual(["2.0.0latest", "1.4.0"]);
  await page.locator(".proof").getByRole("button", { name: "a@^1.0.0" }).first().click();
  await page.getByRole("button", { name: "Show in package.json" }).click();
  await expect.poll(() => page.evaluate(() => getSelection()?.toString())).toBe('"a": "^1.0.0"');
  await page
    .locator(".ways li")
    .filter({ hasText: /relax.*peers/ })
    .getByRole("button")
    .click();
  await page.locator("[role=tree]").waitFor();
  expect(await rows(page)).toEqual(["p@1.0.0", "  a@1.0.0", "  b@1.4.0", "  c@1.0.0"]);
  expect(await page.locator(".relax").textContent()).toContain("relax: peers");
  expect(await page.locator(".stats").textContent()).toMatch(/\d+ decisions? and \d+ conflict/);
  await page.getByRole("tab", { name: "Import map" }).click();
  await page.getByLabel("Modules from").selectOption("unpkg");
  await page.locator(".cm-line", { hasText: "unpkg.com" }).first().waitFor();
  await page.getByLabel("<script> tag").check();
  await page.getByRole("button", { name: "Copy" }).click();
  await page.getByRole("button", { name: "Copied" }).waitFor();
  const tag = await page.evaluate(() => navigator.clipboard.readText());
  const map = JSON.parse(/^<script type="importmap">([^<]*)<\/script>\n$/.exec(tag)?.[1] ?? "") as { imports: object };
  expect(map.imports).toMatchObject({ b: expect.stringMatching(/^https:\/\/unpkg\.com\/b@1\.4\.0/) });
  await page.reload();
  expect(await page.getByLabel("Flat: no duplicates").isChecked()).toBe(true);
  expect(await page.locator("#options-note").textContent()).toBe("relax: peers");
});
