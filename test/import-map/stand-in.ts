import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { build } from "esbuild";
import type { Files } from "./stage.ts";

const require = createRequire(import.meta.url);

/**
 * Imitates a CDN below `cdn/`. For example, `cdn/react-dom@19.1.0/client` is that entry of this repository's package, bundled
 * as one ES module that imports all other packages by name.
 */
export const standIn: Files = async (path) => {
  const [, name, version, subpath = ""] = /^cdn\/((?:@[^/]+\/)?[^/@]+)@([^/]+)(\/.+)?$/.exec(path) ?? [];
  if (!name || manifestOf(name).version !== version) return null;
  const entry = name + subpath;
  const { outputFiles } = await build({
    stdin: { contents: reexport(entry), resolveDir: import.meta.dirname },
    bundle: true,
    write: false,
    format: "esm",
    define: { "process.env.NODE_ENV": `"production"` },
    plugins: [
      {
        name: "others-outside",
        setup({ onResolve, onLoad }): void {
          onResolve({ filter: /^[^./]/ }, ({ path, kind, importer }) => {
            if (importer === "<stdin>") return undefined;
            // A generated module imports each package that CommonJS code requires.
            return kind === "require-call" ? { path, namespace: "outside" } : { path, external: true };
          });
          onLoad({ filter: /^/, namespace: "outside" }, ({ path }) => ({ contents: reexport(path) }));
        },
      },
    ],
  });
  return outputFiles[0]?.text ?? null;
};

/** Returns the export names of CommonJS code, which are known only after it has run. */
function reexport(entry: string): string {
  const quoted = JSON.stringify(entry);
  const name = /^(?:@[^/]+\/)?[^/]+/.exec(entry)?.[0] ?? "";
  if (manifestOf(name).module !== undefined) return `export * from ${quoted};`;
  const names = Object.keys(require(entry) as object).filter((name) => name !== "default");
  return `import all from ${quoted}; export default all; export const { ${names.join(", ")} } = all;`;
}

function manifestOf(name: string): { version: string; module?: string } {
  const path = new URL(`../../node_modules/${name}/package.json`, import.meta.url);
  return JSON.parse(readFileSync(path, "utf8")) as { version: string; module?: string };
}
