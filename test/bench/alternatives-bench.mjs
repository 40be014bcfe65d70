#!/usr/bin/env node
// Measures webhoist beside other libraries that resolve npm packages in a page: the figures of the README's table.
//
//   WEBHOIST_REGISTRY=DIR npm run bench:alternatives [-- --project vite-react-ts --runs 3 --only webhoist]
//
// DIR is a recorded registry (CONTRIBUTING.md, "Adding a case") with the project's packuments. Each library is installed into a
// temporary folder, bundled by Vite, and opened in a Chromium of its own. Every request goes to one server on loopback,
// which fetches tarballs that DIR lacks from the registry that the npm client is configured for.
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { extname, join } from "node:path";
import { parseArgs } from "node:util";
import { gunzipSync, gzipSync } from "node:zlib";
import { chromium } from "playwright";
import { build } from "vite";
import { buildPackage } from "../../scripts/build.mjs";
import { CHROMIUM_SWITCHES, findChromium } from "../../scripts/chromium.mjs";
import { readNpmConfig } from "../../scripts/npm-config.mjs";
import { ROOT } from "../../scripts/setup.mjs";

const { values } = parseArgs({
  options: {
    project: { type: "string", default: "vite-react-ts" },
    runs: { type: "string", default: "3" },
    only: { type: "string", multiple: true },
    registry: { type: "string", default: process.env.WEBHOIST_REGISTRY },
  },
});
if (!values.registry) {
  console.error("Set WEBHOIST_REGISTRY to the folder of a recorded registry.");
  process.exit(1);
}

const PROJECT = join(values.registry, "projects", values.project);
const PACKAGE_JSON = readFileSync(join(PROJECT, "package.json"), "utf8");
const LOCK = readFileSync(join(PROJECT, "package-lock.json"), "utf8");
const RECORDED = "http://registry.local/";

/**
 * Each library: its npm package (webhoist is built from this repository), and a module whose `run(packageJson, registry)` resolves with a lock,
 * or with `location version` lines.
 */
const LIBRARIES = {
  webhoist: {
    module: `
      import { createInstaller } from ${JSON.stringify(join(ROOT, "dist/index.js"))};
      export async function run(packageJson, registry) {
        const installer = await createInstaller({ registry, metadata: "full" });
        const { files } = await installer.resolve({ files: { "package.json": packageJson } });
        return { lock: files["package-lock.json"] };
      }`,
  },
  almostnode: {
    spec: "almostnode@0.2.14",
    module: `
      import { PackageManager, VirtualFS } from "almostnode";
      export async function run(packageJson, registry) {
        const files = new VirtualFS();
        files.writeFileSync("/package.json", packageJson);
        const manager = new PackageManager(files, { registry: registry.slice(0, -1) });
        const { installed } = await manager.installFromPackageJson({ includeDev: true, transform: false });
        return { packages: [...installed].map(([name, { version }]) => \`node_modules/\${name} \${version}\`) };
      }`,
  },
};

const work = mkdtempSync(join(tmpdir(), "webhoist-alternatives-"));
try {
  await buildPackage();
  const { url, close, scripts } = await serve();
  try {
    const rows = [];
    for (const [name, library] of Object.entries(LIBRARIES)) {
      if (values.only && !values.only.includes(name)) continue;
      await bundle(name, library);
      const runs = [];
      for (let run = 0; run < Number(values.runs); run++) runs.push(await visit(`${url}site/${name}/`, url));
      rows.push({ library: name, ...loadedKilobytes(scripts, name), ...summary(runs) });
    }
    console.table(rows);
  } finally {
    close();
  }
} finally {
  rmSync(work, { recursive: true, force: true });
}

/** Bundles a library's module into the folder that is served. */
async function bundle(name, { spec, module }) {
  const root = join(work, name);
  mkdirSync(root);
  writeFileSync(join(root, "package.json"), "{}");
  if (spec) execFileSync("npm", ["install", "--ignore-scripts", "--no-audit", "--no-fund", spec], { cwd: root });
  writeFileSync(join(root, "main.js"), `${module}\nglobalThis.run = run;`);
  writeFileSync(
    join(root, "index.html"),
    '<!doctype html><link rel="icon" href="data:,"><script>globalThis.process = { env: {} };</script><script type="module" src="./main.js"></script>',
  );
  await build({ root, base: "./", configFile: false, logLevel: "error", build: { chunkSizeWarningLimit: 10_000 } });
}

/** Returns the size of the scripts that a page and its workers have loaded, in kB after gzip. */
function loadedKilobytes(scripts, name) {
  const own = [...scripts].filter(([path]) => path.startsWith(`${name}/`));
  const sum = (isWorker) =>
    own
      .filter(([path]) => /webhoist-worker/.test(path) === isWorker)
      .reduce((bytes, [, body]) => bytes + gzipSync(body).length, 0);
  return { "page kB": Math.round(sum(false) / 1000), "worker kB": Math.round(sum(true) / 1000) };
}

/** Makes one run in a new Chromium. */
async function visit(address, registry) {
  const executablePath = findChromium();
  const browser = await chromium.launch({ args: CHROMIUM_SWITCHES, ...(executablePath && { executablePath }) });
  try {
    const page = await browser.newPage();
    await page.goto(address);
    await page.waitForFunction(() => globalThis.run);
    return await page.evaluate(
      async ([packageJson, base]) => {
        const tasks = [];
        new PerformanceObserver((list) => tasks.push(...list.getEntries())).observe({ type: "longtask" });
        const start = performance.now();
        const outcome = await globalThis.run(packageJson, base);
        const seconds = (performance.now() - start) / 1000;
        await new Promise((done) => setTimeout(done, 100));
        return { ...outcome, seconds, longest: Math.max(0, ...tasks.map(({ duration }) => duration)) };
      },
      [PACKAGE_JSON, registry],
    );
  } finally {
    await browser.close();
  }
}

function summary(runs) {
  const byTime = runs.toSorted((a, b) => a.seconds - b.seconds);
  const { lock, packages = placements(lock) } = runs[0];
  const wanted = new Set(placements(LOCK));
  return {
    "seconds (median)": byTime[Math.floor(runs.length / 2)].seconds.toFixed(2),
    "longest task ms": Math.round(Math.max(...runs.map(({ longest }) => longest))),
    packages: packages.length,
    "in npm's place": `${packages.filter((one) => wanted.has(one)).length} of ${wanted.size}`,
    "npm's lock":
      lock === undefined
        ? "no lock"
        : lock.replaceAll(/http:\/\/127\.0\.0\.1:\d+\//g, RECORDED) === LOCK
          ? "equal"
          : "differs",
  };
}

/** Returns `location version` of each package in a lock. */
function placements(lock) {
  const { packages } = JSON.parse(lock);
  return Object.entries(packages).flatMap(([location, { version }]) => (location ? [`${location} ${version}`] : []));
}

/** Serves the bundled pages below `/site/`, and the registry below `/`. */
async function serve() {
  const upstream = readNpmConfig(ROOT).registry;
  /** The requested scripts, by path below `/site/`. */
  const scripts = new Map();
  const server = createServer(async (request, response) => {
    const path = decodeURIComponent(new URL(request.url ?? "/", "http://localhost").pathname).slice(1);
    const site = path.startsWith("site/") ? siteFile(path.slice("site/".length)) : undefined;
    const body = site ?? packument(path) ?? (await tarball(path, upstream));
    const types = { ".html": "text/html", ".js": "text/javascript" };
    const type = (site && types[extname(path) || ".html"]) || "application/json";
    response.writeHead(body ? 200 : 404, { "content-type": type, "access-control-allow-origin": "*" });
    response.end(body);
  });
  await new Promise((done) => void server.listen(0, "127.0.0.1", done));
  const url = `http://127.0.0.1:${server.address().port}/`;
  return { url, scripts, close: () => void server.closeAllConnections() ?? server.close() };

  function siteFile(path) {
    const [name = "", ...rest] = path.split("/");
    const file = join(work, name, "dist", rest.join("/") || "index.html");
    if (!existsSync(file) || !statSync(file).isFile()) return undefined;
    const body = readFileSync(file);
    if (file.endsWith("js")) scripts.set(path, body);
    return body;
  }

  function packument(name) {
    const file = join(values.registry, "snapshot/packuments", `${name.replace("/", "+")}.json.gz`);
    if (!existsSync(file)) return undefined;
    return gunzipSync(readFileSync(file)).toString().replaceAll(RECORDED, url);
  }
}

/** Returns a recorded tarball, or otherwise the registry's. */
async function tarball(path, upstream) {
  const [, name = "", file = ""] = /^(.+)\/-\/([^/]+\.tgz)$/.exec(path) ?? [];
  const recorded = join(values.registry, "snapshot/tarballs", name.replace("/", "+"), file);
  if (!name) return undefined;
  if (existsSync(recorded)) return readFileSync(recorded);
  const answer = await fetch(`${upstream.replace(/\/?$/, "/")}${path}`);
  return answer.ok ? Buffer.from(await answer.arrayBuffer()) : undefined;
}
