import { execFile } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { parseAst } from "vite";
import { expect, test } from "vitest";
import { packed } from "./packed.ts";

const run = promisify(execFile);
const bin = (path: string): string => join(import.meta.dirname, "../../../node_modules", path);

/** Runs a command and returns its output and exit code. */
async function report(script: string, args: readonly string[]): Promise<{ code: number; text: string }> {
  return await run(process.execPath, [bin(script), ...args]).then(
    ({ stdout }) => ({ code: 0, text: stdout }),
    (error: { code: number; stdout: string; stderr: string }) => ({
      code: error.code,
      text: error.stdout + error.stderr,
    }),
  );
}

test("publint finds no problem", async () => {
  const { code, text } = await report("publint/src/cli.js", ["run", packed().tarball, "--strict"]);
  expect(code, text).toBe(0);
});

test("every entry's types resolve for an ESM consumer", async () => {
  const { code, text } = await report("@arethetypeswrong/cli/dist/index.js", [
    packed().tarball,
    "--profile",
    "esm-only",
    "--no-emoji",
    "--exclude-entrypoints",
    "./package.json",
  ]);
  expect(code, text).toBe(0);
});

/** Returns the specifiers of a module's imports and re-exports, static and dynamic. */
function specifiers(code: string): string[] {
  const found: string[] = [];
  const visit = (node: unknown): void => {
    if (typeof node !== "object" || node === null) return;
    const { type, source } = node as { type?: string; source?: { value?: unknown } | null };
    if (type?.startsWith("Import") || type?.startsWith("Export")) {
      if (source) found.push(typeof source.value === "string" ? source.value : "(computed)");
    }
    Object.values(node).forEach(visit);
  };
  visit(parseAst(code).body);
  return found;
}

const dist = (): string => join(packed().consumer, "node_modules/webhoist/dist");

/** Returns the published scripts by their paths in `dist`. */
function scripts(): Map<string, string> {
  const paths = readdirSync(dist(), { recursive: true, encoding: "utf8" }).filter((path) => path.endsWith(".js"));
  return new Map(paths.map((path) => [path, readFileSync(join(dist(), path), "utf8")]));
}

test("the published scripts import only files of the package, and the worker imports nothing", () => {
  const imports = [...scripts()].map(([path, code]) => [path, specifiers(code)] as const);
  expect(imports.map(([path]) => path)).toEqual(
    expect.arrayContaining(["index.js", "core.js", "cli.js", "webhoist-worker.js"]),
  );
  expect(Object.fromEntries(imports)["webhoist-worker.js"]).toEqual([]);
  const bare = imports.flatMap(([path, names]) =>
    names.filter((name) => !/^\.\.?\//.test(name)).map((name) => `${path}: ${name}`),
  );
  // Only the command runs in Node.
  expect(bare.filter((line) => !/^cli\.js: node:/.test(line))).toEqual([]);
});

/** A text of sucrase, for a transform that webhoist does not use. */
const HOT_LOADER = "__reactstandin__regenerateByEval(key, code) {this[key] = eval(code);}";

test("the published scripts use no eval and no Function constructor", () => {
  const found = [...scripts()].filter(([, code]) => /\beval\(|\bFunction\(/.test(code.replace(HOT_LOADER, "")));
  expect(found.map(([path]) => path)).toEqual([]);
});

const root = (): string => join(packed().consumer, "node_modules/webhoist");

test("the package has the documentation and no source maps", () => {
  const files = readdirSync(root(), { recursive: true, encoding: "utf8" });
  const docs = readdirSync(join(import.meta.dirname, "../../../docs")).map((file) => join("docs", file));
  expect(files).toEqual(expect.arrayContaining(["README.md", "CHANGELOG.md", "LICENSE", ...docs]));
  expect(files.filter((file) => file.endsWith(".map"))).toEqual([]);
  const marked = [...scripts()].filter(([, code]) => /^\/\/[#@] sourceMappingURL=/m.test(code));
  expect(marked.map(([path]) => path)).toEqual([]);
});

test("links between the pages of the package are relative", () => {
  const pages = readdirSync(root(), { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".md"));
  const absolute = pages.flatMap((page) =>
    [...readFileSync(join(root(), page), "utf8").matchAll(/\]\((\/[^)]*)\)/g)].map(([, link]) => `${page}: ${link}`),
  );
  expect(absolute).toEqual([]);
});

test("package.json names no repository, homepage or bug tracker", () => {
  const manifest = JSON.parse(readFileSync(join(root(), "package.json"), "utf8")) as Record<string, unknown>;
  for (const member of ["repository", "homepage", "bugs"]) expect(manifest).not.toHaveProperty(member);
});
