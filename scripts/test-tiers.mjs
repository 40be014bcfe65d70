import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, sep } from "node:path";
import { ROOT } from "./setup.mjs";

/** A file that imports one of these starts a browser, a process or a bundler. */
const SLOW = new Set([
  "node:child_process",
  "playwright",
  "vite",
  "rolldown",
  "rollup",
  "webpack",
  "esbuild",
  "esbuild-wasm",
]);
/** Folders whose tests are projects of their own in vitest.config.ts. */
const OWN_PROJECTS = [join("system", "package"), "browsers"];
const IMPORTS = /\b(?:from|import)\s*\(?\s*["']([^"']+)["']/g;

/**
 * Sorts the tests for Node by their imports, direct or through other files of `test` and `scripts`. There is no list to maintain: a new
 * test is fast unless it starts a browser, a process or a bundler, or begins with `// Full tier:` and a reason.
 * @returns {{ fast: string[], slow: string[] }} paths relative to the repository, without those of `OWN_PROJECTS`
 */
export function nodeTests() {
  /** @type {Map<string, boolean>} */
  const known = new Map();
  const all = readdirSync(join(ROOT, "test"), { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".test.ts") && !OWN_PROJECTS.some((folder) => file.startsWith(folder + sep)))
    .map((file) => join(ROOT, "test", file));
  const paths = (/** @type {boolean} */ slow) =>
    all.filter((file) => isSlow(file, known) === slow).map((file) => relative(ROOT, file).split(sep).join("/"));
  return { fast: paths(false), slow: paths(true) };
}

/**
 * @param {string} file
 * @param {Map<string, boolean>} known results so far; a file that is being checked counts as fast
 * @returns {boolean}
 */
function isSlow(file, known) {
  const answer = known.get(file);
  if (answer !== undefined) return answer;
  known.set(file, false);
  const slow =
    isMarked(file) ||
    importsOf(file).some((name) =>
      name.startsWith(".")
        ? isTestFile(join(dirname(file), name)) && isSlow(join(dirname(file), name), known)
        : SLOW.has(name),
    );
  known.set(file, slow);
  return slow;
}

/** @param {string} file */
function isMarked(file) {
  return file.endsWith(".test.ts") && readFileSync(file, "utf8").startsWith("// Full tier:");
}

/** @param {string} file */
function isTestFile(file) {
  return ["test", "scripts"].some((folder) => file.startsWith(join(ROOT, folder) + sep));
}

/** @param {string} file @returns {string[]} empty for a file that cannot be read as a module */
function importsOf(file) {
  try {
    return [...readFileSync(file, "utf8").matchAll(IMPORTS)].map(([, name = ""]) => name);
  } catch {
    return [];
  }
}
