import { afterEach, expect, test, vi } from "vitest";
import type { InstallProgress } from "../../src/api/install.ts";
import { InstallError } from "../../src/errors/failure.ts";
import { createInstaller, type Installer } from "../../web/index.ts";
import { lockOf, testPackage } from "./packages.ts";

// Signed URLs, and URLs with credentials, in every place that a project may have one.

/** The stores that the installers of this file have opened. */
const stores = vi.hoisted(() => ({ written: [] as unknown[] }));
vi.mock("../../workers/storage/memory-blobs.ts", async (original) => {
  const real = await original<typeof import("../../workers/storage/memory-blobs.ts")>();
  const { recordWrites } = await import("../support/record-writes.ts");
  return { ...real, createMemoryStore: recordWrites(real.createMemoryStore, stores.written) };
});
vi.mock("../../src/pack-cache/memory-pack-cache.ts", async (original) => {
  const real = await original<typeof import("../../src/pack-cache/memory-pack-cache.ts")>();
  return {
    createMemoryPackCache: (room: number) => {
      const cache = real.createMemoryPackCache(room);
      const add: typeof cache.add = (pack) => {
        stores.written.push({ ...pack, tarball: null });
        cache.add(pack);
      };
      return { ...cache, add };
    },
  };
});

const REGISTRY = "http://registry.local/";
const X = testPackage("x@1.0.0", { scripts: { install: "node x.js" } }, { "x.js": "x", "X.js": "y" });
const DEP = testPackage("dep@1.0.0");
const URL_OF_X = "http://user:PASSW@h.test/x/-/x-1.0.0.tgz?SIGN=1";
const SECRETS = /PASSW|SIGN/;

/** Returns the places of secrets in data, in an error, and in its stack. */
function secretsIn(value: unknown, at = "", seen = new Set<unknown>()): string[] {
  if (typeof value === "string") return SECRETS.test(value) ? [`${at}: ${value.slice(0, 200)}`] : [];
  if (value instanceof Uint8Array) return secretsIn(new TextDecoder("latin1").decode(value), at, seen);
  if (typeof value !== "object" || value === null || seen.has(value)) return [];
  seen.add(value);
  const own =
    value instanceof Error
      ? [
          ["message", value.message],
          ["stack", value.stack],
          ["cause", value.cause],
        ]
      : [];
  const keys = value instanceof Map ? [...value] : Object.entries(value);
  return [...own, ...keys].flatMap(([key, member]) => [
    ...secretsIn(String(key), `${at} key`, seen),
    ...secretsIn(member, `${at}.${String(key)}`, seen),
  ]);
}

const installers: Installer[] = [];
afterEach(() => {
  for (const installer of installers.splice(0)) installer.dispose();
  stores.written.length = 0;
});

const answers: Record<string, () => Response> = {
  "the tarball": () => new Response(X.bytes),
  "other bytes": () => new Response(DEP.bytes),
  "no archive": () => new Response("x"),
  "no bytes": () => new Response(""),
  "not found": () => new Response("", { status: 404 }),
  refused: () => new Response("", { status: 403 }),
  "too many requests": () => new Response("", { status: 429, headers: { "retry-after": "99999" } }),
  "a server's fault": () => new Response("", { status: 500 }),
  "no network": () => {
    throw new TypeError(`fetch failed: ${URL_OF_X}`);
  },
};

/** An installer whose every request for `x` gets one answer, and all that it has said. */
async function open(answer: () => Response) {
  const said: unknown[] = [];
  const installer = await createInstaller({
    registry: REGISTRY,
    mode: "inline",
    retries: 0,
    onProgress: (progress) => void said.push(structuredClone(progress)),
    fetch: async (input) => {
      const { pathname } = new URL(input instanceof Request ? input.url : String(input));
      if (pathname.endsWith("dep-1.0.0.tgz")) return new Response(DEP.bytes);
      if (pathname === "/dep") {
        const dist = { tarball: `${REGISTRY}dep/-/dep-1.0.0.tgz`, integrity: DEP.integrity };
        const versions = { "1.0.0": { name: "dep", version: "1.0.0", dist } };
        return Response.json({ name: "dep", "dist-tags": { latest: "1.0.0" }, versions });
      }
      return answer();
    },
  });
  installers.push(installer);
  /** Runs work, and notes its error. */
  const attempt = async <T>(work: () => Promise<T>): Promise<T | undefined> => {
    try {
      return await work();
    } catch (error) {
      expect(error).toBeInstanceOf(InstallError);
      said.push(error);
      return undefined;
    }
  };
  const onProgress = (progress: InstallProgress): void => void said.push(structuredClone(progress));
  return { installer, said, attempt, onProgress };
}

const entries: Record<string, Record<string, unknown>> = {
  "with its hash": { integrity: X.integrity },
  "with another's hash": { integrity: DEP.integrity },
  "with an unreadable hash": { integrity: "sha512-*" },
  "without a hash": {},
  optional: { optional: true },
  "with a URL for its version": { version: URL_OF_X },
};

test.each(Object.keys(answers))("an install from a lock shows no secret of a URL: %s", async (name) => {
  for (const [title, more] of Object.entries(entries)) {
    const { installer, said, attempt, onProgress } = await open(answers[name]!);
    const dep = { version: "1.0.0", integrity: DEP.integrity, resolved: `${REGISTRY}dep/-/dep-1.0.0.tgz` };
    const x = { version: "1.0.0", resolved: URL_OF_X, ...more } as { version: string; resolved: string };
    const lock = lockOf({ "node_modules/x": x, "node_modules/dep": dep });
    const project = await attempt(() => installer.install(lock, { onProgress, sink: new Map() }));
    said.push(project?.report);
    await attempt(async () => await project?.stored);
    // The pack cache is emptied, so that a read needs the network.
    await installer.store.clear();
    await attempt(async () => await project?.readFile("node_modules/x/x.js"));
    if (name === "the tarball" && title === "with its hash") expect(stores.written.length).toBeGreaterThan(0);
    expect([title, said.length > 0, secretsIn(said), secretsIn(stores.written)]).toEqual([title, true, [], []]);
  }
});

const projects: Record<string, Record<string, unknown>> = {
  "a dependency": { dependencies: { x: URL_OF_X, dep: "1" } },
  "an optional dependency": { optionalDependencies: { x: URL_OF_X }, dependencies: { dep: "1" } },
  "another URL below it": { dependencies: { x: URL_OF_X, dep: "^9" } },
  "an override": { dependencies: { dep: "1" }, overrides: { dep: URL_OF_X } },
  "an override that conflicts": { dependencies: { dep: "1" }, overrides: { dep: { ".": URL_OF_X } } },
  "a peer": { dependencies: { dep: "1" }, peerDependencies: { dep: URL_OF_X } },
  "a git URL": { dependencies: { x: "git+https://user:PASSW@h.test/x.git" } },
  "a git URL of a host": { dependencies: { x: "https://user:PASSW@github.com/o/x.git" } },
  "a shortcut": { dependencies: { x: "github:user:PASSW@o/x" } },
  "an unknown protocol": { dependencies: { x: "foo://user:PASSW@h.test/x?SIGN=1" } },
  "a name that is none": { dependencies: { "X Y": URL_OF_X } },
};

test.each(Object.keys(answers))("a resolution shows no secret of a URL: %s", async (name) => {
  for (const [title, manifest] of Object.entries(projects)) {
    for (const strategy of ["npm", "flat"] as const) {
      const { installer, said, attempt, onProgress } = await open(answers[name]!);
      const input = { files: { "package.json": JSON.stringify({ name: "p", version: "1.0.0", ...manifest }) } };
      const resolution = await attempt(() => installer.resolve(input, { strategy }));
      said.push(resolution?.warnings);
      await attempt(async () => {
        const onWarning = (warning: unknown): void => void said.push(warning);
        await resolution?.importMap({ onWarning });
      });
      await attempt(async () => await resolution?.importMap());
      const project = await attempt(() => installer.install(input, { strategy, onProgress } as object));
      said.push(project?.report);
      await attempt(async () => await project?.stored);
      await installer.store.usage();
      const found = [secretsIn(said), secretsIn(stores.written)];
      expect([title, strategy, ...found]).toEqual([title, strategy, [], []]);
    }
  }
});
