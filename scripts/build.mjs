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
const ENTRIES = {
  index: "web/index.ts",
  core: "src/index.ts",
  cli: "web/cli/main.ts",
  sinks: "web/sinks.ts",
  esbuild: "web/bundlers/esbuild.ts",
  rollup: "web/bundlers/rollup.ts",
};

/** What a build knows that its sources do not. */
const knowledge = () => ({
  __WEBHOIST_REGISTRY__: JSON.stringify(buildRegistry()),
  __WEBHOIST_INTERLEAVE__: "undefined",
  __WEBHOIST_VERSION__: JSON.stringify(JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")).version),
});

/** Base URL of the registry this machine's npm client uses: what the build puts in as the default. */
export function buildRegistry() {
  return publicUrl(readNpmConfig(ROOT).registry);
}

/**
 * A name is short in the same way in every file: pages and workers send each other objects.
 * @type {import("terser").MinifyOptions["nameCache"] & { vars?: object }}
 */
const nameCache = {};

/** The worker's file in the package. Of a name that no file of a page's own has, in case a bundler leaves its address as it is. */
const WORKER = "webhoist-worker";
const WORKER_ENTRY = "workers/threads/worker.ts";

/**
 * In the sources the worker's address is Vite's to tell. In the package it is that of the file beside the entry, in the words
 * that bundlers look for; in between it is a name, else this build would carry the worker along.
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
  // Once every chunk has its name.
  generateBundle(_, output) {
    for (const chunk of Object.values(output)) {
      if (chunk.type !== "chunk") continue;
      // Beside it: so that it is enough to tell tools that know no such words to put the worker beside their output.
      if (chunk.code.includes("__WEBHOIST_WORKER__") && chunk.fileName.includes("/")) throw new Error(chunk.fileName);
      chunk.code = chunk.code.replaceAll("__WEBHOIST_WORKER__", `new URL("./${WORKER}.js",import.meta.url)`);
    }
  },
};

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
 * What a page loads to resolve on its own thread is one file, but for what installing and the plugins take of it (`common`); what
 * it loads to have workers resolve is another, and what both take stands beside the entry: it compresses better in a few
 * pieces, whichever parts the core and the command also use.
 * @param {string} id
 * @param {{ getModuleInfo(id: string): { importedIds: readonly string[] } | null }} context
 */
function loadedByPage(id, context) {
  if (groups.size === 0) {
    const { index, sinks, esbuild, rollup } = ENTRIES;
    const [entry, inline, pools] = [index, "web/backends/inline-backend.ts", "web/backends/worker-pools.ts"].map(
      (file) => reach(file, context),
    );
    const others = new Set(
      ["web/install/installs.ts", sinks, esbuild, rollup].flatMap((file) => [...reach(file, context)]),
    );
    for (const module of inline ?? []) {
      groups.set(module, pools?.has(module) ? "webhoist" : others.has(module) ? "common" : "inline");
    }
    for (const module of pools ?? []) if (!groups.has(module)) groups.set(module, "worker-pools");
    for (const module of entry ?? []) groups.set(module, "webhoist");
  }
  return groups.get(id) ?? null;
}

/** @type {Map<string, string>} */
const groups = new Map();

/**
 * A module and what it imports, directly or not, other than later.
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

/** The worker is one file without imports: it can be copied, started from a blob, and bundled by any tool. */
async function bundleWorker() {
  const { build } = await import("vite");
  await build({
    root: ROOT,
    configFile: false,
    logLevel: "warn",
    publicDir: false,
    define: knowledge(),
    plugins: [squeeze],
    build: {
      target: "es2023",
      outDir: "dist",
      emptyOutDir: false,
      sourcemap: true,
      lib: { entry: { [WORKER]: WORKER_ENTRY }, formats: ["es"] },
      rolldownOptions: {
        output: { minify: true, comments: false, entryFileNames: "[name].js", codeSplitting: false },
      },
    },
  });
}

/** `dist/*.js`: one build, so that the page's library, the core and the command share what they have in common. */
async function bundle() {
  const { build } = await import("vite");
  await build({
    root: ROOT,
    configFile: false,
    logLevel: "warn",
    publicDir: false,
    define: knowledge(),
    plugins: [squeeze, workerAddress],
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
          chunkFileNames: ({ name }) => (name === "worker-pools" ? "[name]-[hash].js" : "chunks/[name]-[hash].js"),
          codeSplitting: {
            // What both take is settled first, else a piece draws in all that it imports.
            groups: ["webhoist", "common", "inline", "worker-pools"].map((group, i) => ({
              debugName: group,
              priority: 4 - i,
              name: (id, context) => (loadedByPage(id, context) === group ? group : null),
            })),
          },
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
  const seen = new Set(
    [...Object.values(ENTRIES).filter((entry) => entry !== ENTRIES.cli), WORKER_ENTRY].map((entry) =>
      join(TYPES, entry.replace(/\.ts$/, ".d.ts")),
    ),
  );
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
  await bundleWorker();
  types();
}

if (argv[1] && import.meta.url === pathToFileURL(argv[1]).href) await buildPackage();
