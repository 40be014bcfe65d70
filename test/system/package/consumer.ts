import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Browser, Page } from "playwright";
import { afterAll, beforeAll, expect } from "vitest";
import { ISOLATION } from "../../../scripts/serve.mjs";
import { openChromium } from "../../support/chromium.ts";
import { packed } from "./packed.ts";
import { type Loopback, serveRegistry, serveSite } from "./servers.ts";
import { EXPECTED, PACKAGE_JSON, placements } from "./small-project.ts";

/** Writes files into a folder of the consumer project, so that they can import the installed package. Returns the folder. */
export function project(name: string, files: Record<string, string>): string {
  const folder = join(packed().consumer, name);
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  return folder;
}

/** Returns a module that resolves the small project, with options from the page's query. It sets the global `result`. */
export const app = (library = "webhoist"): string => `
import { createInstaller } from ${JSON.stringify(library)};
const options = Object.fromEntries(new URLSearchParams(location.search));
async function run() {
  const installer = await createInstaller({ cache: "none", ...options });
  const { files } = await installer.resolve({ files: { "package.json": ${JSON.stringify(PACKAGE_JSON)} } });
  installer.dispose();
  return { mode: installer.mode, why: installer.modeReason, lock: files["package-lock.json"] };
}
run().catch((error) => ({ code: error.code, message: String(error) })).then((result) => { globalThis.result = result; });
`;

/** Returns a page that runs a module. */
export const page = (script: string): string =>
  `<!doctype html><meta charset="utf-8"><title>app</title><script type="module" src="${script}"></script>`;

/** The result of a page: its mode and the placements of its lock, or its failure. */
export interface Answer {
  mode?: string;
  why?: string;
  tree?: string[];
  code?: string;
  message?: string;
}

/** The result of an isolated page. */
export const THREADS: Answer = { mode: "threads", why: "the first choice", tree: [...EXPECTED] };
/** The result of a page that is not isolated. */
export const WORKER: Answer = {
  mode: "worker",
  why: "not threads: the page is not cross-origin isolated",
  tree: [...EXPECTED],
};

/** Checks that a page resolved in mode `inline`, and that `modeReason` states why no worker started. */
export function expectInline({ mode, tree, why }: Answer, reason: RegExp): void {
  expect({ mode, tree }).toEqual({ mode: "inline", tree: EXPECTED });
  expect(why).toMatch(reason);
}

interface Visitor {
  /** Opens the page at `base` with `options` in its query. @throws Error with the page's errors if it has no result */
  visit(base: string, options?: Record<string, string>): Promise<Answer>;
  /** Opens the page of a folder, on a server that isolates its pages. */
  visitIsolated(folder: string, more?: Serving): Promise<Answer>;
  /** Opens the page of a folder twice: isolated, and not isolated. */
  visitBoth(folder: string, more?: Serving): Promise<Answer[]>;
  /** Returns the URL of the small project's registry. Call it inside of a test. */
  registry(): string;
}

interface Serving {
  /** Additional headers for every file. */
  headers?: Record<string, string>;
  options?: Record<string, string>;
}

/** Starts Chromium and a registry for all tests of a file. */
export function useChromium(): Visitor {
  let browser: Browser;
  let registry: Loopback;
  beforeAll(async () => {
    [browser, registry] = await Promise.all([openChromium(), serveRegistry()]);
  });
  afterAll(async () => {
    await browser.close();
    await registry[Symbol.asyncDispose]();
  });
  const visit: Visitor["visit"] = async (base, options = {}) => {
    const page = await browser.newPage();
    try {
      return await answerOf(page, `${base}?${new URLSearchParams({ registry: registry.base, ...options })}`);
    } finally {
      await page.close();
    }
  };
  const visitServed = async (folder: string, { headers, options }: Serving): Promise<Answer> => {
    await using site = await serveSite(folder, () => headers ?? {});
    return await visit(site.base, options);
  };
  const visitIsolated: Visitor["visitIsolated"] = (folder, more = {}) =>
    visitServed(folder, { ...more, headers: { ...ISOLATION, ...more.headers } });
  return {
    registry: () => registry.base,
    visit,
    visitIsolated,
    visitBoth: (folder, more = {}) => Promise.all([visitIsolated(folder, more), visitServed(folder, more)]),
  };
}

async function answerOf(page: Page, address: string): Promise<Answer> {
  const problems: string[] = [];
  page.on("pageerror", (error) => problems.push(String(error)));
  page.on("console", (message) => message.type() === "error" && problems.push(message.text()));
  await page.goto(address);
  const result = await page
    .waitForFunction(() => (globalThis as { result?: Answer & { lock?: string } }).result, null, { timeout: 30_000 })
    .catch(() => {
      throw new Error(problems.join("\n") || "no result");
    });
  const { lock, ...answer } = (await result.jsonValue()) ?? {};
  return lock === undefined ? answer : { ...answer, tree: placements(lock) };
}
