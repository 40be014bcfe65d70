// Full tier: plants secrets in 40 places in six forms.

import { expect, test, vi } from "vitest";
import type { InstallerOptions, Resolution } from "../../src/api/resolve.ts";
import { InstallError } from "../../src/errors/failure.ts";
import { explain, explainWhy } from "../../src/index.ts";
import { createInstaller, type Installer } from "../../web/index.ts";
import { lockOf, packument, type TestPackage, testPackage } from "../install/packages.ts";
import { folder, webhoist } from "./cli/harness.ts";

// Plants a secret of its own in every place where a URL can stand, runs every public operation to success and to failure, and looks
// for the secrets in everything that comes out. Not looked at is what npm writes too: the files of a resolution and the lock of an
// installed project. The same holds for `resolved` and `manifest` of a tree's nodes, which repeat them.

/** Everything that was written to a store. */
const stored = vi.hoisted(() => ({ blobs: [] as unknown[] }));
vi.mock("../../workers/storage/memory-blobs.ts", async (original) => {
  const real = await original<typeof import("../../workers/storage/memory-blobs.ts")>();
  const { recordWrites } = await import("../support/record-writes.ts");
  return { ...real, createMemoryStore: recordWrites(real.createMemoryStore, stored.blobs) };
});
vi.mock("../../workers/host/platform-tools.ts", async (original) => {
  const real = await original<typeof import("../../workers/host/platform-tools.ts")>();
  // Texts that are stored compressed could not be searched.
  const same = async (bytes: Uint8Array): Promise<Uint8Array> => bytes.slice();
  return { ...real, PLATFORM_TOOLS: { ...real.PLATFORM_TOOLS, deflate: same, inflate: same } };
});

// The first test loads everything that the command loads.
vi.setConfig({ testTimeout: 120_000 });

const REGISTRY = "http://registry.local/npm/";
const FORMS: Record<string, (secret: string) => string> = {
  "a signed URL": (secret) => `https://h.test/x/-/x-1.0.0.tgz?X-Signature=${secret}`,
  "a user and a password": (secret) => `https://user:${secret}@h.test/x/-/x-1.0.0.tgz`,
  "a user": (secret) => `https://${secret}@h.test/x/-/x-1.0.0.tgz`,
  "a git URL": (secret) => `git+https://user:${secret}@h.test/x.git#semver:^1`,
  "a shortcut": (secret) => `github:user:${secret}@owner/x`,
  "a git URL over ssh": (secret) => `git+ssh://user:${secret}@h.test/x.git`,
};

/** What a place can change, for one URL. */
interface Planted {
  manifest?: Record<string, unknown>;
  /** Members of x's manifest in the registry. */
  published?: Record<string, unknown>;
  dist?: Record<string, unknown>;
  files?: Record<string, string>;
  options?: Record<string, unknown>;
  installer?: Partial<InstallerOptions>;
}

const lockWith = (entry: Record<string, unknown>, more: Record<string, unknown> = {}): string =>
  JSON.stringify({ ...JSON.parse(lockOf({ "node_modules/x": { version: "1.0.0", ...entry } })), ...more });

const PLACES: Record<string, (url: string) => Planted> = {
  dependencies: (url) => ({ manifest: { dependencies: { x: url } } }),
  devDependencies: (url) => ({ manifest: { devDependencies: { x: url } } }),
  optionalDependencies: (url) => ({ manifest: { optionalDependencies: { x: url } } }),
  peerDependencies: (url) => ({ manifest: { peerDependencies: { x: url }, dependencies: { x: "1" } } }),
  overrides: (url) => ({ manifest: { overrides: { x: url } } }),
  "nested overrides": (url) => ({ manifest: { overrides: { x: { dep: url } } } }),
  "an override of a dependency": (url) => ({ manifest: { dependencies: { x: "2" }, overrides: { x: url } } }),
  "a name": (url) => ({ manifest: { dependencies: { [url]: "1" } } }),
  "the project's name": (url) => ({ manifest: { name: url } }),
  workspaces: (url) => ({ manifest: { workspaces: [url] } }),
  engines: (url) => ({ manifest: { engines: { node: url } } }),
  "options.add": (url) => ({ options: { add: [url] } }),
  "options.add, named": (url) => ({ options: { add: [`x@${url}`] } }),
  "options.rm": (url) => ({ options: { rm: [url] } }),
  "options.update": (url) => ({ options: { update: [url] } }),
  "options.before": (url) => ({ options: { before: url } }),
  "options.defaultTag": (url) => ({ options: { defaultTag: url } }),
  "options.strategy": (url) => ({ options: { strategy: url } }),
  "dist.tarball": (url) => ({ dist: { tarball: url } }),
  "dist.tarball without a hash": (url) => ({ dist: { tarball: url, integrity: undefined } }),
  "a published dependency": (url) => ({ published: { dependencies: { dep: url } } }),
  "a published optional dependency": (url) => ({ published: { optionalDependencies: { dep: url } } }),
  "a published peer dependency": (url) => ({ published: { peerDependencies: { dep: url } } }),
  deprecated: (url) => ({ published: { deprecated: `Moved to ${url}.` } }),
  "published engines": (url) => ({ published: { engines: { node: url } } }),
  resolved: (url) => ({ files: { "package-lock.json": lockWith({ resolved: url }) } }),
  "resolved with a wrong hash": (url) => ({
    files: { "package-lock.json": lockWith({ resolved: url, integrity: testPackage("other@1.0.0").integrity }) },
  }),
  "a version in a lock": (url) => ({ files: { "package-lock.json": lockWith({ version: url }) } }),
  "a dependency in a lock": (url) => ({
    files: { "package-lock.json": lockWith({ resolved: `${REGISTRY}x/-/x-1.0.0.tgz`, dependencies: { dep: url } }) },
  }),
  "an old lock": (url) => ({
    files: {
      "package-lock.json": JSON.stringify({ lockfileVersion: 1, dependencies: { x: { version: url, from: url } } }),
    },
  }),
  "a lock that is no JSON": (url) => ({ files: { "package-lock.json": `{ "resolved": "${url}" ` } }),
  "a package.json that is no JSON": (url) => ({ files: { "package.json": `{ "dependencies": { "x": "${url}" ` } }),
  "yarn.lock": (url) => ({
    files: { "yarn.lock": `# yarn lockfile v1\n\n\nx@^1:\n  version "1.0.0"\n  resolved "${url}"\n` },
  }),
  ".npmrc": (url) => ({
    files: { ".npmrc": `registry=${url}\n@a:registry=${url}\nbefore=${url}\ninstall-strategy=${url}` },
  }),
  registry: (url) => ({ installer: { registry: url } }),
  scopes: (url) => ({ installer: { scopes: { "@a": url } }, manifest: { dependencies: { "@a/x": "1" } } }),
  proxy: (url) => ({ installer: { proxy: url } }),
  tokenUrls: (url) => ({ installer: { tokenUrls: [url] } }),
  mode: (url) => ({ installer: { mode: url as never } }),
};

const ANSWERS: Record<string, (tarball: TestPackage) => Response> = {
  "the tarball": (one) => new Response(one.bytes),
  "other bytes": () => new Response(testPackage("other@1.0.0").bytes),
  "no archive": () => new Response("x"),
  "not found": () => new Response("", { status: 404 }),
  refused: () => new Response("", { status: 401 }),
  "no network": () => {
    throw new TypeError("fetch failed");
  },
};

/** Returns the places of the secret in data: also in keys, bytes, errors and the nodes of a tree. */
function find(value: unknown, secret: string, at = "", seen = new Set<unknown>()): string[] {
  if (typeof value === "string") return value.includes(secret) ? [`${at}: ${value.slice(0, 300)}`] : [];
  if (value instanceof Uint8Array) return find(new TextDecoder("latin1").decode(value), secret, at, seen);
  if (typeof value !== "object" || value === null || seen.has(value)) return [];
  seen.add(value);
  const own =
    value instanceof Error ? Object.entries({ message: value.message, stack: value.stack, cause: value.cause }) : [];
  const members = value instanceof Map ? [...value] : Object.entries(value);
  return [...own, ...members].flatMap(([key, member]) => [
    ...find(String(key), secret, `${at} key`, seen),
    ...find(member, secret, `${at}.${String(key)}`, seen),
  ]);
}

/** Returns everything of a resolution that may be shown. */
function shownOf(resolution: Resolution): unknown[] {
  const { tree, warnings, stats, rung } = resolution;
  const answers = ["x", "dep"].flatMap((name) => resolution.why(name));
  const edges = [tree.root, ...tree.nodes].flatMap(({ edgesOut }) =>
    edgesOut.map(({ name, spec, rawSpec, type, error }) => ({ name, spec, rawSpec, type, error })),
  );
  return [
    warnings,
    stats,
    rung,
    edges,
    explainWhy(answers),
    resolution.diff(""),
    resolution.diff(lockWith({ version: "0.1.0" })),
  ];
}

interface Scene {
  planted: Planted;
  answer: (one: TestPackage) => Response;
  said: unknown[];
}

async function attempt<T>(said: unknown[], work: () => Promise<T> | T): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    said.push(error);
    if (error instanceof InstallError) said.push(explain(error.failure));
    return undefined;
  }
}

const DEP = testPackage("dep@1.0.0");

/** Answers as a registry below REGISTRY, wherever a URL leads. */
function fetchOf({ planted, answer }: Scene): typeof globalThis.fetch {
  const x = testPackage("x@1.0.0", { scripts: { install: "node x.js" }, ...planted.published });
  return async (input) => {
    const path = decodeURIComponent(new URL(String(input)).pathname);
    if (path.endsWith(".tgz")) return path.includes("dep") ? new Response(DEP.bytes) : answer(x);
    const one = [x, DEP].find(({ name }) => path.endsWith(`/${name}`));
    if (!one) return new Response("{}", { status: 404 });
    const document = packument([one], REGISTRY) as { versions: Record<string, { dist: object }> };
    if (one === x) Object.assign(document.versions["1.0.0"]!.dist, planted.dist);
    return Response.json(document);
  };
}

async function runAll(installer: Installer, { planted, said }: Scene): Promise<void> {
  const manifest = { name: "p", version: "1.0.0", dependencies: { x: "1" }, ...planted.manifest };
  const files = { "package.json": JSON.stringify(manifest), ...planted.files };
  const onProgress = (progress: unknown): void => void said.push(structuredClone(progress));
  for (const strategy of ["npm", "flat"] as const) {
    const options = { strategy, ...planted.options } as object;
    const resolution = await attempt(said, () => installer.resolve({ files }, options));
    if (resolution) {
      await attempt(said, () => said.push(...shownOf(resolution)));
      await attempt(said, () => resolution.diff("{ ".concat(JSON.stringify(files))));
      await attempt(said, () => resolution.importMap());
      await attempt(said, () => resolution.importMap({ onWarning: (warning) => void said.push(warning) }));
    }
    const project = await attempt(said, () =>
      installer.install({ files }, { resolve: options, onProgress, sink: new Map() }),
    );
    said.push(project?.report, project?.resolution && shownOf(project.resolution));
    if (!project) continue;
    await attempt(said, () => project.stored);
    await attempt(said, () => installer.store.clear());
    for (const path of ["node_modules/x/index.js", "node_modules/x/none.js"])
      await attempt(said, () => project.readFile(path));
    await attempt(said, () => project.load());
    await attempt(said, () => project.writeTo(new Map()));
    await attempt(said, () => project.nodeResolve("x/none", "index.js", { conditions: ["import"] }));
    await attempt(said, () => resolution?.importMap({ provider: project }));
    said.push(project.report);
    project.dispose();
  }
  const lock = planted.files?.["package-lock.json"];
  if (lock) said.push((await attempt(said, () => installer.install(lock, { onProgress })))?.report);
  for (const name of ["x", "none", JSON.stringify(planted)])
    said.push(await attempt(said, () => installer.packument(name)));
  said.push(await attempt(said, () => installer.store.usage()));
}

const SECRET = "S3CR3T";

/** Every place with two of the six forms, in turn. `npm test -- --long` has all. */
const PLANTS = Object.keys(FORMS).flatMap((form, f) =>
  Object.keys(PLACES).flatMap((place, p) =>
    process.env["FAULTS"] === "all" || (f + p) % 3 === 0 ? [[form, place] as const] : [],
  ),
);

test.each(PLANTS)("%s in %s shows nowhere", async (form, place) => {
  const planted = PLACES[place]!(FORMS[form]!(SECRET));
  for (const [title, answer] of Object.entries(ANSWERS)) {
    stored.blobs.length = 0;
    const scene: Scene = { planted, answer, said: [] };
    const installer = await attempt(scene.said, () =>
      createInstaller({
        registry: REGISTRY,
        mode: "inline",
        retries: 0,
        fetch: fetchOf(scene),
        onProgress: (progress) => void scene.said.push(structuredClone(progress)),
        ...planted.installer,
      }),
    );
    if (installer) await runAll(installer, scene);
    scene.said.push(installer?.modeReason);
    installer?.dispose();
    expect([title, find(scene.said, SECRET)]).toEqual([title, []]);
    expect([title, find(stored.blobs, SECRET)]).toEqual([title, []]);
  }
});

test.each(Object.keys(PLACES))("the command shows no secret: %s", async (place) => {
  const planted = PLACES[place]!(FORMS["a user and a password"]!(SECRET));
  const manifest = { name: "p", version: "1.0.0", dependencies: { x: "1" }, ...planted.manifest };
  const path = folder({ "package.json": JSON.stringify(manifest), ...planted.files });
  const fetch = fetchOf({ planted, answer: ANSWERS["not found"]!, said: [] });
  const create = (options: InstallerOptions): Promise<Installer> =>
    createInstaller({ registry: REGISTRY, ...options, fetch, retries: 0, ...planted.installer });
  for (const words of [
    ["lock"],
    ["install"],
    ["why", "x"],
    ["import-map"],
    ["lock", "--add", ...[planted.options?.["add"]].flat().map(String)],
  ]) {
    const result = await webhoist([...words.slice(0, 2), path, ...words.slice(2)], { createInstaller: create });
    expect([words, find(result, SECRET)]).toEqual([words, []]);
  }
});

test("the secrets are found where npm writes them", async () => {
  const scene: Scene = {
    planted: PLACES["dependencies"]!(FORMS["a signed URL"]!(SECRET)),
    answer: ANSWERS["the tarball"]!,
    said: [],
  };
  const installer = await createInstaller({ registry: REGISTRY, mode: "inline", fetch: fetchOf(scene) });
  const files = { "package.json": JSON.stringify({ name: "p", version: "1.0.0", ...scene.planted.manifest }) };
  const { files: written, tree } = await installer.resolve({ files });
  expect(find(written, SECRET)).toHaveLength(1);
  expect(tree.get("node_modules/x")?.resolved).toContain(SECRET);
  installer.dispose();
});

test("a signed tarball in a packument is fetched again, and its packument is not stored", async () => {
  const scene: Scene = {
    planted: PLACES["dist.tarball"]!(FORMS["a signed URL"]!(SECRET)),
    answer: ANSWERS["the tarball"]!,
    said: [],
  };
  const installer = await createInstaller({ registry: REGISTRY, mode: "inline", fetch: fetchOf(scene) });
  const files = { "package.json": '{"dependencies":{"x":"1","dep":"1"}}' };
  const locks = [await installer.resolve({ files }), await installer.resolve({ files })].map(
    ({ files }) => files["package-lock.json"],
  );
  expect(locks[0]).toContain(SECRET);
  expect(locks[1]).toBe(locks[0]);
  expect((await installer.store.usage()).packuments).toBe(1);
  installer.dispose();
});
