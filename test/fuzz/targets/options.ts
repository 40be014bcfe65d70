import fc from "fast-check";
import { createInstaller } from "../../../web/index.ts";
import { fakeTarball } from "../../support/tarball.ts";
import { mutateValue } from "../json-mutation.ts";
import { BrokenLaw } from "../laws.ts";
import type { Random } from "../random.ts";
import type { Target } from "../target.ts";
import { isTree, type Tree, type Value } from "../value.ts";
import { SPECS } from "../words.ts";
import { fetchOf, REGISTRY, useResolution } from "../world.ts";

// Options of `createInstaller`, `resolve`, `install`, `importMap` and `nodeResolve`, and their first arguments. A tree
// `{ $js: … }` stands for a value that JSON cannot express.

const TAR = fakeTarball({
  "package.json": { name: "a", version: "1.0.0", main: "index.js" },
  "index.js": "export default 1;",
});
const A = {
  name: "a",
  "dist-tags": { latest: "1.0.0" },
  versions: {
    "1.0.0": {
      name: "a",
      version: "1.0.0",
      bin: { a: "index.js" },
      dist: { tarball: `${REGISTRY}a/-/a-1.0.0.tgz`, integrity: TAR.integrity },
    },
  },
};
const fetch = fetchOf({ packuments: { a: JSON.stringify(A) }, tarballs: { "a/-/a-1.0.0.tgz": TAR.bytes } });

// biome-ignore format: a table
const VALID: Tree = {
  installer: { registry: REGISTRY, scopes: { "@s": `${REGISTRY}s/` }, metadata: "full", mode: "inline", cache: "none", io: "page", platform: { os: "linux", cpu: "x64", libc: "glibc", node: "20.0.0", npm: "11.0.0" }, concurrency: 4, tarballConcurrency: 4, extractWorkers: 1, timeout: 1000, deadline: 1000, minRate: 0, packumentLimit: 1e6, retries: 0, proxy: REGISTRY },
  project: { files: { "package.json": '{"dependencies":{"a":"^1.0.0"}}', "x.bin": { $js: "bytes" } }, root: "", name: "p" },
  resolve: { add: ["a"], rm: ["b"], update: ["a"], saveType: "dev", saveBundle: true, save: true, savePrefix: "~", saveExact: true, workspaces: ["w"], includeWorkspaceRoot: true, legacyPeerDeps: false, strictPeerDeps: true, force: true, preferDedupe: true, installStrategy: "nested", installLinks: true, omit: ["dev"], before: "2030-01-01", minReleaseAge: 0, minReleaseAgeExclude: ["a*"], engineStrict: true, lockfileVersion: 3, defaultTag: "latest", os: "linux", cpu: "x64", libc: "glibc", completeLockfile: true, packageLock: true, strategy: "flat", relax: "none", resolutionMode: "highest", prereleases: "never", singletons: ["react"] },
  install: { trustSink: true, omit: ["dev"], platform: "wasm", substitutes: false, resolve: { force: true }, files: { "a.tgz": { $js: "bytes" } }, limits: { tarball: 1e6, file: 1e6, package: 1e6, ratio: 100, files: 100 }, verifyStored: true, afterExtract: { $js: "function" }, afterExtractTimeout: 1000, sink: { $js: "map" } },
  importMap: { provider: "esm.sh", base: "https://cdn.example/", conditions: ["browser"], integrity: true, omit: ["dev"], onWarning: { $js: "function" } },
  nodeResolve: { conditions: ["import"], browser: true, mainFields: ["main"], extensions: [".js"], builtins: "error" },
  paths: { a: "node_modules/a/index.js", glob: "**/*.js", bin: "a", specifier: "a", importer: "index.js", why: "a", diff: "{}", packument: "a" },
};

const KINDS = [
  "undefined",
  "NaN",
  "Infinity",
  "function",
  "throws",
  "rejects",
  "symbol",
  "bigint",
  "date",
  "no date",
  "getter",
  "proxy",
  "revoked",
  "cycle",
  "map",
  "set",
  "bytes",
  "regexp",
  "error",
  "promise",
  "null prototype",
  "class",
  "sparse",
  "url",
  "boxed",
  "buffer",
  "deep",
];

/** Values that fast-check makes, so that the dictionaries are not all there is. */
const EXTRA = fc.sample(fc.jsonValue({ maxDepth: 2 }), { seed: 1, numRuns: 300 }) as Value[];

// biome-ignore format: a table
const WORDS = {
  keys: [...Object.values(VALID).flatMap((part) => Object.keys(part as Tree)), "signal", "fetch", "token"],
  values: ["", "esm.sh", "jsdelivr", "jspm", "unpkg", "https://x/{name}@{version}{path}", "{name}", "dev", "prod", "optional", "peer", "highest", "lowest", "copies", "threads", "worker", "inline", "auto", "offline", "none", "linked", "x", ...SPECS, "node_modules", "node_modules/a", "../../x", "**", "{a,b}", "[", "../node_modules/a/index.js"],
};

/** Calls of the public interface whose options and arguments are changed. */
// biome-ignore format: a table
export const options: Target = {
  name: "options",
  perTest: 200,
  make(random: Random): Value {
    const given: Tree = {};
    // Few options at once, because a wrong one hides the others.
    for (const [part, value] of Object.entries(VALID)) given[part] = part === "paths" || part === "project" ? value : some(value as Tree, random);
    const part = random.pick(Object.keys(VALID));
    given[part] = random.once(2) ? mutateValue(given[part] as Value, random, WORDS) : withOdd(given[part] as Value, random);
    return given;
  },
  async run(input) {
    const { installer: given, project, resolve, install, importMap, nodeResolve, paths } = input as Tree;
    const signal = AbortSignal.timeout(5_000);
    // Asks for the raw input, because nothing can be asked of a revoked proxy.
    const cancellable = (raw: Value | undefined): never => {
      const value = revive(raw as Value);
      return (isTree(raw) && !("$js" in raw) ? { ...(value as object), signal } : value) as never;
    };
    let installer: Awaited<ReturnType<typeof createInstaller>> | undefined;
    try {
      const wanted = settings(revive(given as Value)) as Parameters<typeof createInstaller>[0];
      const made = await createInstaller(wanted);
      installer = made;
      const names = (isTree(paths as Value) && !("$js" in (paths as Tree)) ? revive(paths as Value) : {}) as Record<string, never>;
      const resolution = await made.resolve(revive(project as Value) as never, cancellable(resolve));
      await useResolution(resolution);
      resolution.why(names["why"] as never);
      await resolution.importMap(revive(importMap as Value) as never);
      await coded(() => resolution.diff(names["diff"] as never));
      await coded(() => made.packument(names["packument"] as never));
      const installed = await made.install(resolution, cancellable(install));
      const calls = [
        () => installed.readFile(names["a"] as never),
        () => installed.readFileSync(names["a"] as never),
        () => installed.readdir(names["a"] as never),
        () => installed.stat(names["a"] as never),
        () => installed.exists(names["a"] as never),
        () => installed.realpath(names["a"] as never),
        () => installed.glob(names["glob"] as never),
        () => installed.resolveBin(names["bin"] as never),
        () => installed.load([names["a"] as never]),
        () => installed.nodeResolve(names["specifier"] as never, names["importer"] as never, revive(nodeResolve as Value) as never),
        () => resolution.importMap({ provider: installed, onWarning: () => {}, ...(isTree(importMap as Value) ? (revive({ ...(importMap as Tree), provider: undefined as never }) as object) : {}) } as never),
      ];
      for (const call of calls) await coded(call);
      installed.dispose();
    } catch (error) {
      if (isOfCaller(error)) return;
      if (signal.aborted && error === signal.reason) throw new BrokenLaw("a call does not end within 5 s");
      throw error;
    } finally {
      installer?.dispose();
    }
  },
};

/** Options that an in-memory registry needs. */
function settings(given: unknown): unknown {
  if (!isTree(given)) return given;
  const mode = ["threads", "worker"].includes(Object(given)["mode"]) ? { mode: "inline" } : {};
  const timers = { timeout: 1000, retries: 0 };
  return { ...timers, ...(given as object), ...mode, fetch };
}

/** Checks for an error that the caller's own getter or callback throws. It may come back as it is. */
function isOfCaller(error: unknown): boolean {
  return error instanceof Error && / of the caller/.test(error.message);
}

async function coded(call: () => unknown): Promise<void> {
  const { InstallError } = await import("../../../src/errors/failure.ts");
  const { faultOf } = await import("../laws.ts");
  try {
    await call();
  } catch (error) {
    if (isOfCaller(error)) return;
    if (!(error instanceof InstallError)) throw error;
    const fault = faultOf(error.failure);
    if (fault) throw new BrokenLaw(fault);
  }
}

function some(tree: Tree, random: Random): Tree {
  const out: Tree = {};
  for (const [key, value] of Object.entries(tree)) {
    const needed = ["registry", "mode", "cache", "retries", "metadata"].includes(key);
    if (needed || random.once(10)) out[key] = value;
  }
  return out;
}

/** Puts a value that JSON cannot express, or one of fast-check's, at one place. */
function withOdd(value: Value, random: Random): Value {
  const odd = random.once(3) ? random.pick(EXTRA) : { $js: random.pick(KINDS) };
  if (!isTree(value) || random.once(8)) return odd;
  const keys = Object.keys(value);
  const key = random.once(4) || keys.length === 0 ? random.pick(WORDS.keys) : random.pick(keys);
  const inner = value[key];
  return { ...value, [key]: random.once(2) && isTree(inner as Value) ? withOdd(inner as Value, random) : odd };
}

/** Returns a value with the JavaScript values that `$js` names. */
function revive(value: Value): unknown {
  if (Array.isArray(value)) return value.map(revive);
  if (!isTree(value)) return value;
  if (typeof value["$js"] === "string") return Object.hasOwn(MAKE, value["$js"]) ? MAKE[value["$js"]]?.() : undefined;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, revive(member)]));
}

const broken = (): never => {
  throw new Error("a getter of the caller");
};

const MAKE: Readonly<Record<string, () => unknown>> = {
  undefined: () => undefined,
  NaN: () => Number.NaN,
  Infinity: () => Number.POSITIVE_INFINITY,
  function: () => () => undefined,
  throws: () => broken,
  rejects: () => () => Promise.reject(new Error("a callback of the caller")),
  symbol: () => Symbol("s"),
  bigint: () => 1n,
  date: () => new Date(1e12),
  "no date": () => new Date(Number.NaN),
  getter: () => Object.defineProperty({}, "a", { get: broken, enumerable: true }),
  proxy: () => new Proxy({}, { get: broken, ownKeys: broken, has: broken, getPrototypeOf: broken }),
  revoked: () => {
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    return proxy;
  },
  cycle: () => {
    const cycle: Record<string, unknown> = {};
    cycle["a"] = cycle;
    return cycle;
  },
  map: () => new Map(),
  set: () => new Set(["a"]),
  bytes: () => new Uint8Array([1, 2, 3]),
  regexp: () => /a/,
  error: () => new Error("an error of the caller"),
  promise: () => Promise.resolve("a"),
  "null prototype": () => Object.assign(Object.create(null), { a: 1 }),
  class: () => new (class A {})(),
  // biome-ignore lint/suspicious/noSparseArray: the value under test
  sparse: () => [, "a"],
  url: () => new URL(REGISTRY),
  boxed: () => new String("a"),
  buffer: () => new ArrayBuffer(8),
  deep: () => {
    let deep: unknown = 1;
    for (let i = 0; i < 20_000; i++) deep = { a: deep };
    return deep;
  },
};
