import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { argv } from "node:process";
import { pathToFileURL } from "node:url";
import { minify } from "terser";
import { publicUrl, readNpmConfig } from "./npm-config.mjs";
import { ROOT } from "./setup.mjs";

const TYPES = join(ROOT, ".build/types");
const ENTRIES = {
  index: "web/index.ts",
  core: "src/index.ts",
  cli: "web/cli/main.ts",
  sinks: "web/sinks.ts",
  modules: "web/modules.ts",
  esbuild: "web/bundlers/esbuild.ts",
  rollup: "web/bundlers/rollup.ts",
};

/** Constants that the build puts into the sources. */
const knowledge = () => ({
  __WEBHOIST_REGISTRY__: JSON.stringify(buildRegistry()),
  __WEBHOIST_INTERLEAVE__: "undefined",
  __WEBHOIST_VERSION__: JSON.stringify(JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")).version),
});

/**
 * Takes the build of cjs-module-lexer that is plain JavaScript. The other one compiles WebAssembly, which a page's policy may forbid, and
 * the package's `exports` gives it to every `import`.
 */
const PURE_LEXER = { "cjs-module-lexer": join(ROOT, "node_modules/cjs-module-lexer/lexer.js") };

/** Returns the base URL of the registry that this machine's npm uses: the package's default registry. */
export function buildRegistry() {
  return publicUrl(readNpmConfig(ROOT).registry);
}

/** The name of the worker's file. It is unlikely in an application, because some bundlers keep the file's address unchanged. */
const WORKER = "webhoist-worker";
const WORKER_ENTRY = "workers/threads/worker.ts";

/**
 * Puts the worker's address into the package. In the sources, Vite provides the address. In the package, it is written as
 * `new URL("./file.js", import.meta.url)`, which bundlers recognise. Between the two it is a plain name: otherwise this build
 * would include the worker.
 * @type {import("vite").Plugin}
 */
const workerAddress = {
  name: "worker-address",
  enforce: "pre",
  transform(code, id) {
    if (!id.endsWith("web/backends/spawn-worker.ts")) return undefined;
    const address = /^import __WEBHOIST_WORKER__ from .*$/m;
    if (!address.test(code)) throw new Error("web/backends/spawn-worker.ts does not name the worker");
    return { code: code.replace(address, ""), map: null };
  },
  // Runs when every chunk has its name.
  generateBundle(_, output) {
    for (const chunk of Object.values(output)) {
      if (chunk.type !== "chunk") continue;
      // The address must be in a file beside the worker. Then it is enough to copy the worker beside the output of a bundler
      // that does not recognise the address.
      if (chunk.code.includes("__WEBHOIST_WORKER__") && chunk.fileName.includes("/")) throw new Error(chunk.fileName);
      chunk.code = chunk.code.replaceAll("__WEBHOIST_WORKER__", `new URL("./${WORKER}.js",import.meta.url)`);
    }
  },
};

/** Compilers that are loaded on demand. Their tables and their asm.js take terser minutes, and it saves nothing there. */
const COMPILERS = /node_modules\/(?:sucrase|es-module-lexer|cjs-module-lexer)\//;

/**
 * Minifies a second time, after the bundler's own minifier: that saves another 1 % of what a page loads. It keeps property
 * names, because embedders see objects of the library. It also writes import("./a.js") instead of import(`./a.js`), which
 * some tools take for a computed address.
 * @type {import("vite").Plugin}
 */
const squeeze = {
  name: "squeeze",
  async generateBundle(_, output) {
    const chunks = Object.values(output).filter((file) => file.type === "chunk");
    for (const chunk of chunks) {
      if (chunk.moduleIds.some((id) => COMPILERS.test(id))) continue;
      const asset = output[`${chunk.fileName}.map`];
      const [code = "", comment = ""] = chunk.code.split(/(?=\/\/# sourceMappingURL=)/);
      const result = await minify(code, {
        module: true,
        ecma: 2020,
        compress: { passes: 3, pure_getters: true, unsafe_arrows: true, keep_fargs: false },
        format: { comments: false },
        ...(asset?.type === "asset" && { sourceMap: { content: String(asset.source), filename: chunk.fileName } }),
      });
      chunk.code = `${result.code}${comment && `\n${comment}`}`;
      if (asset?.type === "asset") asset.source = String(result.map);
    }
  },
};

/**
 * Names the chunk of a module that a page loads. A few large chunks compress better than many small ones.
 *
 * - `webhoist`: the entry, and modules that both ways to resolve (on the page, in workers) need
 * - `inline`: modules that only a resolution on the page needs
 * - `common`: modules of that way that installing, sinks or plugins need too
 * - `worker-pools`: modules that only a resolution in workers needs
 * - `storage`: modules that both the metadata cache and installing need
 * @param {string} id
 * @param {{ getModuleInfo(id: string): { importedIds: readonly string[] } | null }} context
 */
function loadedByPage(id, context) {
  if (groups.size === 0) {
    const { index, sinks, modules, esbuild, rollup } = ENTRIES;
    const [entry, inline, pools] = [index, "web/backends/inline-backend.ts", "web/backends/worker-pools.ts"].map(
      (file) => reach(file, context),
    );
    const others = new Set(
      ["web/install/installs.ts", sinks, modules, esbuild, rollup].flatMap((file) => [...reach(file, context)]),
    );
    for (const module of inline ?? []) {
      groups.set(module, pools?.has(module) ? "webhoist" : others.has(module) ? "common" : "inline");
    }
    for (const module of pools ?? []) if (!groups.has(module)) groups.set(module, "worker-pools");
    for (const module of entry ?? []) groups.set(module, "webhoist");
    const installing = reach("web/install/installs.ts", context);
    for (const module of reach("workers/storage/thread-metadata-cache.ts", context)) {
      if (installing.has(module) && !groups.has(module)) groups.set(module, "storage");
    }
  }
  return groups.get(id) ?? null;
}

/** Chunk of each module, by the module's absolute path. @type {Map<string, string>} */
const groups = new Map();

/**
 * Returns a module and the modules that it imports statically, directly or not.
 * @param {string} file
 * @param {Parameters<typeof loadedByPage>[1]} context
 */
function reach(file, context) {
  const modules = new Set([join(ROOT, file)]);
  for (const module of modules) {
    for (const imported of context.getModuleInfo(module)?.importedIds ?? []) modules.add(imported);
  }
  return modules;
}

/**
 * Builds entries as ES modules into `dist`.
 * @param {Record<string, string>} entry
 * @param {{ plugins?: import("vite").Plugin[], build: import("vite").BuildOptions }} options
 */
async function buildEntries(entry, { plugins = [], build: options }) {
  const { build } = await import("vite");
  await build({
    root: ROOT,
    configFile: false,
    logLevel: "warn",
    publicDir: false,
    define: knowledge(),
    plugins: [squeeze, ...plugins],
    resolve: { alias: PURE_LEXER },
    build: { target: "es2023", outDir: "dist", sourcemap: "hidden", lib: { entry, formats: ["es"] }, ...options },
  });
}

/**
 * Turns imports on demand into imports. The worker is a single file, so that nothing is loaded on demand: the bundler would only wrap
 * each of those modules, and each module that they import, in a function.
 * @type {import("vite").Plugin}
 */
const importAtOnce = {
  name: "import-at-once",
  enforce: "post",
  transform(code) {
    /** @type {string[]} */
    const imports = [];
    const nameOf = (/** @type {string} */ from) => {
      imports.push(`import * as loaded${imports.length} from "${from}";`);
      return `loaded${imports.length - 1}`;
    };
    const rewritten = code
      // With the names alone, the bundler needs no object of all exports.
      .replace(/\{([\w\s,]+)\} = await import\("(\..+?)"\)/g, (_, names, from) => {
        const loaded = nameOf(from);
        const list = /** @type {string[]} */ (names.trim().split(/,\s*/));
        const read = list.map((name) => `${name}: ${loaded}.${name}`);
        return `{${names}} = await { ${read.join(", ")} }`;
      })
      .replace(/\(await import\("(\..+?)"\)\)\./g, (_, from) => `(await null, ${nameOf(from)}).`)
      .replace(/\bimport\("(\..+?)"\)/g, (_, from) => `Promise.resolve(${nameOf(from)})`);
    return imports.length > 0 ? { code: imports.join("") + rewritten, map: null } : undefined;
  },
};

/** Builds the worker as one file without imports, so that it can be copied, started from a blob, and bundled by any tool. */
async function bundleWorker() {
  await buildEntries(
    { [WORKER]: WORKER_ENTRY },
    {
      plugins: [importAtOnce],
      build: {
        emptyOutDir: false,
        rolldownOptions: {
          output: { minify: true, comments: false, entryFileNames: "[name].js", codeSplitting: false },
        },
      },
    },
  );
}

/**
 * Gives the zip sink a copy of fflate. A chunk contains a whole module, so an install would load the compression with the
 * decompression that it needs.
 * @type {import("vite").Plugin}
 */
const compressionApart = {
  name: "compression-apart",
  enforce: "pre",
  async resolveId(source, importer, options) {
    if (source !== "fflate" || !importer?.endsWith("src/sink/zip-sink.ts")) return undefined;
    const found = await this.resolve(source, importer, { ...options, skipSelf: true });
    return found && { id: `${found.id}?compression`, moduleSideEffects: false };
  },
};

/** Builds `dist/*.js` in one build, so that the library, the core and the command share chunks. */
async function bundle() {
  await buildEntries(ENTRIES, {
    plugins: [workerAddress, compressionApart],
    build: {
      emptyOutDir: true,
      rolldownOptions: {
        external: /^node:/,
        output: {
          // A library build keeps its line breaks by default, but a page loads every byte of these files.
          minify: true,
          comments: false,
          entryFileNames: "[name].js",
          chunkFileNames: ({ name }) => (name === "worker-pools" ? "[name]-[hash].js" : "chunks/[name]-[hash].js"),
          codeSplitting: {
            // The first group has the highest priority: otherwise a chunk would draw in everything that it imports.
            groups: ["webhoist", "common", "inline", "worker-pools", "storage"].map((group, i) => ({
              debugName: group,
              priority: 5 - i,
              name: (id, context) => (loadedByPage(id, context) === group ? group : null),
            })),
          },
        },
      },
    },
  });
  chmodSync(join(ROOT, "dist/cli.js"), 0o755);
}

/** Writes the type declarations of the entries and of every file that they import. */
function types() {
  const tsc = join(ROOT, "node_modules/typescript/bin/tsc");
  const { status } = spawnSync(process.execPath, [tsc, "-b", "src", "web"], { cwd: ROOT, stdio: "inherit" });
  if (status !== 0) throw new Error("tsc -b failed");
  const seen = new Set(
    [...Object.values(ENTRIES).filter((entry) => entry !== ENTRIES.cli), WORKER_ENTRY].map((entry) =>
      join(TYPES, entry.replace(/\.ts$/, ".d.ts")),
    ),
  );
  for (const file of seen) {
    const text = readFileSync(file, "utf8")
      .replace(/^\/\/# sourceMappingURL=.*$/m, "")
      .replace(/(\bfrom\s*|\bimport\s*\(\s*|\bimport\s+)"([^"]+)"/g, (_, before, specifier) => {
        // Dependencies such as comlink are bundled, so a consumer does not have their types.
        if (!/^\.\.?\//.test(specifier)) throw new Error(`${relative(TYPES, file)}: bare import of ${specifier}`);
        seen.add(resolve(dirname(file), specifier.replace(/\.ts$/, ".d.ts")));
        return `${before}"${specifier.replace(/\.ts$/, ".js")}"`;
      });
    const target = join(ROOT, "dist/types", relative(TYPES, file));
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, text);
  }
}

/** Builds the published package into `dist`. */
export async function buildPackage() {
  rmSync(join(ROOT, "dist"), { recursive: true, force: true });
  await bundle();
  await bundleWorker();
  types();
}

if (argv[1] && import.meta.url === pathToFileURL(argv[1]).href) await buildPackage();
