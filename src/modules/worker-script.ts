// Loaded on demand: when a graph starts a worker.

import type { GraphModule } from "../api/modules.ts";
import type { GraphBudget } from "./graph-budget.ts";
import { loadSucrase } from "./lexers.ts";

/** Modules in the form of functions, for as long as their code stays the same. */
export type FunctionBodies = Map<string, { readonly code: string; readonly body: string }>;

/** Imports that a worker's script keeps: URLs, which `require` cannot load. */
const URL_LIKE = /^(?:https?:|data:|blob:)/i;

const QUOTED_NAME = /\bexports\.("(?:[^"\\]|\\.)*") =/g;

/**
 * Writes all modules of a worker as one script, because import maps do not apply in workers. Each module becomes a function that runs at
 * its first import; imported names stay live. `await` outside of functions is not possible in such a script.
 */
export async function workerScript(
  modules: readonly GraphModule[],
  entry: string,
  { budget, known }: { budget: GraphBudget; known: FunctionBodies },
): Promise<string> {
  const transform = await loadSucrase();
  const external = new Set<string>();
  const parts: string[] = [];
  for (const { key, code, imports } of modules) {
    for (const { key: to } of imports) if (to !== null && URL_LIKE.test(to)) external.add(to);
    let found = known.get(key);
    if (found?.code !== code) {
      const options = { transforms: ["imports" as const], disableESTransforms: true, preserveDynamicImport: false };
      // sucrase does not know names in quotes: `export { a as "b" }`.
      const body = transform(code, { ...options, filePath: key }).code.replace(QUOTED_NAME, "exports[$1] =");
      found = { code, body };
      known.set(key, found);
      await budget.spend(code.length / 4);
    }
    parts.push(`${JSON.stringify(key)}(require, exports) {${found.body}\n}`);
  }
  const urls = [...external].map((url, i) => ({ url, name: `__webhoist_url${i}` }));
  return [
    ...urls.map(({ url, name }) => `import * as ${name} from ${JSON.stringify(url)};`),
    `const __webhoist_modules = {\n${parts.join(",\n")}\n};`,
    `const __webhoist_exports = new Map([${urls.map(({ url, name }) => `[${JSON.stringify(url)}, { __esModule: true, ...${name} }]`).join(", ")}]);`,
    `const __webhoist_require = (key) => {
  let exports = __webhoist_exports.get(key);
  if (exports) return exports;
  __webhoist_exports.set(key, (exports = {}));
  __webhoist_modules[key](__webhoist_require, exports);
  return exports;
};`,
    `__webhoist_require(${JSON.stringify(entry)});`,
    "",
  ].join("\n");
}
