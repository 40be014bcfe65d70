import { afterAll, beforeAll, expect, test } from "vitest";
import { createInstaller } from "../../web/index.ts";
import { type TestPackage, testPackage } from "./packages.ts";
import { openTestRegistry, type TestRegistry } from "./test-registry.ts";

// Whose scripts npm would run. The answers of rows without `npm` are those of npm 12.2.2.

const withScript = (spec: string, more: object = {}): TestPackage =>
  testPackage(
    spec,
    { scripts: { postinstall: "node run.js" }, ...more },
    { "run.js": "require('fs').writeFileSync('ran', '')" },
  );
const A = withScript("a@1.0.0");
const S = withScript("@s/b@2.1.0");
const REAL = withScript("real@1.0.0");

let testRegistry: TestRegistry & AsyncDisposable;
beforeAll(async () => {
  testRegistry = await openTestRegistry();
  testRegistry.publish(A, S, REAL);
});
afterAll(() => testRegistry[Symbol.asyncDispose]());

const DEPENDENCIES = { a: "1", "@s/b": "^2.0.0", alias: "npm:real@1" };

interface Row {
  allowScripts?: unknown;
  npmrc?: string;
  npm?: string;
  dependencies?: Record<string, string>;
  /** By folder; null for all others. */
  allowed: Record<string, boolean | null>;
  warnings?: RegExp[];
}

const rows: Row[] = [
  { allowed: {} },
  { npm: "11.19.1", allowScripts: { a: false }, allowed: { a: true, "@s/b": true, alias: true } },
  { allowScripts: { a: true, "@s/b": false }, allowed: { a: true, "@s/b": false } },
  { allowScripts: { "a@1.0.0": true, "@s/b@2.1.0": true }, allowed: { a: true, "@s/b": true } },
  {
    allowScripts: { "a@2.0.0": true, "@s/b@2.1": true },
    allowed: {},
    warnings: [/"@s\/b@2\.1".*ranges are not allowed/],
  },
  { allowScripts: { "a@0.9.0 || 1.0.0": true, "@s/b@*": true }, allowed: { a: true, "@s/b": true } },
  {
    allowScripts: { "a@^1.0.0": true, "@s/b@latest": true },
    allowed: {},
    warnings: [/"a@\^1\.0\.0".*ranges/, /"@s\/b@latest".*dist-tags/],
  },
  { allowScripts: { a: true, "a@1.0.0": false }, allowed: { a: false } },
  { allowScripts: { alias: true }, allowed: {} },
  { allowScripts: { real: true }, allowed: { alias: true } },
  { allowScripts: { "alias@npm:real@1": true }, allowed: {} },
  { allowScripts: {}, npmrc: "allow-scripts=a", allowed: { a: true } },
  { npmrc: "allow-scripts=a, @s/b@2.1.0", allowed: { a: true, "@s/b": true } },
  { npmrc: "allow-scripts[]=a\nallow-scripts[]=real", allowed: { a: true, alias: true } },
  {
    allowScripts: { "@s/b": true },
    npmrc: "allow-scripts=a",
    allowed: { "@s/b": true },
    warnings: [/allow-scripts is ignored/],
  },
  { npmrc: "ignore-scripts=true", allowScripts: { a: true }, allowed: { a: false, "@s/b": false, alias: false } },
  {
    npmrc: "dangerously-allow-all-scripts=true",
    allowScripts: { a: false },
    allowed: { a: true, "@s/b": true, alias: true },
  },
  { allowScripts: ["a"], allowed: {} },
  { allowScripts: { a: "yes" }, allowed: {} },
  { allowScripts: { a: true }, dependencies: { a: "URL" }, allowed: {} },
  { allowScripts: { URL: true }, dependencies: { a: "URL" }, allowed: { a: true } },
];

/** Returns a text in which `URL` is the address of a's tarball. */
const withUrl = (text: string): string => text.replaceAll('"URL"', `"${testRegistry.url}a/-/a-1.0.0.tgz"`);

test.each(rows)("$allowScripts $npmrc $npm: $allowed", async (row) => {
  const { allowScripts, npmrc = "", npm = "12.2.2", dependencies = DEPENDENCIES, allowed, warnings = [] } = row;
  const installer = await createInstaller({ mode: "inline", registry: testRegistry.url, platform: { npm } });
  const manifest = withUrl(JSON.stringify({ name: "p", version: "1.0.0", dependencies, allowScripts }));
  const { report } = await installer.install({ files: { "package.json": manifest, ".npmrc": npmrc } });
  installer.dispose();
  const found = report.scripts.map(({ location, allowed }) => [location.slice("node_modules/".length), allowed]);
  const expected = Object.keys(dependencies).map((name) => [name, allowed[name] ?? null]);
  expect(Object.fromEntries(found)).toEqual(Object.fromEntries(expected));
  expect(report.warnings.map(({ message }) => message)).toEqual(
    warnings.map((warning) => expect.stringMatching(warning)),
  );
});
