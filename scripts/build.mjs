import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { argv } from "node:process";
import { pathToFileURL } from "node:url";
import { minify } from "terser";
import { internalNames } from "./internal-names.mjs";
import { publicUrl, readNpmConfig } from "./npm-config.mjs";
import { ROOT } from "./setup.mjs";

const TYPES = join(ROOT, ".build/types");
const ENTRIES = { index: "web/index.ts", core: "src/index.ts", cli: "web/cli/main.ts" };

/** Base URL of the registry this machine's npm client uses: what the build puts in as the default. */
export function buildRegistry() {
  return publicUrl(readNpmConfig(ROOT).registry);
}

/**
 * A second minifier over the bundler's own, which leaves 1 % of what a page loads. It also writes import("./a.js") where
 * the first writes import(`./a.js`), which some tools take for a computed address.
 * @type {import("vite").Plugin}
 */
const squeeze = {
  name: "squeeze",
  async generateBundle(_, output) {
    const chunks = Object.values(output).filter((file) => file.type === "chunk");
    const regex = internalNames(chunks.map(({ code }) => code).join("\n"));
    // A name is short in the same way in every file.
    /** @type {import("terser").MinifyOptions["nameCache"] & { vars?: object }} */
    const nameCache = {};
    for (const chunk of chunks) {
      const asset = output[`${chunk.fileName}.map`];
      const [code = "", comment = ""] = chunk.code.split(/(?=\/\/# sourceMappingURL=)/);
      const result = await minify(code, {
        module: true,
        ecma: 2020,
        compress: { passes: 3, pure_getters: true, unsafe_arrows: true, keep_fargs: false },
        mangle: { properties: { regex } },
        nameCache,
        format: { comments: false },
        ...(asset?.type === "asset" && { sourceMap: { content: String(asset.source), filename: chunk.fileName } }),
      });
      // Variables are each file's own.
      delete nameCache.vars;
      chunk.code = `${result.code}${comment && `\n${comment}`}`;
      if (asset?.type === "asset") asset.source = String(result.map);
    }
  },
};

/**
 * What the page's entry imports statically is one file, whichever parts the core and the command also use: a page loads
 * all of it anyway, and it compresses better in one piece.
 * @param {string} id
 * @param {{ getModuleInfo(id: string): { importedIds: readonly string[] } | null }} context
 */
function loadedByPage(id, context) {
  if (pageModules.size === 0) {
    pageModules.add(join(ROOT, ENTRIES.index));
    for (const module of pageModules) {
      for (const imported of context.getModuleInfo(module)?.importedIds ?? []) pageModules.add(imported);
    }
  }
  return pageModules.has(id) ? "webhoist" : null;
}

/** @type {Set<string>} */
const pageModules = new Set();

/** `dist/*.js`: one build, so that the page's library, the core and the command share what they have in common. */
async function bundle() {
  const { build } = await import("vite");
  await build({
    root: ROOT,
    configFile: false,
    logLevel: "warn",
    publicDir: false,
    define: { __WEBHOIST_REGISTRY__: JSON.stringify(buildRegistry()) },
    plugins: [squeeze],
    build: {
      target: "es2023",
      outDir: "dist",
      emptyOutDir: true,
      sourcemap: true,
      lib: { entry: ENTRIES, formats: ["es"] },
      rolldownOptions: {
        external: /^node:/,
        output: {
          // A library build keeps its line breaks by default; every byte of these is loaded by a page.
          minify: true,
          comments: false,
          entryFileNames: "[name].js",
          chunkFileNames: "chunks/[name]-[hash].js",
          codeSplitting: { groups: [{ name: loadedByPage }] },
        },
      },
    },
  });
  chmodSync(join(ROOT, "dist/cli.js"), 0o755);
}

/** Declarations, of the entries and what they reach. */
function types() {
  const tsc = join(ROOT, "node_modules/typescript/bin/tsc");
  const { status } = spawnSync(process.execPath, [tsc, "-b", "src", "web"], { cwd: ROOT, stdio: "inherit" });
  if (status !== 0) throw new Error("tsc -b failed");
  const seen = new Set([ENTRIES.index, ENTRIES.core].map((entry) => join(TYPES, entry.replace(/\.ts$/, ".d.ts"))));
  for (const file of seen) {
    const text = readFileSync(file, "utf8")
      .replace(/^\/\/# sourceMappingURL=.*$/m, "")
      .replace(/(\bfrom\s*|\bimport\s*\(\s*|\bimport\s+)"([^"]+)"/g, (_, before, specifier) => {
        // `comlink` and the like are bundled: a consumer does not have their types.
        if (!/^\.\.?\//.test(specifier)) throw new Error(`${relative(TYPES, file)}: bare import of ${specifier}`);
        seen.add(resolve(dirname(file), specifier.replace(/\.ts$/, ".d.ts")));
        return `${before}"${specifier.replace(/\.ts$/, ".js")}"`;
      });
    const target = join(ROOT, "dist/types", relative(TYPES, file));
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, text);
  }
}

/** The published package: `dist`. */
export async function buildPackage() {
  rmSync(join(ROOT, "dist"), { recursive: true, force: true });
  await bundle();
  types();
}

if (argv[1] && import.meta.url === pathToFileURL(argv[1]).href) await buildPackage();
